"""Columns of one partition: numbers as arrays, texts as codes over Arrow strings that stay Arrow until one is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from lead_ml.asof.kernel.scatter import mark_missing
from lead_ml.cluster.layout.manifest import INSTANTS, VALUE
from lead_ml.errors import InputError
from lead_ml.tables.dataset import Coded, Codes

Column = Coded | npt.NDArray[Any]
Columns = Mapping[str, Column]


class Texts(Sequence[str]):
    """Strings of an Arrow array: kernels need their number only, and only those that are read become Python strings."""

    def __init__(self, array: Any) -> None:
        self.array = array

    def __len__(self) -> int:
        return len(self.array)

    def __getitem__(self, place: Any) -> Any:
        """Return one string, or a part of them."""
        return Texts(self.array[place]) if isinstance(place, slice) else self.array[place].as_py()

    def __iter__(self) -> Iterator[str]:
        return iter(self.array.to_pylist())


def arrow_texts(levels: Sequence[str]) -> Any:
    """Return levels as an Arrow array of strings."""
    import pyarrow as pa

    return levels.array if isinstance(levels, Texts) else pa.array(levels, pa.string())


def coded(array: Any) -> Coded:
    """Return an Arrow array of dictionary type, int32 to string, as a coded column; without missing values it shares memory."""
    indices = array.indices
    if not indices.null_count:
        return Coded(_view(indices, np.int32), Texts(array.dictionary))
    codes = np.array(_view(indices, np.int32))
    mark_missing(codes, np.frombuffer(indices.buffers()[0], dtype=np.uint8).copy(), indices.offset)
    return Coded(codes, Texts(array.dictionary))


def writable(array: Any) -> npt.NDArray[Any]:
    """Return an Arrow array of numbers as one of NumPy, missing as NaN; without any it shares memory where that may be written to.

    A read-only one would be another type to numba, and compiled for anew.
    """
    if not array.null_count:
        return _view(array, array.type.to_pandas_dtype())
    found: npt.NDArray[Any] = np.require(array.to_numpy(zero_copy_only=False), requirements=["C", "W"])
    return found


def _view(array: Any, kind: Any) -> npt.NDArray[Any]:
    values = np.frombuffer(array.buffers()[1] or b"", dtype=kind)[array.offset :][: len(array)]
    return values if values.flags.writeable else values.copy()


def arrow_coded(column: Coded) -> Any:
    """Return a coded column as an Arrow array of dictionary type."""
    import pyarrow as pa

    codes = column.codes.astype(np.int32, copy=False)
    return pa.DictionaryArray.from_arrays(pa.array(codes, mask=codes < 0), arrow_texts(column.levels))


def size_of(column: Column) -> int:
    """Return the bytes that a column takes."""
    if not isinstance(column, Coded):
        return column.nbytes
    levels = column.levels.array.nbytes if isinstance(column.levels, Texts) else 64 * len(column.levels)
    return int(column.codes.nbytes + levels)


def taken(columns: Columns, rows: npt.NDArray[Any]) -> dict[str, Column]:
    """Return rows of every column by position or mask."""
    return {
        name: column.take(rows) if isinstance(column, Coded) else column[rows]
        for name, column in columns.items()
    }


def stacked(pieces: Sequence[Columns]) -> dict[str, Column]:
    """Put pieces of events under each other; a column that a piece lacks is missing there."""
    if not pieces:
        instants = {name: np.empty(0, dtype=np.int64) for name in INSTANTS}
        return {"lead_id": Coded(np.empty(0, dtype=np.int32), ()), **instants, VALUE: np.empty(0)}
    if len(pieces) == 1:
        return dict(pieces[0])
    names = dict.fromkeys(name for piece in pieces for name in piece)
    return {name: _stacked(name, pieces) for name in names}


def rows_in(columns: Columns) -> int:
    """Return the number of rows of a table."""
    return len(next(iter(columns.values()), ()))


def _stacked(name: str, pieces: Sequence[Columns]) -> Column:
    found = [piece[name] for piece in pieces if name in piece]
    if isinstance(found[0], Coded):
        nothing = (Coded(np.full(rows_in(piece), -1, dtype=np.int32), ()) for piece in pieces)
        return _stacked_texts([piece.get(name, no) for piece, no in zip(pieces, nothing, strict=True)])
    if len(found) < len(pieces) and found[0].dtype.kind == "i":
        raise InputError(
            f"only some rows have {name}",
            source="layout",
            expected=f"{name} in every file of a table, or in none",
            do="add the column to all files, and build the layout again",
        )
    return np.concatenate([np.asarray(piece.get(name, np.full(rows_in(piece), np.nan))) for piece in pieces])


def _stacked_texts(pieces: Sequence[Any]) -> Coded:
    import pyarrow as pa

    together = pa.concat_arrays([arrow_texts(piece.levels) for piece in pieces]).dictionary_encode()
    lookup = together.indices.to_numpy()
    codes: Codes = np.empty(sum(map(len, pieces)), dtype=np.int32)
    row = level = 0
    for piece in pieces:
        new = np.append(lookup[level : level + len(piece.levels)], np.int32(-1))
        np.take(new, piece.codes, out=codes[row : row + len(piece)], mode="wrap")
        row, level = row + len(piece), level + len(piece.levels)
    return Coded(codes, Texts(together.dictionary))
