"""The ideal customer profile: the weight of evidence of each value, learned from the leads that converted."""

from lead_ml.model.icp.learn import (
    BY_CHANCE,
    ColumnProfile,
    LearnedProfile,
    WeightOfEvidence,
    agreement,
    learn,
    out_of_fold,
)

__all__ = [
    "BY_CHANCE",
    "ColumnProfile",
    "LearnedProfile",
    "WeightOfEvidence",
    "agreement",
    "learn",
    "out_of_fold",
]
