"""A request's own rows on top of the history snapshot of their keys."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from lead_ml.asof.kernel.history_snapshot import HistorySnapshot
from lead_ml.asof.kernel.order import grouped, offsets_of
from lead_ml.asof.kernel.plan import Plan
from lead_ml.asof.kernel.program import Base
from lead_ml.asof.kernel.rows import StreamRows, collect, lead_keys, no_rows
from lead_ml.asof.kernel.stream import Stream, absent, in_order, lay_out
from lead_ml.tables.dataset import Coded, Codes, Dataset


def joined(
    plan: Plan, dataset: Dataset, snapshot: HistorySnapshot, anchored_from: int | None = None
) -> Stream:
    """Lay out the history of the dataset's keys with the dataset's rows known at or after ``snapshot.until`` on top.

    Costs no more than the rows of those keys. Rows known before ``snapshot.until`` are in the history already. What was known
    before `anchored_from` is moved to just before ``snapshot.until``, as long after its occurrence as it was then.
    """
    keys = lead_keys(plan, dataset)
    rows = collect(plan, dataset, keys)
    if rows is None and not snapshot.supplied:
        return absent(plan, keys)
    fresh = no_rows(plan) if rows is None else rows.take(rows.known >= snapshot.until)
    if anchored_from is not None:
        fresh = _moved(fresh.take(fresh.known < anchored_from), anchored_from, snapshot.until)
    fresh = in_order(plan, fresh)
    position = _positions(keys, snapshot)
    carried = snapshot.offsets[position + 1] - snapshot.offsets[position]
    both = _history(snapshot, position, carried, fresh)
    both = both.take(grouped(both.key, offsets_of(both.key, len(keys.levels))))
    base = Base(snapshot.base.whole[position], snapshot.base.decayed[position])
    return lay_out(plan, keys, both, carried=carried, base=base, floor=snapshot.until)


def _moved(rows: StreamRows, as_of: int, until: int) -> StreamRows:
    """Return rows known before `as_of` as known just before `until`: a row of the history is never behind them."""
    return replace(rows, known=np.full_like(rows.known, until - 1), occurred=rows.occurred - (as_of - until))


def _positions(keys: Coded, snapshot: HistorySnapshot) -> npt.NDArray[np.int64]:
    """Return the position of the history of each key level; a level that no lead has needs none."""
    position = np.full(len(keys.levels), len(snapshot.keys), dtype=np.int64)
    for code in np.unique(keys.codes[keys.codes >= 0]).tolist():
        position[code] = snapshot.place(keys.levels[code])
    return position


def _history(
    snapshot: HistorySnapshot,
    position: npt.NDArray[np.int64],
    counts: npt.NDArray[np.int64],
    fresh: StreamRows,
) -> StreamRows:
    """Put the rows of the snapshot before the fresh ones.

    All rows of the snapshot were known before ``snapshot.until``; taking ``occurred`` for ``known`` admits them all from then on.
    """
    before = np.cumsum(counts) - counts
    rows = np.repeat(snapshot.offsets[position] - before, counts) + np.arange(counts.sum())
    occurred = snapshot.occurred[rows]
    texts = tuple(
        Coded(
            np.append(snapshot.codes[k, rows], _recoded(snapshot, k, text)),
            (*snapshot.levels[k], *text.levels),
        )
        for k, text in enumerate(fresh.texts)
    )
    return StreamRows(
        key=np.append(np.repeat(np.arange(len(counts)), counts), fresh.key),
        known=np.append(occurred, fresh.known),
        occurred=np.append(occurred, fresh.occurred),
        passes=np.append(snapshot.passes[rows], fresh.passes),
        values=np.concatenate((snapshot.values[:, rows], fresh.values), axis=1),
        texts=texts,
        event_id=None,
    )


def _recoded(snapshot: HistorySnapshot, k: int, text: Coded) -> Codes:
    """Return the codes that the history gives the texts; new texts get codes beyond."""
    table = np.full(len(text.levels) + 1, -1, dtype=np.int32)
    for code in np.unique(text.codes[text.codes >= 0]).tolist():
        known = snapshot.code(k, text.levels[code])
        table[code] = len(snapshot.levels[k]) + code if known is None else known
    return table[text.codes]
