"""Features of a layout are those of all events at once, to the last bit, however it was cut and grown."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from unittest.mock import patch

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from layout_kit import cut_in_memory, grown, laid_out, stored
from random_projects import DECLARATIONS, HOUR, START, W, busy, picked, plain, questions

from lead_ml.asof.join import Compiled, features_at
from lead_ml.asof.kernel import compile_plans, gather, take_snapshot
from lead_ml.asof.kernel.order import timed
from lead_ml.asof.labels import NEVER, Spine
from lead_ml.cluster.features import in_pieces
from lead_ml.cluster.layout import lead_order
from lead_ml.cluster.layout.part import read_part
from lead_ml.cluster.pieces import cuts_of
from lead_ml.declare import category, events, leads, ratio
from lead_ml.errors import InputError
from lead_ml.tables.dataset import Changes, Coded, Dataset, Events, Extra, Leads

MIXED = ratio(
    "own_of_everyone",
    events().count("n", window="5h", **W),
    events(by="*").count("all", window="5h", **W),
    **W,
)
EVERYTHING = [*DECLARATIONS, MIXED, category("source", **W)]


def pieces_of(project, owner, count):
    """Return datasets that together hold the events of a project: row i is in piece owner(i)."""
    for piece in range(count):
        yield replace(project, events=picked(project.events, owner(len(project.events)) == piece))


@settings(max_examples=25, deadline=None)
@given(
    questions(),
    st.integers(1, 7),
    st.integers(1, 3),
    st.sampled_from([0, 1024]),
    st.sampled_from([3, 10**6]),
    st.randoms(use_true_random=False),
)
def test_a_layout_gives_the_features_of_all_events_at_once(asked, partitions, appends, many, most, random):
    project, lead, as_of = asked
    spine = Spine(lead, as_of)
    expected = plain(features_at(EVERYTHING, project, spine))

    def owner(rows: int):
        return np.random.default_rng(rows).integers(0, appends, rows)

    pieces = list(pieces_of(project, owner, appends))
    random.shuffle(pieces)
    with (
        tempfile.TemporaryDirectory() as folder,
        patch("lead_ml.cluster.layout.part.MANY_TEXTS", many),
        patch("lead_ml.cluster.layout.events.EVENTS_A_RANGE", most),
    ):
        layout = laid_out(folder, pieces, partitions)
        assert plain(features_at(EVERYTHING, stored(project, layout), spine)) == expected
        assert plain(features_at(EVERYTHING, stored(project, layout.compacted()), spine)) == expected


@settings(max_examples=10, deadline=None)
@given(questions(), st.integers(1, 7), st.sampled_from([0, 200, 10**9]))
def test_events_cut_in_memory_give_the_same(asked, partitions, budget):
    project, lead, as_of = asked
    spine = Spine(lead, as_of)
    with cut_in_memory(project, partitions, budget) as cut:
        found = plain(features_at(EVERYTHING, stored(project, cut), spine))
    assert found == plain(features_at(EVERYTHING, project, spine))


@settings(max_examples=25, deadline=None)
@given(questions(), st.sampled_from([1, 3]), st.sampled_from([2, 10**6]), st.integers(0, 60))
def test_history_snapshots_from_a_layout_have_the_same_bytes(asked, partitions, most, hours):
    project, _, _ = asked
    until = START + hours * HOUR
    with (
        cut_in_memory(project, partitions) as cut,
        patch("lead_ml.cluster.layout.events.EVENTS_A_RANGE", most),
    ):
        for plan in compile_plans(EVERYTHING):
            if plan.key == "lead_id":
                continue
            found = take_snapshot(plan, stored(project, cut), until).to_arrays()
            expected = take_snapshot(plan, project, until).to_arrays()
            assert list(found) == list(expected)
            for name, array in expected.items():
                assert array.dtype == found[name].dtype, name
                np.testing.assert_array_equal(found[name], array, err_msg=name)


def large(leads: int = 40, rows: int = 3000) -> Dataset:
    rng = np.random.default_rng(3)
    occurred = START + rng.integers(0, 300, rows) * HOUR
    ids = tuple(f"客户-{k}" for k in range(leads))
    return Dataset(
        Leads(ids, np.full(leads, START), {"account_id": Coded.of([f"A{k % 7}" for k in range(leads)])}),
        Events(
            rng.integers(0, leads, rows),
            occurred,
            occurred + rng.integers(0, 3, rows) * HOUR,
            {
                "type": Coded.of(rng.choice(["view", "call"], rows).tolist()),
                "page": Coded.of(rng.choice(["a", "b", "c"], rows).tolist()),
                "session_id": Coded.of([f"s{k}" for k in rng.integers(0, 500, rows)]),
            },
            rng.random(rows),
        ),
    )


def test_the_order_of_snapshots_changes_nothing(tmp_path):
    project = large()
    rng = np.random.default_rng(1)
    spine = Spine(rng.integers(0, 40, 200), START + rng.integers(0, 300, 200) * HOUR)
    data = stored(project, laid_out(tmp_path / "laid", [project], 5))
    expected = plain(features_at(EVERYTHING, project, spine))
    assert plain(features_at(EVERYTHING, data, spine)) == expected
    place = np.argsort(lead_order(project.leads.lead_id, 5)[0])
    order = np.lexsort((spine.as_of, place[spine.lead]))
    found = plain(features_at(EVERYTHING, data, Spine(spine.lead[order], spine.as_of[order])))
    assert found == {name: [column[k] for k in order] for name, column in expected.items()}


def test_keys_that_change_and_third_party_tables_are_read_as_of(tmp_path):
    project = large(leads=6, rows=60)
    stage = Coded.of(["new", "old", "new", None])
    history = {
        "stage": Changes.of(np.array([0, 0, 3, 5]), START + np.array([1, 9, 4, 2]) * HOUR, {"stage": stage})
    }
    extra = {
        "firm": Extra(
            "account_id", ("A1",), Changes.of(np.array([0]), np.array([START]), {"size": Coded.of(["big"])})
        )
    }
    leads_now = replace(
        project.leads, columns={**project.leads.columns, "stage": Coded.of(["old", *[None] * 5])}
    )
    project = replace(project, leads=leads_now, history=history, extra=extra)
    declared = [
        category("stage", **W),
        category("firm.size", **W),
        leads(by="stage").count("of_the_stage", **W),
        events(by="stage").count("events_of_the_stage", **W),
    ]
    spine = Spine(np.arange(6), np.full(6, START + 6 * HOUR))
    data = stored(project, laid_out(tmp_path / "laid", [project], 3))
    expected = plain(features_at(declared, project, spine))
    assert expected["stage"] == ["new", None, None, "new", None, None]  # known strictly before as_of
    assert plain(features_at(declared, data, spine)) == expected
    with patch("lead_ml.cluster.layout.events.EVENTS_A_RANGE", 1):
        assert plain(features_at(declared, data, spine)) == expected
        until, plan = START + 50 * HOUR, Compiled.of(declared[3:]).plans[0]
        found = take_snapshot(plan, data, until).to_arrays()
        for name, array in take_snapshot(plan, project, until).to_arrays().items():
            np.testing.assert_array_equal(found[name], array, err_msg=name)


def test_events_that_tie_only_under_a_shared_key_keep_their_ids(tmp_path):
    people = Leads(("a",), np.array([START + 9 * HOUR]), {"account_id": Coded.of(["A"])})
    columns = {"type": Coded.of(["view", "call"]), "event_id": Coded.of(["e2", "e1"])}
    instants = START + np.array([1, 1]) * HOUR, START + np.array([1, 2]) * HOUR
    project = Dataset(people, Events(np.zeros(2, np.int64), *instants, columns, np.zeros(2)))
    declared = [events(by="account_id").last("last_type", "type", **W)]
    spine = Spine(np.array([0]), np.array([START + 20 * HOUR]))
    layout = laid_out(tmp_path, [project], 2)
    assert not any(part.ties for part in layout.manifest.parts)
    found = plain(features_at(declared, stored(project, layout), spine))
    assert found == plain(features_at(declared, project, spine)) == {"last_type": ["view"]}  # e2 after e1


@pytest.mark.parametrize("partitions", [1, 4])
def test_events_are_sorted_by_lead_and_time_and_id_in_every_part(tmp_path, partitions):
    project = large()
    named = {**project.events.columns, "event_id": Coded.of([f"e{k % 977}" for k in range(3000)])}
    project = replace(project, events=replace(project.events, columns=named))
    layout = laid_out(tmp_path, [project], partitions)
    total = 0
    for k in range(layout.count):
        own = layout.read(k)
        instants = own["known_at"].tolist(), own["occurred_at"].tolist()
        rows = list(zip(own["lead_id"].values(), *instants, own["event_id"].values(), strict=True))
        assert rows == sorted(rows)
        total += len(rows)
    assert total == 3000


def test_what_was_known_earlier_still_has_its_events():
    project = large()
    at = START + 120 * HOUR
    spine = Spine(np.arange(40), np.full(40, at))
    with cut_in_memory(project, 3) as cut:
        found = plain(features_at(EVERYTHING, stored(project, cut).as_known(at), spine))
    assert found == plain(features_at(EVERYTHING, project.as_known(at), spine))


def test_first_contacts_and_delays_are_those_of_all_events():
    project = large()
    first = np.full(40, NEVER)
    calls = np.array(project.events.columns["type"].values()) == "call"
    np.minimum.at(first, project.events.lead[calls], project.events.known_at[calls])
    late = project.events.known_at - project.events.occurred_at
    with cut_in_memory(project, 3) as cut:
        data = stored(project, cut)
        np.testing.assert_array_equal(data.stored.first_known(("call",), data), first)
        rows, found = data.stored.delays(data)
    assert rows == 3000
    assert sorted(found.tolist()) == sorted(late[late > 0].tolist())


def test_events_in_memory_are_not_taken_for_none():
    project = large()
    with cut_in_memory(project, 2) as cut:
        data = stored(project, cut)
        spine = Spine(np.array([0]), np.array([START + 99 * HOUR]))
        compiled = Compiled.of(EVERYTHING)
        cuts = cuts_of(compiled.plans, data, spine, pieces=2, workers=1)
        found = in_pieces(
            lambda task, makers: ((k, task(m())) for k, m in enumerate(makers)), compiled, cuts, data, spine
        )
        assert plain(found) == plain(features_at(EVERYTHING, project, spine))
        with pytest.raises(InputError, match="stored elsewhere, and were asked for in memory"):
            gather(next(plan for plan in compiled.plans if plan.stream == "events"), data)


@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="without JIT nothing is compiled")
def test_snapshots_that_may_not_be_written_to_compile_nothing_anew():
    project = busy(np.random.default_rng(1), leads=20, events=100, outcomes=5)
    lead, as_of = np.arange(20)[::-1].copy(), np.full(20, START + 40 * HOUR)
    with cut_in_memory(project, 2) as cut:
        features_at(EVERYTHING, stored(project, cut), Spine(lead, as_of))
        before = len(timed.signatures)
        lead.flags.writeable = as_of.flags.writeable = False
        features_at(EVERYTHING, stored(project, cut), Spine(lead, as_of))
    assert len(timed.signatures) == before


def sessions(rows: int) -> Dataset:
    data = large(rows=rows)
    assert data.events is not None
    ids = Coded.of([f"s{k}" if k % 9 else None for k in range(rows)])
    return replace(data, events=replace(data.events, columns={**data.events.columns, "session_id": ids}))


def test_many_texts_are_read_as_numbers_where_only_their_number_counts(tmp_path, monkeypatch):
    data = sessions(3000)
    layout = laid_out(tmp_path / "one", [data], 2)
    assert layout.manifest.parts_of(0)[0].columns["session_id@lead"] == "numbered"
    distinct = [events().distinct("n", of="session_id", window="90h", **W)]
    shared = [events(by="account_id").distinct("all", of="session_id", **W)]
    shown = [*distinct, events().last("last", of="session_id", **W)]
    read = []

    def noted(storage, part, names=None):
        read.append(tuple(names or ()))
        return read_part(storage, part, names)

    monkeypatch.setattr("lead_ml.cluster.layout.layout.read_part", noted)
    spine = Spine(np.arange(40), np.full(40, START + 200 * HOUR))

    def same(declared, laid):
        read.clear()
        found = plain(features_at(declared, stored(data, laid), spine))
        assert found == plain(features_at(declared, data, spine))
        names = {name for one in read for name in one if name.startswith("session_id")}
        assert len(names) == 1
        return names.pop()

    assert same(distinct, layout) == "session_id@lead"
    assert same(shared, layout) == "session_id"
    assert same(shown, layout) == "session_id"
    # Parts are numbered one by one, so two of them are distinguished by their texts, until they are merged.
    halves = [replace(data, events=picked(data.events, np.arange(3000) % 2 == half)) for half in (0, 1)]
    two = grown(laid_out(tmp_path / "two", halves[:1], 2), halves[1:])
    assert same(distinct, two) == "session_id@part"  # few enough texts
    assert same(distinct, two.compacted()) == "session_id@lead"


def test_a_column_that_is_named_like_numbers_stays_as_it_is(tmp_path):
    data = sessions(3000)
    assert data.events is not None
    own = Coded.of(["mine"] * 3000)
    columns = {**data.events.columns, "session_id@lead": own, "page@part": own}
    data = replace(data, events=replace(data.events, columns=columns))
    layout = laid_out(tmp_path, [data], 1)
    part = layout.read(0)
    assert set(part["session_id@lead"].values()) == {"mine"}
    assert "s1" in part["session_id"].values()
    declared = [events().distinct(name, of=name, **W) for name in ("page", "session_id")]
    spine = Spine(np.arange(40), np.full(40, START + 200 * HOUR))
    assert plain(features_at(declared, stored(data, layout), spine)) == plain(
        features_at(declared, data, spine)
    )
