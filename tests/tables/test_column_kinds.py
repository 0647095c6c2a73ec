"""The column profiler: one kind for every column, whatever its values are."""

from __future__ import annotations

import doctest
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lead_ml.tables.dataset import Coded
from lead_ml.tables.read import column_kinds
from lead_ml.tables.read.column_kinds import MOST_PARSED, ColumnKind, number_in, summarize


def kind(values: Sequence[str | None], name: str = "x") -> ColumnKind:
    return summarize(name, Coded.of(values)).kind


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([None, None], "empty"),
        ([], "empty"),
        (["a", None, "a"], "constant"),
        (["yes", "no", None, "no"], "two_values"),
        (["0", "1"] * 5, "two_values"),
        (["true", "false"] * 5, "two_values"),
        (["1", "2", "3"] * 5, "number"),
        (["1.5", "2,000.5", "-3"] * 5, "number"),
        (["1,5", "2,25", "0,1"] * 5, "number"),
        (["yes", "no", "maybe"] * 5, "category"),
        (["01067", "80331", "20095"] * 5, "category"),
        (["0.5", "0.25", "0.75"] * 5, "number"),
        (["2024-05-06", "2024-05-07"] * 5, "date"),
        (["31/12/2024", "01/02/2024", "05/02/2024"] * 5, "date"),
        (["2024-05-06 12:30"] * 5, "date"),
        ([f"user{k}@x.com" for k in range(99)], "id"),
        ([f"note number {k}" for k in range(99)], "text"),
        ([str(1_000 + k) for k in range(99)], "id"),
        ([f"{k}.5" for k in range(99)], "number"),
        ([str(1_000 + k) if k % 9 == 0 else None for k in range(99)], "number"),
    ],
)
def test_a_column_has_one_kind(values: list[str | None], expected: ColumnKind) -> None:
    assert kind(values) == expected


def test_numbers_are_dates_only_if_the_name_says_so() -> None:
    days = [str(45_000 + k % 200) for k in range(999)]
    seconds = [str(1_700_000_000 + 60 * (k % 200)) for k in range(999)]
    assert kind(days, "close date") == kind(seconds, "created at") == "date"
    assert kind(days, "income") == kind(seconds, "balance") == "number"
    assert summarize("close date", Coded.of(days)).date_format == "excel"
    assert summarize("created at", Coded.of(seconds)).date_format == "unix"


@pytest.mark.parametrize(
    ("values", "date_format", "open_order"),
    [
        (["31/12/2024", "01/02/2024"], "day_first", False),
        (["12/31/2024", "01/02/2024"], "month_first", False),
        (["01/02/2024", "03/04/2024"], "day_first", True),
        (["01/02/2024 9:30 AM", "03/04/2024 1:00 PM"], "month_first", True),
        (["31/12/2024", "12/31/2024"], "day_first", True),
        (["2024-12-31", "2024-01-02"], "", False),
    ],
)
def test_the_order_of_day_and_month(values: list[str], date_format: str, open_order: bool) -> None:
    found = summarize("x", Coded.of(values))
    assert (found.date_format, found.open_order) == (date_format, open_order)


def test_a_few_odd_values_do_not_change_the_kind() -> None:
    assert kind([*(str(k % 60) for k in range(900)), *["see note"] * 80]) == "number"
    assert kind([*(str(k % 60) for k in range(900)), *["see note"] * 110]) == "category"


def test_many_different_values_that_are_mostly_common_are_a_category() -> None:
    common = [f"city {k % 80}" for k in range(1_600)]
    assert kind([*common, *(f"place {k}" for k in range(400))]) == "category"
    assert kind([*common[:160], *(f"place {k // 2}" for k in range(1_600))]) == "text"


def test_a_long_list_of_values_is_sampled_evenly() -> None:
    half = [f"{k}.5" for k in range(3 * MOST_PARSED)]
    assert kind([*half, *(f"word {k}" for k in range(3 * MOST_PARSED))]) == "text"
    assert kind([*half, *half]) == "number"


def test_the_sample_may_leave_levels_unused() -> None:
    found = summarize("x", Coded(np.array([0, 0, -1], dtype=np.int32), ("a", "b")))
    assert (found.kind, found.filled, found.distinct, found.rows) == ("constant", 2, 1, 3)


@given(st.lists(st.text(max_size=12) | st.none(), max_size=40))
def test_any_values_have_a_kind(values: list[str | None]) -> None:
    found = summarize("created at", Coded.of(values))
    assert (found.kind == "empty") == (found.filled == 0)
    assert 0 <= found.fill <= 1


def test_a_number_is_read_with_a_point_or_else_a_comma() -> None:
    assert number_in("1,234.5") == 1234.5
    assert number_in("1.234,5") == 1234.5
    assert np.isnan(number_in("about 3"))


def test_the_examples_hold() -> None:
    assert doctest.testmod(column_kinds).failed == 0
