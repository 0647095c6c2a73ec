"""How good probabilities are: one definition of each metric, weighted, with intervals bootstrapped over leads.

Everywhere ``y`` (n,) is 0 or 1, ``p`` (n,) lies in [0, 1] and ``weight`` (n,) is at least 0 (None: all 1). A metric that
the data cannot give (AUC of one class, lift without a positive) is NaN, without a warning.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from lead_ml.data import Floats, Indices
from lead_ml.errors import InputError

ECE_BINS = 10
_EPS = float(np.finfo(np.float64).eps)
_NEWTON_STEPS = 100
_DAMPING = tuple(0.5**halving for halving in range(20))


class Interval(msgspec.Struct, frozen=True):
    """A figure with its lower and upper confidence bound; all three NaN where it does not exist."""

    value: float
    lower: float
    upper: float


@dataclass(frozen=True)
class Ranked:
    """Rows in ascending order of ``p``; ``starts`` opens each block of equal ``p``, ``order`` is the sorting index.

    Sorting once lets a bootstrap re-weight the rows without sorting again.
    """

    y: Floats
    p: Floats
    starts: Indices
    order: Indices

    @classmethod
    def of(cls, y: npt.ArrayLike, p: npt.ArrayLike) -> Ranked:
        """Check and sort.

        Raises
        ------
        InputError
            If the lengths differ, there is no row, ``y`` is not 0 or 1, or ``p`` is not in [0, 1].
        """
        labels, chance = np.asarray(y, dtype=np.float64), np.asarray(p, dtype=np.float64)
        _check(labels, chance)
        order = np.argsort(chance, kind="stable").astype(np.int64)
        chance = chance[order]
        starts = np.flatnonzero(np.r_[True, chance[1:] != chance[:-1]]).astype(np.int64)
        return cls(labels[order], chance, starts, order)


def sigmoid(z: Floats) -> Floats:
    """Return 1 / (1 + exp(-z)) without overflow."""
    small = np.exp(-np.abs(z))
    return np.asarray(np.where(z >= 0, 1.0, small) / (1.0 + small), dtype=np.float64)


def logit(p: npt.ArrayLike) -> Floats:
    """Return log(p / (1 - p)), with ``p`` kept 2.2e-16 away from 0 and 1."""
    chance = np.clip(np.asarray(p, dtype=np.float64), _EPS, 1 - _EPS)
    return np.asarray(np.log(chance) - np.log1p(-chance), dtype=np.float64)


def log_loss(y: npt.ArrayLike, p: npt.ArrayLike, weight: npt.ArrayLike | None = None) -> float:
    """Weighted mean of -log(probability given to what happened), in nats; ``p`` kept 2.2e-16 away from 0 and 1."""
    return _single(_log_loss, y, p, weight)


def brier(y: npt.ArrayLike, p: npt.ArrayLike, weight: npt.ArrayLike | None = None) -> float:
    """Weighted mean of (p - y)^2 (Brier, 1950)."""
    return _single(_brier, y, p, weight)


def ece(y: npt.ArrayLike, p: npt.ArrayLike, weight: npt.ArrayLike | None = None) -> float:
    """Expected calibration error: mean |observed rate - mean p| over 10 bins of equal weight, weighted by the bins.

    Rows of equal ``p`` stay together: a block falls in the bin that holds the middle of its weight.
    """
    return _single(_ece, y, p, weight)


def roc_auc(y: npt.ArrayLike, p: npt.ArrayLike, weight: npt.ArrayLike | None = None) -> float:
    """Chance that a positive ranks above a negative, ties counting half; NaN for one class."""
    return _single(_roc_auc, y, p, weight)


def pr_auc(y: npt.ArrayLike, p: npt.ArrayLike, weight: npt.ArrayLike | None = None) -> float:
    """Average precision, sum of (R_k - R_k-1) P_k over falling thresholds, not interpolated; NaN without positives."""
    return _single(_pr_auc, y, p, weight)


def capture_at(
    y: npt.ArrayLike, p: npt.ArrayLike, weight: npt.ArrayLike | None = None, *, share: float
) -> float:
    """Share of all positives that the top ``share`` (0-1] of the weight holds; of tied rows the expected value."""
    return _single(_capture(share), y, p, weight)


def lift_at(
    y: npt.ArrayLike, p: npt.ArrayLike, weight: npt.ArrayLike | None = None, *, share: float
) -> float:
    """Rate of positives in the top ``share`` (0-1] of the weight over the rate of all; of tied rows the expected value."""
    return _single(_lift(share), y, p, weight)


def calibration_line(
    y: npt.ArrayLike, p: npt.ArrayLike, weight: npt.ArrayLike | None = None
) -> tuple[float, float]:
    """Return slope and intercept of logit P(y=1) = intercept + slope * logit(p), fitted together (Cox, 1958).

    A calibrated model has 1 and 0. Both are NaN where they do not exist: one class, one ``p``, separable rows.
    """
    ranked, masses = _prepared(y, p, weight)
    slope, intercept = _line(ranked, masses)
    return slope, intercept


def evaluate(y: npt.ArrayLike, p: npt.ArrayLike, weight: npt.ArrayLike | None = None) -> dict[str, float]:
    """Return every metric of :data:`METRICS` by name."""
    ranked, masses = _prepared(y, p, weight)
    return {name: metric(ranked, masses) for name, metric in METRICS.items()}


def bootstrap(
    y: npt.ArrayLike,
    p: npt.ArrayLike,
    weight: npt.ArrayLike | None,
    groups: npt.ArrayLike | None,
    *,
    n_boot: int = 500,
    level: float = 0.95,
    seed: int,
    metrics: Sequence[str] | None = None,
) -> dict[str, Interval]:
    """Percentile intervals of metrics, resampling whole leads with replacement.

    Parameters
    ----------
    groups
        (n,) any id of the lead of each row; None takes every row for a lead of its own.
    metrics
        Names in :data:`METRICS`; None is all of them.

    Raises
    ------
    InputError
        If a metric is unknown or the rows are not what the metrics need.
    """
    chosen = {name: _metric(name) for name in (METRICS if metrics is None else metrics)}
    ranked, masses = _prepared(y, p, weight)
    draws: dict[str, list[float]] = {name: [] for name in chosen}
    for times in resamples(_groups(groups, len(masses)), n_boot, seed):
        drawn = masses * times[ranked.order]
        for name, metric in chosen.items():
            draws[name].append(metric(ranked, drawn))
    return {name: _interval(metric(ranked, masses), draws[name], level) for name, metric in chosen.items()}


def paired_bootstrap(
    y: npt.ArrayLike,
    p_a: npt.ArrayLike,
    p_b: npt.ArrayLike,
    weight: npt.ArrayLike | None,
    groups: npt.ArrayLike | None,
    metric: str,
    *,
    n_boot: int = 500,
    level: float = 0.95,
    seed: int,
) -> Interval:
    """Percentile interval of metric(a) - metric(b), both measured on the same resamples of leads.

    Raises
    ------
    InputError
        If the metric is unknown or the rows are not what it needs.
    """
    measure = _metric(metric)
    (a, masses_a), (b, masses_b) = _prepared(y, p_a, weight), _prepared(y, p_b, weight)
    draws = [
        measure(a, masses_a * times[a.order]) - measure(b, masses_b * times[b.order])
        for times in resamples(_groups(groups, len(masses_a)), n_boot, seed)
    ]
    return _interval(measure(a, masses_a) - measure(b, masses_b), draws, level)


def resamples(groups: npt.NDArray[Any], n_boot: int, seed: int) -> Iterator[Floats]:
    """Yield ``n_boot`` times (n,) how often each row stands in a resample of whole groups with replacement."""
    _, member = np.unique(groups, return_inverse=True)
    count = int(member.max()) + 1
    rng = np.random.default_rng(seed)
    for _ in range(n_boot):
        times = np.bincount(rng.integers(0, count, count), minlength=count)
        yield times[member].astype(np.float64)


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
    ridge = np.zeros(k) if penalty is None else penalty
    goal = np.zeros(k) if toward is None else toward
    small, b = 1e-13 * float(weight.sum()), goal.copy()
    loss, chance = _penalised_loss(basis, y, weight, ridge, goal, b)
    for _ in range(_NEWTON_STEPS):
        step = _newton_step(basis, weight, weight * (chance - y), chance, ridge, ridge * (b - goal))
        if step is None:
            break
        for gain in _DAMPING:
            new, chance = _penalised_loss(basis, y, weight, ridge, goal, b - gain * step)
            if new <= loss + small:
                break
        b = b - gain * step
        if loss - new < small and float(np.abs(step).max()) < 1e-6:
            return b
        loss = new
    return np.full(k, np.nan)


def _penalised_loss(
    basis: Floats, y: Floats, weight: Floats, ridge: Floats, goal: Floats, b: Floats
) -> tuple[float, Floats]:
    z = np.einsum("nk,k->n", basis, b)
    small = np.exp(-np.abs(z))
    losses = np.maximum(z, 0) + np.log1p(small) - y * z
    chance = np.where(z >= 0, 1.0, small) / (1.0 + small)
    return float((weight * losses).sum() + 0.5 * (ridge * (b - goal) ** 2).sum()), chance


def _newton_step(
    basis: Floats, weight: Floats, residual: Floats, chance: Floats, ridge: Floats, pull: Floats
) -> Floats | None:
    gradient = np.einsum("nk,n->k", basis, residual) + pull
    curvature = weight * chance * (1 - chance)
    hessian = np.einsum("nj,nk->jk", basis * curvature[:, None], basis) + np.diag(ridge)
    if not np.all(np.isfinite(hessian)) or np.linalg.cond(hessian) > 1e14:
        return None
    return np.asarray(np.linalg.solve(hessian, gradient), dtype=np.float64)


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
            "a label is not 0 or 1", source="metrics", value=float(y[(y != 0) & (y != 1)][0]), expected="0 or 1"
        )
    if not np.all((p >= 0) & (p <= 1)):
        bad = float(p[~((p >= 0) & (p <= 1))][0])
        raise InputError("a probability is out of range", source="metrics", value=bad, expected="0 to 1")


def _prepared(y: npt.ArrayLike, p: npt.ArrayLike, weight: npt.ArrayLike | None) -> tuple[Ranked, Floats]:
    ranked = Ranked.of(y, p)
    masses = np.ones(len(ranked.y)) if weight is None else np.asarray(weight, dtype=np.float64)
    if masses.shape != ranked.y.shape or not np.all(masses >= 0) or not 0 < masses.sum() < np.inf:
        raise InputError(
            "the weights cannot be used", source="metrics", expected="one per row, not negative, a finite sum above 0"
        )
    return ranked, masses[ranked.order]


def _single(
    metric: Callable[[Ranked, Floats], float], y: npt.ArrayLike, p: npt.ArrayLike, weight: npt.ArrayLike | None
) -> float:
    return metric(*_prepared(y, p, weight))


def _groups(groups: npt.ArrayLike | None, n: int) -> npt.NDArray[Any]:
    ids = np.arange(n) if groups is None else np.asarray(groups)
    if ids.shape != (n,):
        raise InputError("groups do not fit the rows", source="metrics", value=ids.shape, expected=f"({n},)")
    return ids


def _interval(value: float, draws: list[float], level: float) -> Interval:
    found = np.array(draws)
    found = found[np.isfinite(found)]
    if not len(found) or not np.isfinite(value):
        return Interval(value, np.nan, np.nan)
    lower, upper = np.quantile(found, [(1 - level) / 2, (1 + level) / 2])
    return Interval(value, float(lower), float(upper))


def _mean(values: Floats, w: Floats) -> float:
    return float((values * w).sum() / w.sum())


def _log_loss(rows: Ranked, w: Floats) -> float:
    given = np.clip(np.where(rows.y == 1, rows.p, 1 - rows.p), _EPS, 1 - _EPS)
    return _mean(-np.log(given), w)


def _brier(rows: Ranked, w: Floats) -> float:
    return _mean((rows.p - rows.y) ** 2, w)


def _blocks(rows: Ranked, w: Floats) -> tuple[Floats, Floats]:
    """Weight of the positives and of all rows in each block of equal ``p``, ascending."""
    positive, every = np.add.reduceat(w * rows.y, rows.starts), np.add.reduceat(w, rows.starts)
    return positive, every


def _ece(rows: Ranked, w: Floats) -> float:
    positive, every = _blocks(rows, w)
    total = every.sum()
    middle = (np.cumsum(every) - every / 2) / total
    bins = np.minimum((middle * ECE_BINS).astype(np.int64), ECE_BINS - 1)
    gap = np.bincount(bins, weights=positive - every * rows.p[rows.starts], minlength=ECE_BINS)
    return float(np.abs(gap).sum() / total)


def _roc_auc(rows: Ranked, w: Floats) -> float:
    positive, every = _blocks(rows, w)
    negative = every - positive
    pairs = positive.sum() * negative.sum()
    below = np.cumsum(negative) - negative / 2
    return float((positive * below).sum() / pairs) if pairs > 0 else np.nan


def _pr_auc(rows: Ranked, w: Floats) -> float:
    positive, every = (block[::-1] for block in _blocks(rows, w))
    found, taken = np.cumsum(positive), np.cumsum(every)
    if not found[-1] > 0:
        return np.nan
    precision = np.divide(found, taken, out=np.zeros_like(found), where=taken > 0)
    return float((positive * precision).sum() / found[-1])


def _capture(share: float) -> Callable[[Ranked, Floats], float]:
    if not 0 < share <= 1:
        raise InputError("share is out of range", source="metrics", value=share, expected="above 0, at most 1")

    def capture(rows: Ranked, w: Floats) -> float:
        positive, every = (block[::-1] for block in _blocks(rows, w))
        before = np.cumsum(every) - every
        room = np.clip(share * every.sum() - before, 0, every)
        taken = np.divide(room, every, out=np.zeros_like(every), where=every > 0)
        total = positive.sum()
        return float((positive * taken).sum() / total) if total > 0 else np.nan

    return capture


def _lift(share: float) -> Callable[[Ranked, Floats], float]:
    capture = _capture(share)
    return lambda rows, w: capture(rows, w) / share


def _mean_prediction(rows: Ranked, w: Floats) -> float:
    return _mean(rows.p, w)


def _observed_rate(rows: Ranked, w: Floats) -> float:
    return _mean(rows.y, w)


def _line(rows: Ranked, w: Floats) -> tuple[float, float]:
    z, rate = logit(rows.p), _mean(rows.y, w)
    used = z[w > 0]
    if not 0 < rate < 1 or used[0] == used[-1]:
        return np.nan, np.nan
    slope, intercept = fit_logit(np.column_stack([z, np.ones_like(z)]), rows.y, w, toward=np.array([1.0, 0.0]))
    return float(slope), float(intercept)


def _metric(name: str) -> Callable[[Ranked, Floats], float]:
    if name not in METRICS:
        raise InputError("unknown metric", source="metrics", value=name, expected=", ".join(METRICS))
    return METRICS[name]


METRICS: Mapping[str, Callable[[Ranked, Floats], float]] = MappingProxyType(
    {
        "log_loss": _log_loss,
        "brier": _brier,
        "ece": _ece,
        "roc_auc": _roc_auc,
        "pr_auc": _pr_auc,
        "lift_10": _lift(0.1),
        "lift_20": _lift(0.2),
        "capture_10": _capture(0.1),
        "capture_20": _capture(0.2),
        "mean_prediction": _mean_prediction,
        "observed_rate": _observed_rate,
        "calibration_slope": lambda rows, w: _line(rows, w)[0],
        "calibration_intercept": lambda rows, w: _line(rows, w)[1],
    }
)
