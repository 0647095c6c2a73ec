"""How good probabilities are: one definition of each metric, weighted, with intervals bootstrapped over leads.

``y`` (n,) is 0 or 1, ``p`` (n,) in [0, 1], ``weight`` (n,) at least 0 or None. What data cannot give is NaN, without a warning.
"""

from __future__ import annotations

from lead_ml.model.metrics.curve import logit, logit_losses, sigmoid
from lead_ml.model.metrics.interval import Interval, OptionalInterval, percentiles, wilson
from lead_ml.model.metrics.newton import LogitFit, LogitProblem, fit_alone, fit_beside, fit_logit
from lead_ml.model.metrics.resample import (
    Known,
    Resampling,
    bootstrap,
    paired_bootstrap,
    resampled_totals,
    resamples,
)
from lead_ml.model.metrics.scores import (
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
    "METRICS",
    "Interval",
    "Known",
    "LogitFit",
    "LogitProblem",
    "OptionalInterval",
    "Resampling",
    "bootstrap",
    "brier",
    "calibration_line",
    "capture_at",
    "ece",
    "evaluate",
    "fit_alone",
    "fit_beside",
    "fit_logit",
    "lift_at",
    "log_loss",
    "logit",
    "logit_losses",
    "paired_bootstrap",
    "percentiles",
    "pr_auc",
    "resampled_totals",
    "resamples",
    "roc_auc",
    "sigmoid",
    "wilson",
]
