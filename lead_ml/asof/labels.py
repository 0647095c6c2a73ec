"""Snapshots and labels: when each lead is scored and how much that weighs; what became of it, and by when that was known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from lead_ml.asof.kernel import stored_of
from lead_ml.declare import MICROSECONDS_PER_DAY
from lead_ml.errors import InputError, TooLittleData
from lead_ml.project.targets import CLOSING_STAGES, Column, Fake, Target, Won
from lead_ml.tables.dataset import NEVER, Dataset, Events, Floats, Indices, Instants, Mask, Outcomes

__all__ = [
    "NEVER",
    "Labels",
    "Mask",
    "Spine",
    "Use",
    "build_spine",
    "closed_known",
    "first_known",
    "first_occurred",
    "label",
    "lead_weights",
    "leads_without_snapshot",
    "open_at",
    "open_leads",
    "require_both_classes",
    "snapshot_weights",
]


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

    A lead is open at ``as_of`` when it was not known to be closed strictly before it, see :func:`open_at`. Undated leads
    get one snapshot each at instant 0.
    """
    created = dataset.leads.created_at
    n = len(dataset.leads)
    if created is None:
        return Spine(np.arange(n), np.zeros(n, dtype=np.int64))
    ages = sorted({scoring_delay_us, *(day * MICROSECONDS_PER_DAY for day in ages_days)})
    as_of = created[:, None] + np.array(ages, dtype=np.int64)
    rows, columns = np.nonzero(open_at(dataset, as_of, closing) & (as_of <= dataset.until))
    return Spine(rows.astype(np.int64), as_of[rows, columns])


def leads_without_snapshot(dataset: Dataset, spine: Spine, scoring_delay_us: int) -> dict[str, int]:
    """Count the leads that have no snapshot, by reason: too new for a first score, or closed before it."""
    created = dataset.leads.created_at
    without = np.ones(len(dataset.leads), dtype=bool)
    without[spine.lead] = False
    late = without & (False if created is None else created + scoring_delay_us > dataset.until)
    counts = {"too_new": int(late.sum()), "closed": int((without & ~late).sum())}
    return {why: count for why, count in counts.items() if count}


def open_leads(dataset: Dataset, as_of: int, closing: tuple[str, ...] = CLOSING_STAGES) -> Spine:
    """Return one snapshot at `as_of` for every lead created before it and not known closed by then."""
    created = dataset.leads.created_at
    is_open = open_at(dataset, np.full((len(dataset.leads), 1), as_of, dtype=np.int64), closing)[:, 0]
    if created is not None:
        is_open &= created <= as_of
    lead = np.nonzero(is_open)[0].astype(np.int64)
    return Spine(lead, np.full(len(lead), as_of, dtype=np.int64))


def open_at(dataset: Dataset, as_of: Instants, stages: tuple[str, ...] = CLOSING_STAGES) -> Mask:
    """Return at which instants (leads, n) each lead was not known to be closed strictly before: :func:`closed_known`.

    A person with several members is open while one of those created strictly before is: a lost customer who asks again is a
    lead to call.
    """
    members = dataset.members
    if members is None:
        return np.asarray(as_of <= closed_known(dataset, stages)[:, None])
    closed, created = closed_known(members.data, stages), members.data.leads.created_at
    found = np.asarray(as_of <= closed[members.first][:, None])
    later = np.setdiff1d(np.arange(len(closed)), members.first)
    person = members.person[later]
    is_open = as_of[person] <= closed[later][:, None]
    if created is not None:
        is_open &= created[later][:, None] < as_of[person]
    np.logical_or.at(found, person, is_open)
    return found


def closed_known(dataset: Dataset, stages: tuple[str, ...] = CLOSING_STAGES) -> Instants:
    """Return per lead when it was first known to be closed, or NEVER: by an outcome of a closing stage, a status or a close date."""
    closed = first_known(dataset, stages)
    return closed if dataset.closings is None else np.minimum(closed, dataset.closings.at)


def snapshot_weights(spine: Spine, created_at: Instants | None, ages: Instants) -> Floats:
    """Weigh each snapshot 1 / snapshots at `ages`, ascending, that its lead would have had by the latest of them if still open.

    The weight must not depend on how long the lead stayed open: winners close early, and 1 / *actual* rows would give
    their few rows more weight and inflate every probability (informative cluster size: Williamson, Datta and Satten, 2003).
    """
    if created_at is None or not len(spine):
        return np.ones(len(spine))
    return lead_weights(int(spine.as_of.max()), created_at, ages)[spine.lead]


def lead_weights(latest: int, created_at: Instants, ages: Instants) -> Floats:
    """Return the weight of a snapshot of each lead (leads,), see :func:`snapshot_weights`."""
    return np.asarray(1.0 / np.maximum(np.searchsorted(ages, latest - created_at, side="right"), 1))


def first_known(dataset: Dataset, stages: tuple[str, ...]) -> Instants:
    """Return per lead the earliest ``known_at`` of an outcome in `stages`, or NEVER."""
    if dataset.outcomes is None:
        return np.full(len(dataset.leads), NEVER)
    rows = is_in(dataset.outcomes, "stage", stages)
    return first_per_lead(dataset, dataset.outcomes, rows, dataset.outcomes.known_at)


def first_occurred(dataset: Dataset, stages: tuple[str, ...]) -> Instants:
    """Return per lead the earliest ``occurred_at`` of an outcome in `stages`, or NEVER."""
    if dataset.outcomes is None:
        return np.full(len(dataset.leads), NEVER)
    rows = is_in(dataset.outcomes, "stage", stages)
    return first_per_lead(dataset, dataset.outcomes, rows, dataset.outcomes.occurred_at)


