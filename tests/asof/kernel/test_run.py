from __future__ import annotations

from dataclasses import replace

import numba
import numpy as np
import pytest
from small_project import W, days, plan, project

from lead_ml.asof.kernel import (
    EMPTY_KEY,
    NO_KEY,
    HistorySnapshot,
    aggregate,
    compile_plans,
    gather,
    run,
    take_snapshot,
    warm,
)
from lead_ml.asof.kernel.scan import scan
from lead_ml.declare import events, leads, outcomes
from lead_ml.errors import InputError
from lead_ml.tables.dataset import Coded, Dataset, Events, Leads


def test_features_by_hand():
    lead, as_of = np.array([0, 0, 1, 2]), days(2, 8.5, 2.5, 4)
    found = aggregate(plan(), project(), lead, as_of)
    assert found[:, :5].tolist()[:3] == [
        [1, 1, 1.5, 1, 1],  # the call of L1 enters the account with L1, at day 2
        [3, 1, 2.25, 2, 3.5],
        [2, 1, 1.5, 2, 1.5],
    ]
    np.testing.assert_allclose(found[:3, 5], [1.5 / 2, 1.5 * 2**-7.5 + 2.25 * 2**-3.5, 1.5 * 2**-1.5])
    assert np.isnan(found[3]).all()


def test_a_lead_by_itself_needs_no_link():
    assert aggregate(plan("lead_id"), project(), np.array([1, 2]), days(1.5, 4))[:, 0].tolist() == [1, 1]


def test_a_record_known_too_late_never_enters_its_window():
    found = aggregate(plan(), project(), np.array([0, 0]), days(8, 9.5))
    assert found[:, :2].tolist() == [[2, 0], [3, 0]]


def test_leads_and_outcomes_without_their_tables_are_missing():
    declared = [
        events(by="account_id").count("a", **W),
        outcomes(by="account_id").count("b", **W),
        leads(by="account_id").count("c", **W),
    ]
    undated = Dataset(Leads(("L0",), None, {"account_id": Coded.of(["A"])}))
    for item in compile_plans(declared):
        assert np.isnan(aggregate(item, undated, np.array([0]), days(1))).all()


def test_events_without_dates_of_leads_enter_when_they_are_known():
    undated = replace(project(), leads=replace(project().leads, created_at=None))
    assert aggregate(plan(), undated, np.array([0]), days(1.5))[0, 0] == 2


def test_a_snapshot_without_key_is_missing_and_one_of_an_unseen_key_is_empty():
    stream = gather(plan(), project())
    found = run(plan(), stream, np.array([NO_KEY, EMPTY_KEY, 0], dtype=np.int32), days(9, 9, 9))
    assert np.isnan(found[0]).all()
    np.testing.assert_array_equal(found[1], [0, 0, 0, 0, np.nan, 0])
    assert found[2, 0] == 3


def test_no_snapshots_give_no_rows():
    nothing = np.empty(0, dtype=np.int64)
    assert aggregate(plan(), project(), nothing, nothing).shape == (0, 6)


@pytest.mark.parametrize(
    ("name", "change", "match"),
    [
        (
            "known",
            lambda a: a[::-1].copy(),
            "rows are out of order; expected rows sorted by key and known_at",
        ),
        ("occurred", lambda a: a + 10**12, "known before it occurred"),
        ("offsets", lambda a: a + 7, "rows are out of order"),
    ],
)
def test_a_stream_out_of_order_is_refused(name, change, match):
    stream = gather(plan(), project())
    broken = replace(stream, rows=stream.rows._replace(**{name: change(getattr(stream.rows, name))}))
    with pytest.raises(InputError, match=match):
        run(plan(), broken, np.array([0], dtype=np.int32), days(9))


@pytest.mark.parametrize("code", [1, -3])
def test_a_key_code_out_of_range_is_refused(code):
    with pytest.raises(InputError, match="events by account_id: a snapshot has an unknown key code"):
        run(plan(), gather(plan(), project()), np.array([code], dtype=np.int32), days(9))


@pytest.mark.parametrize("swap", ["keys", "as_of"])
def test_snapshots_out_of_order_are_refused_by_the_kernel(swap):
    item = plan("lead_id")
    stream = gather(item, project())
    from lead_ml.asof.kernel.program import Snapshots, Walk
    from lead_ml.asof.kernel.scan import SPINE_UNSORTED
    from lead_ml.asof.kernel.stream import no_base

    keys, as_of = (np.array([1, 0]), days(9, 9)) if swap == "keys" else (np.array([0, 0]), days(9, 8))
    spine, out = Snapshots(keys, as_of), np.empty((6, 2))
    fault = scan(Walk(item.program, stream.rows, no_base(item), spine, 0, out, no_base(item)))
    assert fault == SPINE_UNSORTED


