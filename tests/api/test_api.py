"""The Python API: DataFrames in and out, equal to what the service and the batch answer."""

from __future__ import annotations

import math
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import check_estimator
from small import draw

import lead_ml as lm
from lead_ml.api.frames import arrow_of
from lead_ml.asof.join import features_at
from lead_ml.asof.labels import Spine
from lead_ml.errors import InputError, RequestError
from lead_ml.scoring import ScoreRequest, prepare
from lead_ml.tables.dataset import Coded
from lead_ml.tables.instants import iso


@pytest.fixture(scope="module")
def frames(trained: Any) -> dict[str, pd.DataFrame]:
    """The files of the synthetic project as data frames of text."""
    names = ("leads", "events", "outcomes")
    found = {
        name: pd.read_csv(trained.root / f"{name}.csv", dtype=str, keep_default_na=False) for name in names
    }
    return {**found, "events": found["events"].drop(columns="note")}


@pytest.fixture(scope="module")
def moment(trained: Any) -> str:
    return iso(trained.dataset.until)


@pytest.fixture(scope="module")
def some(frames: dict[str, pd.DataFrame], trained: Any) -> pd.DataFrame:
    known = set(trained.dataset.leads.lead_id)
    return frames["leads"][frames["leads"]["lead_id"].isin(known)].iloc[5:25]


def test_scores_equal_those_of_requests_with_the_same_rows(
    trained: Any, frames: dict[str, pd.DataFrame], some: pd.DataFrame, moment: str
) -> None:
    model = lm.load_model(trained.root)
    found = model.score(some, frames["events"], as_of=moment)
    events = frames["events"]
    for row, (_, lead) in enumerate(some.iterrows()):
        own = events[events["lead_id"] == lead["lead_id"]].drop(columns="lead_id")
        body = [
            {name: float(v) if name == "value" else v for name, v in item.items() if v != ""}
            for item in own.to_dict("records")
        ]
        request = ScoreRequest(lead=lead.to_dict(), events=[lm_event(item) for item in body], as_of=moment)
        answer = model.scorer.score_prepared([prepare(request, model.scorer.bundle.schema, 0)])[0]
        assert found["probability"].iloc[row] == answer.probability
        assert found["grade"].iloc[row] == answer.grade
    assert found.index.tolist() == some.index.tolist()


def lm_event(item: dict[str, Any]) -> Any:
    from lead_ml.scoring import EventIn

    return EventIn(**item)


def test_the_explanation_adds_up_to_the_logit(
    trained: Any, frames: dict[str, pd.DataFrame], some: pd.DataFrame, moment: str
) -> None:
    model = lm.load_model(trained.root)
    scores = model.score(some, frames["events"], as_of=moment, reasons=2)
    reasons = model.explain(some, frames["events"], as_of=moment)
    assert list(reasons.columns) == [
        "lead_id",
        "feature",
        "family",
        "value",
        "contribution",
        "points",
        "text",
    ]
    for lead_id, probability in zip(scores["lead_id"], scores["probability"], strict=True):
        total = reasons.loc[reasons["lead_id"] == lead_id, "contribution"].sum()
        assert total == pytest.approx(math.log(probability / (1 - probability)), abs=1e-9)
    assert scores["reasons"].map(len).min() >= 2


def test_features_equal_the_training_kernel_in_the_order_of_the_spine(
    trained: Any, frames: dict[str, pd.DataFrame], some: pd.DataFrame
) -> None:
    dataset = trained.dataset
    spine = pd.DataFrame(
        {"lead_id": some["lead_id"].tolist()[::-1], "as_of": [iso(dataset.until)] * len(some)}
    )
    table = lm.features(trained.root, frames["leads"], frames["events"], spine, outcomes=frames["outcomes"])
    assert table["lead_id"].tolist() == spine["lead_id"].tolist()
    place = {lead_id: k for k, lead_id in enumerate(dataset.leads.lead_id)}
    rows = np.array([place[lead_id] for lead_id in spine["lead_id"]])
    declared = [item for item in trained.project.declarations if item.name in table.columns]
    raw = features_at(declared, dataset, Spine(rows, np.full(len(rows), dataset.until, dtype=np.int64)))
    for item in declared:
        column = raw[item.name]
        if isinstance(column, Coded):
            shown = table[item.name].astype(object).where(table[item.name].notna(), None)
            assert shown.tolist() == list(column.values()), item.name
        else:
            np.testing.assert_array_equal(table[item.name].to_numpy(), column, err_msg=item.name)


