"""Leakage audit: which columns know the outcome, by what evidence, and what the figures are without them."""

from __future__ import annotations

from lead_ml.evaluation.leakage.records import (
    CHECKS,
    AuditReport,
    Check,
    Figures,
    Finding,
    Verdict,
    as_dict,
    audited_out,
    from_json,
    to_json,
)
from lead_ml.evaluation.leakage.run import audit

__all__ = [
    "CHECKS",
    "AuditReport",
    "Check",
    "Figures",
    "Finding",
    "Verdict",
    "as_dict",
    "audit",
    "audited_out",
    "from_json",
    "to_json",
]
