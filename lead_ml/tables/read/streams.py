"""Events and outcomes: dated rows, each of one lead."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from lead_ml.project.schema import STAGES
from lead_ml.tables.dataset import Coded, Events, Floats, Indices, Instants, Outcomes
from lead_ml.tables.read.canonical import compacted, identical_rows
from lead_ml.tables.read.context import ReadContext, timestamp_notes
from lead_ml.tables.read.leads import LeadIndex
from lead_ml.tables.read.mapping import MappedTable
from lead_ml.tables.read.reject import AFTER_UNTIL, BEFORE_CREATION, MISSING, Rejections
from lead_ml.tables.read.report import TableReport, table_report
from lead_ml.tables.read.timestamps import Timestamps
from lead_ml.tables.summary import counted

_SHOWN = 5


@dataclass(frozen=True)
class _Stream:
    """A stream table as parsed, all rows: ``lead`` is -1 where unknown, ``created`` the earliest creation of the lead."""

    table: MappedTable
    lead: Indices
    created: Instants
    occurred: Timestamps
    known_at: Instants
    ids: Coded
    rejections: Rejections

    @property
    def times(self) -> tuple[Indices, Instants, Instants]:
        """Lead, time and time known of the rows that are used."""
        used = self.rejections.used
        return self.lead[used], self.occurred.at[used], self.known_at[used]

    def texts(self, *names: str) -> dict[str, Coded]:
        """Return the columns that the table has, of the rows that are used."""
        used = self.rejections.used
        return {
            name: compacted(self.table.text(name).take(used)) for name in names if name in self.table.columns
        }

    def numbers(self, column: str) -> tuple[Floats, list[str]]:
        """Return a column of numbers of the rows that are used, and a note on values that are none."""
        used = self.rejections.used
        numbers, bad = self.table.numbers(column)
        bad = bad[used[bad]]
        if not len(bad):
            return numbers[used], []
        example = self.table.columns[column].value(int(bad[0]))
        note = (
            f"{column}: {counted(len(bad), 'value')} treated as missing (not a number), such as {example!r}"
        )
        return numbers[used], [f"{note} (row {self.row_numbers(bad)})"]

    def row_numbers(self, rows: Indices) -> str:
        """Return the numbers of the first rows for a message."""
        return ", ".join(map(str, self.table.raw.lines[rows[:_SHOWN]].tolist()))


def read_events(table: MappedTable, leads: LeadIndex, context: ReadContext) -> tuple[Events, TableReport]:
    """Check the events and code their columns.

    Raises InputError if the leads have no ``created_at``, or one cause rejects more than half of the rows.
    """
    events, stream, notes = _events(table, leads, context)
    return events, table_report(stream.rejections, [*notes, *_id_notes(events)], stream.occurred)


def read_some_events(table: MappedTable, leads: LeadIndex, context: ReadContext) -> tuple[Events, Rejections]:
    """Read some of the events as :func:`read_events` reads all of them; whether too many are rejected is for the caller to check."""
    events, stream, _ = _events(table, leads, context)
    return events, stream.rejections


def _events(table: MappedTable, leads: LeadIndex, context: ReadContext) -> tuple[Events, _Stream, list[str]]:
    stream = _parsed(table, leads, context, "type", "event_id")
    rejections = stream.rejections.reject(
        BEFORE_CREATION, "occurred_at", stream.occurred.last < stream.created
    )
    stream = replace(stream, rejections=rejections.reject_repeated("event_id", stream.ids.codes))
    value, notes = stream.numbers("value")
    texts = stream.texts("type", "channel", "page", "session_id", "event_id")
    notes = [*timestamp_notes(table, "occurred_at", stream.occurred), *notes]
    return Events(*stream.times, texts, value), stream, notes


def read_outcomes(table: MappedTable, leads: LeadIndex, context: ReadContext) -> tuple[Outcomes, TableReport]:
    """Check the outcomes and code their columns; one that precedes its lead is kept and counted.

    Raises InputError as :func:`read_events`.
    """
    stream = _parsed(table, leads, context, "stage", "outcome_id")
    stream = replace(stream, rejections=stream.rejections.reject_repeated("outcome_id", stream.ids.codes))
    amount, notes = stream.numbers("amount")
    outcomes = Outcomes(*stream.times, stream.texts("stage", "reason"), amount)
    notes = [
        *timestamp_notes(table, "occurred_at", stream.occurred),
        *notes,
        *_early_notes(stream),
        *_stage_notes(outcomes.columns["stage"]),
    ]
    return outcomes, table_report(stream.rejections, notes, stream.occurred)


def _parsed(table: MappedTable, leads: LeadIndex, context: ReadContext, what: str, id_name: str) -> _Stream:
    earliest = np.append(leads.dated(table), 0).astype(np.int64)
    occurred = context.timestamps(table, "occurred_at")
    recorded = context.timestamps(table, "recorded_at") if "recorded_at" in table.columns else None
    lead_ids = table.text("lead_id")
    # A missing recorded_at is 0, so the row is known when it occurred.
    known_at = occurred.at if recorded is None else np.maximum(occurred.at, recorded.at)
    rejections = (
        Rejections.of(table)
        .reject(MISSING, "lead_id", lead_ids.codes < 0)
        .reject(MISSING, what, table.text(what).codes < 0)
        .reject(MISSING, "occurred_at", occurred.missing)
        .reject_times("occurred_at", occurred, context.now)
    )
    if recorded is not None:
        rejections = rejections.reject_times("recorded_at", recorded, context.now)
    rejections = rejections.reject(AFTER_UNTIL, "occurred_at", known_at >= context.until)
    lead, rejections = leads.find(lead_ids, rejections)
    ids = table.text(id_name)
    return _Stream(table, lead, earliest[lead], occurred, known_at, ids, rejections)


def _id_notes(events: Events) -> list[str]:
    if "event_id" in events.columns:
        without = int((events.columns["event_id"].codes < 0).sum())
        return [f"event_id: missing in {counted(without, 'row')}, kept"] if without else []
    numbers = {name: getattr(events, name) for name in ("lead", "occurred_at", "known_at", "value")}
    identical = identical_rows({**numbers, **events.columns}, len(events))
    note = f"{counted(identical, 'row')} identical to an earlier one, kept because there is no event_id"
    return [note] if identical else []


def _early_notes(stream: _Stream) -> list[str]:
    early = np.flatnonzero(stream.rejections.used & (stream.occurred.last < stream.created))
    note = f"{counted(len(early), 'outcome')} dated before the creation of the lead, kept"
    return [f"{note} (row {stream.row_numbers(early)})"] if len(early) else []


def _stage_notes(stages: Coded) -> list[str]:
    unknown = [stage for stage in stages.levels if stage not in STAGES]
    left = len(unknown) - _SHOWN
    shown = ", ".join(map(repr, unknown[:_SHOWN])) + (f" and {left} more" if left > 0 else "")
    note = f"stage: values other than {', '.join(STAGES)} count only if a model names them: {shown}"
    return [note] if unknown else []
