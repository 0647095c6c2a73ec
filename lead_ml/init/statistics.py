"""Statistics of the data that a draft needs: the horizon, the start of the records, volumes, and columns that give the outcome away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from lead_ml.asof.labels import NEVER, Mask, first_known, first_occurred
from lead_ml.declare import MICROSECONDS_PER_DAY
from lead_ml.tables.dataset import Coded, Dataset, Floats, Instants

HORIZONS = (1, 2, 3, 5, 7, 10, 14, 21, 30, 45, 60, 90, 120, 180, 270, 365)
AGES = (1, 3, 7, 14, 30, 60, 90, 180, 365)
_SHARE = 0.9  # of all wins should be within the horizon
_SPAN_PARTS = (
    4  # a horizon longer than a quarter of the history leaves too little for training and evaluation
)
_SURELY_UNRECORDED = 5.0  # expected wins in a period without one: happens by chance in 7 of 1,000 cases
_FULL, _EMPTY = 0.9, 0.05


@dataclass(frozen=True)
class Delays:
    """How long wins take.

    Attributes
    ----------
    wins
        Number of wins.
    median_days
        Median days from creation to the win.
    horizon
        Suggested horizon, days.
    wanted
        Horizon that includes 90% of the wins, days; the length of the history may not allow it.
    share
        Share of the wins within ``seen_days`` that the horizon includes.
    rate
        Share of leads won within the horizon.
    seen_days
        Longest time to a win.
    span_days
        Days between the first and the last lead.
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

    Parameters
    ----------
    days
        Days to the win, or to the end of the data without one, (n,).
    won
        Which leads were won, (n,); at least one.

    Returns
    -------
    days, share
        Days with wins in ascending order, and the estimated share of leads won by then.

    Examples
    --------
    >>> days, share = kaplan_meier(np.array([1.0, 2.0, 2.0, 3.0]), np.array([True, True, False, False]))
    >>> days.tolist(), share.round(3).tolist()
    ([1.0, 2.0], [0.25, 0.5])
    """
    from scipy.stats import CensoredData, ecdf

    found = ecdf(CensoredData(uncensored=days[won], right=days[~won])).cdf
    at = np.unique(days[won])
    return at, np.asarray(found.evaluate(at), dtype=np.float64)


def delays_of(dataset: Dataset, stages: tuple[str, ...], since: int) -> Delays | None:
    """Return how long wins take from creation, for leads created from `since` (microseconds UTC) on; None without a win."""
    created = dataset.leads.created_at
    assert created is not None
    first = first_occurred(dataset, stages)
    seen = created >= since
    won = (first < NEVER) & seen
    if not won.any():
        return None
    days = (np.minimum(first, dataset.until) - created) / MICROSECONDS_PER_DAY
    days = np.maximum(days[seen], 0.0)
    at, share = kaplan_meier(days, won[seen])
    span = days_covered(created[seen])
    wanted = _nice(float(at[np.searchsorted(share, _SHARE * share[-1])]))
    longest = max((h for h in HORIZONS if h <= span / _SPAN_PARTS), default=HORIZONS[0])
    horizon = min(wanted, longest)
    place = int(np.searchsorted(at, horizon, side="right")) - 1
    rate = float(share[place]) if place >= 0 else 0.0
    return Delays(
        wins=int(won.sum()),
        median_days=float(np.median(days[won[seen]])),
        horizon=horizon,
        wanted=wanted,
        share=rate / float(share[-1]),
        rate=rate,
        seen_days=float(at[-1]),
        span_days=span,
    )


def unrecorded_before(dataset: Dataset, stages: tuple[str, ...]) -> int | None:
    """Return the first win, microseconds UTC, if older leads must have had wins that were not recorded; else None."""
    created = dataset.leads.created_at
    assert created is not None
    first = first_occurred(dataset, stages)
    won = first < NEVER
    if not won.any():
        return None
    start = int(first[won].min())
    days = np.maximum((np.minimum(first, dataset.until) - created) / MICROSECONDS_PER_DAY, 0.0)
    later = created >= start
    if not (won & later).any():
        return None
    at, share = kaplan_meier(days[later], won[later])
    age = (start - created[created < start]) / MICROSECONDS_PER_DAY
    place = np.searchsorted(at, age, side="right") - 1
    expected = float(np.where(place >= 0, share[np.maximum(place, 0)], 0.0).sum())
    return start if expected >= _SURELY_UNRECORDED else None


def converted(dataset: Dataset, stages: tuple[str, ...]) -> Mask:
    """Return which leads were ever won."""
    return np.asarray(first_known(dataset, stages) < NEVER)


def of_column(column: Coded, positive: tuple[str, ...]) -> Mask:
    """Return for which leads an outcome column holds one of the values, as :class:`lead_ml.project.targets.Column` compares them."""
    wanted = {value.casefold() for value in positive}
    levels = np.array([*(level.casefold() in wanted for level in column.levels), False], dtype=bool)
    return np.asarray(levels[column.codes])


def giving_away(columns: Mapping[str, Coded], won: Mask) -> tuple[str, ...]:
    """Return the columns that are filled for converted leads and hardly any others."""
    if not won.any() or won.all():
        return ()
    found = []
    for name, column in columns.items():
        filled = column.codes >= 0
        if filled[won].mean() >= _FULL and filled[~won].mean() <= _EMPTY:
            found.append(name)
    return tuple(found)


def days_covered(created: Instants) -> float:
    """Return the days between the first and the last lead."""
    return float(created.max() - created.min()) / MICROSECONDS_PER_DAY


def weekly(created: Instants) -> float:
    """Return leads per week."""
    return len(created) / max(days_covered(created) / 7, 1.0)


def _nice(days: float) -> int:
    return next((horizon for horizon in HORIZONS if horizon >= days), HORIZONS[-1])
