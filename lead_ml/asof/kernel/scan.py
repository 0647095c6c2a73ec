"""The compiled walk: a stream in key and time order beside snapshots in the same order.

For each snapshot it is first *cut*: how many rows of the key are known (``known_at < as_of``), and in the order of occurrence
how many have occurred and how many have left each window (``occurred_at < as_of - window``). The features then add up between the
cuts, one after the other over a block of keys that fits the processor's cache. Work is linear in rows plus snapshots: a row
enters once and leaves each window once, and counts and sums are differences of one running total, exact in integers.

A row that had occurred and was not known *waits*. Where few do, counts and sums take them off again; keys with many are
added up row by row. Of each distinct value the latest place that is known is marked, and a window has as many values as marks.
Largest values, gaps and first texts of a window are a list of candidates, each of which beats all later ones (a monotone
queue): the front is the answer, what left the window drops off the front. A record known late would belong into the middle, so
the list is then made anew from the rows of the window, at most once a snapshot.

All functions that the scan calls are in this file, because numba's cache looks only at the file of the function it compiles.
They take arrays by name: reading a field of a tuple inside a loop counts references, 40 times slower.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from lead_ml.asof.kernel.program import (
    COUNT,
    DAY,
    DECAYED,
    FIRST,
    FIRST_TEXT,
    GAP,
    LAST,
    LAST_TEXT,
    MAX,
    MOVES_A_ROW,
    NEVER,
    NO_KEY,
    SCALE,
    UNSEEN,
    Float64,
    Int64,
    UInt64,
    Walk,
)

IN_ORDER, ROWS_UNSORTED, OCCURS_AFTER_KNOWN, SPINE_UNSORTED, KEY_OUT_OF_RANGE = range(5)
NONE, SOME, MANY = range(3)
_STEPS = 4  # that may be spent a row and snapshot on listing rows not known
_BLOCK = 4096  # rows or snapshots
_FEW = 32  # codes of a column that are looked at one by one
_LONG = 4096  # rows of a key, past which its marks are not counted anew


class _Cuts(NamedTuple):
    """A block of keys with its cuts; the rows of its runs have places from 0 on, run after run; and room to work in.

    Places are in the order of occurrence, except those of `known`, which are in the order of knowledge.
    """

    runs: Int64  # the snapshots of run r are runs[r]:runs[r + 1]
    low: Int64  # rows of each run
    high: Int64
    at: Int64  # the first place of each run, and past the last
    waits: Int64  # NONE of the rows that occurred before a snapshot of the run were unknown then; SOME, listed below; MANY
    seen: Int64  # by snapshot: the first row not known
    left: Int64  # (W + 1, snapshots): the first place that has not left the window, the last one being of length 0
    past: Int64  # by snapshot: the first place that had not occurred, which is that last one
    by: Int64  # the row at each place by occurrence
    place: Int64  # the place within its run of each row by occurrence
    passed: UInt64  # the filters that the row at each place passes
    waiting: Int64  # places of rows that had occurred and were not known, snapshot after snapshot
    waited: Int64  # the snapshot of each of these, in the block
    total: Int64  # one entry per place and one more: a running total, or a list of candidates
    spare: Int64  # the same, for their weights
    latest: Int64  # by code, and once more for none: its latest place
    few: Int64  # the same, where the codes are few
    marks: UInt64  # a bit per place
    sides: Int64  # (2, F): where a window begins, and how many marks are in it


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def scan(walk: Walk) -> int:
    """Fill ``out`` (F, n), NaN without a key, and ``end`` where it has rows.

    Returns ``IN_ORDER``, or which rule of order the input breaks; `out` is then unfinished.
    """
    program, rows, keys, out = walk.program, walk.rows, walk.spine.keys, walk.out
    runs, blocks, most_snapshots, most_rows, most_runs = _blocks(keys, rows.offsets)
    left, width = np.empty((len(program.windows) + 1, most_snapshots), np.int64), 0
    for column in range(len(rows.widths)):
        width = max(width, rows.widths[column])
    cuts = _Cuts(
        runs,
        np.empty(most_runs, np.int64),
        np.empty(most_runs, np.int64),
        np.empty(most_runs + 1, np.int64),
        np.empty(most_runs, np.int64),
        np.empty(most_snapshots, np.int64),
        left,
        left[-1],
        np.empty(most_rows, np.int64),
        np.empty(most_rows, np.int64),
        np.empty(most_rows, np.uint64),
        np.empty(_STEPS * (most_rows + most_snapshots), np.int64),
        np.empty(_STEPS * (most_rows + most_snapshots), np.int64),
        np.empty(most_rows + 1, np.int64),
        np.empty(most_rows + 1, np.int64),
        np.full(width + 1, -1, np.int64),
        np.empty(_FEW + 1, np.int64),
        np.zeros((most_rows >> 6) + 1, np.uint64),
        np.empty((2, len(program.operations)), np.int64),
    )
    numbered = 0
    for b in range(len(blocks) - 1):
        first, last = blocks[b], blocks[b + 1]
        fault: int
        fault, waiting = _cut(walk, cuts, first, last)
        if fault != IN_ORDER:
            return fault
        for c in range(len(program.cells) - 1):
            _add_up(walk, cuts, first, last, c, waiting)
        for d in range(len(program.sets) - 1):
            if rows.widths[program.columns[program.sets[d]]] <= _FEW:
                _tell_few(walk, cuts, first, last, d)
            else:
                numbered = _count_distinct(walk, cuts, first, last, d, numbered)
        for f in range(program.sets[-1], len(program.operations)):
            operation, slot = program.operations[f], program.slots[f]
            if operation == GAP or (slot >= 0 and operation != LAST_TEXT):
                _list(walk, cuts, first, last, f)
            else:
                _remember(walk, cuts, first, last, f)
        for r in range(first, last):
            if keys[runs[r]] == NO_KEY:
                out[:, runs[r] : runs[r + 1]] = np.nan
    return IN_ORDER


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _blocks(keys: Int64, offsets: Int64) -> tuple[Int64, Int64, int, int, int]:
    """Return where each run of one key begins, where each block of runs begins, and the most that a block holds."""
    runs, blocks = np.empty(len(keys) + 1, np.int64), np.empty(len(keys) + 2, np.int64)
    count, made, snapshots, held = 0, 1, 0, 0
    most_snapshots, most_rows, most_runs = 0, 0, 0
    blocks[0] = 0
    for i in range(len(keys)):
        snapshots += 1
        if i == 0 or keys[i] != keys[i - 1]:
            if snapshots > _BLOCK or held > _BLOCK:
                blocks[made] = count
                made += 1
                snapshots, held = 1, 0
            runs[count] = i
            count += 1
            if 0 <= keys[i] < len(offsets) - 1:
                held += offsets[keys[i] + 1] - offsets[keys[i]]
        most_snapshots, most_rows = max(most_snapshots, snapshots), max(most_rows, held)
        most_runs = max(most_runs, count - blocks[made - 1])
    runs[count] = len(keys)
    blocks[made] = count
    return runs[: count + 1], blocks[: made + 1], most_snapshots, most_rows, most_runs


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _cut(walk: Walk, cuts: _Cuts, first: int, last: int) -> tuple[int, int]:
    """Cut a block of runs, and check the order of its rows and snapshots; return what it breaks, and how many rows wait."""
    offsets, known, occurred, passes = (
        walk.rows.offsets,
        walk.rows.known,
        walk.rows.occurred,
        walk.rows.passes,
    )
    windows, keys, as_of = walk.program.windows, walk.spine.keys, walk.spine.as_of
    runs, all_seen = cuts.runs, cuts.seen
    lows, highs, ats, by, place = cuts.low, cuts.high, cuts.at, cuts.by, cuts.place
    past, passed, origin, at, waiting = cuts.past, cuts.passed, runs[first], 0, 0
    for r in range(first, last):
        begin, stop, key = runs[r], runs[r + 1], keys[runs[r]]
        if key < -2 or key >= len(offsets) - 1:
            return KEY_OUT_OF_RANGE, 0
        if r > 0 and key < keys[begin - 1]:
            return SPINE_UNSORTED, 0
        low, high = (offsets[key], offsets[key + 1]) if key >= 0 else (0, 0)
        if low > high or high > len(known):
            return ROWS_UNSORTED, 0
        fault = _fault_of_rows(known, occurred, low, high)
        if fault != IN_ORDER:
            return int(fault), 0
        end = at + high - low
        lows[r - first], highs[r - first], ats[r - first] = low, high, at
        _place(occurred, low, high, by[at:end], place[at:end])
        for slot in range(len(windows) + 1):
            to, left = at, cuts.left[slot]
            window = windows[slot] if slot < len(windows) else 0
            for i in range(begin, stop):
                oldest = as_of[i] - window
                while to < end and occurred[by[to]] < oldest:
                    to += 1
                left[i - origin] = to
        seen, unknown = low, False
        for i in range(begin, stop):
            if i > begin and as_of[i] < as_of[i - 1]:
                return SPINE_UNSORTED, 0
            while seen < high and known[seen] < as_of[i]:
                seen += 1
            all_seen[i - origin] = seen
            unknown = unknown or past[i - origin] > at + seen - low
        cuts.waits[r - first] = NONE
        if unknown:
            waiting = _wait(cuts, r, first, waiting)
        at = end
    ats[last - first] = at
    for to in range(at):
        passed[to] = passes[by[to]]
    return IN_ORDER, waiting


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _fault_of_rows(known: Int64, occurred: Int64, low: int, high: int) -> int:
    for row in range(low, high):
        if row > low and known[row] < known[row - 1]:
            return ROWS_UNSORTED
        if occurred[row] > known[row]:
            return OCCURS_AFTER_KNOWN
    return IN_ORDER


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _place(occurred: Int64, low: int, high: int, by: Int64, place: Int64) -> None:
    """Put the rows of a key in the order of occurrence, those of one instant in their order.

    Records known late are few and near their place, so they are moved there one by one; a key that asks for more than
    16 moves a row is sorted instead.
    """
    moves = MOVES_A_ROW * (high - low)
    for row in range(low, high):
        to = row - low
        while to > 0 and occurred[by[to - 1]] > occurred[row] and moves >= 0:
            by[to] = by[to - 1]
            to -= 1
            moves -= 1
        if moves < 0:
            break
        by[to] = row
    if moves < 0:
        by[:] = low + np.argsort(occurred[low:high], kind="mergesort")
    for to in range(high - low):
        place[by[to] - low] = to


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _wait(cuts: _Cuts, r: int, first: int, listed: int) -> int:
    """List the rows of a run that had occurred and were not known at its snapshots, unless they are many; return the new end.

    They are few where records come a little late. A run that asks for more than 4 steps a row and snapshot is added up row
    by row instead.
    """
    runs, by, past, origin = cuts.runs, cuts.by, cuts.past, cuts.runs[first]
    begin, stop, end = runs[r] - origin, runs[r + 1] - origin, listed
    shift = cuts.at[r - first] - cuts.low[r - first]
    steps = _STEPS * (cuts.high[r - first] - cuts.low[r - first] + stop - begin)
    for i in range(begin, stop):
        unknown, place = past[i] - cuts.seen[i] - shift, past[i]
        while unknown > 0 and steps > 0:
            place -= 1
            steps -= 1
            if by[place] >= cuts.seen[i]:
                cuts.waiting[end], cuts.waited[end] = place, i
                end += 1
                unknown -= 1
        if unknown > 0:
            cuts.waits[r - first] = MANY
            return listed
    cuts.waits[r - first] = SOME
    return end


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _add_up(walk: Walk, cuts: _Cuts, first: int, last: int, cell: int, waiting: int) -> None:
    """Answer the counts or the sums of one cell: what has occurred, less what has left the window or was not known."""
    program, total, past, origin = walk.program, cuts.total, cuts.past, cuts.runs[first]
    features, more, size = program.cells[cell], program.cells[cell + 1], cuts.runs[last] - origin
    bit, column = program.filters[features], program.columns[features]
    scale = 1.0 if program.operations[features] == COUNT else float(SCALE)
    _run_up(walk.rows.values, bit, column, cuts.by, cuts.passed, cuts.at[last - first], total)
    for f in range(features, more):
        slot, answers = program.slots[f], walk.out[program.outputs[f]]
        if slot < 0:
            _add_ever(walk, cuts, first, last, f, scale)
            continue
        left, block = cuts.left[slot], answers[origin : origin + size]
        for i in range(size):
            block[i] = (total[past[i]] - total[left[i]]) / scale
        _take_off(total, cuts, slot, waiting, scale, block)
        for r in range(first, last):
            if cuts.waits[r - first] == MANY:
                _add_rows(walk, cuts, r, first, f, scale)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _run_up(values: Int64, bit: int, column: int, by: Int64, passed: UInt64, size: int, total: Int64) -> None:
    """Fill the running total over the rows of a block; without branches, since filters are hard to predict."""
    running = 0
    total[0] = 0
    if column < 0:
        for place in range(size):
            running += int((passed[place] & bit) != 0)
            total[place + 1] = running
    else:
        for place in range(size):
            running += values[column, by[place]] * int((passed[place] & bit) != 0)
            total[place + 1] = running


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _take_off(total: Int64, cuts: _Cuts, slot: int, waiting: int, scale: float, answers: Float64) -> None:
    """Answer the snapshots of a block anew at which rows within the window had occurred and were not known."""
    k = 0
    while k < waiting:
        i, unknown = cuts.waited[k], 0
        left = cuts.left[slot, i]
        while k < waiting and cuts.waited[k] == i:
            place = cuts.waiting[k]
            if place >= left:
                unknown += total[place + 1] - total[place]
            k += 1
        answers[i] = (total[cuts.past[i]] - total[left] - unknown) / scale


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _added(passes: UInt64, values: Int64, bit: int, column: int, row: int) -> int:
    if not passes[row] & bit:
        return 0
    return 1 if column < 0 else values[column, row]


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _add_ever(walk: Walk, cuts: _Cuts, first: int, last: int, f: int, scale: float) -> None:
    """Answer an all-time count or sum: the base, and what is known beyond the rows that the base has scanned."""
    program, keys, out, total = walk.program, walk.spine.keys, walk.out, cuts.total
    runs, seen, past, origin = cuts.runs, cuts.seen, cuts.past, cuts.runs[first]
    own, final, carried, state = walk.base.whole, walk.end.whole, walk.rows.carried, program.states[f]
    passes, values, bit, column = walk.rows.passes, walk.rows.values, program.filters[f], program.columns[f]
    start, answers = program.start[state], out[program.outputs[f]]
    for r in range(first, last):
        key, low, at = keys[runs[r]], cuts.low[r - first], cuts.at[r - first]
        known = own[key, state] if key >= 0 and len(own) > 0 else start
        scanned = carried[key] if cuts.high[r - first] > low else 0
        if scanned == 0 and cuts.waits[r - first] == NONE:
            for i in range(runs[r], runs[r + 1]):
                answers[i] = (known + total[past[i - origin]] - total[at]) / scale
            known += total[past[runs[r + 1] - 1 - origin]] - total[at]
        else:
            before = low + scanned
            for i in range(runs[r], runs[r + 1]):
                for row in range(before, seen[i - origin]):
                    known += _added(passes, values, bit, column, row)
                before = max(before, seen[i - origin])
                answers[i] = known / scale
        if key >= 0 and len(final) > 0:
            final[key, state] = known


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _add_rows(walk: Walk, cuts: _Cuts, r: int, first: int, f: int, scale: float) -> None:
    """Answer a window of a run row by row as they become known and leave; a row that has left before never counts."""
    program, occurred, as_of, by, left = (
        walk.program,
        walk.rows.occurred,
        walk.spine.as_of,
        cuts.by,
        cuts.left,
    )
    passes, values, bit, column = walk.rows.passes, walk.rows.values, program.filters[f], program.columns[f]
    slot, answers = program.slots[f], walk.out[program.outputs[f]]
    low, at, origin, window = cuts.low[r - first], cuts.at[r - first], cuts.runs[first], program.windows[slot]
    inside, place, before, limit = 0, at, low, UNSEEN
    for i in range(cuts.runs[r], cuts.runs[r + 1]):
        seen = cuts.seen[i - origin]
        for row in range(before, seen):
            if occurred[row] >= limit:
                inside += _added(passes, values, bit, column, row)
        while place < left[slot, i - origin]:
            if by[place] < seen:
                inside -= _added(passes, values, bit, column, by[place])
            place += 1
        before, limit = seen, as_of[i] - window
        answers[i] = inside / scale


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _tell_few(walk: Walk, cuts: _Cuts, first: int, last: int, cell: int) -> None:
    """Answer the distinct features of one cell with few codes: those whose latest place that is known is in the window."""
    program, rows, out, few = walk.program, walk.rows, walk.out, cuts.few
    runs, all_seen, lefts, places = cuts.runs, cuts.seen, cuts.left, cuts.place
    features, more, origin = program.sets[cell], program.sets[cell + 1], runs[first]
    column, bit, passes = program.columns[features], program.filters[features], rows.passes
    codes, width = rows.codes[column], rows.widths[column]
    for r in range(first, last):
        low, at = cuts.low[r - first], cuts.at[r - first]
        for code in range(width):
            few[code] = -1
        before = low
        for i in range(runs[r] - origin, runs[r + 1] - origin):
            for row in range(before, all_seen[i]):
                code = codes[row]
                which = code if code >= 0 and passes[row] & bit != 0 else width
                few[which] = max(few[which], places[at + row - low])
            before = all_seen[i]
            for f in range(features, more):
                oldest = lefts[program.slots[f], i] - at if program.slots[f] >= 0 else 0
                found = 0
                for code in range(width):
                    found += int(few[code] >= oldest)
                out[program.outputs[f], origin + i] = found


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _count_distinct(walk: Walk, cuts: _Cuts, first: int, last: int, cell: int, numbered: int) -> int:
    """Answer the distinct features of one cell; return how many places the scan has numbered.

    The latest place that is known of each code is marked, so that the marks in a window are its distinct codes. `latest` has
    these places, counted from the first one of the walk, which spares clearing it for each key; its end means no code.
    The marks of a key with many rows are not counted anew for each snapshot: `sides` keeps where a window began, and how many
    were in it.
    """
    program, out, latest, marks, sides = walk.program, walk.out, cuts.latest, cuts.marks, cuts.sides
    runs, all_seen, lefts, past, places = cuts.runs, cuts.seen, cuts.left, cuts.past, cuts.place
    features, more, origin, width = program.sets[cell], program.sets[cell + 1], runs[first], len(latest) - 1
    passes, bit = walk.rows.passes, program.filters[features]
    codes = walk.rows.codes[program.columns[features]]
    for r in range(first, last):
        low, at = cuts.low[r - first], cuts.at[r - first]
        size, before, found = cuts.high[r - first] - low, low, 0
        for word in range((size >> 6) + 1):
            marks[word] = 0
        if size > _LONG:
            sides[:, features:more] = 0
        for i in range(runs[r] - origin, runs[r + 1] - origin):
            for row in range(before, all_seen[i]):
                code, place = codes[row], places[at + row - low]
                counts = code >= 0 and passes[row] & bit != 0
                which = code if counts else width
                former = latest[which] - numbered
                later, again = counts and place > former, former >= 0
                latest[which] = numbered + max(place, former)
                found += int(later and not again)
                former = max(former, 0)
                marks[former >> 6] &= ~(np.uint64(later and again) << np.uint64(former & 63))
                marks[place >> 6] |= np.uint64(later) << np.uint64(place & 63)
                if size > _LONG:
                    for f in range(features, more):
                        sides[1, f] += int(later and place >= sides[0, f])
                        sides[1, f] -= int(later and again and former >= sides[0, f])
            before = all_seen[i]
            for f in range(features, more):
                answer = found
                if program.slots[f] >= 0:
                    left = lefts[program.slots[f], i] - at
                    if size > _LONG:
                        sides[1, f] -= _marked(marks, sides[0, f], left)
                        sides[0, f] = left
                        answer = sides[1, f]
                    else:
                        answer = _marked(marks, left, past[i] - at)
                out[program.outputs[f], origin + i] = answer
        numbered += size
    return numbered


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _marked(marks: UInt64, low: int, high: int) -> int:
    """Count the marks from place `low` up to `high`."""
    if low >= high:
        return 0
    word, last = low >> 6, (high - 1) >> 6
    behind = np.uint64(63 - ((high - 1) & 63))  # bits of the last word that are past it
    if word == last:
        return int(_ones((marks[word] >> np.uint64(low & 63)) << (np.uint64(low & 63) + behind)))
    count = int(_ones(marks[word] >> np.uint64(low & 63))) + int(_ones(marks[last] << behind))
    for between in range(word + 1, last):
        count += _ones(marks[between])
    return count


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _ones(word: np.uint64) -> int:
    """Count the bits of a word: of two, of four, of eight and so on at a time."""
    one, two, four = (
        np.uint64(0x5555555555555555),
        np.uint64(0x3333333333333333),
        np.uint64(0x0F0F0F0F0F0F0F0F),
    )
    pairs = word - ((word >> np.uint64(1)) & one)
    fours = (pairs & two) + ((pairs >> np.uint64(2)) & two)
    bytes_of = (fours + (fours >> np.uint64(4))) & four
    halves = bytes_of + (bytes_of >> np.uint64(8))
    halves += halves >> np.uint64(16)
    return int((halves + (halves >> np.uint64(32))) & np.uint64(127))


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _remember(walk: Walk, cuts: _Cuts, first: int, last: int, f: int) -> None:
    """Answer a feature that is one number and one instant, scanned in the order in which rows became known."""
    program, rows, base, end, floor = walk.program, walk.rows, walk.base, walk.end, walk.floor
    keys, as_of, passes, occurred = walk.spine.keys, walk.spine.as_of, rows.passes, rows.occurred
    runs, all_seen, lows, highs = cuts.runs, cuts.seen, cuts.low, cuts.high
    operation, bit, column = program.operations[f], program.filters[f], program.columns[f]
    half_life, slot, state = program.half_lives[f], program.slots[f], program.states[f]
    values, labels, carried, start = rows.values, rows.labels, rows.carried, program.start
    answers, origin = walk.out[program.outputs[f]], runs[first]
    for r in range(first, last):
        low, high, begin, stop = lows[r - first], highs[r - first], runs[r], runs[r + 1]
        key = keys[begin]
        whole, number = start[state] if state >= 0 else UNSEEN, 0.0
        if state >= 0 and key >= 0 and len(base.whole) > 0:
            whole, number = base.whole[key, state], base.decayed[key, state]
        before = low + carried[key] if high > low and state >= 0 else low
        for i in range(begin, stop):
            seen = all_seen[i - origin]
            for row in range(before, seen):
                if passes[row] & bit == 0:
                    continue
                if operation == LAST:
                    whole = max(whole, occurred[row])
                elif operation == FIRST:
                    whole = min(whole, occurred[row])
                elif operation == DECAYED:
                    value = 1.0 if column < 0 else values[column, row] / SCALE
                    number = _decay(number, whole, value, occurred[row], half_life)
                    whole = max(whole, occurred[row])
                elif operation == MAX:
                    whole = max(whole, values[column, row])
                elif labels[column, row] >= 0 and (
                    occurred[row] < whole if operation == FIRST_TEXT else occurred[row] >= whole
                ):
                    whole, number = occurred[row], float(labels[column, row])
            before = max(before, seen)
            since = as_of[i] - program.windows[slot] if slot >= 0 else UNSEEN
            answers[i] = _answer(operation, whole, number, max(as_of[i], floor), since, half_life)
        if state >= 0 and key >= 0 and len(end.whole) > 0:
            end.whole[key, state], end.decayed[key, state] = whole, number


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _decay(total: float, reference: int, value: float, occurred: int, half_life: int) -> float:
    """Add a value to a total as of `reference`; the new total is as of the later instant."""
    if reference == UNSEEN:
        return value
    if occurred >= reference:
        return total * float(np.exp2(-(occurred - reference) / half_life)) + value
    return total + value * float(np.exp2(-(reference - occurred) / half_life))


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _answer(operation: int, whole: int, number: float, now: int, since: int, half_life: int) -> float:
    if whole == NEVER or whole == UNSEEN:
        return 0.0 if operation == DECAYED else np.nan
    if operation == DECAYED:
        return float(number * np.exp2(-(now - whole) / half_life))
    if operation == FIRST or operation == LAST:
        return float((now - whole) / DAY)
    if operation == MAX:
        return float(whole / SCALE)
    return number if whole >= since else np.nan


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _list(walk: Walk, cuts: _Cuts, first: int, last: int, f: int) -> None:
    """Answer a largest value, gap or first text from its candidates: the places at which they leave, and their weights."""
    program, rows, leaves, weight = walk.program, walk.rows, cuts.total, cuts.spare
    operation, bit, column, slot = (
        program.operations[f],
        program.filters[f],
        program.columns[f],
        program.slots[f],
    )
    passes, values, occurred, labels = rows.passes, rows.values, rows.occurred, rows.labels
    answers, origin = walk.out[program.outputs[f]], cuts.runs[first]
    for r in range(first, last):
        low, high, begin, stop = cuts.low[r - first], cuts.high[r - first], cuts.runs[r], cuts.runs[r + 1]
        at = cuts.at[r - first]
        by, place_of = cuts.by[at : at + high - low], cuts.place[at : at + high - low]
        head, tail, latest, entering = 0, 0, -1, low
        for i in range(begin, stop):
            seen = cuts.seen[i - origin]
            gone = cuts.left[slot, i - origin] - at if slot >= 0 else 0
            again = high - low  # the next place where the list is made anew, else past the last
            while entering < seen or again < high - low:
                if entering < seen:
                    row, place = entering, place_of[entering - low]
                    entering += 1
                else:
                    row, place = by[again], again
                    again += 1
                if (
                    row >= seen
                    or place < gone
                    or passes[row] & bit == 0
                    or (operation == FIRST_TEXT and labels[column, row] < 0)
                ):
                    continue
                if place < latest:
                    head, tail, latest, entering, again = 0, 0, -1, seen, gone
                    continue
                leaving, size = place, 0
                if operation == MAX:
                    size = values[column, row]
                elif operation == GAP:
                    leaving, size = latest, occurred[row] - occurred[by[max(latest, 0)]]
                latest = place
                if leaving < 0:
                    continue
                while operation != FIRST_TEXT and tail > head and weight[tail - 1] <= size:
                    tail -= 1
                leaves[tail], weight[tail] = leaving, size
                tail += 1
            while head < tail and leaves[head] < gone:
                head += 1
            answers[i] = np.nan
            if head < tail and operation == FIRST_TEXT:
                answers[i] = labels[column, by[leaves[head]]]
            elif head < tail:
                answers[i] = weight[head] / (SCALE if operation == MAX else DAY)
