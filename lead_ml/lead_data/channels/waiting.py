"""How long conversions take, with the leads whose time has not passed yet."""

from __future__ import annotations

import numpy as np

from lead_ml.model.metrics import Interval, percentiles
from lead_ml.tables.dataset import Floats, Mask

LEAST_WINS = 10
_BINS, _DRAWS = 480, 300


def median_days(days: Floats, converted: Mask, horizon: float, *, level: float, seed: int) -> Interval | None:
    """Return the days within which half of the conversions within the horizon come; None with fewer than ten of them.

    `days` (n,) are days to the conversion, or for which a lead without one was observed. The estimate of Kaplan and Meier
    (*JASA* 53, 1958) uses the unripe leads for as long as they were observed; without them, or with the days of
    the winners so far, fast conversions would count too much. Leads that were lost stay at risk: they are known not to convert.
    The interval is a bootstrap with Poisson weights.

    >>> quick = median_days(np.array([2.0] * 20 + [30.0] * 50), np.arange(70) < 20, 30.0, level=0.9, seed=1)
    >>> abs(quick.value - 2.0) < 0.1
    True
    """
    if converted.sum() < LEAST_WINS:
        return None
    place = np.minimum((days / horizon * _BINS).astype(np.int64), _BINS)
    events = np.bincount(place[converted], minlength=_BINS + 1).astype(np.float64)
    ended = np.bincount(place[~converted], minlength=_BINS + 1).astype(np.float64)
    rng = np.random.default_rng(seed)
    drawn = [rng.poisson(counts, (_DRAWS, _BINS + 1)).astype(np.float64) for counts in (events, ended)]
    value = float(_half(events[None, :], ended[None, :])[0] * horizon / _BINS)
    bounds = percentiles(_half(*drawn) * horizon / _BINS, level)
    assert bounds is not None
    return Interval(value, min(bounds[0], value), max(bounds[2], value))


def _half(events: Floats, ended: Floats) -> Floats:
    """Return for each row of counts the bin in which the share of conversions passes half of the last one."""
    leaving = events + ended
    at_risk = np.cumsum(leaving[:, ::-1], axis=1)[:, ::-1]
    survival = np.cumprod(1 - events / np.maximum(at_risk, 1), axis=1)
    reached = 1 - survival
    half = reached[:, -1:] / 2
    found = np.argmax(reached >= half, axis=1) + 0.5
    return np.where(reached[:, -1] > 0, found, np.nan)
