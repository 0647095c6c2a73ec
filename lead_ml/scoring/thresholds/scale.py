"""From log-odds to the score of 0-100, the grade and the stage, and back.

The score is ``50 + 20 log10(odds / reference_odds)``, clipped, as credit scoring does (points to double the odds;
Siddiqi, *Credit Risk Scorecards*, 2006): 6.02 points double the odds.
"""

from __future__ import annotations

import math
from typing import Literal, overload

import numpy as np

from lead_ml.errors import ParamsError
from lead_ml.model.metrics import sigmoid
from lead_ml.tables.dataset import Floats

Grade = Literal["A", "B", "C", "D"]
Stage = Literal["sql", "mql", "none", "verify"]

POINTS_PER_LOGIT = 20 / math.log(10)
_LN2 = math.log(2)


@overload
def score_of(logit: float, reference_odds: float) -> float: ...
@overload
def score_of(logit: Floats, reference_odds: float) -> Floats: ...
def score_of(logit: float | Floats, reference_odds: float) -> float | Floats:
    """Return the score, 0-100, of log-odds; a lead at the reference odds scores 50. NaN stays NaN.

    >>> round(score_of(math.log(2), 1.0), 2)
    56.02
    """
    points = 50.0 + (np.asarray(logit, dtype=np.float64) - _log_reference(reference_odds)) * POINTS_PER_LOGIT
    clipped = np.clip(points, 0.0, 100.0)
    return float(clipped) if clipped.ndim == 0 else clipped


def grade_of(logit: float, mql_logit: float, sql_logit: float) -> Grade:
    """Return A from the SQL threshold up, B from the MQL threshold, C from half the odds at MQL, D below.

    >>> grade_of(-2.5, -2.0, 0.0)
    'C'
    """
    if logit >= sql_logit:
        return "A"
    if logit >= mql_logit:
        return "B"
    return "C" if logit >= mql_logit - _LN2 else "D"


def stage_of(logit: float, mql_logit: float, sql_logit: float) -> Stage:
    """Return the stage that the thresholds advise: ``sql``, ``mql`` or ``none``."""
    if logit >= sql_logit:
        return "sql"
    return "mql" if logit >= mql_logit else "none"


def probability_of(logit: float) -> float:
    """Return the probability of log-odds, without overflow at either end."""
    return float(sigmoid(logit))


def log_odds(probability: float) -> float:
    """Return the log-odds of a probability; 0 and 1 give minus and plus infinity."""
    if probability <= 0.0:
        return -math.inf
    return math.inf if probability >= 1.0 else math.log(probability) - math.log1p(-probability)


def _log_reference(reference_odds: float) -> float:
    if not (math.isfinite(reference_odds) and reference_odds > 0):
        raise ParamsError("reference_odds", value=reference_odds, expected="a positive number")
    return math.log(reference_odds)
