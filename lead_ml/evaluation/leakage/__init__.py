"""Leakage audit: which columns know the outcome, by what evidence, and what the figures are without them."""

from __future__ import annotations

from lead_ml.evaluation.leakage.records import (
    CHECKS,
    AuditFigures,
    AuditReport,
    LeakageFinding,
    as_dict,
    from_json,
    left_out_columns,
    to_json,
)
from lead_ml.evaluation.leakage.run import audit

__all__ = [
    "CHECKS",
    "AuditFigures",
    "AuditReport",
    "LeakageFinding",
    "as_dict",
    "audit",
    "from_json",
    "left_out_columns",
    "to_json",
]
