"""Events cut into partitions by a stable hash of their lead as they arrive, in memory or in a temporary file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from lead_ml.asof.kernel.order import grouped, offsets_of
from lead_ml.asof.kernel.scatter import partitions_of, renumbered
from lead_ml.cluster.layout.columns import Column, Columns, Texts, arrow_texts, rows_in, size_of, stacked
from lead_ml.cluster.layout.manifest import INSTANTS, VALUE
from lead_ml.cluster.layout.need import Need
from lead_ml.cluster.layout.spill import Spill, Stored
from lead_ml.tables.dataset import Coded, Codes, Indices

BUDGET = 32 << 20
"""Bytes of events that are held in memory before they are written to a temporary file."""
_Column = TypeVar("_Column")
_FEW = 127
_NARROW = tuple((np.iinfo(kind).max, kind) for kind in (np.int8, np.int16))


class Scattered:
    """Events cut into `count` partitions.

    Parameters
    ----------
    count
        Number of partitions.
    budget
        Bytes to hold in memory; past them events go to a temporary file.
    folder
        Where that file is, the system's folder for temporary files by default.
    """

    def __init__(self, count: int, *, budget: int = BUDGET, folder: Path | None = None) -> None:
        self.count = count
        self.rows = 0
        self._budget, self._folder = budget, folder
        self._bytes = 0
        self._pieces: list[list[Columns]] = [[] for _ in range(count)]
        self._stored: list[list[Stored]] = [[] for _ in range(count)]
        self._spill: Spill | None = None

    def add(self, batch: Columns) -> None:
        """Add events: ``lead_id``, ``occurred_at``, ``known_at`` and any others, texts as coded columns."""
        lead = batch["lead_id"]
        assert isinstance(lead, Coded)
        self.rows += len(lead)
        partition = partition_of(lead, self.count)
        offsets = offsets_of(partition, self.count)
        cut = np.split(grouped(partition, offsets), offsets[1:-1])
        found: list[dict[str, Column]] = [{} for _ in cut]
        for name, column in batch.items():
            for piece, rows in zip(found, _cut(column, cut, whole=name != "lead_id"), strict=True):
                piece[name] = rows
        for own, piece in zip(self._pieces, found, strict=True):
            if rows_in(piece):
                own.append(piece)
                self._bytes += sum(map(size_of, piece.values()))
        if self._bytes > self._budget:
            self._write()

    def read(self, k: int, need: Need | None = None) -> dict[str, Column]:
        """Return the events of partition `k` in the order in which they came, with the columns of `need`, all by default."""
        read = [self._read(_needed(piece, need)) for piece in self._stored[k]]
        pieces = [_wide(piece) for piece in (*read, *(_needed(own, need) for own in self._pieces[k]))]
        return stacked(pieces) if pieces else no_events()

    def close(self) -> None:
        """Give up all events."""
        if self._spill is not None:
            self._spill.close()
        self._pieces.clear()
        self._stored.clear()

    def _read(self, stored: Stored) -> Columns:
        assert self._spill is not None
        return self._spill.get(stored)

    def _write(self) -> None:
        """Move what is in memory to the file."""
        if self._spill is None:
            self._spill = Spill(self._folder)
        for own, stored in zip(self._pieces, self._stored, strict=True):
            stored += [self._spill.put(piece) for piece in own]
            own.clear()
        self._bytes = 0


def no_events() -> dict[str, Column]:
    """Return the columns that every partition has, without rows."""
    instants = {name: np.empty(0, dtype=np.int64) for name in INSTANTS}
    return {"lead_id": Coded(np.empty(0, dtype=np.int32), ()), **instants, VALUE: np.empty(0)}


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


def _needed(piece: Mapping[str, _Column], need: Need | None) -> dict[str, _Column]:
    return {name: piece[name] for name in (piece if need is None else need.of(piece))}
