"""A pair model learned from reviewed pairs: small trees that correct the log-odds found without labels."""

from __future__ import annotations

from typing import Any

import numpy as np

from lead_ml.lead_data.match.compare import Levels
from lead_ml.lead_data.match.weights import Floats
from lead_ml.model.metrics import sigmoid

LEAST_REVIEWED = 100
_LEAST_OF_EACH = 15
_FOLDS = 5
_TREES = 60
_CLIP = 8.0
_PARAMS: dict[str, Any] = {
    "objective": "binary",
    "num_leaves": 6,
    "learning_rate": 0.08,
    "min_data_in_leaf": 15,
    "lambda_l2": 5.0,
    "verbose": -1,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
    "seed": 0,
}


class PairModel:
    """Log-odds of pairs from their levels and the log-odds of the weights.

    ``unseen`` are the log-odds of the reviewed pairs by models that had not seen them; ``gain`` is the mean log-loss of the weights
    alone less that of ``unseen``.
    """

    def __init__(self, levels: Levels, log_odds: Floats, right: Floats) -> None:
        start, columns = np.clip(log_odds, -_CLIP, _CLIP), _columns(levels, log_odds)
        folds = np.arange(len(right)) % _FOLDS
        self.unseen = np.zeros(len(right))
        for fold in range(_FOLDS):
            fit, rest = folds != fold, folds == fold
            trees = _grown(columns[fit], start[fit], right[fit])
            self.unseen[rest] = start[rest] + trees.predict(columns[rest], raw_score=True)
        self.gain = _loss(start, right) - _loss(self.unseen, right)
        self._trees = _grown(columns, start, right)

    def log_odds(self, levels: Levels, log_odds: Floats) -> Floats:
        """Return the corrected log-odds."""
        start = np.clip(log_odds, -_CLIP, _CLIP)
        return np.asarray(start + self._trees.predict(_columns(levels, log_odds), raw_score=True))


def pair_model(levels: Levels, log_odds: Floats, right: Floats) -> PairModel | None:
    """Return a model of reviewed pairs; None where they are too few, or where it is no better than the weights on unseen pairs."""
    few = min(right.sum(), len(right) - right.sum()) < _LEAST_OF_EACH
    if len(right) < LEAST_REVIEWED or few:
        return None
    model = PairModel(levels, log_odds, right)
    return model if model.gain > 0 else None


def _columns(levels: Levels, log_odds: Floats) -> Floats:
    known = np.where(levels < 0, np.nan, levels.astype(np.float64))
    return np.column_stack([known, log_odds])


def _grown(columns: Floats, start: Floats, right: Floats) -> Any:
    import lightgbm

    data = lightgbm.Dataset(columns, right, init_score=start)
    return lightgbm.train(_PARAMS, data, _TREES)


def _loss(log_odds: Floats, right: Floats) -> float:
    belief = np.clip(sigmoid(log_odds), 1e-6, 1 - 1e-6)
    return float(-(right * np.log(belief) + (1 - right) * np.log(1 - belief)).mean())
