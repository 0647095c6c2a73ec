"""Logistic regression made for a profile: many fits that share all columns but one.

No sum over rows goes through BLAS, so the figures do not depend on the number of threads.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lead_ml.model.metrics import sigmoid
from lead_ml.tables.dataset import Floats

_STEPS, _REFRESH, _HALVINGS = 200, 6, 20
_CONVERGED = 1e-7  # log-likelihood still to be gained


@dataclass(frozen=True)
class Problem:
    """``columns`` (k, n), ``y`` (n,) 0 or 1, ``weight`` (n,), ``ridge`` (k,): half of it times b^2 is taken off."""

    columns: Floats
    y: Floats
    weight: Floats
    ridge: Floats

    def beside(self, column: Floats, ridge: float) -> Problem:
        """Return the problem with one column (n,) more, the last."""
        return Problem(np.vstack([self.columns, column]), self.y, self.weight, np.append(self.ridge, ridge))

    def logit(self, b: Floats) -> Floats:
        """Return the linear predictor (n,)."""
        return np.asarray(np.einsum("k,kn->n", b, self.columns))

    def value(self, b: Floats, logit: Floats) -> float:
        """Return the weighted log-likelihood less the ridge."""
        loss = np.logaddexp(0.0, logit) - self.y * logit
        return float(-(self.weight * loss).sum() - 0.5 * (self.ridge * b**2).sum())

    def slope(self, b: Floats, logit: Floats) -> Floats:
        """Return the gradient of the value (k,)."""
        return np.asarray(self.inner(self.residual(logit)) - self.ridge * b)

    def residual(self, logit: Floats) -> Floats:
        """Return weight * (y - chance) (n,)."""
        return np.asarray(self.weight * (self.y - sigmoid(logit)))

    def spread(self, logit: Floats) -> Floats:
        """Return weight * chance * (1 - chance) (n,)."""
        chance = sigmoid(logit)
        return np.asarray(self.weight * chance * (1 - chance))

    def inner(self, values: Floats) -> Floats:
        """Return the sums over rows of each column times `values`: (k,), or (k, m) for values (m, n)."""
        return np.asarray(np.einsum("kn,...n->k...", self.columns, values))

    def curvature(self, logit: Floats) -> Floats:
        """Return minus the second derivative of the value (k, k)."""
        return self.inner(self.columns * self.spread(logit)) + np.diag(self.ridge)


@dataclass(frozen=True)
class Fit:
    """An optimum: coefficients ``b`` (k,), the log-likelihood there, and the curvature at the last look."""

    problem: Problem
    b: Floats
    log_likelihood: float
    curvature: Floats

    @property
    def logit(self) -> Floats:
        """Linear predictor of the rows (n,)."""
        return self.problem.logit(self.b)


def fit_alone(problem: Problem) -> Fit:
    """Fit without anything to start from; the curvature is that of the optimum."""
    start = np.zeros(len(problem.columns))
    found = _climb(problem, start, problem.curvature(problem.logit(start)))
    return Fit(problem, found.b, found.log_likelihood, problem.curvature(found.logit))


def fit_beside(base: Fit, column: Floats, ridge: float) -> Fit:
    """Fit with one column (n,) more, starting from the fit without it and borrowing its curvature."""
    problem = base.problem.beside(column, ridge)
    border = problem.inner(column * base.problem.spread(base.logit))
    k = len(base.b)
    curvature = np.empty((k + 1, k + 1))
    curvature[:k, :k], curvature[k, :], curvature[:, k] = base.curvature, border, border
    curvature[k, k] += ridge
    return _climb(problem, np.append(base.b, 0.0), curvature)


def _climb(problem: Problem, start: Floats, curvature: Floats) -> Fit:
    """Newton steps whose curvature is looked at anew only now and then: it hardly changes between neighbours."""
    b, logit = start, problem.logit(start)
    value = problem.value(b, logit)
    for step in range(1, _STEPS + 1):
        slope = problem.slope(b, logit)
        move = np.linalg.solve(curvature, slope)
        if 0.5 * float((slope * move).sum()) < _CONVERGED:
            break
        for halving in range(_HALVINGS):
            there = b + move * 0.5**halving
            logit_there = problem.logit(there)
            value_there = problem.value(there, logit_there)
            if value_there >= value:
                break
        if value_there < value:
            break
        b, logit, value = there, logit_there, value_there
        if step % _REFRESH == 0:
            curvature = problem.curvature(logit)
    return Fit(problem, b, value, curvature)
