"""Honest evaluation: forward in time, with intervals and the baselines beside every figure."""

from lead_ml.evaluation.backtest import (
    Rolled,
    Table,
    calibrate,
    calibration_drift,
    calibration_rows,
    fit_rows,
    for_fit,
    roll,
)
from lead_ml.evaluation.forward import Forward, Judged, evaluate_forward
from lead_ml.evaluation.records import Evaluation, KindRecord, LeakyRecord, SliceRecord, WindowRecord

__all__ = [
    "Evaluation",
    "Forward",
    "Judged",
    "KindRecord",
    "LeakyRecord",
    "Rolled",
    "SliceRecord",
    "Table",
    "WindowRecord",
    "calibrate",
    "calibration_drift",
    "calibration_rows",
    "evaluate_forward",
    "fit_rows",
    "for_fit",
    "roll",
]
