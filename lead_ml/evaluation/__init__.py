"""Evaluation forward in time, with intervals and the base rate beside every figure."""

from lead_ml.evaluation.backtest import (
    Table,
    backtest,
    between_period_variance,
    calibrate,
    calibration_rows,
    fit_rows,
    for_fit,
)
from lead_ml.evaluation.forward import Evaluated, Forward, evaluate_forward
from lead_ml.evaluation.records import (
    CandidateRecord,
    Choice,
    Evaluation,
    LeakyRecord,
    SliceRecord,
    WindowRecord,
)
from lead_ml.evaluation.summary import BASE, candidate_name, headline, interval_text, reason_of, turned

__all__ = [
    "BASE",
    "CandidateRecord",
    "Choice",
    "Evaluated",
    "Evaluation",
    "Forward",
    "LeakyRecord",
    "SliceRecord",
    "Table",
    "WindowRecord",
    "backtest",
    "between_period_variance",
    "calibrate",
    "calibration_rows",
    "candidate_name",
    "evaluate_forward",
    "fit_rows",
    "for_fit",
    "headline",
    "interval_text",
    "reason_of",
    "turned",
]