def test_the_scikit_learn_classifier_gives_the_probabilities_of_the_batch(
    trained: Any, frames: dict[str, pd.DataFrame], some: pd.DataFrame
) -> None:
    dataset = trained.dataset
    spine = pd.DataFrame({"lead_id": some["lead_id"], "as_of": iso(dataset.until)})
    table = lm.features(trained.root, frames["leads"], frames["events"], spine, outcomes=frames["outcomes"])
    model = lm.load_model(trained.root)
    classifier = model.to_sklearn()
    place = {lead_id: k for k, lead_id in enumerate(dataset.leads.lead_id)}
    rows = np.array([place[lead_id] for lead_id in some["lead_id"]])
    scored = model.scorer.scored(dataset, Spine(rows, np.full(len(rows), dataset.until, dtype=np.int64)))
    np.testing.assert_array_equal(classifier.predict_proba(table)[:, 1], scored["conversion"].probability)
    assert classifier.classes_.tolist() == [0, 1]
    assert classifier.fit(table) is classifier
    np.testing.assert_array_equal(
        classifier.predict(table), (scored["conversion"].probability >= 0.5).astype(int)
    )
    with pytest.raises(InputError, match="feature columns are missing"):
        classifier.predict_proba(table.drop(columns=table.columns[3]))
    with pytest.raises(InputError, match="no such target"):
        model.to_sklearn("weather")


FRAME = (
    "it reads the frame of lead_ml.features by the names of its columns, so an array of numbers is refused"
)
FITTED = (
    "it is fitted already, as scikit-learn's FrozenEstimator: fit neither reads nor checks what it is given"
)
EXPECTED = {
    "check_classifier_data_not_an_array": FRAME,
    "check_classifiers_classes": FRAME,
    "check_classifiers_one_label": FRAME,
    "check_dict_unchanged": FRAME,
    "check_dtype_object": FRAME,
    "check_estimators_dtypes": FRAME,
    "check_estimators_pickle": FRAME,
    "check_f_contiguous_array_estimator": FRAME,
    "check_fit2d_predict1d": FRAME,
    "check_fit_idempotent": FRAME,
    "check_fit_score_takes_y": FRAME,
    "check_methods_sample_order_invariance": FRAME,
    "check_methods_subset_invariance": FRAME,
    "check_n_features_in_after_fitting": FRAME,
    "check_pipeline_consistency": FRAME,
    "check_supervised_y_2d": FRAME,
    "check_classifiers_regression_target": FITTED,
    "check_classifiers_train": FITTED,
    "check_complex_data": FITTED,
    "check_estimator_sparse_array": FITTED,
    "check_estimator_sparse_matrix": FITTED,
    "check_estimator_sparse_tag": FITTED,
    "check_estimators_empty_data_messages": FITTED,
    "check_estimators_nan_inf": FITTED,
    "check_estimators_unfitted": FITTED,
    "check_fit1d": FITTED,
    "check_fit_check_is_fitted": FITTED,
    "check_n_features_in": FITTED,
    "check_supervised_y_no_nan": FITTED,
}


def test_scikit_learns_own_checks_fail_only_because_the_classifier_is_fitted_and_reads_a_frame(
    trained: Any,
) -> None:
    classifier = lm.load_model(trained.root).to_sklearn()
    found = check_estimator(classifier, expected_failed_checks=EXPECTED, on_fail=None, on_skip=None)
    assert {each["check_name"]: repr(each["exception"]) for each in found if each["status"] == "failed"} == {}
    ran = {each["check_name"] for each in found}
    assert {each["check_name"] for each in found if each["status"] == "xfail"} == ran & set(EXPECTED)


