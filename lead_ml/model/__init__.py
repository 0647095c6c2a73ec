"""Three candidates behind one interface, their calibration, and the interval around it."""

from __future__ import annotations

from lead_ml.model.base import Classifier, ColumnInfo
from lead_ml.model.between_period import BetweenPeriodVariance, fit_between_period_variance
from lead_ml.model.calibration import Calibration, fit_calibration
from lead_ml.model.calibration_interval import CalibrationInterval, fit_calibration_interval
from lead_ml.model.lightgbm import LightGBM
from lead_ml.model.logistic import Logistic
from lead_ml.model.scorecard import Scorecard, compile_rules

__all__ = [
    "BetweenPeriodVariance",
    "Calibration",
    "CalibrationInterval",
    "Classifier",
    "ColumnInfo",
    "LightGBM",
    "Logistic",
    "Scorecard",
    "compile_rules",
    "fit_between_period_variance",
    "fit_calibration",
    "fit_calibration_interval",
]
