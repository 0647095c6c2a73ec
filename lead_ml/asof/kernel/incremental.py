"""Incremental state: the history of every key of one plan, kept in memory and updated event by event.

Where :class:`HistorySnapshot` is the history that a bundle ships, this one grows. For each key it holds the scanned state of its all-time
features, the rows that a window or a set of distinct values may still count, and a tail of rows not scanned yet. A new
row joins the tail; when the tail has outgrown the rows held, what became known longer than the grace ago is scanned and what no
feature needs any more is dropped, so a row costs O(1) on average. Reading scans the tail on the side and changes
nothing. A record that comes late, but within the grace, is in the tail like any other and is scanned in its order.

Memory per key is bounded by twice the rows of the longest window and the grace plus one row for each distinct value; a
longest gap over all time needs every row, since a late record may split it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lead_ml.asof.kernel.attribute_history import moves
from lead_ml.asof.kernel.plan import Plan
from lead_ml.asof.kernel.program import UNSEEN, Base
from lead_ml.asof.kernel.rows import StreamRows, collect, lead_keys, no_rows
from lead_ml.asof.kernel.run import run
from lead_ml.asof.kernel.stored import Answered
from lead_ml.asof.kernel.stream import Stream, in_order, lay_out
from lead_ml.asof.kernel.take_snapshot import by_text, recoded, settled, still_needed
from lead_ml.errors import DeclarationError, InputError, LateRecord
from lead_ml.tables.dataset import Coded, Codes, Dataset, Instants
from lead_ml.tables.instants import iso

GRACE = 2 * 86_400_000_000  # microseconds
_LEAST_TAIL = 64
_ONE_KEY = Coded(np.zeros(1, dtype=np.int32), ("",))


class IncrementalState:
    """The incremental state of one plan.

    A record may come `grace` microseconds after later ones: so long rows stay in the tail before they are scanned.
    """

    def __init__(self, plan: Plan, *, grace: int = GRACE) -> None:
        if plan.stream == "conversions":
            raise DeclarationError(
                "conversions cannot be added record by record",
                value=plan.name,
                expected="events, leads or outcomes: of a lead with two wins only the first counts",
                do="keep their history with take_snapshot()",
            )
        self.plan = plan
        self.grace = grace
        self._held: dict[str, _Held] = {}

    def __len__(self) -> int:
        """Number of keys."""
        return len(self._held)

    @property
    def rows(self) -> int:
        """Number of rows held, over all keys."""
        return sum(len(held.carried) + held.waiting for held in self._held.values())

    def add(self, dataset: Dataset) -> None:
        """Add the plan's stream of `dataset`, for example new events of some leads: all of it, or nothing."""
        parts = self._by_key(dataset)
        for key, part in parts.items():
            held = self._held.get(key)
            if held is not None and int(part.known.min()) < held.until:
                raise LateRecord(
                    f"a record of {self.plan.key} {key!r} comes too late for {self.plan.name}",
                    value=iso(int(part.known.min())),
                    expected=f"known at or after {iso(held.until)}, which was scanned",
                    do="rebuild the key from its whole history",
                )
        for key, part in parts.items():
            self._held.setdefault(key, _Held(self.plan)).append(part, self.grace)

    def rebuild(self, dataset: Dataset) -> None:
        """Replace the state of the keys in `dataset`, which holds their whole history."""
        for key, part in self._by_key(dataset).items():
            self._held[key] = _Held(self.plan)
            self._held[key].append(part, self.grace)

    def read(self, key: str, as_of: Instants) -> Answered:
        """Return the features of one key, (n, F), and the texts of their codes, as :func:`aggregate_coded` does.

        For an ``as_of`` (n,) before what was scanned, windows and distinct values are cut at ``as_of`` over the history as it
        is known now, and other all-time features answer as of then, as for :class:`HistorySnapshot`.
        """
        held = self._held.get(key)
        stream = (_Held(self.plan) if held is None else held).stream()
        return run(self.plan, stream, np.zeros(len(as_of), dtype=np.int32), as_of), stream.shown

    def _by_key(self, dataset: Dataset) -> dict[str, StreamRows]:
        if moves(dataset, self.plan.key) is not None:
            raise InputError(
                f"incremental state cannot follow a {self.plan.key} that changes",
                source=self.plan.name,
                expected="the current key of each lead",
            )
        keys = lead_keys(self.plan, dataset)
        rows = collect(self.plan, dataset, keys)
        if rows is None or not len(rows):
            return {}
        order = np.argsort(rows.key, kind="stable")
        codes, starts = np.unique(rows.key[order], return_index=True)
        parts = np.split(order, starts[1:])
        return {keys.levels[code]: _alone(rows.take(part)) for code, part in zip(codes, parts, strict=True)}


