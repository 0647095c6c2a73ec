"""Honest evaluation: forward in time, with intervals and the baselines beside every figure."""

from lead_ml.evaluate.forward import Forward, Judged, evaluate_forward
from lead_ml.evaluate.records import Evaluation, KindRecord, LeakyRecord, SliceRecord, WindowRecord
from lead_ml.evaluate.roll import (
    Rolled,
    Table,
    calibrate,
    calibration_drift,
    calibration_rows,
    fit_rows,
    for_fit,
    roll,
)

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
