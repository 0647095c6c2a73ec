"""Logistic regression on a few columns by Newton steps, for the many small fits of bootstraps and half-lives.

No sum over rows goes through BLAS, so results do not depend on the number of threads.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lead_ml.model.metrics.curve import logit_losses, sigmoid
from lead_ml.tables.dataset import Floats

_STEPS, _HALVINGS = 200, 20
_ROUNDING = 1e-13  # share of the total weight below which a change of the log-likelihood is rounding
_SINGULAR = 1e14  # condition number of a curvature that cannot be inverted
_SMALL_STEP = 1e-6
# Where many fits share all columns but one: log-likelihood still to be gained, and steps between two curvatures.
_GAIN, _REFRESH = 1e-7, 6


@dataclass(frozen=True)
class LogitProblem:
    """A penalized logistic regression: maximize the log-likelihood less ``ridge`` / 2 * (b - ``toward``)^2.

    ``columns`` (k, n), ``y`` (n,) in [0, 1] (a rate, for grouped rows), ``weight`` (n,), ``ridge`` (k,), ``toward`` (k,)
    or 0 everywhere.
    """

    columns: Floats
    y: Floats
    weight: Floats
    ridge: Floats
    toward: Floats | float = 0.0

    def beside(self, column: Floats, ridge: float) -> LogitProblem:
        """Return the problem with one more column (n,), the last."""
        return LogitProblem(
            np.vstack([self.columns, column]), self.y, self.weight, np.append(self.ridge, ridge), self.toward
        )

    def inner(self, values: Floats) -> Floats:
        """Return the sums over rows of each column times `values`: (k,), or (k, m) for values (m, n)."""
        return np.asarray(np.einsum("kn,...n->k...", self.columns, values))


@dataclass(frozen=True)
class LogitFit:
    """A problem with coefficients ``b`` (k,), those of its optimum or of any other point."""

    problem: LogitProblem
    b: Floats

    @cached_property
    def logit(self) -> Floats:
        """Linear predictor of the rows (n,)."""
        return np.asarray(np.einsum("k,kn->n", self.b, self.problem.columns))

    @cached_property
    def chance(self) -> Floats:
        """Probability of the rows (n,)."""
        return sigmoid(self.logit)

    @cached_property
    def log_likelihood(self) -> float:
        """Weighted log-likelihood less the penalty."""
        problem = self.problem
        loss = float((problem.weight * logit_losses(self.logit, problem.y)).sum())
        return -loss - 0.5 * float((problem.ridge * (self.b - problem.toward) ** 2).sum())

    @cached_property
    def residual(self) -> Floats:
        """Weight * (y - chance) (n,)."""
        return np.asarray(self.problem.weight * (self.problem.y - self.chance))

    @cached_property
    def spread(self) -> Floats:
        """Weight * chance * (1 - chance) (n,)."""
        return np.asarray(self.problem.weight * self.chance * (1 - self.chance))

    @cached_property
    def gradient(self) -> Floats:
        """Gradient of the log-likelihood (k,)."""
        problem = self.problem
        return np.asarray(problem.inner(self.residual) - problem.ridge * (self.b - problem.toward))

    @cached_property
    def curvature(self) -> Floats:
        """Minus the second derivative of the log-likelihood (k, k)."""
        problem = self.problem
        return problem.inner(problem.columns * self.spread) + np.diag(problem.ridge)


def climb(
    here: LogitFit, curvature: Floats, *, gain: float, refresh: int, step: float = np.inf
) -> tuple[LogitFit, bool]:
    """Take damped Newton steps until the log-likelihood can rise by less than `gain` and no coefficient moves by `step`.

    Begins with a curvature (k, k), such as that of a similar problem, and computes it again every `refresh` steps. Returns the
    last point and whether it is such an optimum.
    """
    rounding = _ROUNDING * float(here.problem.weight.sum())
    for number in range(_STEPS):
        if number and number % refresh == 0:
            curvature = here.curvature
        if number % refresh == 0 and not _invertible(curvature):
            break
        move: Floats = np.linalg.solve(curvature, here.gradient).astype(np.float64)
        if 0.5 * float((here.gradient * move).sum()) < gain and float(np.abs(move).max()) < step:
            return here, True
        there = _uphill(here, move, rounding)
        if there is None:
            break
        here = there
    return here, False


def fit_alone(problem: LogitProblem) -> LogitFit:
    """Fit without anything to start from."""
    start = LogitFit(problem, np.zeros(len(problem.columns)))
    return climb(start, start.curvature, gain=_GAIN, refresh=_REFRESH)[0]


def fit_beside(base: LogitFit, column: Floats, ridge: float) -> LogitFit:
    """Fit with one more column (n,), starting from the fit without it and from its curvature."""
    problem, k = base.problem.beside(column, ridge), len(base.b)
    border = problem.inner(column * base.spread)
    curvature = np.empty((k + 1, k + 1))
    curvature[:k, :k], curvature[k, :], curvature[:, k] = base.curvature, border, border
    curvature[k, k] += ridge
    return climb(LogitFit(problem, np.append(base.b, 0.0)), curvature, gain=_GAIN, refresh=_REFRESH)[0]


def fit_logit(
    columns: Floats, y: Floats, weight: Floats, *, ridge: Floats | None = None, toward: Floats | None = None
) -> Floats:
    """Fit logit P(y=1) = b @ columns exactly, see :class:`LogitProblem`; no ridge by default.

    Returns b (k,), NaN where there is no finite optimum.
    """
    k = len(columns)
    goal = np.zeros(k) if toward is None else toward
    start = LogitFit(LogitProblem(columns, y, weight, np.zeros(k) if ridge is None else ridge, goal), goal)
    small = _ROUNDING * float(weight.sum())
    found, converged = climb(start, start.curvature, gain=small, refresh=1, step=_SMALL_STEP)
    if not converged:
        return np.full(k, np.nan)
    # One more step squares the error that is left.
    return np.asarray(found.b + np.linalg.solve(found.curvature, found.gradient), dtype=np.float64)


def _uphill(here: LogitFit, move: Floats, rounding: float) -> LogitFit | None:
    """Return the first point along the halved step that is not lower, None where there is none."""
    for halving in range(_HALVINGS):
        there = LogitFit(here.problem, here.b + move * 0.5**halving)
        if there.log_likelihood >= here.log_likelihood - rounding:
            return there
    return None


def _invertible(curvature: Floats) -> bool:
    return bool(np.all(np.isfinite(curvature)) and np.linalg.cond(curvature) <= _SINGULAR)
