"""Events cut into partitions by a stable hash of their lead as they arrive, in memory or in a temporary file."""

from __future__ import annotations

import os
import pickle
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, TypeVar

import numpy as np
import numpy.typing as npt

from lead_ml.asof.kernel.order import grouped, offsets_of
from lead_ml.asof.kernel.scatter import partitions_of, renumbered
from lead_ml.cluster.layout.columns import Column, Columns, Texts, arrow_texts, rows_in, size_of, stacked
from lead_ml.cluster.layout.need import Need
from lead_ml.tables.dataset import Coded, Codes, Indices

BUDGET = 32 << 20  # bytes of events in memory, before they are written to a temporary file
_Column = TypeVar("_Column")
_FEW = 127
_NARROW = tuple((np.iinfo(kind).max, kind) for kind in (np.int8, np.int16))


class Scattered:
    """Events cut into `count` partitions; past `budget` bytes they go to a file without a name in `folder`."""

    def __init__(self, count: int, *, budget: int = BUDGET, folder: Path | None = None) -> None:
        self.count = count
        self.rows = 0
        self._budget, self._folder = budget, folder
        self._bytes = 0
        self._pieces: list[list[Columns]] = [[] for _ in range(count)]
        self._stored: list[list[dict[str, int]]] = [
            [] for _ in range(count)
        ]  # where each column begins in the file
        self._file: IO[bytes] | None = None

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
        return stacked([_wide(piece) for piece in (*read, *(_needed(own, need) for own in self._pieces[k]))])

    def close(self) -> None:
        """Give up all events."""
        if self._file is not None:
            self._file.close()
        self._pieces.clear()
        self._stored.clear()

    def _read(self, stored: Mapping[str, int]) -> Columns:
        assert self._file is not None
        columns = {}
        for name, place in stored.items():
            self._file.seek(place)
            columns[name] = pickle.load(self._file)  # noqa: S301 (nobody else can write to it)
        return columns

    def _write(self) -> None:
        """Move what is in memory to the file."""
        if self._file is None:
            self._file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115
        self._file.seek(0, os.SEEK_END)
        for own, stored in zip(self._pieces, self._stored, strict=True):
            for piece in own:
                stored.append({})
                for name, column in piece.items():
                    stored[-1][name] = self._file.tell()
                    pickle.dump(column, self._file, protocol=5)
            own.clear()
        self._bytes = 0


def partition_of(lead: Coded, count: int) -> Indices:
    """Return the partition of each row (n,) by the hash of its lead_id."""
    if count == 1:
        return np.zeros(len(lead), dtype=np.int64)
    texts = arrow_texts(lead.levels)
    _, ends, data = texts.buffers()
    bounds = np.frombuffer(ends, dtype=np.int32)[texts.offset :][: len(texts) + 1].copy()
    text = np.frombuffer(data or b"", dtype=np.uint8).copy()
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
