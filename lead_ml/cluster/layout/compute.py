"""Features of a layout, partition by partition: equal to the last bit to those of all rows at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np

from lead_ml.asof.encode import RawColumns
from lead_ml.asof.join import Compiled, features_at
from lead_ml.asof.kernel.order import UNSORTED, grouped, offsets_of, order_of, put_back, timed
from lead_ml.asof.labels import Spine
from lead_ml.cluster.layout.memory import block_of, handed_on
from lead_ml.cluster.layout.need import Need
from lead_ml.cluster.layout.whole import Partitions, whole
from lead_ml.declare import Declaration
from lead_ml.errors import InputError
from lead_ml.tables.dataset import Coded, Codes, Extra, Floats, Indices


def features_of(
    declarations: Sequence[Declaration],
    partitions: Partitions,
    spine: Spine,
    *,
    extra: Mapping[str, Extra] | None = None,
    threads: int = 1,
) -> RawColumns:
    """Compute declared features partition by partition.

    A feature of the lead's own rows needs one partition at a time in memory, with the columns that are read. A feature by a key
    that leads share (account, source, everyone) needs the rows of all partitions at once: of them only the columns that such
    features read are held, beside the leads.

    Parameters
    ----------
    declarations
        Validated declarations.
    partitions
        A layout, or rows cut in memory; the latter are given up on the way.
    spine
        Snapshots (rows,); ``lead`` counts through the leads of all partitions, see :func:`rows_of`. Quickest in
        the order of :func:`by_lead`.
    extra
        Third-party tables, which have no leads and stay out of the layout.
    threads
        Partitions computed at a time. Results do not depend on it.

    Returns
    -------
    Mapping
        As :func:`lead_ml.asof.join.features_at`, rows as in `spine`. Levels of categories are those that occur.
    """
    alone = [_of_lead_alone(item) for item in declarations]
    own = [item for item, by_itself in zip(declarations, alone, strict=True) if by_itself]
    shared = [item for item, by_itself in zip(declarations, alone, strict=True) if not by_itself]
    starts = _starts(partitions)
    _check(spine, int(starts[-1]))
    found: dict[str, Coded | Floats] = {}
    with handed_on():
        if shared:
            compiled = Compiled.of(shared)
            everything = whole(partitions, starts, Need.of_plans(compiled.plans))
            found |= features_at(compiled, replace(everything, extra=extra or {}), spine)
        if own:
            found |= _by_partition(Compiled.of(own), partitions, spine, starts, extra or {}, threads)
    declared = [item.name for item in declarations]
    return {name: found[name] for name in dict.fromkeys([*declared, *found])}


def rows_of(partitions: Partitions, ids: Any) -> Indices:
    """Return the row of each lead id (n,) among the leads of all partitions, -1 where it is not there.

    `ids` is an Arrow column of strings or a sequence of texts.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if not isinstance(ids, pa.Array | pa.ChunkedArray):
        ids = pa.array(ids, pa.string())
    among = pa.concat_arrays([partitions.lead_ids(k) for k in range(partitions.count)])
    return np.asarray(pc.index_in(ids, value_set=among).fill_null(-1).to_numpy().astype(np.int64))


def by_lead(spine: Spine) -> Indices:
    """Return the order (rows,) of snapshots by (lead, as_of), in which features are computed quickest."""
    order = _by_lead(spine, int(spine.lead.max(initial=-1)) + 1)[1]
    return np.arange(len(spine)) if order is None else order


def _by_lead(spine: Spine, leads: int) -> tuple[Indices, Indices | None]:
    """Return where the snapshots of each lead begin, and the order, None where they stand in it."""
    # Read-only arrays, as Arrow gives them, are another type to numba and would be compiled for anew.
    lead, as_of = (np.require(item, np.int64, ("C", "W")) for item in (spine.lead, spine.as_of))
    offsets = offsets_of(lead, leads)
    if order_of(lead, as_of, as_of) != UNSORTED:
        return offsets, None
    order = grouped(lead, offsets)
    timed(offsets, order, as_of, as_of)
    return offsets, order


