"""Whether two results hold the same snapshots and the same features: missing apart from 0, text as text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lead_ml.declare import Aggregate

EXACT = ("count", "distinct", "days_since_first", "days_since_last")
RELATIVE = 1e-9


def differences(result: Path, reference: Path, items: Sequence[Aggregate]) -> list[str]:
    """Compare a result with a reference column by column; a result over fewer leads with those leads only.

    Counts must be exact, days to 1e-12 (one division), sums and decayed sums within 1e-9 of the reference.
    """
    rows, others = _rows(result), _rows(reference)
    if len(rows) < len(others):
        others = others[np.isin(others[:, 0], rows[:, 0])]
    if not np.array_equal(rows[:, :2], others[:, :2]):
        return [f"other snapshots: {len(rows)} and {len(others)}"]
    return [
        found
        for item in items
        for found in _different(item, _column(result, item, rows), _column(reference, item, others))
    ]


def _rows(path: Path) -> Any:
    """Return (lead number, as_of, row) in order; names end in the number of the lead."""
    ids = pq.read_table(path, columns=["lead_id", "as_of"])
    lead = pc.cast(pc.utf8_slice_codeunits(ids["lead_id"].cast(pa.string()), 1), pa.int64()).to_numpy()
    as_of = ids["as_of"].to_numpy()
    order = np.lexsort((as_of, lead))
    return np.column_stack([lead[order], as_of[order], order])


def _column(path: Path, item: Aggregate, rows: Any) -> Any:
    column = pq.read_table(path, columns=[item.name])[item.name]
    return column.combine_chunks().take(pa.array(rows[:, 2]))


def _different(item: Aggregate, found: Any, expected: Any) -> list[str]:
    found, expected = _plain(found), _plain(expected)
    if not found.is_valid().equals(expected.is_valid()):
        apart = pc.sum(pc.xor(found.is_valid(), expected.is_valid())).as_py()
        return [f"{item.name}: {apart} rows are missing in one and not in the other"]
    if pa.types.is_string(found.type) or pa.types.is_string(expected.type):
        return [] if found.equals(expected) else [f"{item.name}: other texts"]
    a, b = (side.fill_null(0).cast(pa.float64()).to_numpy() for side in (found, expected))
    tolerance = 1e-12 if item.aggregation in EXACT else RELATIVE
    if item.aggregation in ("count", "distinct"):
        tolerance = 0.0
    wrong = np.abs(a - b) > tolerance * np.abs(b)
    if not wrong.any():
        return []
    first = int(np.flatnonzero(wrong)[0])
    return [f"{item.name}: {int(wrong.sum())} rows differ, first {a[first]!r} for {b[first]!r}"]


def _plain(column: Any) -> Any:
    """Dictionaries as text, NaN as missing."""
    if pa.types.is_dictionary(column.type) or pa.types.is_large_string(column.type):
        return column.cast(pa.string())
    if pa.types.is_floating(column.type):
        return pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
    return column
