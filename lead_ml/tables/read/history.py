"""The table of changes: what the columns of a lead were, and since when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from lead_ml.errors import InputError
from lead_ml.project.params import Params
from lead_ml.tables.cell_rules import TableRules
from lead_ml.tables.dataset import Changes, Coded, Leads
from lead_ml.tables.read.canonical import compacted, ordered
from lead_ml.tables.read.context import ReadContext, timestamp_notes
from lead_ml.tables.read.leads import LeadIndex
from lead_ml.tables.read.mapping import MappedTable, meant
from lead_ml.tables.read.reject import AFTER_UNTIL, AT_ONE_INSTANT, MISSING, NOT_HISTORY, Rejections
from lead_ml.tables.read.report import TableReport, table_report

_AT = "changed_at"


def read_history(
    table: MappedTable,
    leads: Leads,
    index: LeadIndex,
    context: ReadContext,
    params: Params,
    rules: TableRules,
) -> tuple[Mapping[str, Changes], TableReport]:
    """Check the changes, and put those of every column with history in order; their values are read by the `rules` of the leads.

    A field has the name that the lead column has here or in the leads file. An empty value is a change to missing. Raises
    InputError if the leads have no ``created_at``, no row is about a column declared ``history``, or one cause rejects
    more than half of the rows.
    """
    index.dated(table)
    fields = [name for name, known_at in params.known_at.items() if known_at == "history"]
    ours = {theirs: name for name, theirs in params.data.leads.columns.items()}
    at = context.timestamps(table, _AT)
    field = table.text("field").map(lambda level: ours.get(level, level))
    lead_ids = table.text("lead_id")
    rejections = (
        Rejections.of(table)
        .reject(MISSING, "lead_id", lead_ids.codes < 0)
        .reject(MISSING, "field", field.codes < 0)
        .reject(NOT_HISTORY, "field", ~field.among(fields))
        .reject(MISSING, _AT, at.missing)
        .reject_times(_AT, at, context.now)
        .reject(AFTER_UNTIL, _AT, at.at >= context.until)
    )
    lead, rejections = index.find(lead_ids, rejections)
    _check_fields(table, field, fields)
    found: dict[str, Changes] = {}
    for name in fields:
        rows = np.flatnonzero(rejections.used & field.among([name]))
        found[name], hidden = ordered(lead[rows], at.at[rows], {name: _values(table, rules, name).take(rows)})
        rejections = rejections.reject(AT_ONE_INSTANT, _AT, np.isin(np.arange(len(table)), rows[hidden]))
    notes = [*timestamp_notes(table, _AT, at), *_notes(leads, found)]
    return found, table_report(rejections, notes, at)


def _values(table: MappedTable, leads: TableRules, name: str) -> Coded:
    """Read the values as those of a lead column, with decimal commas only where this table has them."""
    comma = table.decimal == "," and (leads.of(name).comma or table.rules.of("value").comma)
    column = replace(leads.of(name), comma=comma)
    return table.text("value", replace(leads, columns={name: column}), name)


def with_current(leads: Leads, history: Mapping[str, Changes]) -> Leads:
    """Give the leads the columns that only the history has, with the last value of each."""
    latest = {name: changes.latest(name, len(leads)) for name, changes in history.items()}
    return replace(leads, columns={**latest, **leads.columns}) if latest else leads


def _check_fields(table: MappedTable, field: Coded, fields: Sequence[str]) -> None:
    reported = compacted(field).levels
    for name in fields:
        if reported and name not in reported:
            raise InputError(
                f"known_at says history for {name}, but the table has no change of that field"
                + meant(name, reported),
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
