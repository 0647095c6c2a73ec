"""Running a plan: snapshots in any order against a stream."""

from __future__ import annotations

import numpy as np

from lead_ml.asof.kernel.order import UNSORTED, order_of, put_back
from lead_ml.asof.kernel.plan import Plan
from lead_ml.asof.kernel.program import Base, Snapshots, Walk
from lead_ml.asof.kernel.scan import (
    IN_ORDER,
    KEY_OUT_OF_RANGE,
    OCCURS_AFTER_KNOWN,
    ROWS_UNSORTED,
    SPINE_UNSORTED,
    scan,
)
from lead_ml.asof.kernel.stream import Stream, no_base
from lead_ml.errors import InputError
from lead_ml.tables.dataset import Codes, Floats, Instants

_FAULTS = {
    ROWS_UNSORTED: ("rows are out of order", "rows sorted by key and known_at"),
    OCCURS_AFTER_KNOWN: ("a row is known before it occurred", "known_at at or after occurred_at"),
    SPINE_UNSORTED: ("snapshots are out of order", "snapshots sorted by key and as_of"),
    KEY_OUT_OF_RANGE: ("a snapshot has an unknown key code", "a code of the stream's keys, -1 or -2"),
}


def run(plan: Plan, stream: Stream, key_of: Codes, as_of: Instants) -> Floats:
    """Walk the stream beside snapshots in any order; return (n, F) with each column in one piece.

    Key -1 (``NO_KEY``) gives NaN throughout, -2 (``EMPTY_KEY``) the values of a key without rows.
    """
    # Read-only arrays are another type to numba, and would be compiled for anew.
    keys, as_of = (np.require(item, np.int64, ("C", "W")) for item in (key_of, as_of))
    out = np.empty((len(plan.features), len(keys)))
    if not stream.supplied:
        out[:] = np.nan
    elif order_of(keys, as_of, as_of) != UNSORTED:
        walked(plan, stream, Snapshots(keys, as_of), out=out, end=no_base(plan))
    else:
        order = np.lexsort((as_of, keys))
        walked(plan, stream, Snapshots(keys[order], as_of[order]), out=out, end=no_base(plan))
        put_back(out, order)
    return out.T


def walked(plan: Plan, stream: Stream, spine: Snapshots, *, out: Floats, end: Base) -> None:
    """Fill `out` (F, n) for snapshots in order, and `end` with the state of each key after its last one."""
    fault = scan(Walk(plan.program, stream.rows, stream.base, spine, stream.floor, out, end))
    if fault != IN_ORDER:
        problem, expected = _FAULTS[fault]
        raise InputError(problem, source=f"{plan.stream} by {plan.key}", expected=expected)