def first_per_lead(dataset: Dataset, table: Events | Outcomes, rows: Mask, times: Instants) -> Instants:
    """Return per lead the earliest of the times of some of its rows of a table, or NEVER."""
    first = np.full(len(dataset.leads), NEVER)
    np.minimum.at(first, table.lead[rows], times[rows])
    return first


def is_in(table: Events | Outcomes, name: str, values: Sequence[str]) -> Mask:
    """Mask of the rows of a table whose column `name` holds one of `values`; none where there is no such column."""
    column = table.columns.get(name)
    if column is None:
        return np.zeros(len(table), dtype=bool)
    lookup = np.array([level in values for level in column.levels] + [False])
    return np.asarray(lookup[column.codes])


class Use(IntEnum):
    """Why a snapshot can or cannot be learned from."""

    USED = 0
    IMMATURE = 1  # its horizon had not passed at the end of the data
    ALREADY = 2  # the outcome happened before as_of
    UNLABELLED = 3  # neither known fake nor known real


@dataclass(frozen=True)
class Labels:
    """For each snapshot: ``y`` (0.0 or 1.0; meaningless unless used), ``use`` (:class:`Use`), ``known_at``.

    ``known_at`` is when a positive became known, microseconds UTC: 0 if the data does not say, NEVER for negatives. For a
    row that is ALREADY it is when that became known. A lead won before ``as_of`` and recorded after it has ``y`` 0: a
    fit that ends before the record cannot know of the win, and learns from the row as from any other open lead.
    """

    y: Floats
    use: npt.NDArray[np.int8]
    known_at: Instants
    left_out: Mapping[str, int] = field(default_factory=dict)

    @property
    def used(self) -> Mask:
        """Mask of the rows that can be learned from."""
        return np.asarray(self.use == Use.USED)

    def usable_by(self, known_by: int | Instants) -> Mask:
        """Mask of the rows that a fit at `known_by` can learn from: those used, and those not yet known to be ALREADY.

        Without the latter, the absence of a row would reveal to the fit a win that was recorded only later.
        """
        late = (self.use == Use.ALREADY) & (self.known_at >= known_by)
        return np.asarray(self.used | late)

    @classmethod
    def none(cls, rows: int) -> Labels:
        """Return the labels of rows without any known outcome."""
        return cls(np.zeros(rows), np.full(rows, Use.USED, dtype=np.int8), np.full(rows, NEVER))

    def take(self, rows: Mask) -> Labels:
        """Return the labels of some rows, with the counts of unusable rows in ``left_out``."""
        return Labels(self.y[rows], self.use[rows], self.known_at[rows], self.left_out or self.counts())

    def as_known(self, known_by: int) -> Floats:
        """Return `y` as it was known strictly before an instant (rows,): a win recorded at or after it does not count.

        This is `y` of :func:`label` on :meth:`lead_ml.tables.dataset.Dataset.as_known`, for rows whose horizon had passed
        by then and leads with one record of the winning stages. A backtest needs it at many instants, so
        it is derived from ``known_at`` instead of labeling again.
        """
        return np.where(self.known_at < known_by, self.y, 0.0)

    def counts(self) -> dict[str, int]:
        """Return how many rows cannot be learned from, by reason."""
        return {use.name.lower(): int((self.use == use).sum()) for use in Use if use != Use.USED}


def label(target: Target, dataset: Dataset, spine: Spine, horizon_us: int | None) -> Labels:
    """Label snapshots by what happened in ``[as_of, as_of + horizon)``."""
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


def require_both_classes(y: Floats, what: str, minimum: int = 2) -> None:
    """Raise TooLittleData unless `y` holds at least `minimum` rows of each class."""
    positives = int(y.sum())
    if min(positives, len(y) - positives) < minimum:
        raise TooLittleData(
            f"{what} has {positives} positive and {len(y) - positives} negative rows",
            expected=f"at least {minimum} of each",
            do="use a longer history or a shorter horizon",
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
    outcomes, known = dataset.outcomes, dataset.outcomes.known_at
    invalid = is_in(outcomes, "stage", ("invalid",))
    is_fake = is_in(outcomes, "stage", ("invalid", "lost")) & is_in(outcomes, "reason", target.reasons)
    fake = first_per_lead(dataset, outcomes, is_fake, known)[spine.lead]
    unfit = first_per_lead(dataset, outcomes, invalid & ~is_fake, known)[spine.lead]
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
        return stored.first_known(types, dataset)
    return first_per_lead(dataset, events, is_in(events, "type", types), events.known_at)


def _label_column(target: Column, dataset: Dataset, spine: Spine) -> Labels:
    column = dataset.leads.columns.get(target.column)
    if column is None:
        raise InputError(
            f"there is no outcome column {target.column!r}",
            source="leads",
            expected=f"one of {', '.join(sorted(dataset.leads.columns))}",
            do="name it in models/*.py",
        )
    rules = dataset.rules.leads
    positive = rules.among(target.column, column, target.positive)
    known = column.codes >= 0
    if target.negative:
        known = positive | rules.among(target.column, column, target.negative)
    use = np.where(known, Use.USED, Use.UNLABELLED).astype(np.int8)
    y = positive[spine.lead].astype(np.float64)
    return Labels(y, use[spine.lead], np.where(y > 0, 0, NEVER))
