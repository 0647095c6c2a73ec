"""Tracking on a real SQLite store, with a real bundle."""

from __future__ import annotations

import filecmp
import json
import os
from pathlib import Path
from typing import Any

import msgspec
import pytest
from registry_kit import adopt, another_version, requests_of

from lead_ml import registry as tracking
from lead_ml.errors import BundleError, LeadMLError, RequestError
from lead_ml.registry.runs import Run
from lead_ml.registry.store import connected
from lead_ml.scoring import Scorer, ScoreRequest, prepare
from lead_ml.workflows.promote import promote, rollback

# what mlflow itself raises while it is imported, opens its store, and reads an input example
pytestmark = [
    pytest.mark.filterwarnings(
        "ignore:The ``noload`` loader strategy is deprecated:DeprecationWarning:mlflow"
    ),
    pytest.mark.filterwarnings("ignore:.*Any type hint is inferred as AnyType:UserWarning:mlflow"),
    pytest.mark.filterwarnings("ignore:Operation with range is deprecated:DeprecationWarning:mlflow"),
]
Logged = tuple[Path, Run, str]


@pytest.fixture(autouse=True)
def no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


@pytest.fixture
def two(runs: Path, trained: Any) -> tuple[Run, Run]:
    """Two versions, logged one after the other."""
    first = adopt(trained, runs)
    second = another_version(first)
    for run in (first, second):
        tracking.log_run(run, {}, runs)
    return first, second


def test_a_run_is_logged_with_params_figures_and_tags(logged: Logged) -> None:
    runs, run, run_id = logged
    with connected(runs) as client:
        data = client.get_run(run_id).data
    evaluation = run.evaluation("conversion")
    assert evaluation is not None
    kind = evaluation.winner
    figure = evaluation.of(kind).metrics["log_loss"]
    key = f"conversion.{kind}.log_loss"
    assert (data.metrics[key], data.metrics[f"{key}_lower"], data.metrics[f"{key}_upper"]) == (
        figure.value,
        figure.lower,
        figure.upper,
    )
    assert (
        data.metrics["conversion.base_rate.log_loss"] == evaluation.of("base rate").metrics["log_loss"].value
    )
    assert data.params["split.folds"] == "2"
    assert data.params["data_digest.leads"] == run.record.data_digests["leads"]
    assert data.tags["lead_ml_version"] == run.record.version
    assert (data.tags["synthetic"], data.tags["seed"]) == ("true", str(run.record.seed))
    assert data.tags["project_digest"] == run.record.project_digest


def test_files_of_a_run_are_logged_but_never_the_scores_that_name_leads(logged: Logged) -> None:
    runs, run, run_id = logged
    with connected(runs) as client:
        names = {item.path for item in client.list_artifacts(run_id)}
        pictures = {item.path for item in client.list_artifacts(run_id, "pictures/fake")}
        card = Path(client.download_artifacts(run_id, "model_card.md", str(runs.parent))).read_text()
    assert names == {
        "evaluation-conversion.json",
        "evaluation-fake.json",
        "model_card.md",
        "pictures",
        "report.html",
        "run.json",
    }
    assert pictures == {"pictures/fake/beeswarm.png"}
    assert f"# demo, version {run.record.version}" in card


def test_logging_a_bundle_twice_gives_the_same_run(logged: Logged) -> None:
    runs, run, run_id = logged
    assert tracking.log_run(run, {}, runs) == run_id
    assert [item.version for item in tracking.versions(runs, "demo")] == [run.record.version]


def test_a_store_without_versions_is_empty(runs: Path, tmp_path: Path) -> None:
    assert tracking.versions(runs, "demo") == []
    assert tracking.versions(tmp_path / "none", "demo") == []
    assert not (tmp_path / "none").exists()


def test_the_pyfunc_answers_as_the_scorer_does_to_the_last_bit(logged: Logged, trained: Any) -> None:
    import mlflow
    import pandas as pd

    runs, run, _ = logged
    bodies = requests_of(trained.dataset, 40)
    with connected(runs):
        model = mlflow.pyfunc.load_model(f"models:/demo/{tracking.versions(runs, 'demo')[0].number}")
    table = model.predict(pd.DataFrame({"request": bodies}, index=range(5, 45)))
    scorer = Scorer.load(run.bundle)
    prepared = [
        prepare(msgspec.json.decode(body, type=ScoreRequest), scorer.bundle.schema, 0) for body in bodies
    ]
    wanted = [msgspec.json.encode(answer).decode() for answer in scorer.score_prepared(prepared)]
    assert table.columns.tolist() == ["answer"]
    assert table.index.tolist() == list(range(5, 45))
    assert table.answer.tolist() == wanted
    assert len({json.loads(answer)["probability"] for answer in wanted}) > 10  # a scorecard has few


def test_the_pyfunc_is_code_with_a_signature_and_an_example_it_answers(logged: Logged) -> None:
    import mlflow

    runs, run, _ = logged
    with connected(runs):
        model = mlflow.pyfunc.load_model("models:/demo/1")
        place = Path(mlflow.artifacts.download_artifacts("models:/demo/1"))
    answer = json.loads(model.predict(model.input_example).answer[0])
    assert (answer["lead_id"], answer["model_version"]) == ("example", run.record.version)
    assert model.metadata.signature.inputs.input_names() == ["request"]
    assert model.metadata.signature.outputs.input_names() == ["answer"]
    assert not list(place.rglob("*.pkl"))
    code = next(place.glob("*.py")).read_text()
    imports = [line for line in code.splitlines() if line.startswith(("import", "from"))]
    assert imports == ["from lead_ml.registry.pyfunc import register"]


