"""The same lead gives the same bits, whichever way it comes: table, data set, request, batch, HTTP, MLflow."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from asked import ALL_REASONS, body_of, contributions, request_of
from candidates import run_of_candidate

from lead_ml.asof.join import features_at
from lead_ml.asof.labels import Spine
from lead_ml.declare import Aggregate, Rate, operands
from lead_ml.model.metrics import sigmoid
from lead_ml.registry.logged_model import MODEL_CODE
from lead_ml.registry.runs import Run
from lead_ml.registry.store import import_mlflow
from lead_ml.scoring import Answer, Scorer, ScoreRequest, Served, prepare, serve_version
from lead_ml.service import Settings, create_app
from lead_ml.service.reload import Loaders
from lead_ml.tables.dataset import Coded, Dataset

LEADS = 300
BATCH = 100

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Starlette asks for another HTTP client than the one that is installed
    from starlette.testclient import TestClient


@pytest.fixture(scope="module")
def spine(trained: Any) -> Spine:
    """The latest leads at the end of the data, most of them still open."""
    count = len(trained.dataset.leads)
    return Spine(np.arange(count - LEADS, count), np.full(LEADS, trained.dataset.until))


@pytest.fixture(scope="module")
def shipped(trained: Any, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The candidate with the longest way from a value to a reason, promoted in a folder of its own."""
    run = run_of_candidate(trained, "lightgbm", tmp_path_factory.mktemp("paths"))
    version = run.record.version
    serve_version(
        run.folder.parent,
        Served(version=version, folder=f"{version}/bundle", at="2026-01-01T00:00:00Z", why="tests"),
    )
    return run


@pytest.fixture(scope="module")
def scorer(shipped: Run) -> Scorer:
    return Scorer.load(shipped.bundle)


@pytest.fixture(scope="module")
def requests(trained: Any, spine: Spine) -> list[ScoreRequest]:
    return [request_of(trained.dataset, int(lead), trained.dataset.until) for lead in spine.lead]


@pytest.fixture(scope="module")
def expected(trained: Any, scorer: Scorer, spine: Spine) -> list[Answer]:
    return scorer.score_dataset(trained.dataset, spine, top=ALL_REASONS)


@pytest.fixture(scope="module")
def client(shipped: Run) -> Iterator[Any]:
    runs = shipped.folder.parent
    loaders = Loaders(check=lambda _: None, load=Scorer.load, warm=lambda: None)
    app = create_app(
        Settings(runs=runs, auth=False, poll_seconds=3600, max_batch_body=64 * 1024 * 1024), loaders=loaders
    )
    app.state.runtime.reloader.check()
    with TestClient(app, client=("127.0.0.1", 50_000), base_url="http://localhost") as found:
        yield found


def test_there_is_enough_to_compare(expected: list[Answer], requests: list[ScoreRequest]) -> None:
    assert len(expected) == len(requests) == LEADS
    assert len({answer.probability for answer in expected}) > len(expected) / 2
    assert sum(bool(request.events) for request in requests) > len(requests) / 2


def test_the_training_table_equals_the_scored_data_set(
    trained: Any, scorer: Scorer, spine: Spine, expected: list[Answer]
) -> None:
    raw = features_at(scorer.bundle.declarations, trained.dataset, spine)
    for target, part in scorer.bundle.parts.items():
        matrix = part.fitted.matrix(raw)
        logit = part.calibration.apply(part.fitted.model.predict_logit(matrix))
        probability = sigmoid(logit)
        table = part.calibration.scale_contributions(part.fitted.model.contributions(matrix))
        names = [f"{target} {item.name}" for item in part.fitted.declarations]
        for row, answer in enumerate(expected):
            found = answer if target == "conversion" else answer.fake
            assert found.probability == probability[row]
            assert found.base == table[row, -1]
            of_row, wanted = contributions(answer), dict(zip(names, table[row, :-1].tolist(), strict=True))
            said = {name: of_row[name] for name in names if name in of_row}
            assert said == {name: wanted[name] for name in said}
            left_out = sum(value for name, value in wanted.items() if name not in said)
            assert of_row[f"{target} other"] == pytest.approx(left_out, abs=1e-9)


def test_one_request_at_a_time_equals_the_data_set(
    scorer: Scorer, requests: list[ScoreRequest], expected: list[Answer]
) -> None:
    schema = scorer.bundle.schema
    for request, answer in zip(requests, expected, strict=True):
        compare(scorer.score_prepared([prepare(request, schema, 0)])[0], answer)


def test_a_batch_of_requests_equals_the_data_set(
    scorer: Scorer, requests: list[ScoreRequest], expected: list[Answer]
) -> None:
    answers = scorer.score_prepared([prepare(request, scorer.bundle.schema, 0) for request in requests])
    for found, answer in zip(answers, expected, strict=True):
        compare(found, answer)


