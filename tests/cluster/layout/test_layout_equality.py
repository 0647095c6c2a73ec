"""Features of a layout are those of all rows at once, to the last bit, however it was cut and grown."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from unittest.mock import patch

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_projects import DECLARATIONS, HOUR, START, W, busy, picked, plain, questions

from lead_ml.asof.join import features_at
from lead_ml.asof.kernel.order import timed
from lead_ml.asof.labels import Spine
from lead_ml.cluster.layout import append, features_of, lay_out, partitioned, rows_of
from lead_ml.cluster.layout.part import read_part
from lead_ml.declare import category, events, leads, ratio
from lead_ml.tables.dataset import Changes, Coded, Dataset, Events, Extra, Leads

MIXED = ratio(
    "own_of_everyone",
    events().count("n", window="5h", **W),
    events(by="*").count("all", window="5h", **W),
    **W,
)
EVERYTHING = [*DECLARATIONS, MIXED, category("source", **W)]


def computed(partitions, project, spine, **options):
    lead = rows_of(partitions, list(project.leads.lead_id))[spine.lead]
    return plain(features_of(EVERYTHING, partitions, Spine(lead, spine.as_of), **options))


def pieces_of(project, owner, count):
    """Return datasets that together hold the rows of a project: row i is in piece owner(i)."""
    for piece in range(count):
        yield replace(
            project,
            events=picked(project.events, owner(len(project.events)) == piece),
            outcomes=picked(project.outcomes, owner(len(project.outcomes)) == piece),
        )


@settings(max_examples=30, deadline=None)
@given(
    questions(),
    st.integers(1, 7),
    st.integers(1, 3),
    st.sampled_from([0, 1024]),
    st.randoms(use_true_random=False),
)
def test_a_layout_gives_the_features_of_all_rows_at_once(asked, partitions, appends, many, random):
    project, lead, as_of = asked
    spine = Spine(lead, as_of)
    expected = plain(features_at(EVERYTHING, project, spine))

    def owner(rows: int):
        return np.random.default_rng(rows).integers(0, appends, rows)

    grown = list(pieces_of(project, owner, appends))
    random.shuffle(grown)
    with tempfile.TemporaryDirectory() as folder, patch("lead_ml.cluster.layout.part.MANY_TEXTS", many):
        layout = lay_out(grown[0], folder, partitions=partitions)
        for piece in grown[1:]:
            layout = append(layout, piece)
        assert computed(layout, project, spine) == expected
        assert computed(layout.compacted(), project, spine) == expected


@settings(max_examples=10, deadline=None)
@given(questions(), st.integers(1, 7), st.sampled_from([0, 200, 10**9]))
def test_rows_cut_for_one_computation_give_the_same(asked, partitions, budget):
    project, lead, as_of = asked
    spine = Spine(lead, as_of)
    with partitioned(project, partitions=partitions, budget=budget) as cut:
        assert computed(cut, project, spine) == plain(features_at(EVERYTHING, project, spine))


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


def test_threads_and_the_order_of_snapshots_change_nothing(tmp_path):
    project = large()
    rng = np.random.default_rng(1)
    spine = Spine(rng.integers(0, 40, 200), START + rng.integers(0, 300, 200) * HOUR)
    layout = lay_out(project, tmp_path / "kept", partitions=5)
    expected = plain(features_at(EVERYTHING, project, spine))
    assert computed(layout, project, spine) == expected
    assert computed(layout, project, spine, threads=3) == expected
    order = np.lexsort((spine.as_of, rows_of(layout, list(project.leads.lead_id))[spine.lead]))
    sorted_rows = computed(layout, project, Spine(spine.lead[order], spine.as_of[order]))
    assert sorted_rows == {name: [column[k] for k in order] for name, column in expected.items()}


def test_changes_of_lead_columns_and_third_party_tables_are_read_as_they_stood(tmp_path):
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
    layout = lay_out(project, tmp_path / "kept", partitions=3)
    lead = rows_of(layout, list(project.leads.lead_id))
    found = features_of(declared, layout, Spine(lead, spine.as_of), extra=extra)
    expected = plain(features_at(declared, project, spine))
    assert expected["stage"] == ["new", None, None, "new", None, None]  # known strictly before as_of
    assert plain(found) == expected


def test_rows_that_tie_only_under_a_shared_key_keep_their_ids(tmp_path):
    people = Leads(("a",), np.array([START + 9 * HOUR]), {"account_id": Coded.of(["A"])})
    columns = {"type": Coded.of(["view", "call"]), "event_id": Coded.of(["e2", "e1"])}
    instants = START + np.array([1, 1]) * HOUR, START + np.array([1, 2]) * HOUR
    project = Dataset(people, Events(np.zeros(2, np.int64), *instants, columns, np.zeros(2)))
    declared = [events(by="account_id").last("last_type", "type", **W)]
    spine = Spine(np.array([0]), np.array([START + 20 * HOUR]))
    layout = lay_out(project, tmp_path, partitions=2)
    assert not any(part.ties for part in layout.manifest.parts)
    assert plain(features_of(declared, layout, spine)) == plain(features_at(declared, project, spine))
    assert plain(features_at(declared, project, spine)) == {"last_type": ["view"]}  # e2 comes after e1


def test_the_last_row_of_a_lead_counts(tmp_path):
    before = Dataset(Leads(("a", "b"), np.array([1, 2]), {"source": Coded.of(["ads", "web"])}))
    after = Dataset(
        Leads(
            ("b", "c"), np.array([2, 3]), {"source": Coded.of(["fair", None]), "city": Coded.of(["X", "Y"])}
        )
    )
    layout = append(lay_out(before, tmp_path, partitions=2), after)
    for _ in range(2):
        ids = rows_of(layout, ["a", "b", "c"])
        declared = [category("source", **W), category("city", **W)]
        columns = features_of(declared, layout, Spine(ids, np.full(3, 9)))
        assert plain(columns) == {"source": ["ads", "fair", None], "city": [None, "X", "Y"]}
        layout = layout.compacted()
    assert rows_of(layout, ["nobody"]).tolist() == [-1]


@pytest.mark.parametrize("partitions", [1, 4])
def test_rows_stand_by_lead_and_time_and_id_in_every_part(tmp_path, partitions):
    project = large()
    named = {**project.events.columns, "event_id": Coded.of([f"e{k % 977}" for k in range(3000)])}
    layout = lay_out(
        replace(project, events=replace(project.events, columns=named)), tmp_path, partitions=partitions
    )
    seen = 0
    for k in range(layout.count):
        own = layout.partition(k)
        ids = own.events.columns["event_id"].values()
        instants = own.events.known_at.tolist(), own.events.occurred_at.tolist()
        rows = list(zip(own.events.lead.tolist(), *instants, ids, strict=True))
        assert rows == sorted(rows)
        assert list(own.leads.lead_id) == sorted(own.leads.lead_id)
        seen += len(rows)
    assert seen == 3000


@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="without JIT nothing is compiled")
def test_snapshots_that_may_not_be_written_to_compile_nothing_anew():
    project = busy(np.random.default_rng(1), leads=20, events=100, outcomes=5)
    with partitioned(project, partitions=2) as cut:
        lead, as_of = np.arange(20)[::-1].copy(), np.full(20, START + 40 * HOUR)
        features_of(EVERYTHING, cut, Spine(lead, as_of))
    before = len(timed.signatures)
    with partitioned(project, partitions=2) as cut:
        lead.flags.writeable = as_of.flags.writeable = False
        features_of(EVERYTHING, cut, Spine(lead, as_of))
    assert len(timed.signatures) == before


def sessions(rows: int) -> Dataset:
    data = large(rows=rows)
    assert data.events is not None
    ids = Coded.of([f"s{k}" if k % 9 else None for k in range(rows)])
    return replace(data, events=replace(data.events, columns={**data.events.columns, "session_id": ids}))


def test_many_texts_are_read_as_numbers_where_they_are_only_told_apart(tmp_path, monkeypatch):
    data = sessions(3000)
    layout = lay_out(data, tmp_path / "one", partitions=2)
    assert layout.manifest.parts_of(0, "events")[0].columns["session_id@lead"] == "numbered"
    told = [events().distinct("n", of="session_id", window="90h", **W)]
    shared = [events(by="account_id").distinct("all", of="session_id", **W)]
    shown = [*told, events().last("last", of="session_id", **W)]
    read = []

    def noted(folder, part, names=None):
        read.append(tuple(names or ()))
        return read_part(folder, part, names)

    monkeypatch.setattr("lead_ml.cluster.layout.layout.read_part", noted)
    lead = rows_of(layout, list(data.leads.lead_id))
    as_of = np.full(len(lead), START + 200 * HOUR)

    def same(declared, grown):
        read.clear()
        found = plain(features_of(declared, grown, Spine(lead, as_of)))
        assert found == plain(features_at(declared, data, Spine(np.arange(len(lead)), as_of)))
        names = {name for one in read for name in one if name.startswith("session_id")}
        assert len(names) == 1
        return names.pop()

    assert same(told, layout) == "session_id@lead"
    assert same(shared, layout) == "session_id"
    assert same(shown, layout) == "session_id"
    # Parts are numbered one by one, so two of them are told apart by their texts, until they are merged.
    half = replace(data, events=picked(data.events, np.arange(3000) % 2 == 0))
    rest = replace(data, events=picked(data.events, np.arange(3000) % 2 == 1))
    grown = append(lay_out(half, tmp_path / "two", partitions=2), rest)
    assert same(told, grown) == "session_id@part"  # few enough texts
    assert same(told, grown.compacted()) == "session_id@lead"


def test_a_column_that_is_named_like_numbers_stays_as_it_is(tmp_path):
    data = sessions(3000)
    assert data.events is not None
    own = Coded.of(["mine"] * 3000)
    columns = {**data.events.columns, "session_id@lead": own, "page@part": own}
    layout = lay_out(replace(data, events=replace(data.events, columns=columns)), tmp_path, partitions=1)
    part = layout.partition(0)
    assert part.events is not None
    assert set(part.events.columns["session_id@lead"].values()) == {"mine"}
    assert "s1" in part.events.columns["session_id"].values()
    declared = [events().distinct(name, of=name, **W) for name in ("page", "session_id")]
    lead, as_of = rows_of(layout, list(data.leads.lead_id)), np.full(len(data.leads), START + 200 * HOUR)
    found = plain(features_of(declared, layout, Spine(lead, as_of)))
    assert found == plain(features_at(declared, data, Spine(np.arange(len(lead)), as_of)))
