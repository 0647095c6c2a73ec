"""Logs, worlds of leads and decisions for the tests of merging."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from lead_ml.lead_data.merge.entries import Decision, LogEntry, MergePair, PinValue, SignedDecision, UndoEntry
from lead_ml.lead_data.merge.log import append_decisions, read_merges
from lead_ml.tables.dataset import Changes, Closings, Coded, Dataset, Events, Leads, Outcomes

AT = "2026-03-01T00:00:00Z"
DAY = 86_400_000_000
START = 1_767_225_600_000_000  # 2026-01-01
SOURCES = ("web", "fair", "crm")


def entries_of(*decisions: Decision, at: str = AT) -> tuple[LogEntry, ...]:
    """Chain decisions as the log does, without a file."""
    found: list[LogEntry] = []
    for number, decision in enumerate(decisions, start=1):
        before = found[-1].hash if found else ""
        entry = LogEntry(number=number, at=at, by="Li", why="same phone", decision=decision, before=before)
        found.append(entry.sealed())
    return tuple(found)


def written(root: Path, *decisions: Decision) -> tuple[LogEntry, ...]:
    """Append decisions to the log of a folder and return all of its entries."""
    append_decisions(root, AT, lambda _: signed(*decisions))
    return read_merges(root).entries


def signed(*decisions: Decision, by: str = "Li", why: str = "same phone") -> list[SignedDecision]:
    return [SignedDecision(decision, by, why) for decision in decisions]


def merge(a: str, b: str) -> MergePair:
    return MergePair(a, b, 0.97, "same phone")


def pin(lead_id: str, field: str, value: str | None) -> PinValue:
    return PinValue(lead_id, field, value)


def undo(number: int) -> UndoEntry:
    return UndoEntry(number)


def world(seed: int, leads: int = 12, *, dated: bool = True, history: bool = True) -> Dataset:
    """Draw leads with fields that agree and differ, events, outcomes, and changes of the job title."""
    rng = np.random.default_rng(seed)
    created = START + rng.integers(0, 20, leads) * DAY
    columns = {
        "name": _drawn(rng, leads, ["Li Wei", "Li", "test", "王伟", None]),
        "email": _drawn(rng, leads, ["li@acme.com", "li.wei@acme.com", "nonsense", None]),
        "phone": _drawn(rng, leads, ["+8613805712233", "13800138000", None]),
        "source": _drawn(rng, leads, [*SOURCES, None]),
        "consent": _drawn(rng, leads, ["yes", "no", "withdrawn", None]),
        "country": _drawn(rng, leads, ["CN", "US", None]),
        "owner": _drawn(rng, leads, ["a", "b", None]),
    }
    ids = tuple(f"L{k:02d}" for k in rng.permutation(leads).tolist())
    if not dated:
        return Dataset(Leads(ids, None, {**columns, "converted": _drawn(rng, leads, ["yes", "no", None])}))
    lead, known = _rows(rng, created, 3 * leads)
    types = _drawn(rng, len(lead), ["view", "call"])
    value = np.arange(len(lead), dtype=np.float64)
    events = Events(lead, np.maximum(known - DAY // 2, created[lead]), known, {"type": types}, value)
    lead, known = _rows(rng, created - 2 * DAY, leads)
    stages = _drawn(rng, len(lead), ["won", "lost", "sql"])
    amount = np.arange(len(lead), dtype=np.float64)
    outcomes = Outcomes(lead, known - DAY // 3, known, {"stage": stages}, amount)
    changes: dict[str, Changes] = {}
    if history:
        owner, at = _rows(rng, created - DAY, 2 * leads)
        titles = _drawn(rng, len(owner), ["engineer", "CTO", None])
        changes["job_title"] = Changes.of(owner, at, {"job_title": titles})
        columns["job_title"] = changes["job_title"].latest("job_title", leads)
    return Dataset(Leads(ids, created, columns), events, outcomes, START + 60 * DAY, history=changes)


def _drawn(rng: np.random.Generator, rows: int, values: Sequence[str | None]) -> Coded:
    return Coded.of([values[k] for k in rng.integers(0, len(values), rows).tolist()])


def _rows(rng: np.random.Generator, created: np.ndarray, rows: int) -> tuple[np.ndarray, np.ndarray]:
    lead = rng.integers(0, len(created), rows)
    return lead, created[lead] + rng.integers(0, 25, rows) * (DAY // 2)


def only(data: Dataset, kept: np.ndarray) -> Dataset:
    """Leave out leads with all that belongs to them."""
    return taken(data, np.flatnonzero(kept))


def shuffled(data: Dataset, random: Any) -> Dataset:
    """Put the leads, and the rows of their events and outcomes, into another order."""
    order = list(range(len(data.leads)))
    random.shuffle(order)
    return taken(data, np.array(order, dtype=np.int64))


def taken(data: Dataset, rows: np.ndarray) -> Dataset:
    """Take leads by row, with all that belongs to them."""
    place = np.full(len(data.leads), -1, dtype=np.int64)
    place[rows] = np.arange(len(rows))

    def moved(table: Any) -> Any:
        own = table.take(place[table.lead] >= 0)
        return replace(own, lead=place[own.lead]).take(np.argsort(place[own.lead], kind="stable"))

    created = data.leads.created_at
    columns = {name: column.take(rows) for name, column in data.leads.columns.items()}
    leads = Leads(
        tuple(data.leads.lead_id[row] for row in rows), None if created is None else created[rows], columns
    )
    history = {}
    for name, changes in data.history.items():
        own = changes.take(place[changes.owner] >= 0)
        history[name] = Changes.of(place[own.owner], own.at, own.columns)
    closings = data.closings and Closings(data.closings.at[rows], data.closings.stage.take(rows))
    return replace(
        data,
        leads=leads,
        events=data.events and moved(data.events),
        outcomes=data.outcomes and moved(data.outcomes),
        history=history,
        closings=closings,
    )
