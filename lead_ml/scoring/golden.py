"""Golden rows: a few inputs with their answers, so that a bundle can prove itself before it serves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lead_ml.asof.matrix import RawColumns, take
from lead_ml.errors import BundleError
from lead_ml.model.fit import Fitted
from lead_ml.tables.dataset import Floats

ROWS = 32
TOLERANCE = 1e-9


@dataclass(frozen=True)
class Golden:
    """Rows of the matrix (rows, features), shuffled column by column so that no row is a person, and their logits."""

    X: Floats
    logit: Floats


def make_golden(fitted: Fitted, raw: RawColumns, seed: int) -> Golden:
    """Draw golden rows from the raw columns of a fit, each column on its own."""
    rng, names = np.random.default_rng(seed), fitted.encoder.names
    size = len(next(iter(raw.values())))
    places = np.column_stack([rng.integers(0, size, ROWS) for _ in names])
    drawn, where = np.unique(places, return_inverse=True)
    X = fitted.matrix(take(raw, drawn))[where.reshape(places.shape), np.arange(len(names))]
    X = np.ascontiguousarray(X)
    return Golden(X, fitted.model.predict_logit(X))


def check_golden(name: str, golden: Golden, fitted: Fitted) -> None:
    """Raise BundleError unless the model answers as it did when it was written."""
    worst = float(np.abs(fitted.model.predict_logit(golden.X) - golden.logit).max(initial=0.0))
    if not worst <= TOLERANCE:
        raise BundleError(
            f"the {name} model does not give the answers it gave when it was trained",
            value=worst,
            expected=f"logits within {TOLERANCE}",
            do="the libraries differ from those of the training; retrain or restore",
        )
