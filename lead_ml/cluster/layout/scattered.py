"""Rows cut into partitions by a stable hash of their lead as they arrive, in memory or in a temporary file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from lead_ml.asof.kernel.order import grouped, offsets_of
from lead_ml.asof.kernel.scatter import partitions_of, renumbered
from lead_ml.cluster.layout.assemble import dataset_of, lead_ids_of
from lead_ml.cluster.layout.columns import Column, Columns, Texts, arrow_texts, rows_in, size_of, stacked
from lead_ml.cluster.layout.need import Need
from lead_ml.cluster.layout.spill import Spill, Stored
from lead_ml.cluster.layout.tables import EVENTS, LEADS, OUTCOMES, empty
from lead_ml.tables.dataset import Coded, Codes, Dataset, Indices

BUDGET = 32 << 20
"""Bytes of rows that are held in memory before they are written to a temporary file."""
_LEAD_ONLY = Need(frozenset(), frozenset(), ties=False)
_Piece = TypeVar("_Piece")
_Column = TypeVar("_Column")
_FEW = 127
_NARROW = tuple((np.iinfo(kind).max, kind) for kind in (np.int8, np.int16))


class Scattered:
    """Tables cut into `count` partitions, for one use: each partition is given up after it was read.

    Parameters
    ----------
    count
        Number of partitions.
    budget
        Bytes to hold in memory; past them rows go to a temporary file.
    folder
        Where that file stands, the system's folder for temporary files by default.
    """

    def __init__(self, count: int, *, budget: int = BUDGET, folder: Path | None = None) -> None:
        self.count = count
        self._budget, self._folder = budget, folder
        self._bytes = 0
        self._pieces: dict[str, list[list[Columns]]] = {}
        self._stored: dict[str, list[list[Stored]]] = {}
        self._spill: Spill | None = None
        self._ids: dict[int, Any] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the tables that there are, with or without rows."""
        return tuple(self._pieces)

    def begin(self, table: str) -> None:
        """Tell that there is a table, should it have no rows."""
        self._of(self._pieces, table)

    def add(self, table: str, batch: Columns) -> None:
        """Add rows of a table."""
        lead = batch["lead_id"]
        assert isinstance(lead, Coded)
        partition = partition_of(lead, self.count)
        offsets = offsets_of(partition, self.count)
        cut = np.split(grouped(partition, offsets), offsets[1:-1])
        found: list[dict[str, Column]] = [{} for _ in cut]
        for name, column in batch.items():
            for piece, rows in zip(found, _cut(column, cut, whole=name != "lead_id"), strict=True):
                piece[name] = rows
        for own, piece in zip(self._of(self._pieces, table), found, strict=True):
            if rows_in(piece):
                own.append(piece)
                self._bytes += sum(map(size_of, piece.values()))
        if self._bytes > self._budget:
            self._write()

    def tables(self, k: int, need: Need | None = None) -> dict[str, Columns]:
        """Return the tables of partition `k`, in the order in which the rows came."""
        found = {table: self._of_partition(table, k, need) for table in self._pieces}
        return {table: stacked(pieces) for table, pieces in found.items() if pieces}

    def lead_ids(self, k: int) -> Any:
        """Return the ids of the leads of partition `k` as an Arrow array, sorted."""
        if k not in self._ids:
            tables = (
                (LEADS,)
                if LEADS in self._pieces
                else [one for one in (EVENTS, OUTCOMES) if one in self._pieces]
            )
            pieces = {table: self._of_partition(table, k, _LEAD_ONLY) for table in tables}
            self._ids[k] = lead_ids_of({table: list(map(_levels, own)) for table, own in pieces.items()})
        return self._ids[k]

    def partition(self, k: int, need: Need | None = None) -> Dataset:
        """Return partition `k` with the columns of `need`, all by default."""
        found = {table: empty(table) for table in self._pieces} | self.tables(k, need)
        return dataset_of(found, self.lead_ids(k))

    def release(self, k: int) -> None:
        """Give up the rows of partition `k`."""
        for pieces in self._pieces.values():
            pieces[k].clear()
        for stored in self._stored.values():
            stored[k].clear()

    def close(self) -> None:
        """Give up all rows."""
        if self._spill is not None:
            self._spill.close()
        self._pieces.clear()
        self._stored.clear()

    def _of(self, pieces: dict[str, list[list[_Piece]]], table: str) -> list[list[_Piece]]:
        return pieces.setdefault(table, [[] for _ in range(self.count)])

    def _of_partition(self, table: str, k: int, need: Need | None) -> list[Columns]:
        stored = self._stored[table][k] if table in self._stored else []
        read = [self._read(_needed(piece, table, need)) for piece in stored]
        return [
            _wide(piece) for piece in (*read, *(_needed(own, table, need) for own in self._pieces[table][k]))
        ]

    def _read(self, stored: Stored) -> Columns:
        assert self._spill is not None
        return self._spill.get(stored)

    def _write(self) -> None:
        """Move what is in memory to the file."""
        if self._spill is None:
            self._spill = Spill(self._folder)
        for table, pieces in self._pieces.items():
            for own, stored in zip(pieces, self._of(self._stored, table), strict=True):
                stored += [self._spill.put(piece) for piece in own]
                own.clear()
        self._bytes = 0


def partition_of(lead: Coded, count: int) -> Indices:
    """Return the partition of each row (n,) by the hash of its lead_id."""
    if count == 1:
        return np.zeros(len(lead), dtype=np.int64)
    texts = arrow_texts(lead.levels)
    _, ends, data = texts.buffers()
    first = texts.offset
    bounds = np.frombuffer(ends, dtype=np.int32)[first : first + len(texts) + 1].copy()
    text = np.frombuffer(data, dtype=np.uint8).copy() if data is not None else np.empty(0, dtype=np.uint8)
    return np.asarray(partitions_of(bounds, text, count)[lead.codes])


def _cut(column: Column, parts: Sequence[Indices], *, whole: bool) -> list[Column]:
    """Return rows of a column for each part; `whole` leaves few levels as they are, else only those that occur remain."""
    if not isinstance(column, Coded):
        return [column[rows] for rows in parts]
    levels = Texts(arrow_texts(column.levels))
    if whole and len(levels) <= _FEW:
        narrow: npt.NDArray[Any] = column.codes.astype(np.int8)
        return [Coded(narrow[rows], levels) for rows in parts]
    scratch = np.full(len(levels), -1, dtype=np.int32)
    return [_compact(Coded(column.codes, levels), rows, scratch) for rows in parts]


def _compact(column: Coded, rows: Indices, scratch: Codes) -> Coded:
    """Return rows of a text column with only the levels that occur, its codes as narrow as they can be."""
    import pyarrow as pa

    codes, used = renumbered(column.codes, rows, scratch)
    narrow = next((kind for most, kind in _NARROW if len(used) <= most), np.int32)
    return Coded(codes.astype(narrow), Texts(arrow_texts(column.levels).take(pa.array(used))))


def _wide(piece: Columns) -> Columns:
    return {
        name: Coded(column.codes.astype(np.int32), column.levels) if isinstance(column, Coded) else column
        for name, column in piece.items()
    }


def _needed(piece: Mapping[str, _Column], table: str, need: Need | None) -> dict[str, _Column]:
    if need is _LEAD_ONLY:
        return {"lead_id": piece["lead_id"]}
    return {name: piece[name] for name in (piece if need is None else need.of(table, piece))}


def _levels(piece: Columns) -> Any:
    lead = piece["lead_id"]
    assert isinstance(lead, Coded)
    return arrow_texts(lead.levels)
