"""The tables that a layout holds, and what their columns are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from lead_ml.cluster.layout.columns import Column, Columns
from lead_ml.errors import InputError
from lead_ml.tables.dataset import Coded, Dataset, Events, Outcomes

LEADS, EVENTS, OUTCOMES = "leads", "events", "outcomes"
TABLES = (LEADS, EVENTS, OUTCOMES)
HISTORY = "history:"
"""Begins the name of a table with the changes of a lead column: ``lead_id``, ``at`` and the column."""

OF_LEAD = "@lead"
"""Ends the name of a column that numbers the texts of another one within each lead: enough to tell them apart, and quick to read."""

OF_PART = "@part"
"""Ends the name of a column that codes a text within each part, -1 for missing: quicker to read where some are missing."""


@dataclass(frozen=True)
class Shape:
    """A table's columns by what they hold; every other column is text, and every table has ``lead_id``.

    ``required`` are the instants that must be there, ``optional`` those that may be.
    """

    required: tuple[str, ...]
    optional: tuple[str, ...]
    number: str

    @property
    def instants(self) -> tuple[str, ...]:
        """Columns of instants, those that must be there first."""
        return self.required + self.optional


_SHAPES: Mapping[str, Shape] = {
    LEADS: Shape((), ("created_at",), ""),
    EVENTS: Shape(("occurred_at",), ("known_at", "recorded_at"), "value"),
    OUTCOMES: Shape(("occurred_at",), ("known_at", "recorded_at"), "amount"),
}
_CHANGES = Shape(("at",), (), "")


def shape_of(table: str) -> Shape:
    """Return the shape of a table.

    Raises
    ------
    InputError
        Where there is no such table.
    """
    if table.startswith(HISTORY):
        return _CHANGES
    if table not in _SHAPES:
        raise InputError(
            "there is no such table",
            source="layout",
            value=table,
            expected=f"{', '.join(_SHAPES)}, or {HISTORY}COLUMN for the changes of a lead column",
        )
    return _SHAPES[table]


def tables_of(dataset: Dataset) -> dict[str, Columns]:
    """Return the tables of a dataset as columns; rows of streams and changes name their lead by id."""
    leads = dataset.leads
    own: dict[str, Columns] = {
        LEADS: {
            "lead_id": Coded(np.arange(len(leads), dtype=np.int32), leads.lead_id),
            **({} if leads.created_at is None else {"created_at": leads.created_at}),
            **leads.columns,
        }
    }
    for table, stream in ((EVENTS, dataset.events), (OUTCOMES, dataset.outcomes)):
        if stream is not None:
            own[table] = _stream_columns(table, stream, leads.lead_id)
    for column, changes in dataset.history.items():
        lead = Coded(changes.owner.astype(np.int32), leads.lead_id)
        own[f"{HISTORY}{column}"] = {"lead_id": lead, "at": changes.at, **changes.columns}
    return own


def _stream_columns(table: str, stream: Events | Outcomes, lead_id: tuple[str, ...]) -> Columns:
    return {
        "lead_id": Coded(stream.lead.astype(np.int32), lead_id),
        "known_at": stream.known_at,
        "occurred_at": stream.occurred_at,
        **stream.columns,
        _SHAPES[table].number: stream.value if isinstance(stream, Events) else stream.amount,
    }


def empty(table: str) -> dict[str, Column]:
    """Return a table without rows."""
    nothing, instants = Coded(np.empty(0, dtype=np.int32), ()), np.empty(0, dtype=np.int64)
    if table == LEADS:
        return {"lead_id": nothing}
    if table.startswith(HISTORY):
        return {"lead_id": nothing, "at": instants, table.removeprefix(HISTORY): nothing}
    text = {"lead_id": nothing, **({"stage": nothing} if table == OUTCOMES else {})}
    return {**text, "known_at": instants, "occurred_at": instants, _SHAPES[table].number: np.empty(0)}
