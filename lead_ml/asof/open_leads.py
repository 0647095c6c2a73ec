"""Which leads a worklist ranks: those that are open, apart from those that are stale, as far as the data can tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from lead_ml.asof.labels import Mask, Spine, first_known, first_occurred, open_leads
from lead_ml.declare import MICROSECONDS_PER_DAY
from lead_ml.project.targets import Column, Target, Won, closing_stages
from lead_ml.tables.dataset import Dataset, Indices, Instants

RECENT_DAYS = 30.0  # where the data cannot tell open from lost, and there is no horizon
_LEAST_WINS = 10  # with fewer, how old a lead can become before it converts is not known
_MOST_WINS, _TIMES = 0.99, 2.0
_UNDECIDED = 0.01  # share of empty cells from which an empty outcome means that there is none yet


@dataclass(frozen=True)
class OpenLeads:
    """Rows of the leads table at ``as_of``: ``ranked``, and ``stale``, which are open but far older than any that converted.

    A lead is stale when it is older than ``stale_days``: twice the age within which 99% of the conversions came, and never
    less than a horizon; None with fewer than 10 dated conversions. A person with several leads is as old as the latest of them.
    ``recent_days`` is None where the data says which leads were
    lost. Where it says only who converted, it is the number of days for which a lead without an outcome is ranked; 0 for
    data without dates.
    """

    as_of: int
    ranked: Indices
    stale: Indices
    stale_days: float | None = None
    recent_days: float | None = None

    @property
    def state(self) -> Literal["open", "undecided"]:
        """What the ranked leads are: open, or without an outcome where the data does not say which leads were lost."""
        return "open" if self.recent_days is None else "undecided"

    @property
    def spine(self) -> Spine:
        """One snapshot of each lead, the stale ones last."""
        lead = np.concatenate([self.ranked, self.stale])
        return Spine(lead, np.full(len(lead), self.as_of, dtype=np.int64))


def find_open_leads(dataset: Dataset, as_of: int, target: Target, horizon_days: float | None) -> OpenLeads:
    """Find the leads that were created by `as_of` and were not known to be closed strictly before it."""
    created = _last_created(dataset, as_of)
    age = np.zeros(len(dataset.leads)) if created is None else (as_of - created) / MICROSECONDS_PER_DAY
    is_open, won = np.zeros(len(age), dtype=bool), _won(dataset, as_of, target)
    is_open[open_leads(dataset, as_of, closing_stages(target)).lead] = True
    is_open &= ~_closed_by_column(dataset, target, won)
    recent_days = None
    if not ((age >= 0) & ~is_open & ~won).any():
        recent_days = 0.0 if created is None else (horizon_days or RECENT_DAYS)
        is_open &= age <= recent_days
    leads = dataset if dataset.members is None else dataset.members.data
    stale_days = _stale_days(leads, as_of, target, horizon_days)
    stale = is_open & (age > (np.inf if stale_days is None else stale_days))
    return OpenLeads(as_of, _rows(is_open & ~stale), _rows(stale), stale_days, recent_days)


def _last_created(dataset: Dataset, as_of: int) -> Instants | None:
    """Return when each lead was created: of a person the last of its leads that there are at `as_of`."""
    created, members = dataset.leads.created_at, dataset.members
    if created is None or members is None:
        return created
    own, last = members.data.leads.created_at, created.copy()
    assert own is not None
    there = np.flatnonzero(own < as_of)
    np.maximum.at(last, members.person[there], own[there])
    return last


def _closed_by_column(dataset: Dataset, target: Target, won: Mask) -> Mask:
    """Return which leads an outcome column closes: those that are `won`, and those with a no where an empty cell means not yet."""
    column = dataset.leads.columns.get(target.column) if isinstance(target, Column) else None
    if column is None:
        return np.zeros(len(won), dtype=bool)
    decided: Mask = column.codes >= 0
    return decided if (~decided).mean() >= _UNDECIDED else won


def _won(dataset: Dataset, as_of: int, target: Target) -> Mask:
    stages = target.stages if isinstance(target, Won) else ("won",)
    won = np.asarray(first_known(dataset, stages) < as_of)
    if dataset.closings is not None:
        won |= dataset.closings.stage.among(("won",))
    if isinstance(target, Column) and target.column in dataset.leads.columns:
        column = dataset.leads.columns[target.column]
        won |= dataset.rules.leads.among(target.column, column, target.positive)
    return won


def _stale_days(dataset: Dataset, as_of: int, target: Target, horizon_days: float | None) -> float | None:
    created = dataset.leads.created_at
    if created is None:
        return None
    stages = target.stages if isinstance(target, Won) else ("won",)
    won = first_known(dataset, stages) < as_of
    ages = (first_occurred(dataset, stages) - created)[won] / MICROSECONDS_PER_DAY
    if len(ages) < _LEAST_WINS:
        return None
    return max(_TIMES * float(np.quantile(ages, _MOST_WINS)), horizon_days or 0.0)


def _rows(mask: Mask) -> Indices:
    return np.flatnonzero(mask).astype(np.int64)
