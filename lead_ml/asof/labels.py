"""What became of each snapshot: its label, when that was known, and whether it can be learned from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from lead_ml.asof.kernel import stored_of
from lead_ml.asof.spine import (
    NEVER,
    Spine,
    build_spine,
    first_known,
    first_occurred,
    first_per_lead,
    is_in,
    open_leads,
    snapshot_weights,
    with_stage,
)
from lead_ml.errors import InputError, TooLittleData
from lead_ml.project.targets import Column, Fake, Target, Won
from lead_ml.tables.dataset import Dataset, Events, Floats, Instants, Mask

__all__ = [
    "NEVER",
    "Labels",
    "Mask",
    "Spine",
    "Use",
    "build_spine",
    "first_known",
    "first_occurred",
    "label",
    "open_leads",
    "require_both_classes",
    "snapshot_weights",
]


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
    is_fake = with_stage(dataset.outcomes, ("invalid",)) & is_in(
        dataset.outcomes.columns.get("reason"), target.reasons, len(dataset.outcomes)
    )
    fake = first_per_lead(dataset, is_fake, dataset.outcomes.known_at)[spine.lead]
    unfit = first_per_lead(
        dataset, with_stage(dataset.outcomes, ("invalid",)) & ~is_fake, dataset.outcomes.known_at
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
    contact = is_in(events.columns.get("type"), types, len(events))
    met = np.full(len(dataset.leads), NEVER)
    np.minimum.at(met, events.lead[contact], events.known_at[contact])
    return met


def _label_column(target: Column, dataset: Dataset, spine: Spine) -> Labels:
    column = dataset.leads.columns.get(target.column)
    if column is None:
        raise InputError(
            f"there is no outcome column {target.column!r}",
            source="leads",
            expected=f"one of {', '.join(sorted(dataset.leads.columns))}",
            do="name it in models/*.py",
        )
    wanted = {value.casefold() for value in target.positive}
    positive = np.array([level.casefold() in wanted for level in column.levels] + [False])
    use = np.where(column.codes < 0, Use.UNLABELLED, Use.USED).astype(np.int8)
    y = positive[column.codes][spine.lead].astype(np.float64)
    return Labels(y, use[spine.lead], np.where(y > 0, 0, NEVER))
