"""What the compiled walk reads and writes, as plain arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

COUNT, SUM, DISTINCT, FIRST, LAST, DECAYED, MAX, GAP, FIRST_TEXT, LAST_TEXT = range(10)
OPERATIONS: Mapping[str, int] = {
    "count": COUNT,
    "sum": SUM,
    "distinct": DISTINCT,
    "days_since_first": FIRST,
    "days_since_last": LAST,
    "decayed_sum": DECAYED,
    "max": MAX,
    "longest_gap": GAP,
    "first": FIRST_TEXT,
    "last": LAST_TEXT,
}
UNSEEN = -(2**63)
NEVER = 2**63 - 1
NO_KEY, EMPTY_KEY = -1, -2
DAY = 86_400_000_000
SCALE = 1_000_000
# Two sums below this, of the snapshot and of new rows, still add up in 64 bits.
LARGEST_SUM = 2.0**62 / SCALE
# Rows out of place are moved one by one up to here; a key that asks for more is sorted.
MOVES_A_ROW = 16

Int64 = npt.NDArray[np.int64]
UInt64 = npt.NDArray[np.uint64]
Int32 = npt.NDArray[np.int32]
Float64 = npt.NDArray[np.float64]


class Program(NamedTuple):
    """F features in the kernel's order: counts and sums, then distinct values, each by cell, then the others.

    A cell is a filter with the column that is added up or whose distinct values are counted over it.
    """

    operations: Int64  # (F,) what is computed
    filters: UInt64  # (F,) the one bit that a row must have
    columns: Int64  # (F,) row of `values`, `codes` or `labels`, -1 where none is read: each row counts 1
    slots: Int64  # (F,) the window, -1 for all time
    half_lives: Int64  # (F,) microseconds
    states: Int64  # (F,) place among the A all-time features, -1 for the others
    outputs: Int64  # (F,) row of the result
    cells: Int64  # (C + 1,) the counts or sums of cell c are cells[c]:cells[c + 1]
    sets: Int64  # (D + 1,) the distinct features of cell d are sets[d]:sets[d + 1]; the others follow
    windows: Int64  # (W,) finite windows in microseconds, ascending
    start: Int64  # (A,) state of the all-time features before any row


class Rows(NamedTuple):
    """N rows by key; the rows of key k are ``offsets[k]:offsets[k + 1]``, in order of ``known``."""

    offsets: Int64  # (K + 1,)
    carried: Int64  # (K,) first rows of a key that the base has scanned; windows and sets still count them
    known: Int64  # (N,) microseconds
    occurred: Int64  # (N,) microseconds, at most `known`
    passes: UInt64  # (N,) bit per filter
    values: Int64  # (V, N) millionths
    codes: Int32  # (D, N) codes, few of all keys or dense within each, -1 missing
    widths: Int64  # (D,) one more than the largest of these codes
    labels: Int32  # (L, N) codes of the texts that are shown, -1 missing


class Base(NamedTuple):
    """State of the A all-time features per key before any row that is not carried; zero rows for none.

    ``whole`` (K, A) is a count, sum or largest value in millionths, the first or last instant, or the reference instant of
    a decayed sum; ``decayed`` (K, A) is the decayed sum at that instant, or the code of a first or last text.
    """

    whole: Int64
    decayed: Float64


class Snapshots(NamedTuple):
    """n snapshots in order of (key, as_of); key -2 has no rows, -1 means none."""

    keys: Int64
    as_of: Int64


class Walk(NamedTuple):
    """What a walk reads, and what it fills: ``out`` (F, n), and ``end`` with the state per key after its last snapshot.

    All-time features start from the base, or the program's start, and answer as of max(as_of, floor). ``end`` may have no rows.
    """

    program: Program
    rows: Rows
    base: Base
    spine: Snapshots
    floor: int
    out: Float64
    end: Base
