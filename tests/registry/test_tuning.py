"""A search as MLflow runs and pictures."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from lead_ml.evaluation.tuned import TrialRecord, Tuned
from lead_ml.model.metrics import Interval
from lead_ml.project.targets import Uniform
from lead_ml.registry import log_tuning
from lead_ml.registry.store import connected
from lead_ml.registry.tune_figures import tuning_pictures

# what mlflow itself raises while it is imported and opens its store
pytestmark = [
    pytest.mark.filterwarnings(
        "ignore:The ``noload`` loader strategy is deprecated:DeprecationWarning:mlflow"
    ),
    pytest.mark.filterwarnings("ignore:.*Any type hint is inferred as AnyType:UserWarning:mlflow"),
    pytest.mark.filterwarnings("ignore:Operation with range is deprecated:DeprecationWarning:mlflow"),
]


def found(trials: int, study: str = "conversion-lightgbm-abc") -> Tuned:
    history = tuple(
        TrialRecord(number=k, params={"num_leaves": 4 + k, "lambda_l2": 0.1 * 10**k}, log_loss=0.3 - 0.01 * k)
        for k in range(trials)
    )
    return Tuned(
        target="conversion",
        candidate="lightgbm",
        study=study,
        params=history[-1].params,
        log_loss=history[-1].log_loss,
        log_loss_now=0.31,
        difference=Interval(-0.02, -0.03, -0.01),
        trials=trials,
        history=history,
        ranges={"num_leaves": Uniform(4, 32, log=True, whole=True), "lambda_l2": Uniform(0.1, 30, log=True)},
        importance={"lambda_l2": 0.7, "num_leaves": 0.3} if trials > 1 else {},
    )


def test_a_continued_search_adds_its_new_trials_to_the_same_run(runs: Path) -> None:
    pictures = tuning_pictures(found(2), runs / "pictures")
    first = log_tuning(found(2), runs, "demo", pictures)
    assert log_tuning(found(3), runs, "demo", pictures) == first
    other = log_tuning(found(1, "conversion-logistic-def"), runs, "demo")
    assert other != first
    with connected(runs) as client:
        experiment = client.get_experiment_by_name("demo").experiment_id
        parent = client.get_run(first)
        children = client.search_runs([experiment], f"tags.`mlflow.parentRunId` = '{first}'")
        files = {item.path for item in client.list_artifacts(first)}
    assert parent.info.run_name == "tune conversion: lightgbm"
    assert parent.info.status == "FINISHED"
    assert parent.data.metrics["conversion/log_loss"] == found(3).log_loss
    assert parent.data.metrics["conversion/log_loss_difference_upper"] == -0.01
    assert (parent.data.tags["best.num_leaves"], parent.data.tags["significant"]) == ("6", "true")
    by_name = {child.info.run_name: child.data for child in children}
    assert set(by_name) == {"trial 1", "trial 2", "trial 3"}
    for trial in found(3).history:
        data = by_name[f"trial {trial.number + 1}"]
        assert data.metrics == {"conversion/log_loss": trial.log_loss}
        assert data.params == {name: str(value) for name, value in trial.params.items()}
    assert files == {"history.png", "parallel.png", "importance.png"}


def test_pictures_are_files_and_one_trial_has_no_importance(tmp_path: Path) -> None:
    assert [path.name for path in tuning_pictures(found(3), tmp_path / "a")] == [
        "history.png",
        "parallel.png",
        "importance.png",
    ]
    one = tuning_pictures(found(1), tmp_path / "b")
    assert [path.name for path in one] == ["history.png", "parallel.png"]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in one)


def test_a_search_survives_a_round_trip_as_json() -> None:
    assert msgspec.json.decode(msgspec.json.encode(found(2)), type=Tuned) == found(2)
