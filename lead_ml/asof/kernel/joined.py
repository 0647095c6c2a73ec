"""A request's own rows on top of the kept history of their keys."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from lead_ml.asof.kernel.history_snapshot import Kept
from lead_ml.asof.kernel.order import grouped, offsets_of
from lead_ml.asof.kernel.plan import Plan
from lead_ml.asof.kernel.program import Base
from lead_ml.asof.kernel.rows import StreamRows, collect, lead_keys, no_rows
from lead_ml.asof.kernel.stream import Stream, absent, in_order, lay_out
from lead_ml.tables.dataset import Coded, Codes, Dataset


def joined(plan: Plan, dataset: Dataset, kept: Kept) -> Stream:
    """Lay out the history of the dataset's keys with the dataset's rows known at or after ``kept.until`` on top.

    Costs no more than the rows of those keys. Rows known before ``kept.until`` are in the history already.
    """
    keys = lead_keys(plan, dataset)
    rows = collect(plan, dataset, keys)
    if rows is None and not kept.supplied:
        return absent(plan, keys)
    fresh = no_rows(plan) if rows is None else rows.take(rows.known >= kept.until)
    fresh = in_order(plan, fresh)
    position = _positions(keys, kept)
    carried = kept.offsets[position + 1] - kept.offsets[position]
    both = _history(kept, position, carried, fresh)
    both = both.take(grouped(both.key, offsets_of(both.key, len(keys.levels))))
    base = Base(kept.base.whole[position], kept.base.decayed[position])
    return lay_out(plan, keys, both, carried=carried, base=base, floor=kept.until)


def _positions(keys: Coded, kept: Kept) -> npt.NDArray[np.int64]:
    """Return where the history of each key level stands; a level that no lead has needs none."""
    position = np.full(len(keys.levels), len(kept.keys), dtype=np.int64)
    for code in np.unique(keys.codes[keys.codes >= 0]).tolist():
        position[code] = kept.key_index.get(keys.levels[code], len(kept.keys))
    return position


def _history(
    kept: Kept, position: npt.NDArray[np.int64], counts: npt.NDArray[np.int64], fresh: StreamRows
) -> StreamRows:
    """Put the kept rows of the keys before the fresh ones.

    All kept rows were known before ``kept.until``; taking ``occurred`` for ``known`` admits them all from then on.
    """
    before = np.cumsum(counts) - counts
    rows = np.repeat(kept.offsets[position] - before, counts) + np.arange(counts.sum())
    occurred = kept.occurred[rows]
    texts = tuple(
        Coded(
            np.append(kept.codes[k, rows], _recoded(text, kept.level_index[k])),
            (*kept.levels[k], *text.levels),
        )
        for k, text in enumerate(fresh.texts)
    )
    return StreamRows(
        key=np.append(np.repeat(np.arange(len(counts)), counts), fresh.key),
        known=np.append(occurred, fresh.known),
        occurred=np.append(occurred, fresh.occurred),
        passes=np.append(kept.passes[rows], fresh.passes),
        values=np.concatenate((kept.values[:, rows], fresh.values), axis=1),
        texts=texts,
        event_id=None,
    )


def _recoded(text: Coded, index: Mapping[str, int]) -> Codes:
    """Return the codes that the history gives the texts; new texts get codes beyond."""
    table = np.full(len(text.levels) + 1, -1, dtype=np.int32)
    for code in np.unique(text.codes[text.codes >= 0]).tolist():
        table[code] = index.get(text.levels[code], len(index) + code)
    return table[text.codes]
