"""How good probabilities are: one definition of each metric, weighted, with intervals bootstrapped over leads.

Everywhere ``y`` (n,) is 0 or 1, ``p`` (n,) lies in [0, 1] and ``weight`` (n,) is at least 0 (None: all 1). A metric that
the data cannot give (AUC of one class, lift without a positive) is NaN, without a warning.
"""

from __future__ import annotations

from lead_ml.model.metrics.curve import fit_logit, logit, sigmoid
from lead_ml.model.metrics.resample import Interval, bootstrap, paired_bootstrap, resamples
from lead_ml.model.metrics.scores import (
    ECE_BINS,
    METRICS,
    brier,
    calibration_line,
    capture_at,
    ece,
    evaluate,
    lift_at,
    log_loss,
    pr_auc,
    roc_auc,
)

__all__ = [
    "ECE_BINS",
    "METRICS",
    "Interval",
    "bootstrap",
    "brier",
    "calibration_line",
    "capture_at",
    "ece",
    "evaluate",
    "fit_logit",
    "lift_at",
    "log_loss",
    "logit",
    "paired_bootstrap",
    "pr_auc",
    "resamples",
    "roc_auc",
    "sigmoid",
]
