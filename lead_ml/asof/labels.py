"""Snapshots and what became of them: the spine, its labels, and which rows are ripe enough to learn from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from lead_ml.asof.kernel.stored import stored_of
from lead_ml.declare import MICROSECONDS_PER_DAY
from lead_ml.errors import InputError, TooLittleData
from lead_ml.project.targets import CLOSING_STAGES, Column, Fake, Target, Won
from lead_ml.tables.dataset import Coded, Dataset, Events, Floats, Indices, Instants, Outcomes

NEVER = 2**62  # later than any instant, with room to subtract one
Mask = npt.NDArray[np.bool_]


class Use(IntEnum):
    """Why a snapshot can or cannot be learnt from."""

    USED = 0
    IMMATURE = 1  # its horizon had not passed at the end of the data
    ALREADY = 2  # the outcome lies before as_of and was only recorded later
    UNLABELLED = 3  # neither known fake nor known real


@dataclass(frozen=True)
class Spine:
    """Snapshots to build: ``lead`` (rows of the leads table), ``as_of`` (int64 microseconds UTC)."""

    lead: Indices
    as_of: Instants

    def __len__(self) -> int:
        return len(self.lead)

    def take(self, rows: npt.NDArray[np.int64] | Mask) -> Spine:
        """Return the rows by position or mask."""
        return Spine(self.lead[rows], self.as_of[rows])


@dataclass(frozen=True)
class Labels:
    """For each snapshot: ``y`` (0.0 or 1.0; meaningless unless used), ``use`` (:class:`Use`), ``known_at``.

    ``known_at`` tells when a positive became known, microseconds UTC: 0 where the data does not tell, NEVER for negatives. Of a
    row that is ALREADY it tells when that became known; won before ``as_of`` and recorded after it, it has ``y`` 0: a
    fit that ends before the record cannot know of the win, and learns from the row as from any other open lead.
    """

    y: Floats
    use: npt.NDArray[np.int8]
    known_at: Instants
    left_out: Mapping[str, int] = field(default_factory=dict)

    @property
    def used(self) -> Mask:
        """Mask of the rows that can be learnt from."""
        return np.asarray(self.use == Use.USED)

    def usable_by(self, known_by: int | Instants) -> Mask:
        """Mask of the rows that a fit at `known_by` can learn from: those used, and those not yet known to be ALREADY.

        Without the latter, that a row is absent would tell the fit of a win which was recorded only later.
        """
        late = (self.use == Use.ALREADY) & (self.known_at >= known_by)
        return np.asarray(self.used | late)

    @classmethod
    def none(cls, rows: int) -> Labels:
        """Return the labels of rows of which nothing became known."""
        return cls(np.zeros(rows), np.full(rows, Use.USED, dtype=np.int8), np.full(rows, NEVER))

    def take(self, rows: Mask) -> Labels:
        """Return the labels of some rows, remembering in ``left_out`` how many of each other use there were."""
        return Labels(self.y[rows], self.use[rows], self.known_at[rows], self.left_out or self.counts())

    def as_known(self, known_by: int) -> Floats:
        """Return `y` as it stood at an instant: a win recorded at or after it was none yet."""
        return np.where(self.known_at < known_by, self.y, 0.0)

    def counts(self) -> dict[str, int]:
        """Return how many rows cannot be learnt from, by reason."""
        return {use.name.lower(): int((self.use == use).sum()) for use in Use if use != Use.USED}


def build_spine(
    dataset: Dataset, settle_us: int, ages_days: tuple[int, ...], closing: tuple[str, ...] = CLOSING_STAGES
) -> Spine:
    """Lay out the snapshots of every lead: at settle and at each age, while it is still open and within the data.

    A lead is open at ``as_of`` when no outcome of a closing stage was known strictly before it. Undated leads get one
    snapshot each at instant 0.
    """
    created = dataset.leads.created_at
    n = len(dataset.leads)
    if created is None:
        return Spine(np.arange(n), np.zeros(n, dtype=np.int64))
    ages = sorted({settle_us, *(day * MICROSECONDS_PER_DAY for day in ages_days)})
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


def label(target: Target, dataset: Dataset, spine: Spine, horizon_us: int | None) -> Labels:
    """Label snapshots by what happened in ``[as_of, as_of + horizon)``.

    Raises
    ------
    InputError
        If the target needs outcomes, or a column, that the data lacks.
    """
    if isinstance(target, Column):
        return _label_column(target, dataset, spine)
    if dataset.outcomes is None or horizon_us is None:
        raise InputError(
            "the target counts dated outcomes, but there are none"
            if horizon_us
            else "the target needs a horizon",
            source="outcomes",
            expected="an outcomes table and horizon_days",
            do="name the table in params.yaml, or use target Column(column=...) for a 0/1 column",
        )
    if isinstance(target, Won):
        return _label_won(target, dataset, spine, horizon_us)
    return _label_fake(target, dataset, spine, horizon_us)


def snapshot_weights(spine: Spine, created_at: Instants | None, ages: Instants) -> Floats:
    """Weigh each snapshot 1 / snapshots that its lead would have had by the latest of them, had it stayed open.

    The weight must not look at how long the lead did stay open: winners close early, and 1 / *actual* rows would weigh
    their few rows up and with them every probability (informative cluster size: Williamson, Datta and Satten, 2003).

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