@pytest.mark.parametrize("value", [np.inf, -1e15])
def test_a_value_too_large_to_add_exactly_is_refused(value):
    broken = replace(project(), events=replace(project().events, value=np.array([1.0, value, 2.0, 3.0])))
    with pytest.raises(InputError, match="events: the column value adds up to too much for one account_id"):
        aggregate(plan(), broken, np.array([0]), days(9))


def test_large_values_of_different_keys_do_not_add_up():
    large = replace(project(), events=replace(project().events, value=np.array([1.0, 3e12, 0.0, 3e12])))
    assert aggregate(plan(), large, np.array([0]), days(9))[0, 0] == 3
    assert aggregate(plan("lead_id"), large, np.array([1]), days(4))[0, 2] == 3e12


def test_ties_are_settled_by_event_id_and_then_by_value():
    def decayed(ids, values):
        happened = replace(
            project().events,
            lead=np.zeros(4, dtype=np.int64),
            occurred_at=days(1, 1, 1, 1),
            known_at=days(1, 1, 1, 1),
            columns={"event_id": Coded.of(ids)},
            value=np.array(values),
        )
        return aggregate(plan(), replace(project(), events=happened), np.array([0]), days(2))[0, 5]

    large, tiny = 1e12, 5e-5  # a tiny value added to the large one is lost, the sum of three is not
    assert large + tiny == large < large + 3 * tiny
    assert decayed(["z", "b", None, "c"], [large, tiny, tiny, tiny]) * 2 > large
    assert decayed(["b", "c", "d", "a"], [tiny, tiny, tiny, large]) * 2 == large
    assert decayed([None] * 4, [large, tiny, tiny, tiny]) * 2 > large


def test_codes_of_many_levels_are_dense_within_a_key():
    levels = tuple(f"s{k}" for k in range(2000))
    happened = project().events
    columns = {**happened.columns, "page": Coded(np.array([1900, 800, 1900, -1], dtype=np.int32), levels)}
    stream = gather(plan("lead_id"), replace(project(), events=replace(happened, columns=columns)))
    assert stream.rows.codes.tolist() == [[0, 0, 0, -1]]
    assert stream.rows.widths.tolist() == [1]


def test_a_tally_is_empty_again_for_the_next_key():
    happened = replace(project().events, lead=np.array([0, 1, 0, 2]))
    columns = {**happened.columns, "page": Coded.of(["a", "a", "a", "a"])}
    same_page = replace(project(), events=replace(happened, columns=columns))
    found = aggregate(plan("lead_id"), same_page, np.array([0, 1, 2]), days(9, 9, 9))
    assert found[:, 3].tolist() == [1, 1, 1]


def test_warming_twice_is_harmless():
    warm()
    warm()
    assert aggregate(plan(), project(), np.array([0]), days(9))[0, 0] == 3


@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="without JIT nothing is compiled")
def test_the_kernel_is_compiled_for_one_signature_only(tmp_path):
    warm()
    kept = take_snapshot(plan(), project(), int(days(6)[0]))
    np.savez(tmp_path / "kept.npz", **kept.to_arrays())
    with np.load(tmp_path / "kept.npz", allow_pickle=False) as arrays:
        loaded = {name: arrays[name] for name in arrays}
    for array in loaded.values():
        array.flags.writeable = False
    lead, as_of = np.array([0, 1, 2]), days(9, 9, 9)
    as_of.flags.writeable = False
    aggregate(plan(), project(), lead[::-1], as_of, HistorySnapshot.from_arrays(plan(), loaded))
    aggregate(compile_plans([leads(by="account_id").count("n", **W)])[0], project(), lead, as_of)
    assert len(scan.signatures) == 1


@pytest.mark.parametrize("late", [0, 40])
def test_distinct_values_of_a_key_with_many_rows(late):
    rng, rows = np.random.default_rng(late), 20_000
    occurred = np.sort(rng.integers(0, days(400)[0], rows))
    known = occurred + rng.integers(0, days(late)[0] + 1, rows) * (rng.random(rows) < 0.3)
    codes = rng.integers(-1, 5_000, rows).astype(np.int32)
    lead, as_of = np.zeros(60, dtype=np.int64), np.sort(rng.integers(0, days(450)[0], 60))
    texts = Coded(codes, tuple(map(str, range(5_000))))
    dataset = Dataset(
        Leads(("L0",), None),
        Events(np.zeros(rows, dtype=np.int64), occurred, known, {"page": texts}, np.zeros(rows)),
    )
    windows = {"": days(10_000), "10d": days(10), "300d": days(300)}
    (wide,) = compile_plans([events().distinct(f"pages_{w}", "page", window=w, **W) for w in windows])
    found = aggregate(wide, dataset, lead, as_of)
    for t, row in zip(as_of, found, strict=True):
        inside = [(known < t) & (occurred >= t - window) & (codes >= 0) for window in windows.values()]
        assert row.tolist() == [len(np.unique(codes[one])) for one in inside]
