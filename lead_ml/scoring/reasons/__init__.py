"""Why a score is what it is: reasons in words that add up, with evidence from history."""

from lead_ml.scoring.reasons.evidence import Evidence, fit_evidence
from lead_ml.scoring.reasons.ideal import ColumnTable, ProfileTable, ValueRow, profile_table
from lead_ml.scoring.reasons.reasons import Importance, Reason, agreeing, group_sums, importance, reasons_of
from lead_ml.scoring.reasons.wording import (
    ReasonTarget,
    Value,
    evidence_text,
    group_label,
    label,
    missing_text,
    reason_text,
    spoken,
    value_text,
)

__all__ = [
    "ColumnTable",
    "Evidence",
    "Importance",
    "ProfileTable",
    "Reason",
    "ReasonTarget",
    "Value",
    "ValueRow",
    "agreeing",
    "evidence_text",
    "fit_evidence",
    "group_label",
    "group_sums",
    "importance",
    "label",
    "missing_text",
    "profile_table",
    "reason_text",
    "reasons_of",
    "spoken",
    "value_text",
]
