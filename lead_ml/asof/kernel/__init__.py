"""The feature kernel: one compiled scan of a stream that serves training, requests and clusters alike.

:func:`compile_plans` groups declarations by stream and key, :func:`gather` lays a stream out in order, :func:`run`
scans it beside any snapshots, and :func:`aggregate` does all of it. :class:`HistorySnapshot` is the history of shared keys that a
request does not carry; :class:`IncrementalState` keeps the same history in memory and adds to it event by event.
"""

from __future__ import annotations

from lead_ml.asof.kernel.aggregate import aggregate, aggregate_coded, warm
from lead_ml.asof.kernel.attribute_history import column_at, key_at
from lead_ml.asof.kernel.history_snapshot import HistorySnapshot
from lead_ml.asof.kernel.incremental import IncrementalState
from lead_ml.asof.kernel.merge_snapshots import merged
from lead_ml.asof.kernel.parts import combined, content, parts_of, quotient
from lead_ml.asof.kernel.plan import Plan, compile_plans
from lead_ml.asof.kernel.program import EMPTY_KEY, NO_KEY
from lead_ml.asof.kernel.pseudonyms import found_by_pseudonyms, is_personal, under_pseudonyms
from lead_ml.asof.kernel.run import run
from lead_ml.asof.kernel.stored import Answered, StoredDataset, StoredEvents, delays, stored_of
from lead_ml.asof.kernel.stream import Stream, gather
from lead_ml.asof.kernel.take_snapshot import take_snapshot

__all__ = [
    "EMPTY_KEY",
    "NO_KEY",
    "Answered",
    "HistorySnapshot",
    "IncrementalState",
    "Plan",
    "StoredDataset",
    "StoredEvents",
    "Stream",
    "aggregate",
    "aggregate_coded",
    "column_at",
    "combined",
    "compile_plans",
    "content",
    "delays",
    "found_by_pseudonyms",
    "gather",
    "is_personal",
    "key_at",
    "merged",
    "parts_of",
    "quotient",
    "run",
    "stored_of",
    "take_snapshot",
    "under_pseudonyms",
    "warm",
]
