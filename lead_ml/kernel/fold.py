"""The compiled walk: a stream in key and time order beside snapshots in the same order, with running state.

Work is linear in rows plus snapshots. A row is admitted once, when ``known_at < as_of``, and leaves each window once,
when ``occurred_at < as_of - window``; a bit per row and window remembers whether it was counted, so that a record that
comes to be known late is exact. All functions that the walk calls stand in this file, because numba's cache
looks only at the file of the function it compiles.

Largest values, gaps and first texts of a window are kept as a list of candidates, each of which beats all later ones (a
monotone queue): the front is the answer, what left the window drops off the front. A record known late would belong into
the middle, so the list is then made anew from the rows of the window, at most once a snapshot.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

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
LISTED = (MAX, GAP, FIRST_TEXT)  # in a window; the gap in all time too
UNSEEN = -(2**63)
NEVER = 2**63 - 1
DAY = 86_400_000_000
SCALE = 1_000_000
IN_ORDER, ROWS_UNSORTED, OCCURS_AFTER_KNOWN, WINDOW_ORDER, SPINE_UNSORTED, KEY_OUT_OF_RANGE = range(6)

Int64 = npt.NDArray[np.int64]
UInt64 = npt.NDArray[np.uint64]
Int32 = npt.NDArray[np.int32]
Float64 = npt.NDArray[np.float64]


class Program(NamedTuple):
    """F features in the kernel's order; feature f of group g has window g - 1 (group 0: all time)."""

    operations: Int64
    """(F,) what is computed."""
    filters: UInt64
    """(F,) the one bit that a row must have."""
    columns: Int64
    """(F,) row of ``values``, ``codes`` or ``labels``, -1 where none is read."""
    tallies: Int64
    """(F,) row of the tally of a distinct feature."""
    lists: Int64
    """(F,) row of the list of candidates, -1 without one."""
    half_lives: Int64
    """(F,) microseconds."""
    groups: Int64
    """(W + 2,) features of group g are ``groups[g]:groups[g + 1]``."""
    windows: Int64
    """(W,) finite windows in microseconds, ascending."""
    slots: UInt64
    """(W,) one bit per window."""
    outputs: Int64
    """(F,) column of the result."""


class Rows(NamedTuple):
    """N rows by key; the rows of key k are ``offsets[k]:offsets[k + 1]``, in order of ``known``."""

    offsets: Int64
    """(K + 1,)"""
    carried: Int64
    """(K,) how many rows of a key, at its start, the base has folded already; windows and sets still count them."""
    known: Int64
    """(N,) microseconds."""
    occurred: Int64
    """(N,) microseconds, at most ``known``."""
    by_occurred: Int64
    """(N,) the rows of each key in order of ``occurred``."""
    passes: UInt64
    """(N,) bit per filter."""
    values: Int64
    """(V, N) millionths."""
    codes: Int32
    """(D, N) codes dense within the key, -1 missing."""
    labels: Int32
    """(L, N) codes of the texts that are shown, -1 missing."""
    rank: Int64
    """(N,) place of each row in ``by_occurred``; empty where no list needs it."""


class Base(NamedTuple):
    """State of the A all-time features per key before any row that is not carried; zero rows for none."""

    whole: Int64
    """(K, A) count, sum or largest value in millionths, first or last instant, reference instant of a decayed sum."""
    decayed: Float64
    """(K, A) decayed sums at their reference instants; codes of first and last texts."""


class Snapshots(NamedTuple):
    """n snapshots in order of (key, as_of); key -2 has no rows."""

    keys: Int64
    as_of: Int64
    rows: Int64
    """(n,) row of the result."""


class _Lists(NamedTuple):
    left: Int64  # (Q, deepest) place at which a candidate leaves the window
    weight: Int64
    head: Int64
    tail: Int64
    latest: Int64  # place of the last row that was listed
    stale: Int64  # 1 after a late record


