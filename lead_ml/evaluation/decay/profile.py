"""The likelihood of every half-life, how much of it is repetition, and whether any of it is more than chance.

The model of a snapshot is ``logit P(win within the horizon) = adjustment + b * f(s_h)``, where ``s_h`` is the sum of
2^(-age / h) over the events of a type and f is the identity or log1p, whichever the data prefers.

The snapshots of a lead repeat each other, so their likelihood is a composite one. For a single parameter of interest the
log-likelihood ratio is then, in large samples, a chi-square times the ratio of the robust to the naive variance of its score
(Pace, Salvan and Sartori 2011, "Adjusting composite likelihood ratio statistics", Statistica Sinica 21). Drops are divided by it.

Where b = 0 every half-life fits the same, so whether a type matters at all cannot be read off that ratio. The largest score
over all half-lives is compared with the largest under random signs of the leads (Hansen 1996, "Inference when a nuisance
parameter is not identified under the null hypothesis", Econometrica 64).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lead_ml.evaluation.decay.records import DecayShape
from lead_ml.model.metrics import LogitFit, fit_beside
from lead_ml.tables.dataset import Floats, Indices

LEVEL = 0.90
HALF_CHI_SQUARE = 1.3527717  # half the 90% quantile of a chi-square with one degree of freedom
RIDGE = 0.01  # on the effect of one standard deviation, in units of one lead: a prior of ten around zero
SHAPES: tuple[DecayShape, ...] = ("sum", "log1p")
_SIGNS, _CHUNK = 499, 100


@dataclass(frozen=True)
class LikelihoodProfile:
    """Log-likelihoods (2, H) by shape and half-life; ``days`` (H,) ascend, the last is infinite: no decay.

    ``dependence`` is the robust over the naive variance at the best half-life, ``chance`` the p-value of the effect,
    ``raises`` the sign of it.
    """

    days: Floats
    log_likelihood: Floats
    base: float
    dependence: float
    chance: float
    raises: bool

    @property
    def best(self) -> tuple[int, int]:
        """DecayShape and half-life of the highest likelihood, as positions."""
        shape, place = np.unravel_index(int(self.log_likelihood.argmax()), self.log_likelihood.shape)
        return int(shape), int(place)

    @property
    def drops(self) -> Floats:
        """How far each half-life (H,) with its better shape lies below the best, adjusted for dependence."""
        upper = self.log_likelihood.max(axis=0)
        return np.asarray((upper.max() - upper) / self.dependence)


def profile(base: LogitFit, columns: Floats, days: Floats, group: Indices, *, seed: int) -> LikelihoodProfile:
    """Fit every half-life in both shapes.

    `base` is the adjustment alone on n rows, `columns` (H, n) are the decayed sums by half-life `days` (H,), the last infinite: without
    decay. Rows of one `group` (n,) are dependent.
    """
    tried = np.array([standardized(shaped(columns, shape), base.problem.weight) for shape in SHAPES])
    fits = [[fit_beside(base, column, RIDGE) for column in part] for part in tried]
    values = np.array([[fit.log_likelihood for fit in part] for part in fits])
    s, k = np.unravel_index(int(values.argmax()), values.shape)
    return LikelihoodProfile(
        days=days,
        log_likelihood=values,
        base=base.log_likelihood,
        dependence=_dependence(fits[s][k], tried[s], int(k), group),
        chance=_chance(base, tried.reshape(-1, tried.shape[2]), group, seed),
        raises=bool(fits[s][k].b[-1] > 0),
    )


def shaped(values: Floats, shape: DecayShape) -> Floats:
    """Return decayed sums as they enter the model."""
    return values if shape == "sum" else np.log1p(values)


def standardized(values: Floats, weight: Floats, like: Floats | None = None) -> Floats:
    """Return values (..., n) with weighted mean 0 and deviation 1 over the rows of `like` (themselves by default); constant ones as 0."""
    known = values if like is None else like
    mean = (known * weight).sum(axis=-1, keepdims=True) / weight.sum()
    deviation = np.sqrt(((known - mean) ** 2 * weight).sum(axis=-1, keepdims=True) / weight.sum())
    flat = deviation < 1e-9
    return np.asarray(np.where(flat, 0.0, (values - mean) / np.where(flat, 1.0, deviation)))


def best_days(found: LikelihoodProfile) -> float | None:
    """Return the half-life of the highest likelihood, between the grid by a parabola; None for no decay."""
    _, k = found.best
    last = len(found.days) - 2
    if k > last:
        return None
    if k in (0, last):
        return float(found.days[k])
    left, middle, right = -found.drops[k - 1 : k + 2]
    bend = left - 2 * middle + right
    shift = 0.0 if bend >= 0 else 0.5 * (left - right) / bend
    step = np.log(found.days[k + 1] / found.days[k])
    return float(found.days[k] * np.exp(np.clip(shift, -0.5, 0.5) * step))


def interval(found: LikelihoodProfile) -> tuple[float | None, float | None]:
    """Return the hull of the half-lives that the likelihood does not rule out, in days; an open end is None."""
    inside = np.flatnonzero(found.drops < HALF_CHI_SQUARE)
    first, last = int(inside[0]), int(inside[-1])
    lower = None if first == 0 else _crossing(found, first - 1, first)
    upper = None if last >= len(found.days) - 2 else _crossing(found, last + 1, last)
    return lower, upper


def _crossing(found: LikelihoodProfile, outside: int, inside: int) -> float:
    """Return where the drop meets the limit; its root is about linear in the logarithm of the half-life."""
    if not np.isfinite(found.days[[outside, inside]]).all():
        return float(found.days[outside])
    high, low = np.sqrt(found.drops[[outside, inside]])
    share = (np.sqrt(HALF_CHI_SQUARE) - low) / (high - low)
    logs = np.log(found.days)
    return float(np.exp(logs[inside] + share * (logs[outside] - logs[inside])))


def _dependence(fit: LogitFit, columns: Floats, place: int, group: Indices) -> float:
    """Robust over naive variance of the score of the half-life, at the best one; the scale of the half-life cancels."""
    before, after = max(place - 1, 0), min(place + 1, len(columns) - 1)
    moved = (columns[after] - columns[before])[None]
    rest = _residualized(fit, moved)
    naive = float((fit.spread * rest[0] ** 2).sum())
    robust = float((_by_group(rest * fit.residual, group) ** 2).sum())
    return robust / naive if naive > 1e-12 and robust > 1e-12 else 1.0


def _chance(base: LogitFit, columns: Floats, group: Indices, seed: int) -> float:
    """Share of random signs of the groups under which some half-life looks as useful as the best one does."""
    scores = _by_group(_residualized(base, columns) * base.residual, group)
    size = np.sqrt((scores**2).sum(axis=1))
    scores = scores[size > 1e-9] / size[size > 1e-9, None]
    if not len(scores):
        return 1.0
    highest = np.abs(scores.sum(axis=1)).max()
    rng = np.random.default_rng(seed)
    exceeded = 1
    for start in range(0, _SIGNS, _CHUNK):
        signs = rng.integers(0, 2, (min(_CHUNK, _SIGNS - start), scores.shape[1])) * 2.0 - 1.0
        drawn = np.abs(np.einsum("bl,ml->bm", signs, scores)).max(axis=1)
        exceeded += int((drawn >= highest).sum())
    return exceeded / (_SIGNS + 1)


def _residualized(fit: LogitFit, columns: Floats) -> Floats:
    """Return the part of each column (m, n) that is not a combination of the columns of the fit."""
    weights = np.linalg.solve(fit.curvature, fit.problem.inner(columns * fit.spread))
    return np.asarray(columns - np.einsum("km,kn->mn", weights, fit.problem.columns))


def _by_group(values: Floats, group: Indices) -> Floats:
    """Return the sums (m, groups) of values (m, n)."""
    _, member = np.unique(group, return_inverse=True)
    return np.array([np.bincount(member, weights=row) for row in values])
