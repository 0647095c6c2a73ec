from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from small_project import W, days, plan, project

from lead_ml.asof.kernel import HistorySnapshot, aggregate, compile_plans, take_snapshot
from lead_ml.declare import events
from lead_ml.errors import BundleError
from lead_ml.tables.dataset import Coded, Dataset, Leads

UNTIL = int(days(6)[0])


def test_history_answers_for_a_lead_it_has_never_seen():
    newcomer = Dataset(Leads(("new",), days(7), {"account_id": Coded.of(["A"])}))
    found = aggregate(plan(), newcomer, np.array([0]), days(7.5), take_snapshot(plan(), project(), UNTIL))
    assert found[0, :5].tolist() == [2, 0, 0, 2, 6.5]


def test_an_account_without_history_has_its_own_rows_only():
    newcomer = replace(
        project(), leads=replace(project().leads, columns={"account_id": Coded.of(["Z", "Z", "Z"])})
    )
    found = aggregate(plan(), newcomer, np.array([0]), days(8.5), take_snapshot(plan(), project(), UNTIL))
    assert found[0, 0] == 1


def test_rows_known_before_until_are_not_counted_twice():
    kept = take_snapshot(plan(), project(), UNTIL)
    assert aggregate(plan(), project(), np.array([0]), days(9), kept)[0, 0] == 3


def test_a_lead_without_key_stays_missing():
    kept = take_snapshot(plan(), project(), UNTIL)
    assert np.isnan(aggregate(plan(), project(), np.array([2]), days(9), kept)).all()


def test_a_table_absent_from_history_and_request_is_missing():
    without = replace(project(), events=None)
    kept = take_snapshot(plan(), without, UNTIL)
    assert not kept.supplied
    assert np.isnan(aggregate(plan(), without, np.array([0]), days(9), kept)).all()
    assert aggregate(plan(), project(), np.array([0]), days(9), kept)[0, 0] == 1


def test_only_rows_that_can_still_count_are_kept():
    kept = take_snapshot(plan(), project(), int(days(100)[0]))
    assert kept.keys == ("A",)
    assert kept.occurred.tolist() == days(1, 1).tolist()  # the first row of each page


def test_the_row_at_the_edge_of_the_longest_window_is_kept():
    counted = compile_plans([events(by="account_id").count("n", window="4d", **W)])[0]
    kept = take_snapshot(counted, project(), int(days(5)[0]))
    assert aggregate(counted, project(), np.array([0, 0]), days(5, 5.1), kept).tolist() == [[2.0], [0.0]]


def test_reading_back_changes_nothing(tmp_path):
    kept = take_snapshot(plan(), project(), UNTIL)
    np.savez(tmp_path / "kept.npz", **kept.to_arrays())
    with np.load(tmp_path / "kept.npz", allow_pickle=False) as arrays:
        again = HistorySnapshot.from_arrays(plan(), arrays)
    assert {k: v.tobytes() for k, v in again.to_arrays().items()} == {
        k: v.tobytes() for k, v in kept.to_arrays().items()
    }


def test_history_of_other_features_is_refused():
    other = compile_plans([events(by="account_id").count("n", window="9d", **W)])[0]
    arrays = take_snapshot(other, project(), UNTIL).to_arrays()
    with pytest.raises(BundleError, match="does not fit its features"):
        HistorySnapshot.from_arrays(plan(), {**arrays, **_no_levels()})


@pytest.mark.parametrize("name", ["offsets", "passes", "values", "codes", "whole", "keys_ends"])
def test_damaged_history_is_refused(name):
    arrays = take_snapshot(plan(), project(), UNTIL).to_arrays()
    with pytest.raises(BundleError, match="history snapshot of events by account_id"):
        HistorySnapshot.from_arrays(plan(), {**arrays, name: arrays[name][:-1]})


def test_history_without_an_array_is_refused():
    arrays = take_snapshot(plan(), project(), UNTIL).to_arrays()
    del arrays["occurred"]
    with pytest.raises(BundleError, match="cannot be read: KeyError\\('occurred'\\)"):
        HistorySnapshot.from_arrays(plan(), arrays)


def _no_levels():
    return {
        "levels_0_bytes": np.empty(0, dtype=np.uint8),
        "levels_0_ends": np.empty(0, dtype=np.int64),
    }
