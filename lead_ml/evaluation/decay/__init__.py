"""How fast an event stops mattering: the half-life of each type, learned from history and compared with common rules."""

from lead_ml.evaluation.decay.learn import DecaySettings, learn
from lead_ml.evaluation.decay.records import ALL, Against, Decay, HalfLife
from lead_ml.evaluation.decay.sample import DecaySample, frequent_types

__all__ = ["ALL", "Against", "Decay", "DecaySample", "DecaySettings", "HalfLife", "frequent_types", "learn"]
