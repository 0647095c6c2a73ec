"""Events and outcomes: dated rows, each of one lead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from lead_ml.errors import InputError
from lead_ml.project.schema import STAGES
from lead_ml.tables.dataset import Coded, Events, Floats, Indices, Instants, Outcomes
from lead_ml.tables.read.canonical import compacted, identical_rows
from lead_ml.tables.read.context import ReadContext, timestamp_notes
from lead_ml.tables.read.leads import LeadIndex, table_report
from lead_ml.tables.read.mapping import MappedTable
from lead_ml.tables.read.reject import (
    BEFORE_CREATION,
    LEAD_REJECTED,
    UNKNOWN_LEAD,
    Rejections,
    after_until,
    in_future,
    missing,
    unparsable,
)
from lead_ml.tables.read.report import TableReport
from lead_ml.tables.read.timestamps import Timestamps
from lead_ml.tables.summary import counted

_SHOWN = 5


@dataclass(frozen=True)
class _Stream:
    """A stream table as parsed, all rows: ``lead`` is -1 where unknown."""

    table: MappedTable
    lead: Indices
    occurred: Timestamps
    known_at: Instants
    ids: Coded
    rejections: Rejections


def read_events(
    table: MappedTable, leads: LeadIndex, context: ReadContext, *, end_of_day: bool
) -> tuple[Events, Rejections, TableReport]:
    """Check the events and code their columns.

    Raises
    ------
    InputError
        If the leads have no ``created_at``, or one cause rejects more than half of the rows.
    """
    events, stream, notes = _events(table, leads, context, end_of_day=end_of_day)
    notes = [*notes, *_id_notes(stream, events)]
    return events, stream.rejections, table_report(stream.rejections, notes, stream.occurred)


def read_some_events(
    table: MappedTable, leads: LeadIndex, context: ReadContext, *, end_of_day: bool
) -> tuple[Events, Rejections]:
    """Read some of the events as :func:`read_events` reads all of them; whether too many are rejected is for the caller to check."""
    events, stream, _ = _events(table, leads, context, end_of_day=end_of_day)
    return events, stream.rejections


def _events(
    table: MappedTable, leads: LeadIndex, context: ReadContext, *, end_of_day: bool
) -> tuple[Events, _Stream, list[str]]:
    stream = _parsed(table, leads, context, "type", end_of_day=end_of_day)
    created = _earliest(leads, stream.lead)
    rejections = stream.rejections.reject(BEFORE_CREATION, stream.occurred.last < created)
    stream = replace(stream, rejections=rejections.reject_repeated("event_id", stream.ids.codes))
    rows = np.flatnonzero(stream.rejections.used)
    value, notes = _numbers(stream, "value", context)
    events = Events(
        lead=stream.lead[rows],
        occurred_at=stream.occurred.at[rows],
        known_at=stream.known_at[rows],
        columns={
            **_texts(table, ("type", "channel", "page", "session_id"), rows, context),
            **_ids(stream, rows),
        },
        value=value,
    )
    return events, stream, [*timestamp_notes("occurred_at", stream.occurred, end_of_day=end_of_day), *notes]


def read_outcomes(
    table: MappedTable, leads: LeadIndex, context: ReadContext, *, end_of_day: bool
) -> tuple[Outcomes, Rejections, TableReport]:
    """Check the outcomes and code their columns; one that precedes its lead is kept and counted.

    Raises
    ------
    InputError
        If the leads have no ``created_at``, or one cause rejects more than half of the rows.
    """
    stream = _parsed(table, leads, context, "stage", end_of_day=end_of_day)
    stream = replace(stream, rejections=stream.rejections.reject_repeated("outcome_id", stream.ids.codes))
    rows = np.flatnonzero(stream.rejections.used)
    amount, notes = _numbers(stream, "amount", context)
    outcomes = Outcomes(
        lead=stream.lead[rows],
        occurred_at=stream.occurred.at[rows],
        known_at=stream.known_at[rows],
        columns=_texts(table, ("stage", "reason"), rows, context),
        amount=amount,
    )
    notes = [
        *timestamp_notes("occurred_at", stream.occurred, end_of_day=end_of_day),
        *notes,
        *_early_notes(stream, _earliest(leads, stream.lead)),
        *_stage_notes(outcomes.columns["stage"]),
    ]
    return outcomes, stream.rejections, table_report(stream.rejections, notes, stream.occurred)


def _parsed(
    table: MappedTable, leads: LeadIndex, context: ReadContext, what: str, *, end_of_day: bool
) -> _Stream:
    _check_dated(table, leads)
    occurred = context.timestamps(table, "occurred_at", end_of_day=end_of_day)
    recorded = None
    if "recorded_at" in table.columns:
        recorded = context.timestamps(table, "recorded_at", end_of_day=end_of_day)
    lead_ids = table.text("lead_id", context.missing)
    lead, of_rejected = leads.find(lead_ids)
    # A missing recorded_at is 0, so the row is known when it occurred.
    known_at = occurred.at if recorded is None else np.maximum(occurred.at, recorded.at)
    rejections = Rejections.of(table).reject(missing("lead_id"), lead_ids.codes < 0)
    rejections = rejections.reject(missing(what), table.text(what, context.missing).codes < 0)
    rejections = _rejected_in_time(rejections, occurred, recorded, context)
    rejections = (
        rejections.reject(after_until("occurred_at"), known_at >= context.until)
        .reject(LEAD_REJECTED, of_rejected == 1)
        .reject(UNKNOWN_LEAD, lead < 0)
    )
    ids = table.text("event_id" if what == "type" else "outcome_id", context.missing)
    return _Stream(table, lead, occurred, known_at, ids, rejections)


def _rejected_in_time(
    rejections: Rejections, occurred: Timestamps, recorded: Timestamps | None, context: ReadContext
) -> Rejections:
    rejections = (
        rejections.reject(missing("occurred_at"), occurred.missing)
        .reject(unparsable("occurred_at"), occurred.bad)
        .reject(in_future("occurred_at"), occurred.first > context.now)
    )
    if recorded is None:
        return rejections
    return rejections.reject(unparsable("recorded_at"), recorded.bad).reject(
        in_future("recorded_at"), recorded.first > context.now
    )


def _check_dated(table: MappedTable, leads: LeadIndex) -> None:
    if leads.earliest is None:
        raise InputError(
            f"{table.name} are given, but the leads have no created_at",
            source=table.raw.sources[0],
            expected="created_at in the leads table, since features as of a time need it",
            do=f"map data.leads.columns.created_at, or remove data.{table.name} from params.yaml",
        )


def _earliest(leads: LeadIndex, lead: Indices) -> Instants:
    earliest = np.append(leads.earliest if leads.earliest is not None else [], 0).astype(np.int64)
    found: Instants = earliest[lead]
    return found


def _texts(
    table: MappedTable, names: Sequence[str], rows: Indices, context: ReadContext
) -> Mapping[str, Coded]:
    return {
        name: compacted(table.text(name, context.missing).take(rows))
        for name in names
        if name in table.columns
    }


def _ids(stream: _Stream, rows: Indices) -> Mapping[str, Coded]:
    return {"event_id": compacted(stream.ids.take(rows))} if "event_id" in stream.table.columns else {}


def _numbers(stream: _Stream, column: str, context: ReadContext) -> tuple[Floats, list[str]]:
    numbers, bad = stream.table.numbers(column, context.missing)
    bad = bad[stream.rejections.used[bad]]
    notes = []
    if len(bad):
        lines = ", ".join(str(line) for line in stream.table.raw.lines[bad[:_SHOWN]].tolist())
        example = stream.table.columns[column].value(int(bad[0]))
        notes.append(
            f"{column}: {counted(len(bad), 'value')} treated as missing (not a number), such as {example!r} (row {lines})"
        )
    return numbers[stream.rejections.used], notes


def _id_notes(stream: _Stream, events: Events) -> list[str]:
    kept = stream.rejections.used
    without = int((stream.ids.codes[kept] < 0).sum())
    if "event_id" in stream.table.columns:
        return [f"event_id: missing in {counted(without, 'row')}, kept"] if without else []
    numbers = {
        "lead": events.lead,
        "occurred_at": events.occurred_at,
        "known_at": events.known_at,
        "value": events.value,
    }
    identical = identical_rows({**numbers, **events.columns}, len(events))
    return (
        [f"{counted(identical, 'row')} identical to an earlier one, kept because there is no event_id"]
        if identical
        else []
    )


def _early_notes(stream: _Stream, created: Instants) -> list[str]:
    early = np.flatnonzero(stream.rejections.used & (stream.occurred.last < created))
    if not len(early):
        return []
    lines = ", ".join(str(line) for line in stream.table.raw.lines[early[:_SHOWN]].tolist())
    return [f"{counted(len(early), 'outcome')} dated before the creation of the lead, kept (row {lines})"]


def _stage_notes(stages: Coded) -> list[str]:
    unknown = [stage for stage in stages.levels if stage not in STAGES]
    if not unknown:
        return []
    shown = ", ".join(map(repr, unknown[:_SHOWN])) + (
        f" and {len(unknown) - _SHOWN} more" if len(unknown) > _SHOWN else ""
    )
    return [f"stage: values other than {', '.join(STAGES)} count only if a model names them: {shown}"]
