"""One person of a project, as ``lead-ml merge show`` prints it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec

from lead_ml.errors import InputError
from lead_ml.lead_data.merge.entries import LogEntry, leads_named
from lead_ml.lead_data.merge.golden import GoldenValue
from lead_ml.lead_data.merge.record import person_record
from lead_ml.tables.dataset import Dataset, Events, Outcomes
from lead_ml.tables.instants import iso, parse_iso
from lead_ml.workflows.load import load
from lead_ml.workflows.people import people_in, require_lead


class ShownValue(msgspec.Struct, frozen=True):
    """A value of a golden record: the rule that chose it, the lead or the entry of the log it is from, and since when it holds."""

    value: str
    rule: str
    origin: str
    since: str


class ShownRow(msgspec.Struct, frozen=True):
    """An event or an outcome, with the lead that it belongs to."""

    lead_id: str
    known_at: str
    what: str


@dataclass(frozen=True)
class ShownPerson:
    """A person at a moment; ``entries`` are the decisions in force that name one of its leads."""

    person: str
    members: tuple[str, ...]
    golden: dict[str, ShownValue]
    events: tuple[ShownRow, ...]
    outcomes: tuple[ShownRow, ...]
    entries: tuple[LogEntry, ...]


def show_person(root: Path, data: Path | None, lead_id: str, as_of: str | None = None) -> ShownPerson:
    """Return the person that a lead is, now or at a moment."""
    moment = None if as_of is None else parse_iso(as_of, field="--as-of")
    loaded = load(root, data, people=False)
    project, dataset = loaded.project, loaded.dataset
    require_lead(dataset, lead_id)
    decisions, people = people_in(project, dataset)
    record = person_record(dataset, people, decisions.pins, lead_id, project.params, moment)
    if record is None:
        raise InputError(
            "the person did not exist yet", source="leads", value=as_of, expected="a later moment"
        )
    ids = set(people.members_of(lead_id))
    dated = dataset.leads.created_at is not None
    return ShownPerson(
        person=record.person,
        members=record.members,
        golden={name: _value(item, dated=dated) for name, item in record.golden.items()},
        events=() if record.events is None else _rows(dataset, record.events, "type"),
        outcomes=() if record.outcomes is None else _rows(dataset, record.outcomes, "stage"),
        entries=tuple(
            entry for entry in decisions.entries.values() if ids & set(leads_named(entry.decision))
        ),
    )


def _value(item: GoldenValue, *, dated: bool) -> ShownValue:
    origin = f"#{item.entry}" if item.entry is not None else item.lead_id or ""
    since = iso(item.since) if item.since is not None and (dated or item.entry is not None) else ""
    return ShownValue(item.value, item.rule, origin, since)


def _rows(dataset: Dataset, table: Events | Outcomes, what: str) -> tuple[ShownRow, ...]:
    rows = zip(table.known_at.tolist(), table.lead.tolist(), table.columns[what].values(), strict=True)
    return tuple(
        ShownRow(dataset.leads.lead_id[lead], iso(known_at), text or "")
        for known_at, lead, text in sorted(rows, key=lambda row: row[:2])
    )
