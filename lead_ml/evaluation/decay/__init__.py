"""How fast an event stops mattering: the half-life of each type, learned from history and compared with common rules."""

from lead_ml.evaluation.decay.learn import learn
from lead_ml.evaluation.decay.records import ALL, Against, Decay, DecayVerdict, HalfLife, Point
from lead_ml.evaluation.decay.sample import DecaySample, frequent_types

__all__ = [
    "ALL",
    "Against",
    "Decay",
    "DecaySample",
    "DecayVerdict",
    "HalfLife",
    "Point",
    "frequent_types",
    "learn",
]
