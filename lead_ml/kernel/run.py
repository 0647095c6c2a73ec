"""Running a plan: snapshots in any order against a stream."""

from __future__ import annotations

import numpy as np

from lead_ml.data import Codes, Floats, Indices, Instants
from lead_ml.errors import InputError
from lead_ml.kernel.fold import (
    IN_ORDER,
    KEY_OUT_OF_RANGE,
    OCCURS_AFTER_KNOWN,
    ROWS_UNSORTED,
    SPINE_UNSORTED,
    WINDOW_ORDER,
    Base,
    Snapshots,
    walk,
)
from lead_ml.kernel.plan import Plan
from lead_ml.kernel.stream import Stream, no_base

NO_KEY = -1
EMPTY_KEY = -2

_FAULTS = {
    ROWS_UNSORTED: ("rows are out of order", "rows sorted by key and known_at"),
    OCCURS_AFTER_KNOWN: ("a row is known before it occurred", "known_at at or after occurred_at"),
    WINDOW_ORDER: ("the order of occurrence is wrong", "the rows of each key sorted by occurred_at"),
    SPINE_UNSORTED: ("snapshots are out of order", "snapshots sorted by key and as_of"),
    KEY_OUT_OF_RANGE: ("a snapshot has an unknown key code", "a code of the stream's keys, -1 or -2"),
}


def run(plan: Plan, stream: Stream, key_of: Codes, as_of: Instants) -> Floats:
    """Walk the stream beside the snapshots, which may be in any order.

    Parameters
    ----------
    plan, stream
        A plan and its stream.
    key_of
        (n,) code of each snapshot's key in ``stream.keys.levels``; -1 (``NO_KEY``) gives NaN throughout, -2
        (``EMPTY_KEY``) the values of a key without rows.
    as_of
        (n,) microseconds UTC.

    Returns
    -------
    (n, F) float64, rows and columns in the order given.

    Raises
    ------
    InputError
        Where the stream breaks the kernel's order, or a row is known before it occurred.
    """
    out = np.full((len(key_of), len(plan.features)), np.nan)
    if stream.supplied:
        walked(plan, stream, key_of, as_of, out=out, end=no_base(plan))
    return out


def walked(
    plan: Plan, stream: Stream, key_of: Codes | Indices, as_of: Instants, *, out: Floats, end: Base
) -> None:
    """Fill `out` for the snapshots that have a key, and `end` with the state of each key after its last snapshot."""
    keys = np.asarray(key_of, dtype=np.int64)
    order = np.lexsort((as_of, keys))
    order = order[keys[order] != NO_KEY]
    spine = Snapshots(keys[order], as_of[order], order)
    fault = walk(
        plan.program,
        stream.rows,
        stream.base,
        spine,
        plan.start,
        stream.floor,
        stream.width,
        stream.deepest,
        out,
        end,
    )
    if fault != IN_ORDER:
        problem, expected = _FAULTS[fault]
        raise InputError(problem, source=f"{plan.stream} by {plan.key}", expected=expected)
