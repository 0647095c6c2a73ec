"""Compiled ordering of rows: by key in one counting pass, by occurrence within a key, and codes dense within a key.

A counting sort keeps the order of rows that share a key, so rows that come in the order of time need no comparison at all;
rows that come in the kernel's order already are left where they are.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

Int64 = npt.NDArray[np.int64]
Int32 = npt.NDArray[np.int32]

SORTED, IN_TIME, UNSORTED = range(3)
_MOVES_A_ROW = 16


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def order_of(key: Int64, known: Int64, occurred: Int64) -> int:
    """Tell whether rows (n,) stand by (key, known, occurred), at least by (known, occurred), or by neither."""
    by_key, by_time = True, True
    for row in range(1, len(key)):
        before = row - 1
        late = known[row] < known[before] or (
            known[row] == known[before] and occurred[row] < occurred[before]
        )
        if key[row] < key[before] or (key[row] == key[before] and late):
            by_key = False
        if late:
            by_time = False
        if not by_key and not by_time:
            return UNSORTED
    return SORTED if by_key else IN_TIME


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def offsets_of(key: Int64, keys: int) -> Int64:
    """Return (keys + 1,) where the rows of each key begin, once they are grouped."""
    offsets = np.zeros(keys + 1, np.int64)
    for row in range(len(key)):
        offsets[key[row] + 1] += 1
    for k in range(keys):
        offsets[k + 1] += offsets[k]
    return offsets


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def grouped(key: Int64, offsets: Int64) -> Int64:
    """Return the order (n,) that groups rows by key and keeps their order within it."""
    free = offsets[:-1].copy()
    order = np.empty(len(key), np.int64)
    for row in range(len(key)):
        k = key[row]
        order[free[k]] = row
        free[k] += 1
    return order


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def by_occurrence(offsets: Int64, occurred: Int64) -> Int64:
    """Return (n,) the rows of each key by occurrence, those of one instant in their order.

    Records known late are few and near their place, so they are moved there one by one; a key that asks for more than
    16 moves a row is sorted instead.
    """
    order = np.arange(len(occurred))
    for k in range(len(offsets) - 1):
        low, high = offsets[k], offsets[k + 1]
        moves = _MOVES_A_ROW * (high - low)
        for row in range(low + 1, high):
            if occurred[order[row - 1]] <= occurred[row]:
                continue
            place = row
            while place > low and occurred[order[place - 1]] > occurred[row] and moves >= 0:
                order[place] = order[place - 1]
                place -= 1
                moves -= 1
            if moves < 0:
                break
            order[place] = row
        if moves < 0:
            order[low:high] = low + np.argsort(occurred[low:high], kind="mergesort")
    return order


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def dense(offsets: Int64, codes: Int32, levels: int) -> Int32:
    """Number the different codes of each key from 0 in order of appearance, missing stays -1: (n,).

    A tally over dense codes is as long as the rows of a key, however many levels the column has.
    """
    found = np.empty(len(codes), np.int32)
    owner = np.full(levels, -1, np.int64)
    number = np.zeros(levels, np.int32)
    for k in range(len(offsets) - 1):
        fresh = 0
        for row in range(offsets[k], offsets[k + 1]):
            code = codes[row]
            if code < 0:
                found[row] = -1
                continue
            if owner[code] != k:
                owner[code], number[code] = k, fresh
                fresh += 1
            found[row] = number[code]
    return found