def test_the_pyfunc_names_the_row_and_field_of_a_bad_request(logged: Logged, trained: Any) -> None:
    import mlflow
    import pandas as pd

    with connected(logged[0]):
        model = mlflow.pyfunc.load_model("models:/demo/1").unwrap_python_model()
    good = requests_of(trained.dataset, 1)[0]
    for bad, message in (
        ('{"lead": {}}', "row 1: lead.lead_id is missing"),
        ("{", "row 1: Input data was truncated"),
    ):
        with pytest.raises(RequestError, match=message):
            model.predict(None, pd.DataFrame({"request": [good, bad]}))
    assert model.predict(None, pd.DataFrame({"request": []})).empty


def test_each_version_is_registered_once_and_the_latest_is_the_challenger(
    runs: Path, two: tuple[Run, Run]
) -> None:
    first, second = two
    found = tracking.versions(runs, "demo")
    assert [(item.number, item.version, item.aliases) for item in found] == [
        ("1", first.record.version, ()),
        ("2", second.record.version, ("challenger",)),
    ]
    assert found[0].kinds == first.record.kinds
    assert found[0].created.endswith("Z")


def test_an_alias_moves_and_unknown_versions_are_refused(runs: Path, two: tuple[Run, Run]) -> None:
    first, _ = two
    tracking.set_alias(runs, "demo", "shadow", first.record.version)
    assert tracking.alias_of(runs, "demo", "shadow") == first.record.version
    assert tracking.alias_of(runs, "demo", "champion") is None
    with pytest.raises(
        LeadMLError, match=f"got 'zz'; expected one of those registered: {first.record.version}, "
    ):
        tracking.set_alias(runs, "demo", "champion", "zz")
    assert not tracking.mark_promoted(runs, "demo", "zz", promoted_at="", why="")


def test_promotion_and_rollback_move_the_champion_alias_with_the_reason(
    runs: Path, two: tuple[Run, Run]
) -> None:
    first, second = two
    promote(runs, first.record.version, force="first of all")
    done = promote(runs, second.record.version, force="a new card")
    assert tracking.alias_of(runs, "demo", "champion") == second.record.version
    assert tracking.alias_of(runs, "demo", "challenger") is None
    with connected(runs) as client:
        tags = client.get_model_version("demo", "2").tags
    assert (tags["promoted_at"], tags["why"], tags["forced"]) == (done.at, done.words, "a new card")
    rollback(runs)
    assert tracking.alias_of(runs, "demo", "champion") == first.record.version


def test_a_bundle_comes_back_from_the_registry_byte_for_byte(logged: Logged, tmp_path: Path) -> None:
    runs, run, _ = logged
    folder = tracking.fetch_bundle(runs, "demo", run.record.version, tmp_path / "new" / "bundle")
    files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    assert files == sorted(
        path.relative_to(run.bundle).as_posix() for path in run.bundle.rglob("*") if path.is_file()
    )
    assert filecmp.cmpfiles(run.bundle, folder, files, shallow=False) == (files, [], [])


def test_a_bundle_is_never_restored_over_another(logged: Logged) -> None:
    runs, run, _ = logged
    with pytest.raises(BundleError, match="is not empty"):
        tracking.fetch_bundle(runs, "demo", run.record.version, run.bundle)


def test_a_damaged_copy_in_the_registry_is_not_restored(runs: Path, trained: Any, tmp_path: Path) -> None:
    run = adopt(trained, runs)
    tracking.log_run(run, {}, runs)
    copy = next((runs / "mlartifacts").rglob("bundle/features.json"))
    copy.write_bytes(copy.read_bytes()[:-1])
    with pytest.raises(BundleError, match=r"features\.json is missing or damaged"):
        tracking.fetch_bundle(runs, "demo", run.record.version, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_damaged_bundle_is_not_logged(runs: Path, trained: Any) -> None:
    run = adopt(trained, runs)
    (run.bundle / "features.json").write_text("[]")
    with pytest.raises(BundleError, match="damaged"):
        tracking.log_run(run, {}, runs)
    assert tracking.versions(runs, "demo") == []


def test_a_store_that_cannot_be_used_is_told_with_the_next_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "carrier-pigeon://loft")
    with pytest.raises(LeadMLError, match=r"MLflow failed.*MLFLOW_TRACKING_URI"):
        tracking.versions(tmp_path, "demo")


def test_the_tracking_uri_of_the_caller_comes_back(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import mlflow

    tracking.versions(runs, "demo")
    assert "MLFLOW_TRACKING_URI" not in os.environ
    assert not mlflow.is_tracking_uri_set()
    other = f"sqlite:///{runs}/mlflow.db"
    mlflow.set_tracking_uri(other)
    tracking.versions(runs.parent, "demo")
    assert mlflow.get_tracking_uri() == other
    mlflow.set_tracking_uri(None)


def test_telemetry_and_pickles_are_off(logged: Logged) -> None:
    assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "true"
    assert os.environ["MLFLOW_ALLOW_PICKLE_DESERIALIZATION"] == "false"
