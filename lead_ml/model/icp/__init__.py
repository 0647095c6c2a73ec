"""The ideal customer profile: what each value is worth, learnt from the leads that converted."""

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
