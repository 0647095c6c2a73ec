"""Why a score is what it is: reasons in words that add up, with evidence from history."""

from lead_ml.scoring.reasons.evidence import Evidence, fit_evidence
from lead_ml.scoring.reasons.ideal import ColumnTable, ProfileTable, ValueRow, profile_table
from lead_ml.scoring.reasons.reasons import Explainer, Reason, ReasonMember, Reasons, importance
from lead_ml.scoring.reasons.select import LEAST_POINTS
from lead_ml.scoring.reasons.values import code_text, label, value_text
from lead_ml.scoring.reasons.wording import group_label, reason_text

__all__ = [
    "LEAST_POINTS",
    "ColumnTable",
    "Evidence",
    "Explainer",
    "ProfileTable",
    "Reason",
    "ReasonMember",
    "Reasons",
    "ValueRow",
    "code_text",
    "fit_evidence",
    "group_label",
    "importance",
    "label",
    "profile_table",
    "reason_text",
    "value_text",
]
