"""Events and outcomes: dated rows, each of one lead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from lead_ml.errors import InputError
from lead_ml.project.schema import STAGES
from lead_ml.tables.dataset import Coded, Events, Floats, Indices, Instants, Outcomes
from lead_ml.tables.read.canonical import compacted, identical_rows
from lead_ml.tables.read.context import Clock, moment_notes
from lead_ml.tables.read.leads import LeadIndex, table_report
from lead_ml.tables.read.mapping import MappedTable
from lead_ml.tables.read.reject import (
    BEFORE_CREATION,
    LEAD_SET_ASIDE,
    UNKNOWN_LEAD,
    Sift,
    after_until,
    in_future,
    missing,
    unparsable,
)
from lead_ml.tables.read.report import TableReport
from lead_ml.tables.read.timestamps import Moments

_SHOWN = 5


@dataclass(frozen=True)
class _Stream:
    """A stream table as parsed, all rows: ``lead`` is -1 where unknown."""

    table: MappedTable
    lead: Indices
    occurred: Moments
    known_at: Instants
    ids: Coded
    sift: Sift


def read_events(
    table: MappedTable, leads: LeadIndex, clock: Clock, *, end_of_day: bool
) -> tuple[Events, Sift, TableReport]:
    """Sift the events and code their columns.

    Raises
    ------
    InputError
        If the leads have no ``created_at``, or more than half of the rows fall to one cause.
    """
    events, stream, notes = _events(table, leads, clock, end_of_day=end_of_day)
    return (
        events,
        stream.sift,
        table_report(stream.sift, [*notes, *_id_notes(stream, events)], stream.occurred),
    )


def read_some_events(
    table: MappedTable, leads: LeadIndex, clock: Clock, *, end_of_day: bool
) -> tuple[Events, Sift]:
    """Sift some of the events, as :func:`read_events` does all of them; how many are set aside is for the caller to judge."""
    events, stream, _ = _events(table, leads, clock, end_of_day=end_of_day)
    return events, stream.sift


def _events(
    table: MappedTable, leads: LeadIndex, clock: Clock, *, end_of_day: bool
) -> tuple[Events, _Stream, list[str]]:
    stream = _parsed(table, leads, clock, "type", end_of_day=end_of_day)
    created = _earliest(leads, stream.lead)
    sift = stream.sift.reject(BEFORE_CREATION, stream.occurred.last < created)
    stream = replace(stream, sift=sift.reject_repeated("event_id", stream.ids.codes))
    rows = np.flatnonzero(stream.sift.kept)
    value, notes = _numbers(stream, "value", clock)
    events = Events(
        lead=stream.lead[rows],
        occurred_at=stream.occurred.at[rows],
        known_at=stream.known_at[rows],
        columns={
            **_texts(table, ("type", "channel", "page", "session_id"), rows, clock),
            **_ids(stream, rows),
        },
        value=value,
    )
    return events, stream, [*moment_notes("occurred_at", stream.occurred, end_of_day=end_of_day), *notes]


def read_outcomes(
    table: MappedTable, leads: LeadIndex, clock: Clock, *, end_of_day: bool
) -> tuple[Outcomes, Sift, TableReport]:
    """Sift the outcomes and code their columns; one that precedes its lead is kept and counted.

    Raises
    ------
    InputError
        If the leads have no ``created_at``, or more than half of the rows fall to one cause.
    """
    stream = _parsed(table, leads, clock, "stage", end_of_day=end_of_day)
    stream = replace(stream, sift=stream.sift.reject_repeated("outcome_id", stream.ids.codes))
    rows = np.flatnonzero(stream.sift.kept)
    amount, notes = _numbers(stream, "amount", clock)
    outcomes = Outcomes(
        lead=stream.lead[rows],
        occurred_at=stream.occurred.at[rows],
        known_at=stream.known_at[rows],
        columns=_texts(table, ("stage", "reason"), rows, clock),
        amount=amount,
    )
    notes = [
        *moment_notes("occurred_at", stream.occurred, end_of_day=end_of_day),
        *notes,
        *_early_notes(stream, _earliest(leads, stream.lead)),
        *_stage_notes(outcomes.columns["stage"]),
    ]
    return outcomes, stream.sift, table_report(stream.sift, notes, stream.occurred)


def _parsed(table: MappedTable, leads: LeadIndex, clock: Clock, what: str, *, end_of_day: bool) -> _Stream:
    _check_dated(table, leads)
    occurred = clock.moments(table, "occurred_at", end_of_day=end_of_day)
    recorded = None
    if "recorded_at" in table.columns:
        recorded = clock.moments(table, "recorded_at", end_of_day=end_of_day)
    lead_ids = table.text("lead_id", clock.missing)
    lead, aside = leads.find(lead_ids)
    # A missing recorded_at is 0, so the row is known when it occurred.
    known_at = occurred.at if recorded is None else np.maximum(occurred.at, recorded.at)
    sift = Sift.of(table).reject(missing("lead_id"), lead_ids.codes < 0)
    sift = sift.reject(missing(what), table.text(what, clock.missing).codes < 0)
    sift = _sifted_in_time(sift, occurred, recorded, clock)
    sift = (
        sift.reject(after_until("occurred_at"), known_at >= clock.until)
        .reject(LEAD_SET_ASIDE, aside == 1)
        .reject(UNKNOWN_LEAD, lead < 0)
    )
    ids = table.text("event_id" if what == "type" else "outcome_id", clock.missing)
    return _Stream(table, lead, occurred, known_at, ids, sift)


def _sifted_in_time(sift: Sift, occurred: Moments, recorded: Moments | None, clock: Clock) -> Sift:
    sift = (
        sift.reject(missing("occurred_at"), occurred.missing)
        .reject(unparsable("occurred_at"), occurred.bad)
        .reject(in_future("occurred_at"), occurred.first > clock.now)
    )
    if recorded is None:
        return sift
    return sift.reject(unparsable("recorded_at"), recorded.bad).reject(
        in_future("recorded_at"), recorded.first > clock.now
    )


def _check_dated(table: MappedTable, leads: LeadIndex) -> None:
    if leads.earliest is None:
        raise InputError(
            f"{table.name} are given, but the leads have no created_at",
            source=table.raw.sources[0],
            expected="created_at in the leads table, because nothing can be known as of a moment without it",
            do=f"map data.leads.columns.created_at, or remove data.{table.name} from params.yaml",
        )


def _earliest(leads: LeadIndex, lead: Indices) -> Instants:
    earliest = np.append(leads.earliest if leads.earliest is not None else [], 0).astype(np.int64)
    found: Instants = earliest[lead]
    return found


def _texts(table: MappedTable, names: Sequence[str], rows: Indices, clock: Clock) -> Mapping[str, Coded]:
    return {
        name: compacted(table.text(name, clock.missing).take(rows)) for name in names if name in table.columns
    }


def _ids(stream: _Stream, rows: Indices) -> Mapping[str, Coded]:
    return {"event_id": compacted(stream.ids.take(rows))} if "event_id" in stream.table.columns else {}


def _numbers(stream: _Stream, column: str, clock: Clock) -> tuple[Floats, list[str]]:
    numbers, bad = stream.table.numbers(column, clock.missing)
    bad = bad[stream.sift.kept[bad]]
    notes = []
    if len(bad):
        lines = ", ".join(str(line) for line in stream.table.raw.lines[bad[:_SHOWN]].tolist())
        example = stream.table.columns[column].value(int(bad[0]))
        notes.append(
            f"{column}: {len(bad):,} values are no number and count as missing, such as {example!r} (row {lines})"
        )
    return numbers[stream.sift.kept], notes


def _id_notes(stream: _Stream, events: Events) -> list[str]:
    kept = stream.sift.kept
    without = int((stream.ids.codes[kept] < 0).sum())
    if "event_id" in stream.table.columns:
        return [f"event_id: {without:,} rows have none and are all kept"] if without else []
    numbers = {
        "lead": events.lead,
        "occurred_at": events.occurred_at,
        "known_at": events.known_at,
        "value": events.value,
    }
    identical = identical_rows({**numbers, **events.columns}, len(events))
    return (
        [f"{identical:,} rows are identical to an earlier one and are kept, as there is no event_id"]
        if identical
        else []
    )


def _early_notes(stream: _Stream, created: Instants) -> list[str]:
    early = np.flatnonzero(stream.sift.kept & (stream.occurred.last < created))
    if not len(early):
        return []
    lines = ", ".join(str(line) for line in stream.table.raw.lines[early[:_SHOWN]].tolist())
    return [f"{len(early):,} outcomes precede the creation of their lead and are kept (row {lines})"]


def _stage_notes(stages: Coded) -> list[str]:
    unknown = [stage for stage in stages.levels if stage not in STAGES]
    if not unknown:
        return []
    shown = ", ".join(map(repr, unknown[:_SHOWN])) + (
        f" and {len(unknown) - _SHOWN} more" if len(unknown) > _SHOWN else ""
    )
    return [f"stage: {shown} are not of {', '.join(STAGES)}; they count only where a model names them"]
