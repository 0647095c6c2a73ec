"""Timestamps and texts of a whole column at once, in the memory of Arrow."""

from __future__ import annotations

from datetime import UTC, date, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lead_ml.tables.columns import Coded
from lead_ml.tables.read.canonical import compacted
from lead_ml.tables.read.iso_texts import iso_instants
from lead_ml.tables.read.raw import TextColumn

PARTS = (
    (
        "1969-12-31",
        "1970-01-01",
        "2024-02-29",
        "2023-02-29",
        "2024-2-29",
        "2259-12-31",
        "2260-01-01",
        "9999-01-01",
        "02024-01-01",
    ),
    ("T", " ", "t", "", "  "),
    (
        "12:30",
        "12:30:59",
        "12:30:60",
        "24:00:00",
        "12:30:00.5",
        "12:30:00.123456",
        "12:30:00.1234567",
        "12:30:00,5",
        "12",
        "1230:00",
    ),
    ("", "Z", "+05:00", "+05", " "),
)


def test_every_day_is_in_the_usual_form_and_no_other() -> None:
    days = [
        f"{year}-{month:02d}-{day:02d}"
        for year in range(1968, 2264)
        for month in range(14)
        for day in range(33)
    ]
    regular, _ = iso_instants(pa.array([f"{day} 10:00:00" for day in days]), UTC)
    first, end = date(1970, 1, 1), date(2260, 1, 1)
    real = {str(first + timedelta(days=k)) for k in range((end - first).days)}
    assert regular.tolist() == [day in real for day in days]


@given(st.lists(st.tuples(*map(st.sampled_from, PARTS)).map("".join), min_size=1, max_size=4))
def test_a_column_is_read_alike_whatever_else_it_holds(texts: list[str]) -> None:
    """The way for a column without zones gives what the patterns give."""
    zone = ZoneInfo("Asia/Shanghai")
    alone, mixed = iso_instants(pa.array(texts), zone), iso_instants(pa.array([*texts, "x"]), zone)
    assert [(a.tolist(), b[:-1].tolist()) for a, b in zip(alone, mixed, strict=True)] == [
        (a.tolist(), a.tolist()) for a in alone
    ]


@pytest.mark.parametrize(
    "texts", [["a", "b", "c"], ["a", "a", "b"], ["b", "a", "b"], ["é", "z"], [], ["a"], ["", "A"]]
)
def test_texts_in_order_need_no_look_up(texts: list[str]) -> None:
    column = TextColumn(pa.chunked_array([pa.array(texts[:1], pa.utf8()), pa.array(texts[1:], pa.utf8())]))
    assert column.values() == texts
    assert len(set(column.levels)) == len(column.levels)
    assert column.codes.dtype == np.int32


@pytest.mark.parametrize("rows", [3, 70_000])
def test_levels_are_kept_in_the_order_of_their_first_row(rows: int) -> None:
    codes = np.resize(np.array([2, -1, 0, 2], dtype=np.int32), rows)
    codes[-1] = 1  # in a long column, far behind the others
    found = compacted(Coded(codes, ("a", "b", "c", "d")))
    assert found.levels == (("c", "b") if rows == 3 else ("c", "a", "b"))
    assert found.values() == Coded(codes, ("a", "b", "c", "d")).values()
