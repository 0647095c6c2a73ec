"""The table of changes: what the columns of a lead were, and since when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from lead_ml.errors import InputError
from lead_ml.project.params import Params
from lead_ml.tables.dataset import Changes, Coded, Indices, Leads, changes_in_order
from lead_ml.tables.read.canonical import compacted
from lead_ml.tables.read.context import Clock, moment_notes
from lead_ml.tables.read.leads import LeadIndex, table_report
from lead_ml.tables.read.mapping import MappedTable, near_miss
from lead_ml.tables.read.reject import (
    LEAD_SET_ASIDE,
    UNKNOWN_LEAD,
    Sift,
    after_until,
    at_one_instant,
    in_future,
    missing,
    not_history,
    unparsable,
)
from lead_ml.tables.read.report import TableReport
from lead_ml.tables.read.timestamps import Moments

_AT = "changed_at"


def read_history(
    table: MappedTable, leads: Leads, index: LeadIndex, clock: Clock, params: Params
) -> tuple[Mapping[str, Changes], Sift, TableReport]:
    """Sift the changes and put those of every column that is known as it stood in order.

    A field is named as the lead column is by us, or as it is in the file of leads. An empty value is a change to missing.

    Raises
    ------
    InputError
        If the leads have no ``created_at``, no row is about a column declared ``history``, or more than half of the rows
        fall to one cause.
    """
    assert params.data.lead_history is not None
    end_of_day = params.data.lead_history.end_of_day
    fields = [name for name, known_at in params.known_at.items() if known_at == "history"]
    at = clock.moments(table, _AT, end_of_day=end_of_day)
    field = _ours(table.text("field", clock.missing), params)
    lead, sift = _sifted(table, index, at, field, fields, clock)
    _check_told(table, field, fields)
    value = table.text("value", clock.missing)
    found: dict[str, Changes] = {}
    for name in fields:
        is_name = np.array([*(level == name for level in field.levels), False])[field.codes]
        rows = np.flatnonzero(sift.kept & is_name)
        owner, since, column = lead[rows], at.at[rows], {name: value.take(rows)}
        kept, hidden = changes_in_order(owner, since, column)
        sift = sift.reject(at_one_instant(_AT), np.isin(np.arange(len(table)), rows[hidden]))
        found[name] = Changes(owner[kept], since[kept], {name: compacted(column[name].take(kept))})
    notes = [*moment_notes(_AT, at, end_of_day=end_of_day), *_notes(leads, found)]
    return found, sift, table_report(sift, notes, at)


def with_current(leads: Leads, history: Mapping[str, Changes]) -> Leads:
    """Give the leads the columns that only their history tells, with the last value of each."""
    told = {name: changes.latest(name, len(leads)) for name, changes in history.items()}
    return replace(leads, columns={**told, **leads.columns}) if told else leads


def _ours(field: Coded, params: Params) -> Coded:
    ours = {theirs: name for name, theirs in params.data.leads.columns.items()}
    return field.map(lambda level: ours.get(level, level))


def _sifted(
    table: MappedTable, index: LeadIndex, at: Moments, field: Coded, fields: Sequence[str], clock: Clock
) -> tuple[Indices, Sift]:
    if index.earliest is None:
        raise InputError(
            "lead_history is given, but the leads have no created_at",
            source=table.raw.sources[0],
            expected="created_at in the leads table, because nothing can be known as of a moment without it",
            do="map data.leads.columns.created_at, or remove data.lead_history from params.yaml",
        )
    lead_ids = table.text("lead_id", clock.missing)
    lead, aside = index.find(lead_ids)
    read = np.array([*(level in fields for level in field.levels), False])[field.codes]
    sift = (
        Sift.of(table)
        .reject(missing("lead_id"), lead_ids.codes < 0)
        .reject(missing("field"), field.codes < 0)
        .reject(not_history(fields), ~read)
        .reject(missing(_AT), at.missing)
        .reject(unparsable(_AT), at.bad)
        .reject(in_future(_AT), at.first > clock.now)
        .reject(after_until(_AT), at.at >= clock.until)
        .reject(LEAD_SET_ASIDE, aside == 1)
        .reject(UNKNOWN_LEAD, lead < 0)
    )
    return lead, sift


def _check_told(table: MappedTable, field: Coded, fields: Sequence[str]) -> None:
    told = compacted(field).levels
    for name in fields:
        if told and name not in told:
            near = near_miss(name, told)
            raise InputError(
                f"known_at says history for {name}, but no change is of that field"
                + (f"; did you mean {near!r}?" if near else ""),
                source=table.raw.sources[0],
                value=name,
                expected=f"one of {', '.join(map(repr, told[:12]))}",
                do="name the column as the field is named, under data.leads.columns, or correct known_at in params.yaml",
            )


def _notes(leads: Leads, history: Mapping[str, Changes]) -> list[str]:
    """Tell what is missing at the first look at a lead, and where the leads table says otherwise than the last change."""
    assert leads.created_at is not None
    everybody = np.arange(len(leads), dtype=np.int64)
    notes = []
    for name, changes in history.items():
        untold = int((changes.last_before(everybody, leads.created_at + 1) < 0).sum())
        if untold:
            notes.append(
                f"{name}: {untold:,} of {len(leads):,} leads have no value dated at their creation, so it is missing until "
                "their first change; export the first value as a change too"
            )
        other = _otherwise(leads.columns.get(name), changes.latest(name, len(leads)))
        if other:
            notes.append(
                f"{name}: of {other:,} of {len(leads):,} leads the leads table says otherwise than the last change; training "
                "goes by the changes, and requests should send what these say"
            )
    return notes


def _otherwise(told: Coded | None, last: Coded) -> int:
    if told is None:
        return 0
    place = {level: code for code, level in enumerate(last.levels)}
    codes = np.array([*(place.get(level, -2) for level in told.levels), -1], dtype=np.int64)
    return int((codes[told.codes] != last.codes).sum())
