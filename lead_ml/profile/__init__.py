"""The ideal customer profile: what each value is worth, learnt from the leads that converted."""

from lead_ml.profile.hand import check_points
from lead_ml.profile.learn import (
    BY_CHANCE,
    MISSING,
    ColumnProfile,
    Learnt,
    Worth,
    agreement,
    learn,
    out_of_fold,
    part_name,
)

__all__ = [
    "BY_CHANCE",
    "MISSING",
    "ColumnProfile",
    "Learnt",
    "Worth",
    "agreement",
    "check_points",
    "learn",
    "out_of_fold",
    "part_name",
]
