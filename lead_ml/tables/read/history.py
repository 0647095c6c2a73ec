"""The table of changes: what the columns of a lead were, and since when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from lead_ml.errors import InputError
from lead_ml.project.params import Params
from lead_ml.tables.dataset import Changes, Coded, Indices, Leads, changes_in_order
from lead_ml.tables.read.canonical import compacted
from lead_ml.tables.read.context import ReadContext, timestamp_notes
from lead_ml.tables.read.leads import LeadIndex, table_report
from lead_ml.tables.read.mapping import MappedTable, near_miss
from lead_ml.tables.read.reject import (
    LEAD_REJECTED,
    UNKNOWN_LEAD,
    Rejections,
    after_until,
    at_one_instant,
    in_future,
    missing,
    not_history,
    unparsable,
)
from lead_ml.tables.read.report import TableReport
from lead_ml.tables.read.timestamps import Timestamps

_AT = "changed_at"


def read_history(
    table: MappedTable, leads: Leads, index: LeadIndex, context: ReadContext, params: Params
) -> tuple[Mapping[str, Changes], Rejections, TableReport]:
    """Check the changes, and put those of every column with history in order.

    A field has the name that the lead column has here or in the leads file. An empty value is a change to missing.

    Raises
    ------
    InputError
        If the leads have no ``created_at``, no row is about a column declared ``history``, or one cause rejects more
        than half of the rows.
    """
    assert params.data.lead_history is not None
    end_of_day = params.data.lead_history.end_of_day
    fields = [name for name, known_at in params.known_at.items() if known_at == "history"]
    at = context.timestamps(table, _AT, end_of_day=end_of_day)
    field = _ours(table.text("field", context.missing), params)
    lead, rejections = _rejections(table, index, at, field, fields, context)
    _check_fields(table, field, fields)
    value = table.text("value", context.missing)
    found: dict[str, Changes] = {}
    for name in fields:
        is_name = np.array([*(level == name for level in field.levels), False])[field.codes]
        rows = np.flatnonzero(rejections.used & is_name)
        owner, since, column = lead[rows], at.at[rows], {name: value.take(rows)}
        kept, hidden = changes_in_order(owner, since, column)
        rejections = rejections.reject(at_one_instant(_AT), np.isin(np.arange(len(table)), rows[hidden]))
        found[name] = Changes(owner[kept], since[kept], {name: compacted(column[name].take(kept))})
    notes = [*timestamp_notes(_AT, at, end_of_day=end_of_day), *_notes(leads, found)]
    return found, rejections, table_report(rejections, notes, at)


def with_current(leads: Leads, history: Mapping[str, Changes]) -> Leads:
    """Give the leads the columns that only the history has, with the last value of each."""
    latest = {name: changes.latest(name, len(leads)) for name, changes in history.items()}
    return replace(leads, columns={**latest, **leads.columns}) if latest else leads


def _ours(field: Coded, params: Params) -> Coded:
    ours = {theirs: name for name, theirs in params.data.leads.columns.items()}
    return field.map(lambda level: ours.get(level, level))


def _rejections(
    table: MappedTable,
    index: LeadIndex,
    at: Timestamps,
    field: Coded,
    fields: Sequence[str],
    context: ReadContext,
) -> tuple[Indices, Rejections]:
    if index.earliest is None:
        raise InputError(
            "lead_history is given, but the leads have no created_at",
            source=table.raw.sources[0],
            expected="created_at in the leads table, since features as of a time need it",
            do="map data.leads.columns.created_at, or remove data.lead_history from params.yaml",
        )
    lead_ids = table.text("lead_id", context.missing)
    lead, of_rejected = index.find(lead_ids)
    read = np.array([*(level in fields for level in field.levels), False])[field.codes]
    rejections = (
        Rejections.of(table)
        .reject(missing("lead_id"), lead_ids.codes < 0)
        .reject(missing("field"), field.codes < 0)
        .reject(not_history(fields), ~read)
        .reject(missing(_AT), at.missing)
        .reject(unparsable(_AT), at.bad)
        .reject(in_future(_AT), at.first > context.now)
        .reject(after_until(_AT), at.at >= context.until)
        .reject(LEAD_REJECTED, of_rejected == 1)
        .reject(UNKNOWN_LEAD, lead < 0)
    )
    return lead, rejections


def _check_fields(table: MappedTable, field: Coded, fields: Sequence[str]) -> None:
    reported = compacted(field).levels
    for name in fields:
        if reported and name not in reported:
            near = near_miss(name, reported)
            raise InputError(
                f"known_at says history for {name}, but the table has no change of that field"
                + (f"; did you mean {near!r}?" if near else ""),
                source=table.raw.sources[0],
                value=name,
                expected=f"one of {', '.join(map(repr, reported[:12]))}",
                do="name the column as the field is named, under data.leads.columns, or correct known_at in params.yaml",
            )


def _notes(leads: Leads, history: Mapping[str, Changes]) -> list[str]:
    """Return notes on values missing at creation, and on leads whose last change differs from the leads table."""
    assert leads.created_at is not None
    everybody = np.arange(len(leads), dtype=np.int64)
    notes = []
    for name, changes in history.items():
        undated = int((changes.last_before(everybody, leads.created_at + 1) < 0).sum())
        if undated:
            notes.append(
                f"{name}: {undated:,} of {len(leads):,} leads have no value dated at their creation, so it is missing until "
                "their first change; export the first value as a change too"
            )
        other = _differing(leads.columns.get(name), changes.latest(name, len(leads)))
        if other:
            notes.append(
                f"{name}: {other:,} of {len(leads):,} leads have another value in the leads table than in their last change; "
                "training uses the changes, and requests should send the value of the last change"
            )
    return notes


def _differing(own: Coded | None, last: Coded) -> int:
    if own is None:
        return 0
    place = {level: code for code, level in enumerate(last.levels)}
    codes = np.array([*(place.get(level, -2) for level in own.levels), -1], dtype=np.int64)
    return int((codes[own.codes] != last.codes).sum())
