"""Three kinds of model behind one interface, their calibration, and the band around it."""

from __future__ import annotations

from lead_ml.model.base import Classifier, ColumnInfo
from lead_ml.model.between_period import Drift, fit_drift
from lead_ml.model.calibration import Calibration, fit_calibration
from lead_ml.model.calibration_interval import Band, fit_band
from lead_ml.model.lightgbm import LightGBM
from lead_ml.model.logistic import Logistic
from lead_ml.model.scorecard import CompiledRule, Scorecard, compile_rules

__all__ = [
    "Band",
    "Calibration",
    "Classifier",
    "ColumnInfo",
    "CompiledRule",
    "Drift",
    "LightGBM",
    "Logistic",
    "Scorecard",
    "compile_rules",
    "fit_band",
    "fit_calibration",
    "fit_drift",
]
