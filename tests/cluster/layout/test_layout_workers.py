"""Two Dask workers that read a layout themselves: the same bits, while this process holds no events."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from layout_kit import laid_out, stored
from layout_project import files_of
from random_projects import DECLARATIONS, HOUR, START, busy, plain

from lead_ml.asof.join import features_at
from lead_ml.asof.kernel import compile_plans, take_snapshot
from lead_ml.asof.labels import Spine
from lead_ml.cluster import attached_to, features_on, opened, score_on
from lead_ml.scoring import Scorer
from lead_ml.workflows.load import Loaded
from lead_ml.workflows.score import score_open
from lead_ml.workflows.train import train
from lead_ml.workflows.work import Work

pytest.importorskip("distributed")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    with opened("local:2") as found:
        yield found


def test_features_and_history_are_equal_to_the_last_bit(client: Any, tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    dataset = busy(rng, leads=60, events=4_000, outcomes=90)
    spine = Spine(rng.integers(0, 60, 300), START + rng.integers(0, 60, 300) * HOUR)
    said: list[str] = []
    there = attached_to(client, stored(dataset, laid_out(tmp_path, [dataset], 3)), progress=said.append)
    found = plain(features_on(client, DECLARATIONS, there, spine))
    assert found == plain(features_at(DECLARATIONS, dataset, spine))
    assert said[-1].startswith("events: ")
    for plan in compile_plans(DECLARATIONS):
        if plan.key != "lead_id" and plan.stream == "events":
            arrays = take_snapshot(plan, there, START + 40 * HOUR).to_arrays()
            for name, array in take_snapshot(plan, dataset, START + 40 * HOUR).to_arrays().items():
                assert arrays[name].tobytes() == array.tobytes()


def test_training_and_scoring_give_the_same_bits(client: Any, trained: Any, laid: Loaded) -> None:
    there = attached_to(client, laid.dataset)
    assert there is not laid.dataset
    work = Work(partial(features_on, client), score=partial(score_on, client))
    project = replace(laid.project, root=laid.project.root / "there")
    run = train(project, there, work=work)
    assert files_of(run.bundle) == files_of(trained.bundle)
    scorer = Scorer.load(trained.bundle)
    assert score_open(scorer, there, work=work) == score_open(scorer, trained.dataset)


def test_a_dataset_in_memory_stays_as_it_is(client: Any, trained: Any) -> None:
    assert attached_to(client, trained.dataset) is trained.dataset
