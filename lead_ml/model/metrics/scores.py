"""Every metric once, of rows sorted once by probability, so that a bootstrap re-weights them without sorting again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from lead_ml.errors import InputError
from lead_ml.model.metrics.curve import EPS, logit
from lead_ml.model.metrics.newton import fit_logit
from lead_ml.tables.dataset import Floats, Indices

ECE_BINS = 10


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


Metric = Callable[[Ranked, Floats], float]


def _public(metric: Metric) -> Callable[..., float]:
    """Return the metric as a function of labels, probabilities and, optionally, weights."""
    return lambda y, p, weight=None: metric(*prepared(y, p, weight))


def capture_at(
    y: npt.ArrayLike, p: npt.ArrayLike, weight: npt.ArrayLike | None = None, *, share: float
) -> float:
    """Share of all positives that the top ``share`` (0-1] of the weight holds; of tied rows the expected value."""
    return _public(_capture(share))(y, p, weight)


def lift_at(
    y: npt.ArrayLike, p: npt.ArrayLike, weight: npt.ArrayLike | None = None, *, share: float
) -> float:
    """Rate of positives in the top ``share`` (0-1] of the weight over the rate of all; of tied rows the expected value."""
    return capture_at(y, p, weight, share=share) / share


def calibration_line(
    y: npt.ArrayLike, p: npt.ArrayLike, weight: npt.ArrayLike | None = None
) -> tuple[float, float]:
    """Return slope and intercept of logit P(y=1) = intercept + slope * logit(p), fitted together (Cox, 1958).

    A calibrated model has 1 and 0. Both are NaN where they do not exist: one class, one ``p``, separable rows.
    """
    return _line(*prepared(y, p, weight))


def evaluate(y: npt.ArrayLike, p: npt.ArrayLike, weight: npt.ArrayLike | None = None) -> dict[str, float]:
    """Return every metric of :data:`METRICS` by name."""
    ranked, masses = prepared(y, p, weight)
    return dict(zip(METRICS, measured(METRICS, ranked, masses), strict=True))


def checked(names: Sequence[str]) -> tuple[str, ...]:
    """Return the names, checked against :data:`METRICS`."""
    for name in names:
        if name not in METRICS:
            raise InputError("unknown metric", source="metrics", value=name, expected=", ".join(METRICS))
    return tuple(names)


def measured(names: Sequence[str], rows: Ranked, w: Floats) -> list[float]:
    """Return the metrics of that name on rows with weights ``w`` (n,), which may be a resample's."""
    # The calibration line is by far the most expensive and gives two figures: fit it once.
    line = dict(zip(_OF_LINE, _line(rows, w), strict=True)) if set(names) & set(_OF_LINE) else {}
    return [line[name] if name in line else _SINGLE[name](rows, w) for name in names]


def _mean(values: Floats, w: Floats) -> float:
    total = w.sum()
    return float((values * w).sum() / total) if total > 0 else np.nan


def _log_loss(rows: Ranked, w: Floats) -> float:
    """Weighted mean of -log(probability given to what happened), in nats; ``p`` kept 2.2e-16 away from 0 and 1."""
    given = np.clip(np.where(rows.y == 1, rows.p, 1 - rows.p), EPS, 1 - EPS)
    return _mean(-np.log(given), w)


def _blocks(rows: Ranked, w: Floats) -> tuple[Floats, Floats]:
    """Weight of the positives and of all rows in each block of equal ``p``, ascending."""
    positive, every = np.add.reduceat(w * rows.y, rows.starts), np.add.reduceat(w, rows.starts)
    return positive, every


def _ece(rows: Ranked, w: Floats) -> float:
    """Expected calibration error: mean |observed rate - mean p| over 10 bins of equal weight, weighted by the bins.

    Rows of equal ``p`` stay together: a block falls in the bin that holds the middle of its weight.
    """
    positive, every = _blocks(rows, w)
    total = every.sum()
    if not total > 0:
        return np.nan
    middle = (np.cumsum(every) - every / 2) / total
    bins = np.minimum((middle * ECE_BINS).astype(np.int64), ECE_BINS - 1)
    gap = np.bincount(bins, weights=positive - every * rows.p[rows.starts], minlength=ECE_BINS)
    return float(np.abs(gap).sum() / total)


def _roc_auc(rows: Ranked, w: Floats) -> float:
    """Chance that a positive ranks above a negative, ties counting half; NaN for one class."""
    positive, every = _blocks(rows, w)
    negative = every - positive
    pairs = positive.sum() * negative.sum()
    below = np.cumsum(negative) - negative / 2
    return float((positive * below).sum() / pairs) if pairs > 0 else np.nan


def _pr_auc(rows: Ranked, w: Floats) -> float:
    """Average precision, sum of (R_k - R_k-1) P_k over falling thresholds, not interpolated; NaN without positives."""
    positive, every = (block[::-1] for block in _blocks(rows, w))
    found, taken = np.cumsum(positive), np.cumsum(every)
    if not found[-1] > 0:
        return np.nan
    precision = np.divide(found, taken, out=np.zeros_like(found), where=taken > 0)
    return float((positive * precision).sum() / found[-1])


def _capture(share: float) -> Metric:
    if not 0 < share <= 1:
        raise InputError(
            "share is out of range", source="metrics", value=share, expected="above 0, at most 1"
        )

    def capture(rows: Ranked, w: Floats) -> float:
        positive, every = (block[::-1] for block in _blocks(rows, w))
        before = np.cumsum(every) - every
        room = np.clip(share * every.sum() - before, 0, every)
        taken = np.divide(room, every, out=np.zeros_like(every), where=every > 0)
        total = positive.sum()
        return float((positive * taken).sum() / total) if total > 0 else np.nan

    return capture


def _lift(share: float) -> Metric:
    capture = _capture(share)
    return lambda rows, w: capture(rows, w) / share


def _line(rows: Ranked, w: Floats) -> tuple[float, float]:
    z, rate = logit(rows.p), _mean(rows.y, w)
    used = z[w > 0]
    if not 0 < rate < 1 or used[0] == used[-1]:
        return np.nan, np.nan
    slope, intercept = fit_logit(np.stack([z, np.ones_like(z)]), rows.y, w, toward=np.array([1.0, 0.0]))
    return float(slope), float(intercept)


_SINGLE: Mapping[str, Metric] = MappingProxyType(
    {
        "log_loss": _log_loss,
        "brier": lambda rows, w: _mean((rows.p - rows.y) ** 2, w),
        "ece": _ece,
        "roc_auc": _roc_auc,
        "pr_auc": _pr_auc,
        "lift_5": _lift(0.05),
        "lift_10": _lift(0.1),
        "lift_20": _lift(0.2),
        "capture_5": _capture(0.05),
        "capture_10": _capture(0.1),
        "capture_20": _capture(0.2),
        "mean_prediction": lambda rows, w: _mean(rows.p, w),
        "observed_rate": lambda rows, w: _mean(rows.y, w),
    }
)
_OF_LINE = ("calibration_slope", "calibration_intercept")
METRICS: tuple[str, ...] = (*_SINGLE, *_OF_LINE)
log_loss, brier, ece, roc_auc, pr_auc = (
    _public(_SINGLE[name]) for name in ("log_loss", "brier", "ece", "roc_auc", "pr_auc")
)
