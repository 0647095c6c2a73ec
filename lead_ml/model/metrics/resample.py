"""Confidence intervals by resampling whole leads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from lead_ml.errors import InputError
from lead_ml.model.metrics.interval import Interval, percentiles
from lead_ml.model.metrics.scores import METRICS, known, measured, prepared
from lead_ml.tables.dataset import Floats, Indices

BIASED = ("ece",)


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
    """Percentile intervals of metrics (None: all), resampling whole leads, whose ids are `groups` (n,), with replacement.

    The calibration error adds up absolute values, so every resample raises it: its percentiles are moved by as much as
    their median lies above the figure (Efron and Tibshirani, 1993, section 10.2), though not below 0.
    """
    names = known(METRICS if metrics is None else metrics)
    ranked, masses = prepared(y, p, weight)
    draws = [
        measured(names, ranked, masses * times[ranked.order])
        for times in resamples(_groups(groups, len(masses)), n_boot, seed)
    ]
    drawn = np.array(draws).reshape(n_boot, len(names))
    values = measured(names, ranked, masses)
    return {
        name: _interval(values[k], drawn[:, k], level, biased=name in BIASED) for k, name in enumerate(names)
    }


def paired_bootstrap(
    y: npt.ArrayLike,
    p_a: npt.ArrayLike,
    p_b: npt.ArrayLike,
    weight: npt.ArrayLike | None,
    groups: npt.ArrayLike | None,
    *,
    metric: str,
    n_boot: int = 500,
    level: float = 0.95,
    seed: int,
) -> Interval:
    """Percentile interval of metric(a) - metric(b), both measured on the same resamples of leads."""
    names = known([metric])
    (a, masses_a), (b, masses_b) = prepared(y, p_a, weight), prepared(y, p_b, weight)

    def difference(times: Floats) -> float:
        of_a = measured(names, a, masses_a * times[a.order])[0]
        return of_a - measured(names, b, masses_b * times[b.order])[0]

    draws = [difference(times) for times in resamples(_groups(groups, len(masses_a)), n_boot, seed)]
    return _interval(difference(np.ones(len(masses_a))), np.array(draws), level)


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


def _groups(groups: npt.ArrayLike | None, n: int) -> npt.NDArray[Any]:
    ids = np.arange(n) if groups is None else np.asarray(groups)
    if ids.shape != (n,):
        raise InputError("groups do not fit the rows", source="metrics", value=ids.shape, expected=f"({n},)")
    return ids


def _interval(value: float, draws: Floats, level: float, *, biased: bool = False) -> Interval:
    found = percentiles(draws, level)
    if found is None or not np.isfinite(value):
        return Interval(value, np.nan, np.nan)
    lower, median, upper = found
    if biased:
        lower, upper = (max(0.0, bound - (median - value)) for bound in (lower, upper))
    return Interval(value, lower, upper)
