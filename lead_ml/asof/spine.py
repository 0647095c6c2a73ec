"""Snapshots: when each lead is scored, while it is open, and how much each snapshot weighs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lead_ml.declare import MICROSECONDS_PER_DAY
from lead_ml.project.targets import CLOSING_STAGES
from lead_ml.tables.dataset import Coded, Dataset, Floats, Indices, Instants, Mask, Outcomes

NEVER = 2**62  # later than any instant, with room to subtract one


@dataclass(frozen=True)
class Spine:
    """Snapshots to build: ``lead`` (rows of the leads table), ``as_of`` (int64 microseconds UTC)."""

    lead: Indices
    as_of: Instants

    def __len__(self) -> int:
        return len(self.lead)

    def take(self, rows: Indices | Mask) -> Spine:
        """Return the rows by position or mask."""
        return Spine(self.lead[rows], self.as_of[rows])


def build_spine(
    dataset: Dataset,
    scoring_delay_us: int,
    ages_days: tuple[int, ...],
    closing: tuple[str, ...] = CLOSING_STAGES,
) -> Spine:
    """Build the snapshots of every lead: at the scoring delay and at each age, while it is still open and within the data.

    A lead is open at ``as_of`` when no outcome of a closing stage was known strictly before it. Undated leads get one
    snapshot each at instant 0.
    """
    created = dataset.leads.created_at
    n = len(dataset.leads)
    if created is None:
        return Spine(np.arange(n), np.zeros(n, dtype=np.int64))
    ages = sorted({scoring_delay_us, *(day * MICROSECONDS_PER_DAY for day in ages_days)})
    closed = first_known(dataset, closing)
    as_of = created[:, None] + np.array(ages, dtype=np.int64)
    rows, columns = np.nonzero((as_of <= closed[:, None]) & (as_of <= dataset.until))
    return Spine(rows.astype(np.int64), as_of[rows, columns])


def open_leads(dataset: Dataset, as_of: int, closing: tuple[str, ...] = CLOSING_STAGES) -> Spine:
    """Return one snapshot at `as_of` for every lead created before it and not known closed by then."""
    created = dataset.leads.created_at
    closed = first_known(dataset, closing)
    is_open = closed >= as_of
    if created is not None:
        is_open &= created <= as_of
    lead = np.nonzero(is_open)[0].astype(np.int64)
    return Spine(lead, np.full(len(lead), as_of, dtype=np.int64))


def snapshot_weights(spine: Spine, created_at: Instants | None, ages: Instants) -> Floats:
    """Weigh each snapshot 1 / snapshots that its lead would have had by the latest of them, had it stayed open.

    The weight must not depend on how long the lead stayed open: winners close early, and 1 / *actual* rows would give
    their few rows more weight and inflate every probability (informative cluster size: Williamson, Datta and Satten, 2003).

    Parameters
    ----------
    spine
        The rows that are used together.
    created_at
        Per lead, microseconds UTC; None for undated data, where every lead has one row.
    ages
        Ascending ages of all snapshots, in microseconds.
    """
    if created_at is None or not len(spine):
        return np.ones(len(spine))
    room = spine.as_of.max() - created_at[spine.lead]
    return np.asarray(1.0 / np.maximum(np.searchsorted(ages, room, side="right"), 1))


def first_known(dataset: Dataset, stages: tuple[str, ...]) -> Instants:
    """Return per lead the earliest ``known_at`` of an outcome in `stages`, or NEVER."""
    return _earliest(dataset, stages, known=True)


def first_occurred(dataset: Dataset, stages: tuple[str, ...]) -> Instants:
    """Return per lead the earliest ``occurred_at`` of an outcome in `stages`, or NEVER."""
    return _earliest(dataset, stages, known=False)


def _earliest(dataset: Dataset, stages: tuple[str, ...], *, known: bool) -> Instants:
    if dataset.outcomes is None:
        return np.full(len(dataset.leads), NEVER)
    times = dataset.outcomes.known_at if known else dataset.outcomes.occurred_at
    return first_per_lead(dataset, with_stage(dataset.outcomes, stages), times)


def first_per_lead(dataset: Dataset, rows: Mask, times: Instants) -> Instants:
    """Return per lead the earliest of the times of some of its outcomes, or NEVER."""
    assert dataset.outcomes is not None
    first = np.full(len(dataset.leads), NEVER)
    np.minimum.at(first, dataset.outcomes.lead[rows], times[rows])
    return first


def with_stage(outcomes: Outcomes, stages: tuple[str, ...]) -> Mask:
    """Mask of the outcomes that are one of `stages`."""
    return is_in(outcomes.columns.get("stage"), stages, len(outcomes))


def is_in(column: Coded | None, values: tuple[str, ...], n: int) -> Mask:
    """Mask of the rows (n,) of a column that hold one of `values`; none where there is no column."""
    if column is None:
        return np.zeros(n, dtype=bool)
    lookup = np.array([level in values for level in column.levels] + [False])
    return np.asarray(lookup[column.codes])
