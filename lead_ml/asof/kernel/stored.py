"""Datasets whose events are not in memory: whoever keeps them answers what is asked about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from lead_ml.asof.matrix import Matrix
from lead_ml.tables.dataset import Dataset, Events, Indices, Instants

if TYPE_CHECKING:
    from lead_ml.asof.kernel.history_snapshot import HistorySnapshot
    from lead_ml.asof.kernel.plan import Plan

Answered = tuple[Matrix, tuple[tuple[str, ...], ...]]


class StoredEvents(Protocol):
    """Events that are kept outside memory; `dataset` always holds the leads that they belong to."""

    def answer(self, plan: Plan, dataset: Dataset, lead: Indices, as_of: Instants) -> Answered:
        """Answer a plan over events as :func:`lead_ml.asof.kernel.aggregate_coded` does."""

    def history_snapshot(self, plan: Plan, dataset: Dataset, until: int) -> HistorySnapshot:
        """Take the snapshot of a plan over events as :func:`lead_ml.asof.kernel.take_snapshot` does."""

    def first_known(self, types: Sequence[str], dataset: Dataset) -> Instants:
        """Return per lead (leads,) when the first event of some types became known, or NEVER."""

    def delays(self, dataset: Dataset) -> tuple[int, Instants]:
        """Return the number of events, and how much later those were recorded that were, in microseconds."""


@dataclass(frozen=True)
class StoredDataset(Dataset):
    """A dataset whose ``events`` have columns and no rows: the rows are in ``stored``."""

    stored: StoredEvents | None = None


def delays(events: Events) -> Instants:
    """Return how much later the events were recorded that were recorded later, in microseconds."""
    later = events.known_at - events.occurred_at
    return later[later > 0]


def stored_of(dataset: Dataset) -> StoredEvents | None:
    """Return who keeps the events of a dataset, None for memory."""
    return dataset.stored if isinstance(dataset, StoredDataset) else None
