"""A figure with its confidence interval: the type, percentiles of a bootstrap, and Wilson's interval of a share."""

from __future__ import annotations

from typing import Generic, TypeAlias

import msgspec
import numpy as np
from typing_extensions import TypeVar

from lead_ml.tables.dataset import Floats

Figure = TypeVar("Figure", bound=float | None, default=float)


class Interval(msgspec.Struct, Generic[Figure], frozen=True):
    """A figure with its lower and upper confidence bound. Where there is none, it is NaN, or None if it is optional."""

    value: Figure
    lower: Figure
    upper: Figure


OptionalInterval: TypeAlias = Interval[float | None]


def percentiles(draws: Floats, level: float) -> tuple[float, float, float] | None:
    """Return the lower bound, the median and the upper bound of the finite draws; None without any."""
    finite = draws[np.isfinite(draws)]
    if not len(finite):
        return None
    lower, median, upper = np.quantile(finite, [(1 - level) / 2, 0.5, (1 + level) / 2]).tolist()
    return lower, median, upper


def wilson(wins: int, n: int, level: float = 0.90) -> OptionalInterval:
    """Return a share with Wilson's interval (*JASA* 22, 1927), by SciPy; None without observations.

    >>> found = wilson(0, 10)
    >>> found.lower, round(found.upper, 3)
    (0.0, 0.213)
    """
    from scipy.stats import binomtest

    if n == 0:
        return Interval(None, None, None)
    share, bounds = wins / n, binomtest(wins, n).proportion_ci(confidence_level=level, method="wilson")
    return Interval(share, min(float(bounds.low), share), max(float(bounds.high), share))
