"""Cutting a data set by key, so that every piece answers its plans as the whole would.

All rows of a key fall into one piece, in their order, and the kernel never looks from one key to another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from lead_ml.asof.kernel import Plan, stored_of
from lead_ml.asof.kernel.attribute_history import moves
from lead_ml.asof.kernel.rows import lead_keys
from lead_ml.asof.labels import Spine
from lead_ml.tables.dataset import Changes, Coded, Dataset, Events, Indices, Instants, Leads, Outcomes

ROWS_A_PIECE = 500_000
_MOST_PIECES = 2**15 - 1  # numpy sorts 16 bits in linear time
R = TypeVar("R", Events, Outcomes)
_Part = npt.NDArray[np.int16]


@dataclass(frozen=True, eq=False)
class ClusterPiece:
    """What one task is given: plans, some leads with their rows, and snapshots of these leads."""

    plans: tuple[Plan, ...]
    dataset: Dataset
    lead: Indices
    as_of: Instants
    partitions: tuple[int, ...] = ()  # of a layout, which hold the events of the leads


@dataclass(frozen=True, eq=False)
class Cut:
    """The plans by one key, cut into ranges of its values."""

    places: tuple[int, ...]  # where each plan stands among all
    plans: tuple[Plan, ...]
    dataset: Dataset
    spine: Spine
    piece_of: _Part  # the piece that answers each snapshot, -1 for one without the key: its answer is missing
    part: _Part | None  # the one piece of each lead, -1 without the key; None where leads move between keys
    members: tuple[Indices, ...]  # leads of each piece, ascending: one is in the pieces of all its keys
    keys: Sequence[str]  # the values of the key
    ranges: _Part  # the piece of each of them

    @property
    def pieces(self) -> int:
        """Number of pieces, at least 1."""
        return len(self.members)

    def rows_of(self, piece: int) -> Indices:
        """Return the rows of the spine that a piece answers."""
        return _range(self._snapshots, piece)

    def keys_of(self, piece: int) -> frozenset[str]:
        """Return the values of the key that a piece holds whole."""
        codes = np.flatnonzero(self.ranges[: len(self.keys)] == piece)
        return frozenset(self.keys[code] for code in codes.tolist())

    def make(self, piece: int) -> ClusterPiece:
        """Take the leads of a piece with what its plans read of them."""
        leads = self.members[piece]
        place = np.full(len(self.dataset.leads), -1, dtype=np.int64)
        place[leads] = np.arange(len(leads))
        rows = self.rows_of(piece)
        events, outcomes = tables_read(self.plans, self.dataset)
        own = Dataset(
            _leads(self.dataset.leads, leads, self._reads),
            None if events is None else self._rows(events, piece, place),
            None if outcomes is None else self._rows(outcomes, piece, place),
            self.dataset.until,
            history={
                name: _moves(own, place) for name, own in self.dataset.history.items() if name in self._reads
            },
            rules=self.dataset.rules,
            merged_columns=self.dataset.merged_columns & self._reads,
        )
        return ClusterPiece(self.plans, own, place[self.spine.lead[rows]], self.spine.as_of[rows])

    @cached_property
    def _reads(self) -> frozenset[str]:
        return frozenset().union(*map(columns_read, self.plans))

    @cached_property
    def _snapshots(self) -> tuple[Indices, Indices]:
        return _grouped(self.piece_of, self.pieces)

    @cached_property
    def _groups(self) -> dict[type, tuple[Indices, Indices]]:
        assert self.part is not None
        tables = tables_read(self.plans, self.dataset)
        return {type(t): _grouped(self.part[t.lead], self.pieces) for t in tables if t is not None}

    def _rows(self, table: R, piece: int, place: Indices) -> R:
        if self.part is None:
            rows = np.flatnonzero(place[table.lead] >= 0)
        else:
            rows = _range(self._groups[type(table)], piece)
        return _taken(table, rows, place, self._reads)


def cuts_of(
    plans: Sequence[Plan], dataset: Dataset, spine: Spine, *, pieces: int | None, workers: int
) -> tuple[Cut, ...]:
    """Cut the work of all plans over tables in memory: one :class:`Cut` per key, in order of first appearance.

    Each has as many `pieces` as the key has values for; by default one per ``ROWS_A_PIECE`` rows and snapshots, and one per
    worker at least where that leaves each a tenth of it.
    """
    by_key: dict[str, dict[int, Plan]] = {}
    stored = stored_of(dataset) is not None
    for place, plan in enumerate(plans):
        if not (stored and plan.stream == "events"):
            by_key.setdefault(plan.key, {})[place] = plan
    return tuple(_cut(own, dataset, spine, pieces, workers) for own in by_key.values())


def _cut(plans: dict[int, Plan], dataset: Dataset, spine: Spine, pieces: int | None, workers: int) -> Cut:
    places, own = tuple(plans), tuple(plans.values())
    keys = lead_keys(own[0], dataset)
    load = np.bincount(keys.codes[spine.lead] + 1, minlength=len(keys.levels) + 1)
    for table in tables_read(own, dataset):
        if table is not None:
            load += np.bincount(keys.codes[table.lead] + 1, minlength=len(load))
    rows = int(load[1:].sum())
    if pieces is None:
        pieces = max(-(-rows // ROWS_A_PIECE), min(workers, rows * 10 // ROWS_A_PIECE))
    count = max(1, min(pieces, int(np.count_nonzero(load[1:])), _MOST_PIECES))
    ranges = np.append(ranges_of(load[1:], count), np.int16(-1))
    moved = moves(dataset, own[0].key)
    if moved is None:
        part = ranges[keys.codes]
        leads = _grouped(part, count)
        piece_of, members = part[spine.lead], tuple(_range(leads, piece) for piece in range(count))
    else:
        part, ever = None, ranges[moved.columns["key"].codes]
        piece_of = ranges[moved.value("key", moved.last_before(spine.lead, spine.as_of)).codes]
        members = tuple(np.unique(moved.owner[ever == piece]) for piece in range(count))
    return Cut(places, own, dataset, spine, piece_of, part, members, keys.levels, ranges)


def ranges_of(load: npt.NDArray[np.int64], count: int) -> _Part:
    """Cut keys (K,) into `count` contiguous ranges of about the same load; return the range of each key.

    >>> ranges_of(np.array([4, 1, 1, 1, 1]), 2).tolist()
    [0, 1, 1, 1, 1]
    """
    total = int(load.sum())
    if not total:
        return np.zeros(len(load), dtype=np.int16)
    middle = 2 * np.cumsum(load) - load
    return np.asarray(np.minimum(middle * count // (2 * total), count - 1), dtype=np.int16)


def tables_read(plans: Sequence[Plan], dataset: Dataset) -> tuple[Events | None, Outcomes | None]:
    """Return events and outcomes where the data has them and a plan reads them."""
    streams = {plan.stream for plan in plans}
    return (
        dataset.events if "events" in streams else None,
        dataset.outcomes if streams & {"outcomes", "conversions"} else None,
    )


def columns_read(plan: Plan) -> frozenset[str]:
    """Return the columns that a plan reads, of its stream and of the leads."""
    found = {plan.key.partition(":")[0], *plan.columns, *plan.distinct_columns}
    found |= {"stage"} if plan.stream == "conversions" else set()
    return frozenset(found | {"event_id"} if plan.order_matters else found)


def without_rows(dataset: Dataset) -> Dataset:
    """Return the data set with every text it knows and no row of a stream but the leads."""
    none, place = np.empty(0, dtype=np.int64), np.arange(len(dataset.leads))

    def emptied(table: R | None) -> R | None:
        return None if table is None else _taken(table, none, place, None)

    return replace(dataset, events=emptied(dataset.events), outcomes=emptied(dataset.outcomes))


def _leads(leads: Leads, rows: Indices, reads: frozenset[str]) -> Leads:
    return Leads(
        tuple(leads.lead_id[row] for row in rows.tolist()),
        None if leads.created_at is None else leads.created_at[rows],
        {name: trimmed(column, rows) for name, column in leads.columns.items() if name in reads},
    )


def _moves(changes: Changes, place: Indices) -> Changes:
    rows = np.flatnonzero(place[changes.owner] >= 0)
    columns = {name: trimmed(column, rows) for name, column in changes.columns.items()}
    return Changes(place[changes.owner[rows]], changes.at[rows], columns)


def _taken(table: R, rows: Indices, place: Indices, reads: frozenset[str] | None) -> R:
    """Take some rows of a table, and of its columns those in `reads`; all of them, with all levels, for None."""
    occurred = table.occurred_at[rows]
    known = occurred if table.known_at is table.occurred_at else table.known_at[rows]
    name = "value" if isinstance(table, Events) else "amount"
    numbers = getattr(table, name)
    columns = {
        column: text.take(rows) if reads is None else trimmed(text, rows)
        for column, text in table.columns.items()
        if reads is None or column in reads
    }
    wanted = reads is None or name in reads
    return type(table)(
        place[table.lead[rows]], occurred, known, columns, numbers[rows if wanted else rows[:0]]
    )


def trimmed(column: Coded, rows: Indices) -> Coded:
    """Take rows, and of the levels only those that occur, in their order, where they are many."""
    taken = column.take(rows)
    if len(column.levels) <= len(rows):
        return taken
    occurs = np.zeros(len(column.levels) + 1, dtype=bool)
    occurs[taken.codes] = True
    used = np.flatnonzero(occurs[:-1])
    lookup = np.full(len(occurs), -1, dtype=np.int32)
    lookup[used] = np.arange(len(used))
    return Coded(lookup[taken.codes], tuple(column.levels[code] for code in used.tolist()))


def _grouped(part: _Part, pieces: int) -> tuple[Indices, Indices]:
    """Return the rows in order of their piece, and (pieces + 1,) where each begins."""
    order = np.argsort(part, kind="stable")
    return order, np.searchsorted(part[order], np.arange(pieces + 1))


def _range(grouped: tuple[Indices, Indices], piece: int) -> Indices:
    order, begins = grouped
    return order[begins[piece] : begins[piece + 1]]
