"""Confidence intervals by resampling whole leads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lead_ml.errors import InputError
from lead_ml.model.metrics.interval import Interval, percentiles
from lead_ml.model.metrics.scores import METRICS, checked, measured, prepared
from lead_ml.tables.dataset import Floats, Indices

BIASED = ("ece",)


@dataclass(frozen=True)
class Known:
    """What some rows (n,) are measured by: label, weight, and group, which is resampled as one."""

    y: Floats
    weight: Floats
    group: npt.NDArray[Any]


@dataclass(frozen=True)
class Resampling:
    """``n_boot`` resamples drawn by ``seed``, of whose figures an interval holds the share ``level``."""

    n_boot: int
    level: float
    seed: int


def bootstrap(
    known: Known, p: npt.ArrayLike, resampling: Resampling, metrics: Sequence[str] = METRICS
) -> dict[str, Interval]:
    """Percentile intervals of metrics of probabilities (n,), resampling whole groups with replacement.

    The calibration error adds up absolute values, so every resample raises it: its percentiles are moved by as much as
    their median lies above the figure (Efron and Tibshirani, 1993, section 10.2), though not below 0.
    """
    names = checked(metrics)
    ranked, masses = prepared(known.y, p, known.weight)
    draws = [measured(names, ranked, masses * times[ranked.order]) for times in _resamples(known, resampling)]
    drawn = np.array(draws).reshape(len(draws), len(names))
    values = measured(names, ranked, masses)
    return {
        name: _interval(values[k], drawn[:, k], resampling.level, biased=name in BIASED)
        for k, name in enumerate(names)
    }


def paired_bootstrap(
    known: Known, p_a: npt.ArrayLike, p_b: npt.ArrayLike, resampling: Resampling, *, metric: str
) -> Interval:
    """Percentile interval of metric(a) - metric(b), both measured on the same resamples of groups."""
    names = checked([metric])
    (a, masses_a), (b, masses_b) = (prepared(known.y, p, known.weight) for p in (p_a, p_b))

    def difference(times: Floats) -> float:
        of_a = measured(names, a, masses_a * times[a.order])[0]
        return of_a - measured(names, b, masses_b * times[b.order])[0]

    draws = [difference(times) for times in _resamples(known, resampling)]
    return _interval(difference(np.ones(len(masses_a))), np.array(draws), resampling.level)


def resamples(groups: npt.NDArray[Any], n_boot: int, seed: int) -> Iterator[Floats]:
    """Yield ``n_boot`` times (n,) how often each row is in a resample of whole groups with replacement."""
    _, member = np.unique(groups, return_inverse=True)
    count = int(member.max()) + 1
    rng = np.random.default_rng(seed)
    for _ in range(n_boot):
        times = np.bincount(rng.integers(0, count, count), minlength=count)
        yield times[member].astype(np.float64)


def resampled_totals(patterns: Indices, times: Floats, *, n_boot: int, seed: int) -> Floats:
    """Return (n_boot, c) totals of counts over resampled groups: `times` (p,) of each of the `patterns` (p, c) of counts.

    Poisson weights (Hanley and MacGibbon, 2006) of the few distinct patterns, at a cost that does not grow with the data.
    """
    weights = np.random.default_rng(seed).poisson(times, size=(n_boot, len(times)))
    return np.asarray(weights @ patterns, dtype=np.float64)


def _resamples(known: Known, resampling: Resampling) -> Iterator[Floats]:
    if known.group.shape != known.y.shape:
        raise InputError(
            "groups do not fit the rows",
            source="metrics",
            value=known.group.shape,
            expected=str(known.y.shape),
        )
    return resamples(known.group, resampling.n_boot, resampling.seed)


def _interval(value: float, draws: Floats, level: float, *, biased: bool = False) -> Interval:
    found = percentiles(draws, level)
    if found is None or not np.isfinite(value):
        return Interval(value, np.nan, np.nan)
    lower, median, upper = found
    if biased:
        lower, upper = (max(0.0, bound - (median - value)) for bound in (lower, upper))
    return Interval(value, lower, upper)
