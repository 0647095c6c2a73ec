"""All partitions as one dataset, for features by keys that leads share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from lead_ml.cluster.layout.columns import Columns, stacked
from lead_ml.cluster.layout.need import Need
from lead_ml.tables.dataset import Changes, Coded, Dataset, Events, Indices, Leads, Outcomes


class Partitions(Protocol):
    """What features are computed from: a :class:`Layout`, or :class:`Scattered` rows in memory."""

    @property
    def count(self) -> int:
        """Number of partitions."""

    def lead_ids(self, k: int) -> Any:
        """Return the ids of the leads of partition `k` as an Arrow array."""

    def partition(self, k: int, need: Need | None = None) -> Dataset:
        """Return partition `k`."""

    def release(self, k: int) -> None:
        """Give up partition `k`, which is not asked for again."""


def whole(partitions: Partitions, starts: Indices, need: Need) -> Dataset:
    """Put the datasets of all partitions under each other, with the columns that are read."""
    parts = [partitions.partition(k, need) for k in range(partitions.count)]
    names = tuple(name for part in parts for name in part.leads.lead_id)
    created = [
        part.leads.created_at for part in parts if part.leads.created_at is not None and len(part.leads)
    ]
    columns = [part.leads.columns for part in parts if len(part.leads)]
    leads = Leads(
        names, np.concatenate(created) if created else None, _texts(stacked(columns)) if columns else {}
    )
    events = [
        _columns(part.events, start)
        for part, start in zip(parts, starts, strict=False)
        if part.events is not None
    ]
    outcomes = [
        _columns(part.outcomes, start)
        for part, start in zip(parts, starts, strict=False)
        if part.outcomes is not None
    ]
    return Dataset(
        leads,
        Events(**_fields(stacked(events), "value")) if events else None,
        Outcomes(**_fields(stacked(outcomes), "amount")) if outcomes else None,
        until=max(part.until for part in parts),
        history={name: _changes([part.history[name] for part in parts], starts) for name in parts[0].history},
    )


def _changes(parts: Sequence[Changes], starts: Indices) -> Changes:
    columns = stacked([part.columns for part in parts])
    owner = np.concatenate([part.owner + start for part, start in zip(parts, starts, strict=False)])
    return Changes(owner, np.concatenate([part.at for part in parts]), _texts(columns))


def _columns(stream: Events | Outcomes, start: int) -> Columns:
    number = stream.value if isinstance(stream, Events) else stream.amount
    instants = {"known_at": stream.known_at, "occurred_at": stream.occurred_at}
    return {"lead": stream.lead + start, **instants, "number": number, **stream.columns}


def _fields(columns: Columns, number: str) -> dict[str, Any]:
    instants = {name: columns[name] for name in ("lead", "known_at", "occurred_at")}
    return {**instants, number: columns["number"], "columns": _texts(columns)}


def _texts(columns: Columns) -> dict[str, Coded]:
    return {name: column for name, column in columns.items() if isinstance(column, Coded)}
