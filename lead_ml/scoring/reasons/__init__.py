"""Why a score is what it is: reasons in words that add up, with evidence from history."""

from lead_ml.scoring.reasons.evidence import Evidence, fit_evidence
from lead_ml.scoring.reasons.ideal import ColumnTable, ProfileTable, ValueRow, profile_table
from lead_ml.scoring.reasons.reasons import Reason, agreeing, group_sums, importance, reasons_of
from lead_ml.scoring.reasons.wording import group_label, label, reason_text, value_text

__all__ = [
    "ColumnTable",
    "Evidence",
    "ProfileTable",
    "Reason",
    "ValueRow",
    "agreeing",
    "fit_evidence",
    "group_label",
    "group_sums",
    "importance",
    "label",
    "profile_table",
    "reason_text",
    "reasons_of",
    "value_text",
]
