"""The logistic curve: probability, log-odds and log-loss."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lead_ml.tables.dataset import Floats

EPS = float(np.finfo(np.float64).eps)


def sigmoid(z: Floats | float) -> Floats:
    """Return 1 / (1 + exp(-z)) without overflow."""
    small = np.exp(-np.abs(z))
    return np.asarray(np.where(z >= 0, 1.0, small) / (1.0 + small), dtype=np.float64)


def logit(p: npt.ArrayLike) -> Floats:
    """Return log(p / (1 - p)), with ``p`` kept 2.2e-16 away from 0 and 1."""
    chance = np.clip(np.asarray(p, dtype=np.float64), EPS, 1 - EPS)
    return np.asarray(np.log(chance) - np.log1p(-chance), dtype=np.float64)


def logit_losses(z: Floats, y: Floats) -> Floats:
    """Return the log-loss of each row with log-odds ``z`` and label ``y`` in [0, 1], without overflow."""
    return np.asarray(np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z))) - y * z, dtype=np.float64)
