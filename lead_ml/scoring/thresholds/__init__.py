"""Advice on the MQL and SQL thresholds from cross-fitted scores replayed in time; the score and the grades."""

from lead_ml.scoring.thresholds.accepted import Thresholds
from lead_ml.scoring.thresholds.advise import (
    METHODS,
    Advice,
    advise,
    advise_all,
    basis_of,
    capacity,
    opportunity_mean,
    precision,
    recall,
    value,
)
from lead_ml.scoring.thresholds.basis import Basis, Threshold
from lead_ml.scoring.thresholds.history import History
from lead_ml.scoring.thresholds.log import (
    Acceptance,
    ThresholdLog,
    accept_thresholds,
    accepted_thresholds,
    log_of,
    read_log,
)
from lead_ml.scoring.thresholds.scale import (
    POINTS_PER_LOGIT,
    Grade,
    Stage,
    grade_of,
    log_odds,
    probability_of,
    score_of,
    stage_of,
)
from lead_ml.scoring.thresholds.steps import Steps, replayable
from lead_ml.scoring.thresholds.tables import CurvePoint, Month, by_month, curve

__all__ = [
    "METHODS",
    "POINTS_PER_LOGIT",
    "Acceptance",
    "Advice",
    "Basis",
    "CurvePoint",
    "Grade",
    "History",
    "Month",
    "Stage",
    "Steps",
    "Threshold",
    "ThresholdLog",
    "Thresholds",
    "accept_thresholds",
    "accepted_thresholds",
    "advise",
    "advise_all",
    "basis_of",
    "by_month",
    "capacity",
    "curve",
    "grade_of",
    "log_odds",
    "log_of",
    "opportunity_mean",
    "precision",
    "probability_of",
    "read_log",
    "recall",
    "replayable",
    "score_of",
    "stage_of",
    "value",
]