class _State(NamedTuple):
    whole: Int64
    decayed: Float64
    tally: Int32
    counted: UInt64
    leaving: Int64
    lists: _Lists


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def walk(
    program: Program,
    rows: Rows,
    base: Base,
    spine: Snapshots,
    start: Int64,
    floor: int,
    width: int,
    deepest: int,
    out: Float64,
    end: Base,
) -> int:
    """Fill ``out[spine.rows]`` (n, F), and ``end`` with the state per key after its last snapshot where it has rows.

    All-time features answer as of max(as_of, floor); `width` is one more than the largest code, `deepest` the number of
    rows of the largest key. Returns ``IN_ORDER``,
    or which rule of order the input breaks; `out` is then unfinished.
    """
    state = _State(
        np.zeros(len(program.operations), np.int64),
        np.zeros(len(program.operations), np.float64),
        np.zeros((program.tallies[-1] + 1, width), np.int32),
        np.zeros(len(rows.known), np.uint64),
        np.zeros(len(program.windows), np.int64),
        _no_lists(program, deepest),
    )
    first = 0
    while first < len(spine.keys):
        stop = _same_key(spine, first)
        fault: int = _fault(program, rows, spine, first, stop)
        if fault != IN_ORDER:
            return fault
        _reset(program, rows, base, state, start, spine.keys[first])
        _walk_key(program, rows, spine, state, first, stop, floor, out)
        if len(end.whole) > 0:
            end.whole[spine.keys[first], :] = state.whole[: len(start)]
            end.decayed[spine.keys[first], :] = state.decayed[: len(start)]
        first = stop
    return IN_ORDER


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _no_lists(program: Program, deepest: int) -> _Lists:
    count = program.lists.max() + 1
    return _Lists(
        np.zeros((count, deepest), np.int64),
        np.zeros((count, deepest), np.int64),
        np.zeros(count, np.int64),
        np.zeros(count, np.int64),
        np.zeros(count, np.int64),
        np.zeros(count, np.int64),
    )


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _same_key(spine: Snapshots, first: int) -> int:
    stop = first + 1
    while stop < len(spine.keys) and spine.keys[stop] == spine.keys[first]:
        stop += 1
    return stop


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _range(rows: Rows, key: int) -> tuple[int, int]:
    if key < 0:
        return 0, 0
    return rows.offsets[key], rows.offsets[key + 1]


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _fault(program: Program, rows: Rows, spine: Snapshots, first: int, stop: int) -> int:
    key = spine.keys[first]
    if key < -2 or key == -1 or key >= len(rows.offsets) - 1:
        return KEY_OUT_OF_RANGE
    if stop < len(spine.keys) and spine.keys[stop] < key:
        return SPINE_UNSORTED
    for i in range(first + 1, stop):
        if spine.as_of[i] < spine.as_of[i - 1]:
            return SPINE_UNSORTED
    low, high = _range(rows, key)
    if low > high or high > len(rows.known):
        return ROWS_UNSORTED
    fault: int = _fault_of_rows(program, rows, low, high)
    return fault


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _fault_of_rows(program: Program, rows: Rows, low: int, high: int) -> int:
    known, occurred, by_occurred = rows.known, rows.occurred, rows.by_occurred
    for row in range(low, high):
        if row > low and known[row] < known[row - 1]:
            return ROWS_UNSORTED
        if occurred[row] > known[row]:
            return OCCURS_AFTER_KNOWN
        if len(program.windows) > 0:
            by = by_occurred[row]
            if by < low or by >= high:
                return WINDOW_ORDER
            if row > low and occurred[by] < occurred[by_occurred[row - 1]]:
                return WINDOW_ORDER
    return IN_ORDER


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _reset(program: Program, rows: Rows, base: Base, state: _State, start: Int64, key: int) -> None:
    state.whole[:] = 0
    state.decayed[:] = 0.0
    state.whole[: len(start)] = start
    for f in range(len(start), len(program.operations)):
        if program.operations[f] == LAST_TEXT:
            state.whole[f] = UNSEEN
    if key >= 0 and len(base.whole) > 0:
        state.whole[: len(start)] = base.whole[key]
        state.decayed[: len(start)] = base.decayed[key]
    state.leaving[:] = _range(rows, key)[0]
    state.lists.head[:] = 0
    state.lists.tail[:] = 0
    state.lists.latest[:] = -1
    state.lists.stale[:] = 0


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _walk_key(
    program: Program,
    rows: Rows,
    spine: Snapshots,
    state: _State,
    first: int,
    stop: int,
    floor: int,
    out: Float64,
) -> None:
    low, high = _range(rows, spine.keys[first])
    fresh = low if low == high else low + rows.carried[spine.keys[first]]
    seen = low
    for i in range(first, stop):
        now = spine.as_of[i]
        _leave(program, rows, state, high, now)
        start, seen = seen, _known_before(rows, seen, high, now)
        if seen > start:
            _enter(program, rows, state, start, seen, now)
            _fold(program, rows, state, start, seen, fresh)
        _read(program, rows, state, low, high, seen, now, floor, out[spine.rows[i]])
    _forget(program, rows, state, low, seen)


