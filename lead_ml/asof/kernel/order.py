"""Compiled ordering of rows: by key in one counting pass, by time within a key, and codes dense within a key.

A counting sort keeps the order of rows that share a key, so rows that come in the order of time need no comparison at all, and
late records are moved to their place one by one; rows that come in the kernel's order already are left where they are.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from lead_ml.asof.kernel.program import LARGEST_SUM, MOVES_A_ROW, SCALE, Float64, Int32, Int64, UInt64

SORTED, TIED, UNSORTED = range(3)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def order_of(key: Int64, known: Int64, occurred: Int64) -> int:
    """Return whether rows (n,) are sorted by (key, known, occurred), with some rows equal in all three, or are not."""
    tied = False
    for row in range(1, len(key)):
        before = row - 1
        if key[row] > key[before]:
            continue
        if key[row] < key[before] or known[row] < known[before]:
            return UNSORTED
        if known[row] == known[before]:
            if occurred[row] < occurred[before]:
                return UNSORTED
            tied = tied or occurred[row] == occurred[before]
    return TIED if tied else SORTED


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
def timed(offsets: Int64, order: Int64, known: Int64, occurred: Int64) -> int:
    """Sort `order` (n,), grouped by key, by (known, occurred) within each key; return how many rows equal the one before.

    Rows out of place are few and near it where a file is in the order of time, so they are moved there one by one; a key
    that asks for more than 16 moves a row is sorted instead. Rows that are equal keep their order.
    """
    ties = 0
    for k in range(len(offsets) - 1):
        low, high = offsets[k], offsets[k + 1]
        moves = MOVES_A_ROW * (high - low)
        for place in range(low + 1, high):
            row = order[place]
            at = place
            while at > low and moves >= 0 and _later(order[at - 1], row, known, occurred):
                order[at] = order[at - 1]
                at -= 1
                moves -= 1
            order[at] = row
            if moves < 0:
                break
        if moves < 0:
            rows = order[low:high].copy()
            rows = rows[np.argsort(rows, kind="mergesort")]
            rows = rows[np.argsort(occurred[rows], kind="mergesort")]
            order[low:high] = rows[np.argsort(known[rows], kind="mergesort")]
        for place in range(low + 1, high):
            ties += _equal(order[place - 1], order[place], known, occurred)
    return ties


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _later(row: int, other: int, known: Int64, occurred: Int64) -> bool:
    return bool(known[row] > known[other] or (known[row] == known[other] and occurred[row] > occurred[other]))


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _equal(row: int, other: int, known: Int64, occurred: Int64) -> bool:
    return bool(known[row] == known[other] and occurred[row] == occurred[other])


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def tied(order: Int64, key: Int64, known: Int64, occurred: Int64) -> tuple[Int64, Int64]:
    """Return the places in `order` (n,) whose row equals a neighbour's key and instants, and the number of its group."""
    count, places, groups = 0, np.empty(len(order), np.int64), np.empty(len(order), np.int64)
    group, before = 0, False
    for place in range(1, len(order)):
        row, other = order[place], order[place - 1]
        if key[row] != key[other] or not _equal(row, other, known, occurred):
            before = False
            continue
        if not before:
            group += 1
            places[count], groups[count] = place - 1, group
            count += 1
        places[count], groups[count] = place, group
        count += 1
        before = True
    return places[:count].copy(), groups[:count].copy()


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def put_back(columns: Float64, order: Int64) -> None:
    """Move ``columns[:, i]`` to ``columns[:, order[i]]``, one feature at a time."""
    moved = np.empty(len(order), np.float64)
    for row in range(len(columns)):
        moved[:] = columns[row]
        for i in range(len(order)):
            columns[row, order[i]] = moved[i]


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


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def keep_allowed(passes: UInt64, codes: Int32, allowed: UInt64) -> None:
    """Leave in ``passes`` (n,) the bits that the text of a row allows; the last of ``allowed`` (levels + 1,) is for a missing one."""
    for row in range(len(passes)):
        passes[row] &= allowed[codes[row]]


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def millionths(numbers: Float64, whole: Int64) -> float:
    """Write numbers (n,) to `whole` as millionths, missing as 0, and return the sum of their sizes; infinity if one is."""
    total = 0.0
    for row in range(len(numbers)):
        number = numbers[row]
        if np.isnan(number):
            whole[row] = 0
            continue
        total += abs(number)
        whole[row] = np.int64(np.rint(number * SCALE)) if abs(number) < LARGEST_SUM else 0
    return total
