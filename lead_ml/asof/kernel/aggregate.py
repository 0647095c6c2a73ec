"""From a dataset to features: one call for the training table and for a request."""

from __future__ import annotations

import numpy as np

from lead_ml.asof.kernel.attribute_history import moves
from lead_ml.asof.kernel.history_snapshot import HistorySnapshot
from lead_ml.asof.kernel.joined import joined
from lead_ml.asof.kernel.plan import Plan, compile_plans
from lead_ml.asof.kernel.run import run
from lead_ml.asof.kernel.stored import Answered, stored_of
from lead_ml.asof.kernel.stream import gather
from lead_ml.declare import events
from lead_ml.errors import InputError
from lead_ml.tables.dataset import Coded, Codes, Dataset, Events, Floats, Indices, Instants, Leads


def aggregate(
    plan: Plan, dataset: Dataset, lead: Indices, as_of: Instants, snapshot: HistorySnapshot | None = None
) -> Floats:
    """Compute the features of `plan`, (n, F), for snapshots (n,) of leads of `dataset`; see :func:`aggregate_coded`."""
    return np.asarray(aggregate_coded(plan, dataset, lead, as_of, snapshot)[0])


def aggregate_coded(
    plan: Plan, dataset: Dataset, lead: Indices, as_of: Instants, snapshot: HistorySnapshot | None = None
) -> Answered:
    """Return the features (n, F), NaN for missing, and the texts of the codes in each of ``plan.shown_columns``.

    Only what is known strictly before ``as_of`` counts. With a history `snapshot` of its keys, `dataset` holds the few leads
    of a request, and rows known before ``snapshot.until`` are taken to be in it already. A lead converts once, so for
    conversions its outcomes must be given whole: a later one alone would count it again. A request says what its lead's key is
    now, not since when: its `dataset` has no history of the key.
    """
    if snapshot is not None and moves(dataset, plan.key) is not None:
        raise InputError(
            f"a request brings the history of {plan.key} beside the history snapshot",
            source=plan.name,
            expected="its current value",
        )
    stored = stored_of(dataset)
    if stored is not None and plan.stream == "events" and snapshot is None:
        return stored.answer(plan, dataset, lead, as_of)
    anchor = None if snapshot is None or not snapshot.anchored else _anchor(plan, as_of, snapshot.until)
    stream = gather(plan, dataset) if snapshot is None else joined(plan, dataset, snapshot, anchor)
    keys = keys_at(plan, dataset, stream.keys, lead, as_of)
    when = as_of if snapshot is None or anchor is None else np.full_like(as_of, snapshot.until)
    return run(plan, stream, keys, when), stream.shown


def _anchor(plan: Plan, as_of: Instants, until: int) -> int | None:
    """Return the instant of a request that an anchored history answers as of its own end; None where it is not later."""
    if len(as_of) and as_of.min() != as_of.max():
        raise InputError("a request asks at several instants", source=plan.name, expected="one as_of")
    return int(as_of[0]) if len(as_of) and as_of[0] > until else None


def keys_at(plan: Plan, dataset: Dataset, keys: Coded, lead: Indices, as_of: Instants) -> Codes:
    """Return the code (n,) in `keys`, of :func:`lead_keys`, of the key that each lead was known to have before `as_of`."""
    moved = moves(dataset, plan.key)
    found = keys.take(lead) if moved is None else moved.value("key", moved.last_before(lead, as_of))
    return found.codes


def warm() -> None:
    """Compile the kernel, or load it from numba's cache: about 10 s or 0.3 s. Later calls in this process are quick."""
    words = {"en": "Rows", "zh": "Rows", "group": "engagement"}
    plan = compile_plans(
        [
            events().count("rows", window="1m", **words),
            events().distinct("types", of="type", **words),
            events().sum("value", of="value", **words),
            events().last("type", of="type", **words),
        ]
    )[0]
    # In the order of time and not of keys, and two at one instant, so that every way of ordering is compiled.
    lead, time = np.array([1, 0, 0]), np.array([0, 1, 1])
    rows = Events(lead, time, time, {"type": Coded.of(["a", None, "b"])}, np.zeros(3))
    aggregate(plan, Dataset(Leads(("first", "second"), time[:2]), rows), lead, time + 1)