def test_http_equals_the_data_set(client: Any, requests: list[ScoreRequest], expected: list[Answer]) -> None:
    for request, answer in zip(requests, expected, strict=True):
        response = client.post("/v1/score", json=body_of(request))
        assert response.status_code == 200, response.text
        compare(msgspec.json.decode(response.content, type=Answer), answer)


def test_an_http_batch_equals_the_data_set(
    client: Any, requests: list[ScoreRequest], expected: list[Answer]
) -> None:
    for start in range(0, len(requests), BATCH):
        body = {"leads": [body_of(request) for request in requests[start : start + BATCH]]}
        response = client.post("/v1/score/batch", json=body)
        results = json.loads(response.content)["results"]
        for item, answer in zip(results, expected[start : start + BATCH], strict=True):
            compare(msgspec.convert(item["answer"], Answer), answer)


@pytest.mark.slow
def test_the_pyfunc_equals_the_data_set(
    shipped: Run, requests: list[ScoreRequest], expected: list[Answer], tmp_path: Path
) -> None:
    pd = pytest.importorskip("pandas")
    pytest.importorskip("mlflow")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # MLflow warns of its own type hints while it is imported
        mlflow = import_mlflow()
        mlflow.pyfunc.save_model(
            tmp_path / "model",
            python_model=str(MODEL_CODE),
            artifacts={"bundle": str(shipped.bundle)},
            pip_requirements=[],
        )
        model = mlflow.pyfunc.load_model(str(tmp_path / "model"))
    rows = [{**r.lead, "as_of": r.as_of, "events": msgspec.json.encode(r.events).decode()} for r in requests]
    options = {"reasons": ALL_REASONS}
    table = model.unwrap_python_model().predict(None, pd.DataFrame(rows), options)
    for text, answer in zip(table["answer"], expected, strict=True):
        compare(msgspec.json.decode(text, type=Answer), answer)


def test_every_kind_answers_alike_alone_and_in_a_batch(
    trained: Any, candidate_scorer: Scorer, spine: Spine
) -> None:
    some = spine.take(np.arange(0, len(spine), 5))
    asked = [request_of(trained.dataset, int(lead), trained.dataset.until) for lead in some.lead]
    prepared = [prepare(request, candidate_scorer.bundle.schema, 0) for request in asked]
    batch = candidate_scorer.score_prepared(prepared)
    whole = candidate_scorer.score_dataset(trained.dataset, some, top=ALL_REASONS)
    for one, of_batch, of_data in zip(prepared, batch, whole, strict=True):
        compare(candidate_scorer.score_prepared([one])[0], of_data)
        compare(of_batch, of_data)


def test_leads_asked_about_later_see_themselves_later_and_shared_keys_as_the_data_ended(
    trained: Any, scorer: Scorer, spine: Spine
) -> None:
    until, lead = trained.dataset.until, spine.lead[:200]
    later = until + 36 * 3_600_000_000 + 1
    now, then = (
        features_at(scorer.compiled, trained.dataset, Spine(lead, np.full(200, moment)))
        for moment in (later, until)
    )
    shared = {
        item.name
        for item in scorer.bundle.declarations
        if any(
            isinstance(part, Aggregate | Rate) and part.key != "lead_id" for part in operands(item) or (item,)
        )
    }
    assert {"source_leads_7d"} < shared
    for row, asked in enumerate(lead.tolist()):
        request = prepare(request_of(trained.dataset, asked, later), scorer.bundle.schema, 0)
        found = scorer._features(request)
        for name in scorer.bundle.parts["conversion"].fitted.encoder.names:
            wanted = (then if name in shared else now)[name]
            assert values(found[name])[0] == values(wanted)[row], name


def values(column: Any) -> list[Any]:
    """The values of a raw column, None where missing."""
    found = column.values() if isinstance(column, Coded) else column.tolist()
    return [None if value != value else value for value in found]


def test_no_events_table_is_told_apart_from_no_events(trained: Any, scorer: Scorer, spine: Spine) -> None:
    without = Dataset(trained.dataset.leads, None, trained.dataset.outcomes, trained.dataset.until)
    asked = [request_of(without, int(lead), trained.dataset.until) for lead in spine.lead[:50]]
    assert {request.events for request in asked} == {None}
    answers = scorer.score_prepared([prepare(request, scorer.bundle.schema, 0) for request in asked])
    assert not any(answer.events_supplied for answer in answers)
    silent = scorer.score_dataset(trained.dataset, spine.take(np.arange(50)))
    assert any(a.probability != b.probability for a, b in zip(answers, silent, strict=True))


def compare(found: Answer, wanted: Answer) -> None:
    """Hold two answers equal in every field but the columns that no feature reads."""
    found = msgspec.structs.replace(found, warnings=())
    assert found == wanted
    first, second = contributions(found), contributions(wanted)
    assert max(abs(first[name] - second[name]) for name in first) == 0.0