def test_scikit_learns_tools_keep_the_classifier_as_it_is(
    trained: Any, frames: dict[str, pd.DataFrame], some: pd.DataFrame
) -> None:
    spine = pd.DataFrame({"lead_id": some["lead_id"], "as_of": iso(trained.dataset.until)})
    table = lm.features(trained.root, frames["leads"], frames["events"], spine, outcomes=frames["outcomes"])
    classifier = lm.load_model(trained.root).to_sklearn()
    right = classifier.predict_proba(table)
    np.testing.assert_array_equal(clone(classifier).predict_proba(table), right)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(classifier)).predict_proba(table), right)
    np.testing.assert_array_equal(make_pipeline("passthrough", classifier).predict_proba(table), right)
    order = np.random.default_rng(1).permutation(len(table))
    np.testing.assert_array_equal(classifier.predict_proba(table.iloc[order]), right[order])
    np.testing.assert_array_equal(classifier.predict_proba(table[table.columns[::-1]]), right)
    with pytest.raises(NotFittedError, match="made by Model"):
        type(classifier)().fit(table)


def test_any_table_with_the_arrow_interface_is_accepted(
    trained: Any, frames: dict[str, pd.DataFrame], some: pd.DataFrame, moment: str
) -> None:
    model = lm.load_model(trained.root / "runs")
    arrow = pa.Table.from_pandas(some, preserve_index=False)
    events = pa.Table.from_pandas(frames["events"], preserve_index=False)
    found = model.score(arrow, events, as_of=moment)
    expected = model.score(some, frames["events"], as_of=moment)
    assert found["probability"].tolist() == expected["probability"].tolist()


def test_what_is_no_table_and_a_bad_row_are_one_clear_error(trained: Any, some: pd.DataFrame) -> None:
    model = lm.load_model(str(trained.root))
    with pytest.raises(InputError, match="leads: is not a table"):
        model.score([{"lead_id": "L1"}])
    broken = some.assign(created_at="yesterday")
    with pytest.raises(RequestError, match="row 0, column created_at"):
        model.score(broken)
    with pytest.raises(InputError, match="has no column as_of"):
        lm.features(trained.root, some, spine=some[["lead_id"]])
    with pytest.raises(InputError, match="1 rows name leads that the leads table lacks"):
        lm.features(
            trained.root, some, spine=pd.DataFrame({"lead_id": ["nobody"], "as_of": ["2026-01-01T00:00:00Z"]})
        )


def leads_with_an_outcome_column(rows: int = 400) -> pd.DataFrame:
    data = draw(rows, column=True)
    columns = {name: column.values() for name, column in data.leads.columns.items()}
    assert data.leads.created_at is not None
    created = pd.to_datetime(data.leads.created_at, unit="us").strftime("%Y-%m-%d %H:%M")
    return pd.DataFrame({"Id": data.leads.lead_id, "Born": created, **columns}).rename(
        columns={"converted": "Result"}
    )


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("fit") / "project"
    leads = leads_with_an_outcome_column()
    return lm.fit(
        leads, created="Born", outcome="Result", folder=folder, candidates=["logistic"], seed=3, track=False
    )


def test_fit_trains_from_one_frame_with_named_columns(fitted: Any) -> None:
    assert fitted.record.seed == 3
    assert fitted.record.dated
    metrics = fitted.metrics
    assert set(metrics["candidate"]) == {"logistic", "base rate"}
    auc = metrics[(metrics["metric"] == "roc_auc") & metrics["chosen"]].iloc[0]
    assert auc["lower"] < auc["value"] < auc["upper"]
    assert auc["value"] > 0.6
    assert metrics["positives"].iloc[0] > 20


def test_a_run_shows_itself_in_a_notebook_and_is_short_in_a_terminal(fitted: Any) -> None:
    assert len(repr(fitted)) < 120
    assert fitted.version in repr(fitted)
    assert "<table" in fitted._repr_html_()
    assert "<iframe srcdoc=" in fitted.report()._repr_html_()
    assert fitted.report().path.is_file()
    assert fitted.version in repr(fitted.model)


def test_the_model_of_a_run_scores_columns_under_the_names_of_the_data(fitted: Any) -> None:
    scores = fitted.model.score(leads_with_an_outcome_column().head(3), as_of="2026-12-01T00:00:00Z")
    assert scores["lead_id"].tolist() == ["L0000", "L0001", "L0002"]
    assert ((scores["probability"] > 0) & (scores["probability"] < 1)).all()


