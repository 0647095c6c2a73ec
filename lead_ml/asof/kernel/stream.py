"""Streams: rows laid out by key and by when they came to be known, the order in which the kernel walks them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from lead_ml.asof.kernel.order import (
    SORTED,
    UNSORTED,
    dense,
    grouped,
    offsets_of,
    order_of,
    tied,
    timed,
)
from lead_ml.asof.kernel.plan import Plan
from lead_ml.asof.kernel.program import UNSEEN, Base, Rows
from lead_ml.asof.kernel.rows import StreamRows, collect, lead_keys, no_rows
from lead_ml.tables.dataset import Coded, Dataset, Indices

# A tally over so many codes fits the processor's cache as it is.
_FEW_LEVELS = 1024


@dataclass(frozen=True, eq=False)
class Stream:
    """The rows of a plan's stream in the kernel's order, over K keys."""

    keys: Coded  # the key of every lead; its levels are the K keys
    rows: Rows
    base: Base  # the state of the all-time features before the rows
    floor: int = UNSEEN  # all-time features answer from here on: the end of a history snapshot
    shown: tuple[tuple[str, ...], ...] = ()  # the texts of the labels, by shown column
    supplied: bool = True  # where the dataset lacks the stream, every feature is missing


def gather(plan: Plan, dataset: Dataset) -> Stream:
    """Lay out the stream of `plan` by (key, known_at, occurred_at, event_id, values): the order in the files changes nothing."""
    keys = lead_keys(plan, dataset)
    rows = collect(plan, dataset, keys)
    if rows is None:
        return absent(plan, keys)
    return lay_out(plan, keys, in_order(plan, rows))


def absent(plan: Plan, keys: Coded) -> Stream:
    """Return the stream of a table that was not supplied."""
    return replace(lay_out(plan, keys, no_rows(plan)), supplied=False)


def no_base(plan: Plan) -> Base:
    """Return the base of a stream without history."""
    return Base(np.empty((0, len(plan.ever)), dtype=np.int64), np.empty((0, len(plan.ever))))


def lay_out(
    plan: Plan,
    keys: Coded,
    rows: StreamRows,
    *,
    carried: Indices | None = None,
    base: Base | None = None,
    floor: int = UNSEEN,
) -> Stream:
    """Make a stream of rows that are in order already; without `carried` and `base` it has no history."""
    offsets = offsets_of(rows.key, len(keys.levels))
    distinct = len(plan.distinct_columns)
    codes = np.array([text.codes for text in rows.texts], dtype=np.int32).reshape(len(rows.texts), len(rows))
    for k, text in enumerate(rows.texts[:distinct]):
        levels = max(len(text.levels), int(text.codes.max(initial=-1)) + 1)
        if levels > _FEW_LEVELS:
            codes[k] = dense(offsets, text.codes, levels)
    return Stream(
        keys,
        Rows(
            offsets,
            np.zeros(len(keys.levels), dtype=np.int64) if carried is None else carried,
            rows.known,
            rows.occurred,
            rows.passes,
            rows.values,
            codes[:distinct],
            codes[:distinct].max(axis=1, initial=-1).astype(np.int64) + 1,
            codes[distinct:],
        ),
        no_base(plan) if base is None else base,
        floor,
        shown=tuple(tuple(text.levels) for text in rows.texts[distinct:]),
    )


def in_order(plan: Plan, rows: StreamRows) -> StreamRows:
    """Sort by (key, known, occurred), and ties by :func:`tie_breakers` where their order can matter.

    Only decayed sums and first and last texts depend on the order of ties, and rows that agree in all of these add the same.
    Rows that had to be moved come without their event_id, which has then done its work.
    """
    found = order_of(rows.key, rows.known, rows.occurred)
    settle = plan.order_matters and found != SORTED
    if found != UNSORTED:
        return rows.take(_settled(plan, rows, np.arange(len(rows)))) if settle else rows
    offsets = offsets_of(rows.key, int(rows.key.max(initial=-1)) + 1)
    order = grouped(rows.key, offsets)
    if timed(offsets, order, rows.known, rows.occurred) and settle:
        order = _settled(plan, rows, order)
    return replace(rows, event_id=None).take(order)


def _settled(plan: Plan, rows: StreamRows, order: Indices) -> Indices:
    """Settle the order of rows that agree in key and instants."""
    places, group = tied(order, rows.key, rows.known, rows.occurred)
    equal = order[places]
    order[places] = equal[np.lexsort((*tie_breakers(plan, rows.take(equal)), group))]
    return order


def tie_breakers(plan: Plan, rows: StreamRows) -> list[npt.NDArray[np.int64]]:
    """Return what settles the order of rows at one instant, the decisive one last.

    That is the event_id, then the texts that are shown by the name of their column, then the values; missing first.
    """
    distinct = len(plan.distinct_columns)
    shown = sorted(zip(plan.shown_columns, rows.texts[distinct:], strict=True), key=lambda pair: pair[0])
    breakers = [*rows.values, *(rank_of(text) for _, text in reversed(shown))]
    return breakers if rows.event_id is None else [*breakers, rank_of(rows.event_id)]


def rank_of(text: Coded) -> npt.NDArray[np.int64]:
    """Rank the rows by their text, missing first."""
    used = np.unique(text.codes[text.codes >= 0])
    ranks = np.full(len(text.levels) + 1, -1, dtype=np.int64)
    ranks[sorted(used.tolist(), key=text.levels.__getitem__)] = np.arange(len(used))
    return ranks[text.codes]
