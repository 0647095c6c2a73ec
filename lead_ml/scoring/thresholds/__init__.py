"""Advice on the MQL and SQL thresholds from cross-fitted scores replayed in time; the score and the grades."""

from lead_ml.scoring.thresholds.accepted import Thresholds
from lead_ml.scoring.thresholds.advise import (
    METHODS,
    Advice,
    ThresholdMethod,
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
from lead_ml.scoring.thresholds.evidence import EvidenceTable
from lead_ml.scoring.thresholds.history import History
from lead_ml.scoring.thresholds.scale import (
    POINTS_PER_LOGIT,
    Grade,
    Stage,
    grade_of,
    log_odds,
    logit_of,
    probability_of,
    score_of,
    stage_of,
)
from lead_ml.scoring.thresholds.steps import Crossings, Steps, replay
from lead_ml.scoring.thresholds.tables import CurvePoint, Month, by_month, curve
from lead_ml.scoring.thresholds.words import Translations

__all__ = [
    "METHODS",
    "POINTS_PER_LOGIT",
    "Advice",
    "Basis",
    "Crossings",
    "CurvePoint",
    "EvidenceTable",
    "Grade",
    "History",
    "Month",
    "Stage",
    "Steps",
    "Threshold",
    "ThresholdMethod",
    "Thresholds",
    "Translations",
    "advise",
    "advise_all",
    "basis_of",
    "by_month",
    "capacity",
    "curve",
    "grade_of",
    "log_odds",
    "logit_of",
    "opportunity_mean",
    "precision",
    "probability_of",
    "recall",
    "replay",
    "score_of",
    "stage_of",
    "value",
]
