"""Tracking on a real SQLite store, with a real bundle."""

from __future__ import annotations

import filecmp
import json
import os
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pytest
from asked import ALL_REASONS, request_of
from registry_kit import adopt, leads_of, registered, version_at

from lead_ml import registry as tracking
from lead_ml.errors import BundleError, LeadMLError, RequestError
from lead_ml.registry.frame import OUTPUTS
from lead_ml.registry.runs import Run
from lead_ml.registry.store import connected
from lead_ml.scoring import Answer, Scorer, prepare
from lead_ml.workflows.promote import promote, rollback

# what mlflow itself raises while it is imported, opens its store, and reads an input example
pytestmark = [
    pytest.mark.service,
    pytest.mark.filterwarnings(
        "ignore:The ``noload`` loader strategy is deprecated:DeprecationWarning:mlflow"
    ),
    pytest.mark.filterwarnings("ignore:.*Any type hint is inferred as AnyType:UserWarning:mlflow"),
    pytest.mark.filterwarnings("ignore:Operation with range is deprecated:DeprecationWarning:mlflow"),
]
Logged = tuple[Path, Run, str]
Two = tuple[Path, Run, Run]


def loaded(runs: Path) -> Any:
    """The registered model, as its users load it."""
    import mlflow

    with connected(runs):
        return mlflow.pyfunc.load_model("models:/demo/1")


@pytest.fixture(autouse=True)
def no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


def test_a_run_is_logged_with_params_figures_and_tags(logged: Logged) -> None:
    runs, run, run_id = logged
    with connected(runs) as client:
        data = client.get_run(run_id).data
    evaluation = run.evaluation("conversion")
    assert evaluation is not None
    selected = evaluation.of(run.record.candidates["conversion"])
    for name in ("log_loss", "roc_auc", "lift_10"):
        assert data.metrics[f"conversion/{name}"] == selected.metrics[name].value
    base_rate = evaluation.of("base rate").metrics["log_loss"].value
    assert data.metrics["conversion/log_loss_base_rate"] == base_rate
    assert len(data.metrics) <= 20  # MLflow draws a chart for each
    assert data.params["split.folds"] == "2"
    assert data.params["data_digest.leads"] == run.record.data_digests["leads"]
    assert data.tags["lead_ml_version"] == run.record.version
    assert (data.tags["synthetic"], data.tags["seed"]) == ("true", str(run.record.seed))
    assert data.tags["project_digest"] == run.record.project_digest
    assert evaluation.headline in data.tags["mlflow.note.content"]


def test_every_candidate_has_a_child_run_with_comparable_figures(logged: Logged) -> None:
    runs, run, run_id = logged
    with connected(runs) as client:
        experiment = client.get_run(run_id).info.experiment_id
        found = client.search_runs([experiment], f"tags.`mlflow.parentRunId` = '{run_id}'")
        by_name = {child.info.run_name: child for child in found}
        selected = {name for name, child in by_name.items() if child.data.tags["selected"] == "true"}
        figures = {
            item.path for item in client.list_artifacts(by_name["fake: logistic"].info.run_id, "figures/fake")
        }
    wanted = set()
    for target in ("conversion", "fake"):
        evaluation = run.evaluation(target)
        assert evaluation is not None
        for record in evaluation.candidates:
            child = by_name[f"{target}: {record.candidate}"]
            assert child.data.metrics[f"{target}/log_loss"] == record.metrics["log_loss"].value
            wanted.add(child.info.run_name)
    assert set(by_name) == wanted
    assert selected == {f"{target}: {candidate}" for target, candidate in run.record.candidates.items()}
    assert by_name["conversion: lightgbm"].data.params["lightgbm.rounds"] == "30"
    assert figures == {f"figures/fake/{name}.png" for name in ("roc", "calibration", "lift", "gains")}


