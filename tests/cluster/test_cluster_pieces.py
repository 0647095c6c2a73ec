"""Cutting work into pieces, without a cluster: put together they are the whole, and each holds only what it needs."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from cluster_kit import DECLARED, asked, differing, sample

from lead_ml.asof.join import Compiled, features_at
from lead_ml.asof.labels import Spine
from lead_ml.asof.matrix import RawColumns
from lead_ml.cluster import opened
from lead_ml.cluster.features import Found, in_pieces
from lead_ml.cluster.mapped import lost
from lead_ml.cluster.pieces import ClusterPiece, Cut, columns_read, cuts_of, ranges_of, trimmed
from lead_ml.cluster.trees import _alone
from lead_ml.errors import InputError, LeadMLError, MissingExtra, ParamsError, RequestError
from lead_ml.tables.dataset import Coded, Dataset

COMPILED = Compiled.of(DECLARED)


def backwards(function: Callable[..., Any], makers: list[Callable[[], ClusterPiece]]) -> Found:
    """Answer the last piece first, each as it would come out of another process."""
    for place in reversed(range(len(makers))):
        piece = pickle.loads(pickle.dumps(makers[place]()))
        yield place, pickle.loads(pickle.dumps(function(piece, None)))


def cut(dataset: Dataset, spine: Spine, pieces: int | None = 5, workers: int = 2) -> tuple[Cut, ...]:
    return cuts_of(COMPILED.plans, dataset, spine, pieces=pieces, workers=workers)


def put_together(dataset: Dataset, spine: Spine, pieces: int | None) -> RawColumns:
    return in_pieces(backwards, COMPILED, cut(dataset, spine, pieces), dataset, spine)


@pytest.mark.parametrize("pieces", [1, 2, 5, 1000, None])
@pytest.mark.parametrize("moving", [False, True])
def test_pieces_put_together_are_the_whole_to_the_last_bit(pieces: int | None, moving: bool) -> None:
    for seed in range(3):
        dataset, spine = sample(seed, moving=moving)
        assert differing(put_together(dataset, spine, pieces), features_at(COMPILED, dataset, spine)) == []


@pytest.mark.parametrize(
    "changes",
    [{"events": None}, {"outcomes": None}, {"events": None, "outcomes": None, "history": {}}],
    ids=["no events", "no outcomes", "leads alone"],
)
def test_tables_that_are_not_there_change_nothing(changes: dict[str, Any]) -> None:
    dataset, spine = sample()
    dataset = replace(dataset, **changes)
    assert differing(put_together(dataset, spine, 3), features_at(COMPILED, dataset, spine)) == []


def test_a_column_that_is_not_there_and_no_snapshots_change_nothing() -> None:
    dataset, spine = sample()
    columns = {k: v for k, v in dataset.leads.columns.items() if k not in ("account_id", "source")}
    history = {k: v for k, v in dataset.history.items() if k != "account_id"}
    dataset = replace(dataset, leads=replace(dataset.leads, columns=columns), history=history)
    for rows in (spine, spine.take(np.empty(0, dtype=np.int64))):
        assert differing(put_together(dataset, rows, 3), features_at(COMPILED, dataset, rows)) == []


def test_every_snapshot_with_a_key_is_answered_once() -> None:
    dataset, spine = sample(size=200)
    for part in cut(dataset, spine):
        rows = np.concatenate([part.rows_of(piece) for piece in range(part.pieces)])
        assert np.array_equal(np.sort(rows), np.flatnonzero(part.piece_of >= 0))
        assert (part.piece_of >= 0).all() or part.plans[0].key not in ("lead_id", "*")


def test_a_piece_holds_no_lead_no_row_and_no_column_of_others() -> None:
    dataset, spine = sample(size=200, moving=False)
    by_lead = next(part for part in cut(dataset, spine) if part.plans[0].key == "lead_id")
    pieces = [by_lead.make(k) for k in range(by_lead.pieces)]
    assert sum(len(piece.dataset.leads) for piece in pieces) == len(dataset.leads)
    assert dataset.events is not None
    assert sum(len(p.dataset.events or ()) for p in pieces) == len(dataset.events)
    assert all(p.dataset.outcomes is None and not p.dataset.leads.columns for p in pieces)
    loads = [len(p.dataset.events or ()) + len(p.lead) for p in pieces]
    assert max(loads) < 1.3 * min(loads)


def test_a_lead_that_changed_its_account_is_in_the_pieces_of_both() -> None:
    dataset, spine = sample(size=200)
    by_account = next(part for part in cut(dataset, spine) if part.plans[0].key == "account_id")
    assert by_account.part is None
    assert sum(map(len, by_account.members)) > len(np.unique(np.concatenate(by_account.members)))


def test_a_plan_that_reads_no_order_is_sent_no_event_ids() -> None:
    reads = {plan.name: columns_read(plan) for plan in COMPILED.plans}
    assert "event_id" in reads["events by lead_id"]
    assert reads["leads by source"] >= {"source", "region"}
    assert "event_id" not in reads["leads by *"]


def test_without_a_number_small_data_is_one_piece_and_large_data_one_per_half_million() -> None:
    dataset, spine = sample()
    assert all(part.pieces == 1 for part in cut(dataset, spine, None))
    load = np.full(1000, 2000)
    assert np.bincount(ranges_of(load, 4)).tolist() == [250] * 4


def test_ranges_are_contiguous_and_a_heavy_key_stands_alone() -> None:
    assert ranges_of(np.array([1, 1, 100, 1, 1]), 3).tolist() == [0, 0, 1, 2, 2]
    assert ranges_of(np.array([0, 0]), 3).tolist() == [0, 0]


def test_levels_are_trimmed_only_where_they_are_many() -> None:
    column = Coded(np.array([5, -1, 2, 5], dtype=np.int32), tuple("abcdef"))
    few = trimmed(column, np.array([0, 1, 3]))
    assert (few.values(), few.levels) == (["f", None, "f"], ("f",))
    assert trimmed(column, np.arange(8) % 4).levels == column.levels


def test_an_error_of_a_worker_arrives_whole() -> None:
    for error in (
        InputError("bad", source="events", rows=[3, 4], value=1, expected="2", do="look"),
        RequestError("bad", field="lead.email", value="x"),
        MissingExtra("dask", "dask"),
    ):
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))


def test_only_a_worker_that_went_away_is_worth_another_try() -> None:
    assert lost(TimeoutError())
    assert not lost(InputError("bad", source="events"))
    assert not lost(ValueError())


@pytest.mark.parametrize("address", ["", "local:", "local:0", "host:8786", "local:two"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with (
        pytest.raises(ParamsError, match=r"expected local:2 or tcp://host:8786"),
        opened(address),
    ):
        pass


def test_dask_that_is_not_installed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingExtra, match=r"pip install 'lead-ml\[dask\]'"), opened("local:2"):
        pass


def test_a_scheduler_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr("lead_ml.cluster.cluster._ANSWER", 1)
    with pytest.raises(LeadMLError, match=r"does not answer.*--dask local:2"), opened("tcp://127.0.0.1:9"):
        pass


def test_a_model_grown_on_a_cluster_tells_nothing_of_it() -> None:
    text = "[tree_learner: data]\n[machines: 10.0.0.7:4711,10.0.0.8:4711]\n[num_machines: 2]\n[seed: 7]\n"
    assert _alone(text) == "[tree_learner: serial]\n[machines: ]\n[num_machines: 1]\n[seed: 7]\n"


def test_a_snapshot_before_all_else_is_asked_too() -> None:
    dataset, _ = sample()
    spine = asked(dataset, 1, 5)
    early = Spine(spine.lead, np.zeros(5, dtype=np.int64))
    assert differing(put_together(dataset, early, 2), features_at(COMPILED, dataset, early)) == []
