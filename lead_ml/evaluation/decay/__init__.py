"""How fast an event stops mattering: the half-life of each type, learnt from history and held against the hand rules."""

from lead_ml.evaluation.decay.learn import learn
from lead_ml.evaluation.decay.records import ALL, Against, Decay, HalfLife, Point, Verdict
from lead_ml.evaluation.decay.sample import Sample, frequent_types

__all__ = ["ALL", "Against", "Decay", "HalfLife", "Point", "Sample", "Verdict", "frequent_types", "learn"]
