"""Statistics of the data that a draft needs: the horizon, the start of the records, volumes, and columns that give the outcome away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from lead_ml.asof.labels import NEVER, Mask, first_occurred
from lead_ml.declare import MICROSECONDS_PER_DAY
from lead_ml.tables.dataset import Coded, Dataset, Floats, Instants

HORIZONS = (1, 2, 3, 5, 7, 10, 14, 21, 30, 45, 60, 90, 120, 180, 270, 365)
AGES = (1, 3, 7, 14, 30, 60, 90, 180, 365)
_SHARE = 0.9  # of all wins should be within the horizon
_SPAN_PARTS = 4  # a longer part of the history leaves too little for training and evaluation
_SURELY_UNRECORDED = 5.0  # expected wins in a period without one: happens by chance in 7 of 1,000 cases
_FULL, _EMPTY = 0.9, 0.05


@dataclass(frozen=True)
class Delays:
    """How long wins take, in days: the median, the longest seen, and the time between the first and the last lead.

    ``horizon`` is suggested; ``wanted`` would include 90% of the wins, which the length of the history may not allow.
    ``share`` of the wins within ``seen_days`` and ``rate`` of the leads are won within the horizon.
    """

    wins: int
    median_days: float
    horizon: int
    wanted: int
    share: float
    rate: float
    seen_days: float
    span_days: float


def kaplan_meier(days: Floats, won: Mask) -> tuple[Floats, Floats]:
    """Estimate how many leads are won by which day (Kaplan and Meier, 1958): an open lead counts only as long as it was observed.

    `days` (n,) are those to the win, or to the end of the data where not `won` (n,); at least one is. Returns the days
    with wins in ascending order, and the estimated share of leads won by then.

    >>> days, share = kaplan_meier(np.array([1.0, 2.0, 2.0, 3.0]), np.array([True, True, False, False]))
    >>> days.tolist(), share.round(3).tolist()
    ([1.0, 2.0], [0.25, 0.5])
    """
    from scipy.stats import CensoredData, ecdf

    found = ecdf(CensoredData(uncensored=days[won], right=days[~won])).cdf
    at = np.unique(days[won])
    return at, np.asarray(found.evaluate(at), dtype=np.float64)


def _wins(dataset: Dataset, stages: tuple[str, ...]) -> tuple[Instants, Instants, Floats]:
    """Return the creation of each lead, its first win or NEVER, and the days to that or to the end of the data."""
    created = dataset.leads.created_at
    assert created is not None
    first = first_occurred(dataset, stages)
    days = (np.minimum(first, dataset.until) - created) / MICROSECONDS_PER_DAY
    return created, first, np.maximum(days, 0.0)


def delays_of(dataset: Dataset, stages: tuple[str, ...], since: int) -> Delays | None:
    """Return how long wins take from creation, for leads created from `since` (microseconds UTC) on; None without a win."""
    created, first, days = _wins(dataset, stages)
    seen = created >= since
    won, days = (first < NEVER)[seen], days[seen]
    if not won.any():
        return None
    at, share = kaplan_meier(days, won)
    span = days_covered(created[seen])
    within = float(at[np.searchsorted(share, _SHARE * share[-1])])
    wanted = next((horizon for horizon in HORIZONS if horizon >= within), HORIZONS[-1])
    horizon = min(wanted, longest_horizon(created[seen]))
    rate = float(_share_by(at, share, np.array([horizon]))[0])
    return Delays(
        wins=int(won.sum()),
        median_days=float(np.median(days[won])),
        horizon=horizon,
        wanted=wanted,
        share=rate / float(share[-1]),
        rate=rate,
        seen_days=float(at[-1]),
        span_days=span,
    )


def longest_horizon(created: Instants) -> int:
    """Return the longest horizon that the length of the history allows."""
    return max((h for h in HORIZONS if h <= days_covered(created) / _SPAN_PARTS), default=HORIZONS[0])


def rate_within(dataset: Dataset, stages: tuple[str, ...], since: int, horizon: int) -> float:
    """Return the share of the leads created from `since` on that are won within a horizon in days, 0 without a win."""
    created, first, days = _wins(dataset, stages)
    seen = created >= since
    won = (first < NEVER)[seen]
    return float(_share_by(*kaplan_meier(days[seen], won), np.array([horizon]))[0]) if won.any() else 0.0


def unrecorded_before(dataset: Dataset, stages: tuple[str, ...]) -> int | None:
    """Return the first win, microseconds UTC, if older leads must have had wins that were not recorded; else None."""
    created, first, days = _wins(dataset, stages)
    start = int(first.min(initial=NEVER))
    later = created >= start
    won = (first < NEVER)[later]
    if not won.any():
        return None
    at, share = kaplan_meier(days[later], won)
    ages = (start - created[~later]) / MICROSECONDS_PER_DAY
    return start if _share_by(at, share, ages).sum() >= _SURELY_UNRECORDED else None


def _share_by(at: Floats, share: Floats, days: Floats) -> Floats:
    """Return the share won by so many days, 0 before the first win."""
    return np.append(share, 0.0)[np.searchsorted(at, days, side="right") - 1]


def giving_away(columns: Mapping[str, Coded], won: Mask) -> tuple[str, ...]:
    """Return the columns that are filled for converted leads and hardly any others."""
    if not won.any() or won.all():
        return ()
    filled = {name: column.codes >= 0 for name, column in columns.items()}
    return tuple(n for n, f in filled.items() if f[won].mean() >= _FULL and f[~won].mean() <= _EMPTY)


def days_covered(created: Instants) -> float:
    """Return the days between the first and the last lead."""
    return float(created.max() - created.min()) / MICROSECONDS_PER_DAY


def weekly(created: Instants) -> float:
    """Return leads per week."""
    return len(created) / max(days_covered(created) / 7, 1.0)
