"""Pieces of tables in a temporary file: written once, read once, and gone with the process."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from lead_ml.cluster.layout.columns import Columns, Texts, arrow_texts
from lead_ml.tables.dataset import Coded


class _Place(NamedTuple):
    offset: int
    rows: int
    kind: np.dtype[Any]


class _Text(NamedTuple):
    codes: _Place
    ends: _Place
    bytes: _Place


Stored = dict[str, "_Place | _Text"]


class Spill:
    """A file without a name in `folder`, the system's folder for temporary files by default."""

    def __init__(self, folder: Path | None = None) -> None:
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115
        self._end = 0

    def put(self, piece: Columns) -> Stored:
        """Write columns, and return where they stand."""
        content: list[memoryview] = []
        places = {
            name: self._text(column, content) if isinstance(column, Coded) else self._array(column, content)
            for name, column in piece.items()
        }
        self._file.write(b"".join(content))
        return places

    def get(self, stored: Stored) -> Columns:
        """Read columns that :meth:`put` wrote."""
        return {
            name: Coded(self._read(place.codes), self._levels(place))
            if isinstance(place, _Text)
            else self._read(place)
            for name, place in stored.items()
        }

    def close(self) -> None:
        """Give up the file."""
        self._file.close()

    def _text(self, column: Coded, content: list[memoryview]) -> _Text:
        levels = arrow_texts(column.levels)
        _, ends, data = levels.buffers()
        own = np.frombuffer(ends, dtype=np.int32)[levels.offset : levels.offset + len(levels) + 1]
        text = np.frombuffer(data or b"", dtype=np.uint8)[own[0] : own[-1]]
        return _Text(*(self._array(array, content) for array in (column.codes, own - own[0], text)))

    def _levels(self, place: _Text) -> Texts:
        import pyarrow as pa

        ends, text = (pa.py_buffer(self._read(part)) for part in (place.ends, place.bytes))
        return Texts(pa.StringArray.from_buffers(place.ends.rows - 1, ends, text))

    def _array(self, array: npt.NDArray[Any], content: list[memoryview]) -> _Place:
        place = _Place(self._end, len(array), array.dtype)
        content.append(np.ascontiguousarray(array).view(np.uint8).data)
        self._end += array.nbytes
        return place

    def _read(self, place: _Place) -> npt.NDArray[Any]:
        found = np.empty(place.rows, dtype=place.kind)
        self._file.flush()
        if found.nbytes and os.preadv(self._file.fileno(), [found.data], place.offset) != found.nbytes:
            raise OSError(f"a temporary file lost rows at byte {place.offset}")
        return found
