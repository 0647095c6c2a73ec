"""Rows ranked by probability, sorted once so that a bootstrap can re-weight them without sorting again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lead_ml.errors import InputError
from lead_ml.tables.dataset import Floats, Indices


@dataclass(frozen=True)
class Ranked:
    """Rows in ascending order of ``p``; ``starts`` opens each block of equal ``p``, ``order`` is the sorting index."""

    y: Floats
    p: Floats
    starts: Indices
    order: Indices

    @classmethod
    def of(cls, y: npt.ArrayLike, p: npt.ArrayLike) -> Ranked:
        """Check and sort; raises InputError where the rows do not fit, or ``y`` or ``p`` is out of range."""
        labels, chance = np.asarray(y, dtype=np.float64), np.asarray(p, dtype=np.float64)
        _check(labels, chance)
        order = np.argsort(chance, kind="stable").astype(np.int64)
        chance = chance[order]
        starts = np.flatnonzero(np.r_[True, chance[1:] != chance[:-1]]).astype(np.int64)
        return cls(labels[order], chance, starts, order)


def prepared(y: npt.ArrayLike, p: npt.ArrayLike, weight: npt.ArrayLike | None) -> tuple[Ranked, Floats]:
    """Return the ranked rows and their weights in the same order; InputError where either cannot be used."""
    ranked = Ranked.of(y, p)
    masses = np.ones(len(ranked.y)) if weight is None else np.asarray(weight, dtype=np.float64)
    if masses.shape != ranked.y.shape or not np.all(masses >= 0) or not 0 < masses.sum() < np.inf:
        raise InputError(
            "the weights cannot be used",
            source="metrics",
            expected="one per row, not negative, a finite sum above 0",
        )
    return ranked, masses[ranked.order]


def _check(y: Floats, p: Floats) -> None:
    if y.ndim != 1 or y.shape != p.shape or not len(y):
        raise InputError(
            "labels and probabilities do not fit together",
            source="metrics",
            value=(y.shape, p.shape),
            expected="two vectors of the same length, at least one row",
        )
    if not np.all((y == 0) | (y == 1)):
        raise InputError(
            "a label is not 0 or 1",
            source="metrics",
            value=float(y[(y != 0) & (y != 1)][0]),
            expected="0 or 1",
        )
    if not np.all((p >= 0) & (p <= 1)):
        bad = float(p[~((p >= 0) & (p <= 1))][0])
        raise InputError("a probability is out of range", source="metrics", value=bad, expected="0 to 1")
