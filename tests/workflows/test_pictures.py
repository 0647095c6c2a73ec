"""The pictures of a run are drawn from the tables it was trained on: the same numbers as scoring the data anew."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from small import draw, write_project

from lead_ml.report import global_importance
from lead_ml.scoring import Scorer
from lead_ml.workflows.train import draw_pictures, samples_of, train_all
from lead_ml.workflows.training import Training, labelled_spine


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any, Any]:
    project = write_project(
        tmp_path_factory.mktemp("pictures"),
        conversion={"horizon_days": 10},
        split={"folds": 2, "test_share": 0.3},
        evaluation={"bootstrap": 50},
    )
    training = Training(project, draw(1_500, seed=3), candidates=("logistic",))
    return training, *train_all(training)


def saved(run: Any) -> dict[str, Any]:
    return msgspec.json.decode((run.folder / "pictures" / "conversion" / "importance.json").read_bytes())


def test_their_numbers_are_those_of_scoring_all_mature_snapshots(done: Any) -> None:
    training, run, trained = done
    drawn = draw_pictures(run, samples_of(trained, run.record.seed))
    spine, _ = labelled_spine(training.tasks["conversion"], training.dataset)
    anew = Scorer.load(run.bundle).scored(training.dataset, spine)["conversion"]
    expected, found = global_importance(anew), saved(run)
    assert found["basis"] == expected["basis"] == f"{len(spine):,} snapshots"
    for one, other in zip(found["features"], expected["features"], strict=True):
        assert one["feature"] == other["feature"]
        assert one["mean_abs"] == pytest.approx(other["mean_abs"], abs=1e-12)
    folder: Path = run.folder / "pictures" / "conversion"
    assert {path.parent for path in drawn} == {folder}
    assert drawn[0].name == "beeswarm.svg"


def test_a_large_table_is_sampled_and_says_so(done: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    _, run, trained = done
    monkeypatch.setattr("lead_ml.workflows.train.MOST_EXPLAINED", 200)
    draw_pictures(run, samples_of(trained, run.record.seed))
    size = int(trained["conversion"].table.labels.used.sum())
    assert size > 1_000
    assert saved(run)["basis"] == f"a random sample of 200 of {size:,} snapshots"
