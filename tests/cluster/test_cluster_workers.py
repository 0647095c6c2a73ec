"""On a real cluster of two worker processes: what comes back equals one machine's, also when workers are killed."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cluster_kit import DECLARED, asked, differing, sample

from lead_ml.asof.join import Compiled, features_at
from lead_ml.asof.labels import Spine
from lead_ml.cluster import features_on, opened, score_on, train_booster_on
from lead_ml.errors import InputError
from lead_ml.evaluation import Evaluation
from lead_ml.model import ColumnInfo, LightGBM
from lead_ml.model.fit import features_of
from lead_ml.model.lightgbm import train_booster_here
from lead_ml.project.load import Project
from lead_ml.project.params import LightGBMParams
from lead_ml.registry.runs import Run
from lead_ml.scoring import Scorer
from lead_ml.tables.dataset import Dataset, Events
from lead_ml.testing import sample_dataset
from lead_ml.workflows.load import load
from lead_ml.workflows.score import score_open
from lead_ml.workflows.train import train
from lead_ml.workflows.training import labelled_spine
from lead_ml.workflows.work import Work

pytest.importorskip("distributed")
pytestmark = pytest.mark.slow
COMPILED = Compiled.of(DECLARED)
COLUMNS = (ColumnInfo("a", "number", monotone=1), ColumnInfo("b", "number"), ColumnInfo("c", "category", 8))


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    with opened("local:2") as found:
        yield found


@pytest.fixture
def client(cluster: Any) -> Any:
    """The cluster, once a worker that an earlier test killed is back."""
    cluster.wait_for_workers(2, timeout=60)
    return cluster


@pytest.fixture(scope="module")
def many() -> tuple[Dataset, Spine]:
    """Enough rows for a piece to take a while."""
    dataset = sample_dataset(DECLARED, seed=3, leads=20_000)
    return dataset, asked(dataset, 3, 60_000)


def kill(client: Any) -> int:
    """Kill a worker process the hard way; its nanny starts another."""
    pid = next(iter(client.run(os.getpid).values()))
    os.kill(pid, signal.SIGKILL)
    return int(pid)


@pytest.mark.parametrize("partitions", [1, 2, 5, None])
@pytest.mark.parametrize("moving", [False, True])
def test_features_are_equal_to_the_last_bit(client: Any, partitions: int | None, moving: bool) -> None:
    dataset, spine = sample(seed=partitions or 9, size=150, moving=moving)
    found = features_on(client, DECLARED, dataset, spine, partitions=partitions)
    assert differing(found, features_at(COMPILED, dataset, spine)) == []


@pytest.mark.parametrize("target", ["conversion", "fake"])
@pytest.mark.parametrize("partitions", [1, 2, 5])
def test_features_of_the_demo_are_equal_to_the_last_bit(
    client: Any, world: Path, target: str, partitions: int
) -> None:
    loaded = load(world)
    spine, _ = labelled_spine(loaded.project.tasks[target], loaded.dataset)
    declared = features_of(loaded.project.specs[target], loaded.project.declarations)
    found = features_on(client, declared, loaded.dataset, spine, partitions=partitions)
    assert differing(found, features_at(declared, loaded.dataset, spine)) == []


def test_a_killed_worker_loses_nothing(client: Any, many: tuple[Dataset, Spine]) -> None:
    dataset, spine = many
    killed: list[int] = []

    def told(_: str) -> None:
        if not killed:
            killed.append(kill(client))

    found = features_on(client, COMPILED, dataset, spine, partitions=6, progress=told)
    assert differing(found, features_at(COMPILED, dataset, spine)) == []
    assert killed
    assert killed[0] not in client.run(os.getpid).values()


def test_both_workers_may_die(client: Any, many: tuple[Dataset, Spine]) -> None:
    dataset, spine = many
    killed: set[int] = set()

    def told(_: str) -> None:
        if not killed:
            killed.update(client.run(os.getpid).values())
            for pid in killed:
                os.kill(pid, signal.SIGKILL)

    found = features_on(client, COMPILED, dataset, spine, partitions=6, progress=told)
    assert differing(found, features_at(COMPILED, dataset, spine)) == []
    assert len(killed) == 2


def test_bad_rows_are_told_as_on_one_machine(client: Any) -> None:
    dataset, spine = sample(moving=False)
    assert isinstance(dataset.events, Events)
    early = replace(dataset.events, known_at=dataset.events.occurred_at - 1)
    with pytest.raises(InputError, match="a row is known before it occurred"):
        features_on(client, COMPILED, replace(dataset, events=early), spine, partitions=2)


def sheet(rows: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    X = np.column_stack([rng.normal(size=rows), rng.normal(size=rows), rng.integers(0, 8, rows)])
    X[rng.random(rows) < 0.1, 1] = np.nan
    logit = X[:, 0] + np.nan_to_num(X[:, 1]) / 2 + 2.0 * (X[:, 2] == 3) - 2
    y = (rng.random(rows) < 1 / (1 + np.exp(-logit))).astype(float)
    return np.ascontiguousarray(X), y, rng.random(rows) + 0.5


def fitted(train_booster: Any, rows: int, rounds: int) -> LightGBM:
    X, y, weight = sheet(rows)
    model = LightGBM(params=LightGBMParams(rounds=rounds), seed=5, train_booster=train_booster)
    return model.fit(X, y, sample_weight=weight, columns=COLUMNS)


def test_trees_of_a_cluster_repeat_and_name_no_machine(client: Any) -> None:
    first, again = (fitted(partial(train_booster_on, client), 6_000, 20) for _ in range(2))
    assert first.text_ == again.text_
    assert "127.0.0.1" not in first.text_
    X = sheet(6_000)[0]
    here = fitted(train_booster_here, 6_000, 20).predict_logit(X)
    assert np.corrcoef(first.predict_logit(X), here)[0, 1] > 0.98


def test_few_rows_are_grown_here(client: Any) -> None:
    assert (
        fitted(partial(train_booster_on, client), 500, 20).text_ == fitted(train_booster_here, 500, 20).text_
    )


def test_a_worker_killed_in_a_fit_gives_the_same_trees(client: Any) -> None:
    wanted = fitted(partial(train_booster_on, client), 20_000, 3_000)
    killed: list[float] = []

    def strike() -> None:
        kill(client)
        killed.append(time.monotonic())

    later = threading.Timer(1.0, strike)
    later.start()
    found = fitted(partial(train_booster_on, client), 20_000, 3_000)
    ended = time.monotonic()
    later.join()
    assert killed[0] < ended, "the worker was killed after the fit"
    assert found.text_ == wanted.text_


def test_a_worker_killed_before_a_fit_gives_the_same_trees(client: Any) -> None:
    wanted = fitted(partial(train_booster_on, client), 6_000, 20)
    kill(client)
    assert fitted(partial(train_booster_on, client), 6_000, 20).text_ == wanted.text_


def test_a_worker_that_dies_twice_comes_back_twice() -> None:
    """Dask looks 15 seconds after a death whether the worker is there, and else would give it up."""
    with opened("local:1") as client:
        kill(client)
        began = time.monotonic()
        client.wait_for_workers(1, timeout=14)
        time.sleep(14.7 - (time.monotonic() - began))
        kill(client)
        time.sleep(16 - (time.monotonic() - began))
        client.wait_for_workers(1, timeout=60)


@pytest.fixture(scope="module")
def runs(cluster: Any, world: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Run]:
    """The demo trained here, and on the cluster."""
    loaded = load(world)
    work = Work(partial(features_on, cluster), partial(train_booster_on, cluster))

    def at(name: str) -> Project:
        return replace(loaded.project, root=tmp_path_factory.mktemp(name))

    return (
        train(at("here"), loaded.dataset, candidates=["lightgbm"]),
        train(at("there"), loaded.dataset, candidates=["lightgbm"], work=work),
    )


@pytest.mark.parametrize("target", ["conversion", "fake"])
def test_training_stays_within_the_interval(runs: tuple[Run, Run], target: str) -> None:
    losses = [_log_loss(run.evaluation(target)) for run in runs]
    assert runs[0].record.version != runs[1].record.version, "no tree was grown on the cluster"
    assert abs(losses[0].value - losses[1].value) < (losses[0].upper - losses[0].lower) / 2


def _log_loss(evaluation: Evaluation | None) -> Any:
    assert evaluation is not None
    return evaluation.of("lightgbm").metrics["log_loss"]


def test_scores_and_reasons_are_equal_to_the_last_bit(
    client: Any, runs: tuple[Run, Run], world: Path
) -> None:
    dataset = load(world).dataset
    for run in runs:
        scorer = Scorer.load(run.bundle)
        said: list[str] = []
        there = score_open(scorer, dataset, work=Work(score=partial(score_on, client)), progress=said.append)
        assert there == score_open(scorer, dataset)
        assert said[-1] == f"scored {len(there):,} of {len(there):,} leads"