@pytest.mark.slow
def test_a_second_fit_in_the_same_folder_trains_the_project_that_is_there(fitted: Any) -> None:
    root = fitted.folder.parent.parent
    before = (root / "params.yaml").read_bytes()
    again = lm.fit(leads_with_an_outcome_column(), folder=root, candidates=["logistic"], seed=3, track=False)
    assert again.version == fitted.version
    assert (root / "params.yaml").read_bytes() == before


def test_a_promoted_run_is_loaded_from_its_project(fitted: Any) -> None:
    root = fitted.folder.parent.parent
    lm.promote(fitted, force="test of the interface", by="a test")
    assert lm.load_model(root).version == fitted.version
    assert lm.load_model(root / "runs" / fitted.version[:6]).version == fitted.version
    assert lm.load_model(fitted.bundle).version == fitted.version


def test_fit_refuses_columns_that_are_not_there_and_folders_with_other_things(tmp_path: Path) -> None:
    leads = leads_with_an_outcome_column(100)
    with pytest.raises(InputError, match="there is no such column"):
        lm.fit(leads, created="Birthday", folder=tmp_path / "a")
    with pytest.raises(InputError, match="does not say who converted"):
        lm.fit(leads, created="Born", outcome="size", folder=tmp_path / "b")
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="not empty and holds no project"):
        lm.fit(leads, folder=tmp_path / "c")


def test_a_failed_fit_leaves_nothing_that_blocks_the_next_one(tmp_path: Path) -> None:
    leads = leads_with_an_outcome_column(100)
    with pytest.raises(InputError, match="there is no such column"):
        lm.fit(leads, outcome="Converted", folder=tmp_path / "mine")
    assert not (tmp_path / "mine").exists()
    with pytest.raises(InputError, match="leads: is not a table"):
        lm.fit([1, 2], folder=tmp_path / "mine")
    assert not (tmp_path / "mine").exists()


@pytest.mark.parametrize("candidates", ["xgboost", ["logistic", "xgboost"], []])
def test_an_unknown_candidate_is_refused_before_any_work(tmp_path: Path, candidates: Any) -> None:
    with pytest.raises(InputError, match=r"unknown candidate.*scorecard, logistic, lightgbm"):
        lm.fit(leads_with_an_outcome_column(100), candidates=candidates, folder=tmp_path / "mine")
    assert not (tmp_path / "mine").exists()


def test_column_names_for_a_project_that_is_there_are_refused(fitted: Any) -> None:
    with pytest.raises(InputError, match=r"holds a project already.*Edit params\.yaml"):
        lm.fit(leads_with_an_outcome_column(), outcome="Result", folder=fitted.folder.parent.parent)


def test_wrong_calls_of_a_model_are_clear_errors(fitted: Any, tmp_path: Path) -> None:
    leads = leads_with_an_outcome_column(5)
    with pytest.raises(InputError, match="leads: has no column lead_id"):
        fitted.model.score(leads.drop(columns="Id"))
    with pytest.raises(InputError, match="as_of: is not a valid timestamp"):
        fitted.model.score(leads, as_of="next week")
    dated = fitted.model.score(leads, as_of="2026-12-01")
    assert (
        dated["probability"].tolist()
        == fitted.model.score(leads, as_of="2026-12-01T00:00:00Z")["probability"].tolist()
    )
    with pytest.raises(InputError, match="X: is not a DataFrame"):
        fitted.model.to_sklearn().predict_proba(np.zeros((2, 3)))
    assert len(repr(fitted.model.to_sklearn())) < 80
    with pytest.raises(InputError, match="there is no such folder"):
        lm.load_model(tmp_path / "nope")
    assert lm.open_run(str(fitted.folder.parent)).record.version == fitted.version


def test_texts_as_polars_keeps_them_are_read() -> None:
    table = arrow_of(pa.table({"source": pa.array(["web", None, "web"], pa.string_view())}), "leads")
    assert table.schema.field("source").type == pa.large_string()
    assert pc.take(table["source"], pa.array([2, 0], pa.uint16())).to_pylist() == ["web", "web"]
