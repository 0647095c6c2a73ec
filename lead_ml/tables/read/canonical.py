"""Content in one canonical form, independent of the file or database it came from, and its digest."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from lead_ml.tables.dataset import Changes, Coded, Codes, Indices, Instants, changes_in_order

_HEAD = 1 << 16  # rows among which every common value appears


def compacted(column: Coded) -> Coded:
    """Return the same rows with only the levels that occur, in the order of their first appearance.

    >>> found = compacted(Coded(np.array([2, -1, 0, 2], dtype=np.int32), ("a", "b", "c")))
    >>> found.codes.tolist(), found.levels
    ([0, -1, 1, 0], ('c', 'a'))
    """
    levels = len(column.levels)
    first = _first_rows(column.codes, levels)
    used = np.flatnonzero(first < len(column))
    used = used if (np.diff(first[used]) > 0).all() else used[np.argsort(first[used], kind="stable")]
    if len(used) == levels and (np.diff(used) == 1).all():
        return Coded(column.codes, tuple(column.levels))
    lookup = np.full(levels + 1, -1, dtype=np.int32)
    lookup[used] = np.arange(len(used), dtype=np.int32)
    return Coded(lookup[column.codes], tuple(column.levels[code] for code in used.tolist()))


def _first_rows(codes: Codes, levels: int) -> Indices:
    """Return the first row of each level, the number of rows for one that does not occur."""
    for rows in (_HEAD, len(codes)):
        first, head = np.full(levels + 1, len(codes), dtype=np.int64), codes[:rows]
        first[head[::-1]] = np.arange(len(head))[::-1]  # the last one written is the first one
        if (first[:levels] < len(codes)).all():
            break
    return first[:levels]


def ordered(owner: Indices, at: Instants, columns: Mapping[str, Coded]) -> tuple[Changes, Indices]:
    """Put changes in order, their columns compacted; also return the rows that :func:`changes_in_order` hides."""
    kept, hidden = changes_in_order(owner, at, columns)
    found = {name: compacted(column.take(kept)) for name, column in columns.items()}
    return Changes(owner[kept], at[kept], found), hidden


def digest(columns: Mapping[str, Coded | npt.NDArray[Any]]) -> str:
    """Return the SHA-256 of a table: compacted text columns and arrays, by name, rows in their order.

    Missing text is code -1. Arrays count by their little-endian bytes.
    """
    whole = hashlib.sha256()
    for name in sorted(columns):
        column = columns[name]
        levels, array = (column.levels, column.codes) if isinstance(column, Coded) else ((), column)
        whole.update(msgspec.json.encode((name, str(array.dtype.kind), array.shape, levels)))
        whole.update(np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<")).tobytes())
    return whole.hexdigest()


def identical_rows(columns: Mapping[str, Coded | npt.NDArray[Any]], rows: int) -> int:
    """Count the rows that repeat an earlier row in every column."""
    group = np.zeros(rows, dtype=np.int64)
    for column in columns.values():
        values = column.codes if isinstance(column, Coded) else column
        _, codes = np.unique(values, return_inverse=True)
        _, group = np.unique(group * (int(codes.max(initial=0)) + 1) + codes, return_inverse=True)
    return rows - int(group.max(initial=-1)) - 1