class _Held:
    """The state of one key: what was scanned until `until`, the rows of it still needed, and the tail of later ones."""

    __slots__ = ("base", "carried", "plan", "tail", "until", "waiting")

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.base = Base(plan.program.start[None, :].copy(), np.zeros((1, len(plan.ever))))
        self.until = UNSEEN
        self.carried = no_rows(plan)
        self.tail: list[StreamRows] = []
        self.waiting = 0

    def append(self, rows: StreamRows, grace: int) -> None:
        self.tail.append(rows)
        self.waiting += len(rows)
        if self.waiting > max(_LEAST_TAIL, len(self.carried)):
            self._settle(int(max(part.known.max() for part in self.tail)) - grace)

    def stream(self) -> Stream:
        """Lay out what is held, without changing it."""
        later = in_order(self.plan, _joined(self.plan, self.tail))
        return self._laid_out(_joined(self.plan, [self.carried, replace(later, event_id=None)]))

    def _laid_out(self, rows: StreamRows) -> Stream:
        carried = np.array([len(self.carried)], dtype=np.int64)
        return lay_out(self.plan, _ONE_KEY, rows, carried=carried, base=self.base, floor=self.until)

    def _settle(self, until: int) -> None:
        """Scan what was known before `until`, and drop what no feature needs any more."""
        if until <= self.until:
            return
        tail = _joined(self.plan, self.tail)
        ripe = tail.known < until
        rows = _joined(
            self.plan, [self.carried, replace(in_order(self.plan, tail.take(ripe)), event_id=None)]
        )
        end = Base(self.base.whole.copy(), self.base.decayed.copy())
        end = settled(self.plan, self._laid_out(rows), until, end)
        rows = still_needed(self.plan, rows, until)
        self.carried = replace(rows, known=rows.occurred, texts=recoded(self.plan, end, rows.texts))
        self.base, self.until = end, until
        self.tail = [tail.take(~ripe)]
        self.waiting = len(self.tail[0])


def _alone(rows: StreamRows) -> StreamRows:
    """Return the rows of one key as those of key 0, with no more texts than they use."""
    event_id = None if rows.event_id is None else by_text(rows.event_id)
    texts = tuple(by_text(text) for text in rows.texts)
    return replace(rows, key=np.zeros(len(rows), dtype=np.int64), texts=texts, event_id=event_id)


def _joined(plan: Plan, parts: list[StreamRows]) -> StreamRows:
    """Put rows of one key together; the texts of the first part keep their codes."""
    if not parts:
        return no_rows(plan)
    if len(parts) == 1:
        return parts[0]
    with_ids = any(part.event_id is not None for part in parts)
    ids = [part.event_id or Coded(np.full(len(part), -1, dtype=np.int32), ()) for part in parts]
    arrays = {
        name: np.concatenate([getattr(part, name) for part in parts], axis=-1)
        for name in ("key", "known", "occurred", "passes", "values")
    }
    texts = tuple(_one([part.texts[k] for part in parts]) for k in range(len(plan.text_columns)))
    return StreamRows(**arrays, texts=texts, event_id=_one(ids) if with_ids else None)


def _one(texts: list[Coded]) -> Coded:
    levels: dict[str, int] = {level: code for code, level in enumerate(texts[0].levels)}
    codes: list[Codes] = [texts[0].codes]
    for text in texts[1:]:
        table = [levels.setdefault(level, len(levels)) for level in text.levels]
        codes.append(np.array([*table, -1], dtype=np.int32)[text.codes])
    return Coded(np.concatenate(codes), tuple(levels))
