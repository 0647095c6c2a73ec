"""Declared directions in the logistic regression: an active set of coefficients that may not take the wrong sign.

The constrained optimum of a convex loss is that of the loss with some bounds active (Nocedal and Wright, Numerical Optimization,
section 16.5): a violated bound becomes active and the rest is fitted again, an active one that the gradient leaves is released once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from lead_ml.errors import DeclarationError
from lead_ml.model.base import ColumnInfo
from lead_ml.tables.dataset import Floats

_SLACK = 1e-12
Gradient = Callable[[Floats], Floats]
Fit = Callable[[Floats | None, Floats | None], Floats]  # from a start, on a basis; both None: free


class Bound(NamedTuple):
    """``sign`` times coefficient ``at`` is at least 0, or ``at`` is at most ``factor`` times coefficient ``of``."""

    at: int
    sign: int
    of: int = -1
    factor: float = 0.0

    def excess(self, b: Floats) -> float:
        """How far coefficients are beyond the bound; at most 0 where they keep it."""
        limit = self.factor * float(b[self.of]) if self.of >= 0 else 0.0
        return -self.sign * (float(b[self.at]) - limit)


@dataclass(frozen=True)
class Bounds:
    """All bounds of a fit of ``size`` coefficients."""

    bounds: tuple[Bound, ...]
    size: int

    def fit(self, free: Fit, gradient: Gradient) -> Floats:
        """Return the coefficients of the least loss that keep every bound."""
        active, released = frozenset[Bound](), frozenset[Bound]()
        b = free(None, None)
        while True:
            wrong = {bound for bound in self.bounds if bound.excess(b) > _SLACK} - active
            wrong |= self._to_release(b, active - released, gradient) if not wrong and active else set()
            if not wrong:
                return b
            released |= wrong & active
            active ^= wrong
            basis = self.basis(active)
            b = free(basis @ b[self._free(active)], basis)

    def basis(self, active: Collection[Bound]) -> Floats:
        """Return T (size, free): coefficients T r keep the active bounds as equalities."""
        basis = np.eye(self.size)
        for bound in sorted(
            active, key=lambda bound: bound.of
        ):  # signs first: a tie to a fixed slope is 0 too
            basis[bound.at] = bound.factor * basis[bound.of] if bound.of >= 0 else 0.0
        return np.ascontiguousarray(basis[:, self._free(active)])

    def _free(self, active: Collection[Bound]) -> list[int]:
        bound = {item.at for item in active}
        return [k for k in range(self.size) if k not in bound]

    def _to_release(self, b: Floats, active: Collection[Bound], gradient: Gradient) -> set[Bound]:
        """Return the active sign whose release lowers the loss most, if any does."""
        slope = gradient(b)
        gains = [(-bound.sign * float(slope[bound.at]), bound) for bound in active if bound.of < 0]
        best = max(gains, default=(0.0, None), key=lambda pair: pair[0])
        return {best[1]} if best[1] is not None and best[0] > 1e-6 else set()


def check_directions(
    columns: Sequence[ColumnInfo], points_at: Callable[[int, float], float], ends: Callable[[int], set[float]]
) -> None:
    """Raise DeclarationError where the points of a scorecard run against a declared direction."""
    for place, column in enumerate(columns):
        edges = sorted(ends(place)) if column.monotone else []
        points = [points_at(place, value) for value in (*[edge - 1.0 for edge in edges[:1]], *edges)]
        if any((after - before) * column.monotone < 0 for before, after in pairwise(points)):
            raise DeclarationError(
                f"scorecard rules on {column.name} run against its monotone direction",
                value=points,
                expected="points that " + ("never fall" if column.monotone > 0 else "never rise"),
                do="correct the rules in params.yaml, or the direction in models/",
            )