def _of_lead_alone(item: Declaration) -> bool:
    return all(plan.key == "lead_id" for plan in Compiled.of([item]).plans)


def _starts(partitions: Partitions) -> Indices:
    """Return (count + 1,) the first row of each partition's leads."""
    counts = [len(partitions.lead_ids(k)) for k in range(partitions.count)]
    return np.append(0, np.cumsum(counts, dtype=np.int64))


def _check(spine: Spine, leads: int) -> None:
    wrong = np.flatnonzero((spine.lead < 0) | (spine.lead >= leads))
    if len(wrong):
        raise InputError(
            "snapshots of leads that the layout lacks",
            source="spine",
            rows=(wrong[:5] + 1).tolist(),
            count=len(wrong),
            expected=f"rows 0 to {leads - 1} of the leads of all partitions",
            do="lay out these leads too, or leave them out",
        )


def _by_partition(
    compiled: Compiled,
    partitions: Partitions,
    spine: Spine,
    starts: Indices,
    extra: Mapping[str, Extra],
    threads: int,
) -> dict[str, Coded | Floats]:
    need = Need.of_plans(compiled.plans)
    rows_before, order = _by_lead(spine, int(starts[-1]))
    offsets = rows_before[starts]
    asked = [k for k in range(partitions.count) if offsets[k + 1] > offsets[k]] or [0]
    merged = _Merged(len(spine))

    def columns(k: int) -> RawColumns:
        rows: slice | Indices = slice(offsets[k], offsets[k + 1])
        if order is not None:
            rows = order[rows]
        part = Spine(spine.lead[rows] - starts[k], spine.as_of[rows])
        dataset = replace(partitions.partition(k, need), extra=extra)
        partitions.release(k)
        return features_at(compiled, dataset, part)

    if threads == 1:
        for k in asked:
            merged.put(offsets[k], columns(k))
        return merged.columns(order)
    with ThreadPoolExecutor(threads) as pool:
        for k, found in zip(asked, pool.map(columns, asked), strict=True):
            merged.put(offsets[k], found)
    return merged.columns(order)


class _Merged:
    """Columns of n rows, filled partition by partition; numbers stand in one block, which costs less than one for each."""

    def __init__(self, rows: int) -> None:
        self._rows = rows
        self._block: Floats = np.empty((0, rows))
        self._place: dict[str, int] = {}
        self._codes: dict[str, Codes] = {}
        self._levels: dict[str, dict[str, int]] = {}

    def put(self, first: int, columns: RawColumns) -> None:
        """Put the columns of a partition at row `first`."""
        if not self._place:
            numbers = [name for name, column in columns.items() if not isinstance(column, Coded)]
            self._block = block_of(len(numbers), self._rows)
            self._place = {name: k for k, name in enumerate(numbers)}
        for name, column in columns.items():
            if isinstance(column, Coded):
                own = self._codes.setdefault(name, np.empty(self._rows, dtype=np.int32))
                own[first : first + len(column)] = self._recoded(name, column)
            else:
                self._block[self._place[name], first : first + len(column)] = column

    def columns(self, order: Indices | None) -> dict[str, Coded | Floats]:
        """Return the columns with the rows, which stand in `order`, back in their place."""
        if order is not None:
            put_back(self._block, order)
            for name, codes in self._codes.items():
                self._codes[name] = np.empty_like(codes)
                self._codes[name][order] = codes
        texts = {name: Coded(codes, tuple(self._levels[name])) for name, codes in self._codes.items()}
        return {**{name: self._block[k] for name, k in self._place.items()}, **texts}

    def _recoded(self, name: str, column: Coded) -> Codes:
        levels = self._levels.setdefault(name, {})
        lookup = np.full(len(column.levels) + 1, -1, dtype=np.int32)
        for code in np.unique(column.codes[column.codes >= 0]).tolist():
            lookup[code] = levels.setdefault(column.levels[code], len(levels))
        return np.asarray(lookup[column.codes])
