"""Narrow columns and matrices made block by block hold exactly the numbers they were made of."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lead_ml.asof import matrix
from lead_ml.asof.matrix import FeatureMatrix, RowsOf, blocks, narrowed, take, widened
from lead_ml.tables.dataset import Coded

numbers = st.lists(st.floats() | st.integers(-(2**26), 2**26).map(float) | st.just(-0.0), max_size=30)


def same(first: np.ndarray, second: np.ndarray) -> bool:
    return (
        first.dtype == second.dtype
        and np.array_equal(
            np.signbit(first) * 1 + np.isnan(first) * 2, np.signbit(second) * 1 + np.isnan(second) * 2
        )
        and np.array_equal(first, second, equal_nan=True)
    )


@given(numbers.map(lambda values: [abs(v) if v != v else v for v in values]))
def test_narrowing_loses_no_bit(values: list[float]) -> None:
    column = np.array(values, dtype=np.float64)
    assert same(widened(narrowed(column)), column)


def test_counts_are_narrowed_and_fractions_of_days_are_not() -> None:
    assert narrowed(np.array([0.0, 65_535.0])).dtype == np.uint16
    assert narrowed(np.array([0.0, 12.0, np.nan])).dtype == np.float32
    assert narrowed(np.array([-0.0])).dtype == narrowed(np.array([65_536.0])).dtype == np.float32
    assert narrowed(np.array([3.0]), np.dtype(np.float32)).dtype == np.float32
    assert narrowed(np.array([1 / 3])).dtype == np.float64
    assert narrowed(np.array([1e300])).dtype == np.float64
    assert narrowed(np.array([2.0**24 + 1])).dtype == np.float64


def test_a_matrix_reads_like_the_array_it_stands_for() -> None:
    rng = np.random.default_rng(1)
    long, places = rng.random(50).astype(np.float32), rng.permutation(50)[:20]
    own = rng.random(20)
    X = FeatureMatrix([(long, places), (own, None)], 20)
    whole = np.column_stack([long[places].astype(np.float64), own])
    assert X.shape == whole.shape
    assert len(X) == 20
    assert np.array_equal(np.asarray(X), whole)
    for key in (slice(3, 9), np.array([5, 2, 2]), whole[:, 1] > 0.5, slice(1, None, 2)):
        assert np.array_equal(X[key], whole[key])
        assert X[key].flags.c_contiguous
        assert X[key].dtype == np.float64
    assert np.array_equal(X[:, 0], whole[:, 0])


def test_rows_of_columns_are_taken_one_by_one_and_widened() -> None:
    raw = {"n": np.arange(6, dtype=np.float32), "c": Coded.of(list("abcabc"))}
    rows = RowsOf(raw, np.array([4, 1]), {"own": np.array([7.0, 8.0])})
    assert list(rows) == ["n", "c", "own"]
    assert len(rows) == 3
    assert rows["n"].dtype == np.float64
    assert rows["n"].tolist() == [4.0, 1.0]
    assert rows["c"].values() == ["b", "b"]
    assert rows["own"].tolist() == [7.0, 8.0]
    taken = take(raw, np.array([False, True, False, False, True, False]))
    assert taken["n"].tolist() == [1.0, 4.0]


def test_blocks_cover_all_rows_in_order(monkeypatch) -> None:
    monkeypatch.setattr(matrix, "BLOCK", 3)
    rows = np.arange(7)
    assert [rows[part].tolist() for part in blocks(7)] == [[0, 1, 2], [3, 4, 5], [6]]
    assert [rows[:0][part].tolist() for part in blocks(0)] == [[]]
