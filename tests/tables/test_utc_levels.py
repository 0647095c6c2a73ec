"""Timestamps of a Parquet file are read at once, with the same result as one by one."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lead_ml.tables.read.parquet_file import parquet_batches
from lead_ml.tables.read.raw import RawColumn, UtcLevels
from lead_ml.tables.read.timestamps import timestamps_of

QUARTER = 900_000_000
VALUES = [
    0,
    1,
    -1,
    None,
    40 * QUARTER,
    64 * QUARTER,
    2**62 // 1_000,
    None,
    9_214_646_400_000_000,
    64 * QUARTER,
]


@pytest.mark.parametrize("zone", ["UTC", "Asia/Shanghai", "America/New_York"])
def test_instants_are_read_as_one_by_one(tmp_path: Path, zone: str) -> None:
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({"at": pa.array(VALUES, pa.timestamp("us", "Asia/Tokyo"))}), path)
    column = next(parquet_batches(path, "x", None)).columns["at"]
    assert isinstance(column.levels, UtcLevels)
    assert all(level is None or isinstance(level, datetime) for level in column.levels)
    plain = RawColumn(column.codes, tuple(column.levels))
    fast, slow = (timestamps_of(one, ZoneInfo(zone), frozenset(), end_of_day=True) for one in (column, plain))
    for item in fields(fast):
        np.testing.assert_array_equal(getattr(fast, item.name), getattr(slow, item.name), err_msg=item.name)
    assert fast.bad.sum() == 2
    assert fast.missing.sum() == 2