def test_every_interval_is_in_one_table(logged: Logged) -> None:
    runs, run, run_id = logged
    with connected(runs) as client:
        path = Path(client.download_artifacts(run_id, "metrics.json", str(runs.parent)))
    content = json.loads(path.read_text())
    rows = [dict(zip(content["columns"], row, strict=True)) for row in content["data"]]
    for target in ("conversion", "fake"):
        evaluation = run.evaluation(target)
        assert evaluation is not None
        own = {(r["candidate"], r["metric"]): r for r in rows if r["target"] == target}
        assert len(own) == sum(len(record.metrics) for record in evaluation.candidates)
        for record in evaluation.candidates:
            for name, figure in record.metrics.items():
                row = own[record.candidate, name]
                assert (row["value"], row["lower"], row["upper"]) == pytest.approx(
                    (figure.value, figure.lower, figure.upper)
                )


def test_the_data_is_an_input_named_by_its_digest(logged: Logged) -> None:
    runs, run, run_id = logged
    with connected(runs) as client:
        inputs = client.get_run(run_id).inputs.dataset_inputs
    found = {item.dataset.name: item for item in inputs}
    assert set(found) == set(run.record.data_digests) == {"leads", "events", "outcomes"}
    for table, item in found.items():
        tags = {tag.key: tag.value for tag in item.tags}
        assert run.record.data_digests[table].startswith(item.dataset.digest)
        assert tags["digest"] == run.record.data_digests[table]
        assert tags["mlflow.data.context"] == "training"
        assert f"{table}.csv" in item.dataset.source


def test_the_logged_model_carries_the_figures_of_the_run(logged: Logged) -> None:
    runs, _, run_id = logged
    with connected(runs) as client:
        found = client.get_run(run_id)
        (output,) = found.outputs.model_outputs
        model = client.get_logged_model(output.model_id)
    assert {item.key: item.value for item in model.metrics} == found.data.metrics