# The loops below name their arrays first: reading a field of a tuple inside a loop counts references, 40 times slower.


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _leave(program: Program, rows: Rows, state: _State, high: int, now: int) -> None:
    """Take out of each window what occurred before it."""
    operations, filters, columns, tallies, _, _, groups, windows, slots, _ = program
    _, _, _, occurred, by_occurred, passes, values, codes, _, _ = rows
    whole, _, tally, counted, leaving, _ = state
    for slot in range(len(windows)):
        oldest = now - windows[slot]
        while leaving[slot] < high and occurred[by_occurred[leaving[slot]]] < oldest:
            row = by_occurred[leaving[slot]]
            leaving[slot] += 1
            if counted[row] & slots[slot] == 0:
                continue
            counted[row] ^= slots[slot]
            for f in range(groups[slot + 1], groups[slot + 2]):
                if passes[row] & filters[f] == 0:
                    continue
                if operations[f] == COUNT:
                    whole[f] -= 1
                elif operations[f] == SUM:
                    whole[f] -= values[columns[f], row]
                elif operations[f] == DISTINCT:
                    whole[f] -= _was_last(tally, tallies[f], codes[columns[f], row])


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _known_before(rows: Rows, seen: int, high: int, now: int) -> int:
    known = rows.known
    while seen < high and known[seen] < now:
        seen += 1
    return seen


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _enter(program: Program, rows: Rows, state: _State, start: int, stop: int, now: int) -> None:
    """Count rows in each window that they still lie in; one that is known too late never enters."""
    operations, filters, columns, tallies, _, _, groups, windows, slots, _ = program
    _, _, _, occurred, _, passes, values, codes, labels, _ = rows
    whole, decayed, tally, counted, _, _ = state
    for row in range(start, stop):
        for slot in range(len(windows)):
            if occurred[row] < now - windows[slot]:
                continue
            counted[row] |= slots[slot]
            for f in range(groups[slot + 1], groups[slot + 2]):
                if passes[row] & filters[f] == 0:
                    continue
                if operations[f] == COUNT:
                    whole[f] += 1
                elif operations[f] == SUM:
                    whole[f] += values[columns[f], row]
                elif operations[f] == DISTINCT:
                    whole[f] += _is_first(tally, tallies[f], codes[columns[f], row])
                elif operations[f] == LAST_TEXT:
                    if labels[columns[f], row] >= 0 and occurred[row] >= whole[f]:
                        whole[f], decayed[f] = occurred[row], labels[columns[f], row]
                else:
                    _list(program, rows, state, f, row)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _fold(program: Program, rows: Rows, state: _State, start: int, stop: int, fresh: int) -> None:
    """Fold rows into the all-time features; those before `fresh` only into the distinct ones."""
    operations, filters, columns, tallies, _, half_lives, groups, _, _, _ = program
    occurred, passes, values, codes, labels = rows.occurred, rows.passes, rows.values, rows.codes, rows.labels
    whole, decayed, tally = state.whole, state.decayed, state.tally
    for row in range(start, stop):
        for f in range(groups[0], groups[1]):
            if passes[row] & filters[f] == 0:
                continue
            operation = operations[f]
            if operation == DISTINCT:
                whole[f] += _is_first(tally, tallies[f], codes[columns[f], row])
            elif row < fresh:
                continue
            elif operation == COUNT:
                whole[f] += 1
            elif operation == SUM:
                whole[f] += values[columns[f], row]
            elif operation == FIRST:
                whole[f] = min(whole[f], occurred[row])
            elif operation == MAX:
                whole[f] = max(whole[f], values[columns[f], row])
            elif operation == GAP:
                _list(program, rows, state, f, row)
            elif operation == FIRST_TEXT or operation == LAST_TEXT:
                _show(operation, whole, decayed, f, occurred[row], labels[columns[f], row])
            else:
                if operation == DECAYED:
                    value = values[columns[f], row] / SCALE
                    decayed[f] = _decay(decayed[f], whole[f], value, occurred[row], half_lives[f])
                whole[f] = max(whole[f], occurred[row])


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _show(operation: int, whole: Int64, decayed: Float64, f: int, occurred: int, label: int) -> None:
    """Remember the first or the last text; rows come in the order in which they became known."""
    if label < 0:
        return
    if occurred < whole[f] if operation == FIRST_TEXT else occurred >= whole[f]:
        whole[f], decayed[f] = occurred, label


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _list(program: Program, rows: Rows, state: _State, f: int, row: int) -> None:
    """Put a row at the end of its list, or call the list stale where it belongs before the end."""
    q, place = program.lists[f], rows.rank[row]
    if program.operations[f] == FIRST_TEXT and rows.labels[program.columns[f], row] < 0:
        return
    if place < state.lists.latest[q]:
        state.lists.stale[q] = 1
    elif state.lists.stale[q] == 0:
        _push(program, rows, state.lists, f, row, place)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _push(program: Program, rows: Rows, lists: _Lists, f: int, row: int, place: int) -> None:
    q, operation = program.lists[f], program.operations[f]
    left, weight, tail, head = lists.left, lists.weight, lists.tail, lists.head
    before = lists.latest[q]
    lists.latest[q] = place
    if operation == GAP and before < 0:
        return
    leaves, size = place, 0
    if operation == MAX:
        size = rows.values[program.columns[f], row]
    elif operation == GAP:
        leaves = before
        size = rows.occurred[row] - rows.occurred[rows.by_occurred[before]]
    if operation != FIRST_TEXT:
        while tail[q] > head[q] and weight[q, tail[q] - 1] <= size:
            tail[q] -= 1
    left[q, tail[q]] = leaves
    weight[q, tail[q]] = size
    tail[q] += 1


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _renew(program: Program, rows: Rows, lists: _Lists, f: int, low: int, high: int, seen: int) -> None:
    """Make a list anew from the rows that are known, by occurrence, from place `low` on."""
    q = program.lists[f]
    lists.head[q] = 0
    lists.tail[q] = 0
    lists.latest[q] = -1
    lists.stale[q] = 0
    for place in range(low, high):
        row = rows.by_occurred[place]
        if row >= seen or rows.passes[row] & program.filters[f] == 0:
            continue
        if program.operations[f] == FIRST_TEXT and rows.labels[program.columns[f], row] < 0:
            continue
        _push(program, rows, lists, f, row, place)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _front(program: Program, rows: Rows, lists: _Lists, f: int, low: int) -> float:
    """Drop what left the window, whose first place is `low`, and return the answer."""
    q = program.lists[f]
    while lists.head[q] < lists.tail[q] and lists.left[q, lists.head[q]] < low:
        lists.head[q] += 1
    if lists.head[q] == lists.tail[q]:
        return float(np.nan)
    if program.operations[f] == MAX:
        return float(lists.weight[q, lists.head[q]] / SCALE)
    if program.operations[f] == GAP:
        return float(lists.weight[q, lists.head[q]] / DAY)
    return float(rows.labels[program.columns[f], rows.by_occurred[lists.left[q, lists.head[q]]]])


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _decay(total: float, reference: int, value: float, occurred: int, half_life: int) -> float:
    """Add a value to a total that stands at `reference`; the new total stands at the later instant."""
    if reference == UNSEEN:
        return value
    if occurred >= reference:
        return total * float(np.exp2(-(occurred - reference) / half_life)) + value
    return total + value * float(np.exp2(-(reference - occurred) / half_life))


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _is_first(tally: Int32, told: int, code: int) -> int:
    if code < 0:
        return 0
    tally[told, code] += 1
    return int(tally[told, code] == 1)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _was_last(tally: Int32, told: int, code: int) -> int:
    if code < 0:
        return 0
    tally[told, code] -= 1
    return int(tally[told, code] == 0)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _read(
    program: Program,
    rows: Rows,
    state: _State,
    low: int,
    high: int,
    seen: int,
    as_of: int,
    floor: int,
    answers: Float64,
) -> None:
    operations, _, _, _, places, half_lives, groups, windows, _, outputs = program
    whole, decayed, _, _, leaving, lists = state
    now = max(as_of, floor)
    for group in range(len(groups) - 1):
        begin = low if group == 0 else leaving[group - 1]
        for f in range(groups[group], groups[group + 1]):
            operation, number = operations[f], whole[f]
            if places[f] >= 0:
                if lists.stale[places[f]] == 1:
                    _renew(program, rows, lists, f, begin, high, seen)
                answers[outputs[f]] = _front(program, rows, lists, f, begin)
                continue
            answer = float(number)
            if operation == SUM:
                answer = number / SCALE
            elif number in (NEVER, UNSEEN):
                answer = 0.0 if operation == DECAYED else np.nan
            elif operation == DECAYED:
                answer = decayed[f] * np.exp2(-(now - number) / half_lives[f])
            elif operation == FIRST or operation == LAST:
                answer = (now - number) / DAY
            elif operation == MAX:
                answer = number / SCALE
            elif operation == FIRST_TEXT or operation == LAST_TEXT:
                known = group == 0 or number >= as_of - windows[group - 1]
                answer = decayed[f] if known else np.nan
            answers[outputs[f]] = answer


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _forget(program: Program, rows: Rows, state: _State, low: int, admitted: int) -> None:
    """Empty the tallies at the cost of the rows of one key, not of the longest."""
    operations, columns, tallies = program.operations, program.columns, program.tallies
    codes, tally = rows.codes, state.tally
    for f in range(len(operations)):
        if operations[f] == DISTINCT:
            for row in range(low, admitted):
                if codes[columns[f], row] >= 0:
                    tally[tallies[f], codes[columns[f], row]] = 0
