"""Merging leads that are one person, taking merges back, and looking at people."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from lead_ml.errors import InputError
from lead_ml.evaluation.backtest import Progress
from lead_ml.lead_data.merge.entries import (
    Decision,
    KeepApart,
    LogEntry,
    MergePair,
    PinValue,
    SignedDecision,
    UndoEntry,
)
from lead_ml.lead_data.merge.in_force import DecisionsInForce
from lead_ml.lead_data.merge.log import MergeLog, append_decisions, read_merges
from lead_ml.lead_data.merge.pairs import PairRow, read_pairs
from lead_ml.lead_data.merge.plan import plan_merges
from lead_ml.project.load import Project, load_project
from lead_ml.tables.dataset import Dataset
from lead_ml.tables.instants import from_datetime, iso
from lead_ml.tables.read import read_dataset
from lead_ml.workflows.people import people_in, require_lead, torn_note

__all__ = [
    "LogEntry",
    "LogView",
    "MergeSummary",
    "Signature",
    "decision_fields",
    "keep_apart",
    "merge_file",
    "merge_two",
    "pin_value",
    "undo_entry",
    "view_log",
]


@dataclass(frozen=True)
class Signature:
    """Who decides, and why."""

    by: str
    why: str


@dataclass(frozen=True)
class SkippedRow:
    """A row of a file of pairs that was not merged: ``already``, ``undone``, ``kept_apart`` or ``no_lead``, with the words for it."""

    line: int
    a: str
    b: str
    cause: str
    words: str


@dataclass(frozen=True)
class MergeSummary:
    """What a file of pairs did: the new entries, the rows skipped, and how many people the merged leads are now."""

    rows: int
    entries: tuple[LogEntry, ...]
    skipped: tuple[SkippedRow, ...]
    leads: int
    people: int


@dataclass(frozen=True)
class LogView:
    """A log that was verified: its entries, the number of the entry that took each undone one back, the last hash, and notes."""

    count: int
    hash: str
    entries: tuple[LogEntry, ...]
    undone: dict[int, int]
    notes: tuple[str, ...]
    valid: bool = True


def merge_file(
    root: Path,
    data: Path | None,
    file: Path,
    signature: Signature,
    *,
    again: bool = False,
    progress: Progress = lambda _: None,
) -> MergeSummary:
    """Merge the pairs of a file; who and why come from its rows, and from `signature` where they say nothing."""
    rows = read_pairs(file)
    _check_signed(file, rows, signature)
    project, dataset = _leads(root, data)
    progress("leads read")
    there = set(dataset.leads.lead_id)
    missing = [[lead_id for lead_id in (row.pair.a, row.pair.b) if lead_id not in there] for row in rows]
    known = [row for row, absent in zip(rows, missing, strict=True) if not absent]
    skipped = [
        SkippedRow(row.line, row.pair.a, row.pair.b, "no_lead", f"no such lead: {', '.join(absent)}")
        for row, absent in zip(rows, missing, strict=True)
        if absent
    ]
    if rows and not known:
        raise InputError(
            "no row names two leads of the project",
            source=file.name,
            rows=[row.line for row in rows],
            value=missing[0][0],
            expected="lead ids of the leads table",
        )

    def decide(log: MergeLog) -> list[SignedDecision]:
        merged, left = plan_merges(DecisionsInForce.of(log.entries), [row.pair for row in known], again=again)
        skipped.extend(
            SkippedRow(known[item.place].line, item.pair.a, item.pair.b, item.cause, item.words)
            for item in left
        )
        of_pair = {id(row.pair): row for row in known}
        signed = [(pair, of_pair[id(pair)]) for pair in merged]
        return [
            SignedDecision(pair, row.by or signature.by, row.why or signature.why) for pair, row in signed
        ]

    entries = append_decisions(root, _now(), decide)
    progress("merged")
    _, people = people_in(project, dataset)
    ordered = tuple(sorted(skipped, key=lambda row: row.line))
    return MergeSummary(len(rows), entries, ordered, len(people.person), len(people.members))


def merge_two(
    root: Path, data: Path | None, a: str, b: str, signature: Signature, evidence: str = ""
) -> LogEntry:
    """Merge two leads by hand, also where their merge was undone before."""
    _check_leads(root, data, a, b)
    pair = MergePair(a, b, evidence=evidence)

    def decide(log: MergeLog) -> list[Decision]:
        merged, skipped = plan_merges(DecisionsInForce.of(log.entries), [pair], again=True)
        if skipped:
            raise InputError(skipped[0].words, source=f"{a} and {b}", do="see lead-ml merge log")
        return list(merged)

    return _append(root, signature, decide)


def keep_apart(root: Path, data: Path | None, a: str, b: str, signature: Signature) -> LogEntry:
    """Never merge two leads, neither directly nor through others."""
    _check_leads(root, data, a, b)

    def decide(log: MergeLog) -> list[Decision]:
        decisions = DecisionsInForce.of(log.entries)
        if any({pair.a, pair.b} == {a, b} for pair in decisions.apart.values()):
            raise InputError("they are kept apart already", source=f"{a} and {b}", do="see lead-ml merge log")
        decisions.check_apart(KeepApart(a, b))
        return [KeepApart(a, b)]

    return _append(root, signature, decide)


def pin_value(
    root: Path, data: Path | None, lead_id: str, field: str, value: str | None, signature: Signature
) -> LogEntry:
    """Give a field of the person that a lead is a value by hand; None is empty."""
    dataset = _check_leads(root, data, lead_id)
    if field not in dataset.leads.columns:
        expected = f"a column of the leads: {', '.join(sorted(dataset.leads.columns))}"
        raise InputError("there is no such field", source="leads", value=field, expected=expected)
    read = None if value is None else dataset.rules.leads.text(field, value)
    return _append(root, signature, lambda _: [PinValue(lead_id, field, read)])


def undo_entry(root: Path, number: int, signature: Signature) -> LogEntry:
    """Take back an entry of the log; everything is as if it had never been made."""

    def decide(log: MergeLog) -> list[Decision]:
        DecisionsInForce.of(log.entries).undoable(number)
        return [UndoEntry(number)]

    return _append(root, signature, decide)


def view_log(root: Path) -> LogView:
    """Read and verify the log of a project."""
    project, log = load_project(root), read_merges(root)
    undone = dict(DecisionsInForce.of(log.entries).undone_by)
    return LogView(log.head.entries, log.head.hash, log.entries, undone, torn_note(project, log))


def decision_fields(decision: Decision) -> tuple[str, dict[str, object]]:
    """Return the kind of a decision, and its fields."""
    plain: dict[str, object] = msgspec.to_builtins(decision)
    kind = str(plain.pop("kind"))
    if kind == "pin" and plain["value"] is None:
        kind = "pin_empty"
    return kind, plain


def _append(root: Path, signature: Signature, decide: Callable[[MergeLog], Sequence[Decision]]) -> LogEntry:
    def signed(log: MergeLog) -> list[SignedDecision]:
        return [SignedDecision(decision, signature.by, signature.why) for decision in decide(log)]

    return append_decisions(root, _now(), signed)[0]


def _leads(root: Path, data: Path | None) -> tuple[Project, Dataset]:
    """Read a project and its leads, without what happened to them."""
    project = load_project(root)
    only: dict[str, object] = {
        "events": None,
        "outcomes": None,
        "lead_history": None,
        "extra": {},
        "layout": None,
    }
    params = project.params.model_copy(update={"data": project.params.data.model_copy(update=only)})
    return project, read_dataset(params, data or root)[0]


def _check_leads(root: Path, data: Path | None, *lead_ids: str) -> Dataset:
    _, dataset = _leads(root, data)
    for lead_id in lead_ids:
        require_lead(dataset, lead_id)
    if len(set(lead_ids)) < len(lead_ids):
        raise InputError(
            "a lead is paired with itself", source="the pair", value=lead_ids[0], expected="two leads"
        )
    return dataset


def _check_signed(file: Path, rows: Sequence[PairRow], signature: Signature) -> None:
    for name, own in (("by", [row.by for row in rows]), ("why", [row.why for row in rows])):
        without = [
            row.line
            for row, text in zip(rows, own, strict=True)
            if not (text or getattr(signature, name).strip())
        ]
        if without:
            column = "decided_by" if name == "by" else "why"
            raise InputError(
                f"rows do not say {'who decided' if name == 'by' else 'why'}",
                source=file.name,
                rows=without,
                expected=f"the column {column}, or --{name}",
            )


def _now() -> str:
    return iso(from_datetime(datetime.now(UTC).replace(microsecond=0)))