def require_both_classes(y: Floats, what: str, minimum: int = 2) -> None:
    """Raise TooLittleData unless `y` holds at least `minimum` rows of either class."""
    positives = int(y.sum())
    if min(positives, len(y) - positives) < minimum:
        raise TooLittleData(
            f"{what} has {positives} positive and {len(y) - positives} negative rows",
            expected=f"at least {minimum} of either",
            do="bring a longer history, or a shorter horizon",
        )


def _label_won(target: Won, dataset: Dataset, spine: Spine, horizon_us: int) -> Labels:
    won = first_occurred(dataset, target.stages)[spine.lead]
    known = first_known(dataset, target.stages)[spine.lead]
    use = np.zeros(len(spine), dtype=np.int8)
    use[won < spine.as_of] = Use.ALREADY
    use[spine.as_of + horizon_us > dataset.until] = Use.IMMATURE
    within = won - spine.as_of < horizon_us
    late = (won < spine.as_of) & (known >= spine.as_of)
    return Labels((within & ~late).astype(np.float64), use, np.where(within, known, NEVER))


def _label_fake(target: Fake, dataset: Dataset, spine: Spine, horizon_us: int) -> Labels:
    end = spine.as_of + horizon_us
    assert dataset.outcomes is not None
    is_fake = _matching(dataset.outcomes, ("invalid",)) & _isin(
        dataset.outcomes.columns.get("reason"), target.reasons, len(dataset.outcomes)
    )
    fake = _first_per_lead(dataset, is_fake, dataset.outcomes.known_at)[spine.lead]
    unfit = _first_per_lead(
        dataset, _matching(dataset.outcomes, ("invalid",)) & ~is_fake, dataset.outcomes.known_at
    )[spine.lead]
    real = np.minimum(first_known(dataset, target.stages)[spine.lead], unfit)
    if dataset.events is not None and target.contacts:
        real = np.minimum(real, _first_contact(dataset, dataset.events, target.contacts)[spine.lead])
    use = np.full(len(spine), Use.UNLABELLED, dtype=np.int8)
    use[(fake < end) | (real < end)] = Use.USED
    use[end > dataset.until] = Use.IMMATURE
    use[fake < spine.as_of] = Use.ALREADY
    return Labels((fake < end).astype(np.float64), use, np.where(fake < end, fake, NEVER))


def _first_contact(dataset: Dataset, events: Events, types: tuple[str, ...]) -> Instants:
    """Return per lead when the first event of some types became known, or NEVER."""
    stored = stored_of(dataset)
    if stored is not None:
        return stored.first_known(types, dataset, NEVER)
    contact = _isin(events.columns.get("type"), types, len(events))
    met = np.full(len(dataset.leads), NEVER)
    np.minimum.at(met, events.lead[contact], events.known_at[contact])
    return met


def _label_column(target: Column, dataset: Dataset, spine: Spine) -> Labels:
    column = dataset.leads.columns.get(target.column)
    if column is None:
        raise InputError(
            f"the outcome column {target.column!r} is not there",
            source="leads",
            expected=f"one of {', '.join(sorted(dataset.leads.columns))}",
            do="name it in models/*.py",
        )
    wanted = {value.casefold() for value in target.positive}
    positive = np.array([level.casefold() in wanted for level in column.levels] + [False])
    use = np.where(column.codes < 0, Use.UNLABELLED, Use.USED).astype(np.int8)
    y = positive[column.codes][spine.lead].astype(np.float64)
    return Labels(y, use[spine.lead], np.where(y > 0, 0, NEVER))


def _earliest(dataset: Dataset, stages: tuple[str, ...], *, known: bool) -> Instants:
    if dataset.outcomes is None:
        return np.full(len(dataset.leads), NEVER)
    times = dataset.outcomes.known_at if known else dataset.outcomes.occurred_at
    return _first_per_lead(dataset, _matching(dataset.outcomes, stages), times)


def _first_per_lead(dataset: Dataset, rows: Mask, times: Instants) -> Instants:
    assert dataset.outcomes is not None
    first = np.full(len(dataset.leads), NEVER)
    np.minimum.at(first, dataset.outcomes.lead[rows], times[rows])
    return first


def _matching(outcomes: Outcomes, stages: tuple[str, ...]) -> Mask:
    return _isin(outcomes.columns.get("stage"), stages, len(outcomes))


def _isin(column: Coded | None, values: tuple[str, ...], n: int) -> Mask:
    if column is None:
        return np.zeros(n, dtype=bool)
    lookup = np.array([level in values for level in column.levels] + [False])
    return np.asarray(lookup[column.codes])