def test_files_of_a_run_are_logged_but_never_the_scores_that_name_leads(logged: Logged) -> None:
    runs, run, run_id = logged
    with connected(runs) as client:
        names = {item.path for item in client.list_artifacts(run_id)}
        pictures = {item.path for item in client.list_artifacts(run_id, "pictures/fake")}
        card = Path(client.download_artifacts(run_id, "model_card.md", str(runs.parent))).read_text()
    assert names == {
        "evaluation-conversion.json",
        "evaluation-fake.json",
        "figures",
        "metrics.json",
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
    assert [item.tags["lead_ml_version"] for item in registered(runs)] == [run.record.version]


def test_the_pyfunc_answers_as_the_scorer_does_to_the_last_bit(logged: Logged, trained: Any) -> None:
    runs, run, _ = logged
    leads = leads_of(trained.dataset, 40).set_index(pd.RangeIndex(5, 45))
    table = loaded(runs).predict(leads, params={"reasons": ALL_REASONS})
    scorer = Scorer.load(run.bundle)
    requests = [request_of(trained.dataset, row, trained.dataset.until) for row in range(40)]
    wanted = scorer.score_prepared([prepare(request, scorer.bundle.schema, 0) for request in requests])
    assert table.columns.tolist() == list(OUTPUTS)
    assert table.index.tolist() == list(range(5, 45))
    for name in ("lead_id", "probability", "lower", "upper", "score", "grade", "stage", "model_version"):
        found = [None if value != value else value for value in table[name].tolist()]
        assert found == [getattr(answer, name) for answer in wanted]
    assert table["fake_probability"].tolist() == [answer.fake.probability for answer in wanted if answer.fake]
    for text, answer in zip(table["answer"], wanted, strict=True):
        found = msgspec.structs.replace(msgspec.json.decode(text, type=Answer), warnings=())
        assert found == msgspec.structs.replace(answer, warnings=())
    assert table["probability"].nunique() > 10  # a scorecard has few


def test_the_types_of_a_table_change_no_answer(logged: Logged, trained: Any) -> None:
    """Texts from a CSV file, and numbers, booleans and timestamps from a database, are the same lead."""
    model = loaded(logged[0])
    texts = leads_of(trained.dataset, 20)
    typed = texts.assign(
        created_at=pd.to_datetime(texts["created_at"], format="ISO8601"),
        form_seconds=texts["form_seconds"].astype(float),
        consent=texts["consent"].map({"true": True, "false": False}),
    )
    assert [typed[name].dtype.kind for name in ("created_at", "form_seconds")] == ["M", "f"]
    assert model.predict(typed)["answer"].tolist() == model.predict(texts)["answer"].tolist()


def test_no_events_are_distinguished_from_unknown_events(logged: Logged, trained: Any) -> None:
    model = loaded(logged[0])
    leads = leads_of(trained.dataset, 3)
    cases = (
        (["[]", None, "[]"], [True, False, True]),
        ([None, None, None], [False] * 3),
        ([float("nan")] * 3, [False] * 3),  # what pandas makes of an empty column of a CSV file
    )
    for cells, supplied in cases:
        table = model.predict(leads.assign(events=cells))
        assert [json.loads(text)["events_supplied"] for text in table["answer"]] == supplied
    assert not json.loads(model.predict(leads.drop(columns="events"))["answer"][0])["events_supplied"]


def test_the_pyfunc_is_code_with_a_tabular_signature_and_an_example_it_answers(logged: Logged) -> None:
    import mlflow

    runs, run, _ = logged
    model = loaded(runs)
    with connected(runs):
        place = Path(mlflow.artifacts.download_artifacts("models:/demo/1"))
    answer = model.predict(model.input_example).iloc[0]
    assert (answer["lead_id"], answer["model_version"]) == ("example", run.record.version)
    inputs = model.metadata.signature.inputs
    assert set(inputs.required_input_names()) == {"lead_id", "created_at"}
    assert {"industry", "as_of", "events"} <= set(inputs.optional_input_names())
    assert model.metadata.signature.outputs.input_names() == list(OUTPUTS)
    assert not list(place.rglob("*.pkl"))
    code = next(place.glob("*.py")).read_text()
    imports = [line for line in code.splitlines() if line.startswith(("import", "from"))]
    assert imports == ["from lead_ml.registry.pyfunc import register"]


def test_the_pyfunc_names_the_row_and_column_of_what_it_cannot_read(logged: Logged, trained: Any) -> None:
    model = loaded(logged[0])
    good = leads_of(trained.dataset, 4).astype(object)
    wrong = (
        ("events", "not json", "row 2, column events: not a JSON list of events"),
        ("events", "{}", "row 2, column events: not a JSON list of events"),
        ("events", 3.5, "row 2, column events: not a JSON list of events"),
        ("events", '[{"type": "call"}]', "row 2, column events: not a JSON list of events"),
        (
            "events",
            '[{"type": "call", "occurred_at": "soon"}]',
            r"row 2, column events: .*occurred_at.*'soon'",
        ),
        ("lead_id", None, "row 2, column lead_id: lead.lead_id is missing"),
        ("created_at", float("nan"), "row 2, column created_at: lead.created_at is missing"),
        ("as_of", "soon", "row 2, column as_of: "),
        ("industry", ["a"], "row 2, column industry: cannot be read"),
        ("industry", np.array([1, 2]), "row 2, column industry: cannot be read"),
        ("events", [{"type": "call"}], "row 2, column events: cannot be read"),
        ("events", b"[]", "row 2, column events: cannot be read"),
    )
    for column, cell, message in wrong:
        bad = good.copy()
        bad.at[2, column] = cell
        with pytest.raises(RequestError, match=message):
            model.predict(bad)
    empty = good.copy()
    empty.loc[1] = None
    with pytest.raises(RequestError, match="row 1, column lead_id"):
        model.predict(empty)
    with pytest.raises(RequestError, match="expected lang en or zh"):
        model.predict(good, params={"lang": "fr"})
    assert model.predict(good.iloc[:0]).empty


def test_each_version_is_registered_once_and_the_latest_is_the_challenger(two: Two) -> None:
    runs, first, second = two
    found = registered(runs)
    assert [(str(item.version), item.tags["lead_ml_version"], list(item.aliases)) for item in found] == [
        ("1", first.record.version, []),
        ("2", second.record.version, ["challenger"]),
    ]
    assert first.record.candidates == {
        name.removeprefix("candidate."): candidate
        for name, candidate in found[0].tags.items()
        if name.startswith("candidate.")
    }


def test_a_version_that_is_not_registered_changes_nothing(two: Two) -> None:
    runs, _, second = two
    assert not tracking.mark_promoted(runs, "demo", "zz", promoted_at="", why="")
    assert version_at(runs, "champion") is None
    assert version_at(runs, "challenger") == second.record.version


def test_promotion_and_rollback_move_the_champion_alias_with_the_reason(two: Two) -> None:
    runs, first, second = two
    promote(runs, first.record.version, force="first of all")
    done = promote(runs, second.record.version, force="a new card")
    assert version_at(runs, "champion") == second.record.version
    assert version_at(runs, "challenger") is None
    with connected(runs) as client:
        tags = client.get_model_version("demo", "2").tags
    assert (tags["promoted_at"], tags["why"], tags["forced"]) == (done.at, done.words, "a new card")
    rollback(runs)
    assert version_at(runs, "champion") == first.record.version


def test_a_bundle_comes_back_from_the_registry_byte_for_byte(logged: Logged) -> None:
    runs, run, _ = logged
    with connected(runs), tracking.downloaded("models:/demo/1") as folder:
        files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
        assert files == sorted(
            path.relative_to(run.bundle).as_posix() for path in run.bundle.rglob("*") if path.is_file()
        )
        assert filecmp.cmpfiles(run.bundle, folder, files, shallow=False) == (files, [], [])
    assert not folder.exists()


def test_a_damaged_copy_in_the_registry_is_not_loaded(runs: Path, trained: Any) -> None:
    run = adopt(trained, runs)
    tracking.log_run(run, {}, runs)
    copy = next((runs / "mlartifacts").rglob("bundle/features.json"))
    copy.write_bytes(copy.read_bytes()[:-1])
    with (
        connected(runs),
        tracking.downloaded("models:/demo/1") as folder,
        pytest.raises(BundleError, match=r"features\.json is missing or damaged"),
    ):
        Scorer.load(folder)


def test_a_damaged_bundle_is_not_logged(runs: Path, trained: Any) -> None:
    run = adopt(trained, runs)
    (run.bundle / "features.json").write_text("[]")
    with pytest.raises(BundleError, match="damaged"):
        tracking.log_run(run, {}, runs)
    assert registered(runs) == []


def test_a_store_that_cannot_be_used_is_told_with_the_next_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "carrier-pigeon://loft")
    with pytest.raises(LeadMLError, match=r"MLflow failed.*MLFLOW_TRACKING_URI"):
        tracking.mark_promoted(tmp_path, "demo", "abc", promoted_at="", why="")


def test_the_tracking_uri_of_the_caller_comes_back(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import mlflow

    tracking.mark_promoted(runs, "demo", "abc", promoted_at="", why="")
    assert "MLFLOW_TRACKING_URI" not in os.environ
    assert not mlflow.is_tracking_uri_set()
    other = f"sqlite:///{runs}/other.db"
    mlflow.set_tracking_uri(other)
    tracking.mark_promoted(runs, "demo", "abc", promoted_at="", why="")
    assert mlflow.get_tracking_uri() == other
    mlflow.set_tracking_uri(None)


def test_telemetry_and_pickles_are_off(logged: Logged) -> None:
    assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "true"
    assert os.environ["MLFLOW_ALLOW_PICKLE_DESERIALIZATION"] == "false"
