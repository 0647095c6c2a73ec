"""The logistic curve: there, back, and fitted by Newton steps to a few columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lead_ml.tables.dataset import Floats

EPS = float(np.finfo(np.float64).eps)
_NEWTON_STEPS = 100
_DAMPING = tuple(0.5**halving for halving in range(20))


def sigmoid(z: Floats) -> Floats:
    """Return 1 / (1 + exp(-z)) without overflow."""
    small = np.exp(-np.abs(z))
    return np.asarray(np.where(z >= 0, 1.0, small) / (1.0 + small), dtype=np.float64)


def logit(p: npt.ArrayLike) -> Floats:
    """Return log(p / (1 - p)), with ``p`` kept 2.2e-16 away from 0 and 1."""
    chance = np.clip(np.asarray(p, dtype=np.float64), EPS, 1 - EPS)
    return np.asarray(np.log(chance) - np.log1p(-chance), dtype=np.float64)


def fit_logit(
    basis: Floats,
    y: Floats,
    weight: Floats,
    *,
    penalty: Floats | None = None,
    toward: Floats | None = None,
) -> Floats:
    """Fit logit P(y=1) = basis @ b by damped Newton steps on the weighted log-loss plus penalty/2 * (b - toward)^2.

    ``basis`` (n, k) with few columns, ``y`` (n,) in [0, 1] (a rate, for grouped rows), ``penalty`` and ``toward`` (k,),
    0 by default. Returns b (k,), NaN where there is no finite optimum. No BLAS sum over rows: the same bits on any
    number of threads.
    """
    k = basis.shape[1]
    goal = np.zeros(k) if toward is None else toward
    problem = _Problem(basis, y, weight, np.zeros(k) if penalty is None else penalty, goal)
    small, b = 1e-13 * float(weight.sum()), goal.copy()
    loss, chance = problem.at(b)
    for _ in range(_NEWTON_STEPS):
        step = problem.step(b, chance)
        if step is None:
            break
        for gain in _DAMPING:
            new, chance = problem.at(b - gain * step)
            if new <= loss + small:
                break
        b = b - gain * step
        if loss - new < small and float(np.abs(step).max()) < 1e-6:
            return b
        loss = new
    return np.full(k, np.nan)


@dataclass(frozen=True)
class _Problem:
    basis: Floats
    y: Floats
    weight: Floats
    penalty: Floats
    toward: Floats

    def at(self, b: Floats) -> tuple[float, Floats]:
        """Loss and probabilities (n,) at b."""
        z = np.einsum("nk,k->n", self.basis, b)
        small = np.exp(-np.abs(z))
        losses = np.maximum(z, 0) + np.log1p(small) - self.y * z
        pull = 0.5 * float((self.penalty * (b - self.toward) ** 2).sum())
        return float((self.weight * losses).sum()) + pull, np.where(z >= 0, 1.0, small) / (1.0 + small)

    def step(self, b: Floats, chance: Floats) -> Floats | None:
        """Newton step at b, None where the curvature is singular."""
        residual = self.weight * (chance - self.y)
        gradient = np.einsum("nk,n->k", self.basis, residual) + self.penalty * (b - self.toward)
        curved = self.basis * (self.weight * chance * (1 - chance))[:, None]
        hessian = np.einsum("nj,nk->jk", curved, self.basis) + np.diag(self.penalty)
        if not np.all(np.isfinite(hessian)) or np.linalg.cond(hessian) > 1e14:
            return None
        return np.asarray(np.linalg.solve(hessian, gradient), dtype=np.float64)
