"""Operations: liveness, readiness, metrics, the model, and the OpenAPI document."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import anyio
import pytest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from lead_ml.errors import ParamsError
from lead_ml.service.concurrency_limiter import ConcurrencyLimiter
from lead_ml.service.metrics import ServiceMetrics
from lead_ml.service.middleware import AccessLogFilter
from lead_ml.service.problems import ProblemError
from lead_ml.service.reload import ScorerReloader
from lead_ml.service.settings import Settings


def test_alive_but_not_ready_without_a_model(empty_app: Any, client_of: Any) -> None:
    client = client_of(empty_app)
    assert client.get("/livez").status_code == 200
    empty_app.state.runtime.reloader.check()
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.headers["retry-after"]
    assert str(empty_app.state.runtime.settings.runs) not in response.text
    assert client.post("/v1/score", json={}).status_code == 503
    assert "no version serves yet" in client.get("/v1/model").json()["detail"]
    assert "lead_ml_model_loaded_timestamp_seconds 0.0\n" in client.get("/metrics").text


def test_the_model_describes_itself(served: Any) -> None:
    found = served.client.get("/v1/model", headers=served.read).json()
    assert found["version"] == served.scorer.version
    assert set(found["candidates"]) == {"conversion", "fake"}
    assert found["synthetic"] is True
    assert found["card"]["targets"]["conversion"]["candidate"] == found["candidates"]["conversion"]
    assert found["candidates"]["conversion"] in found["metrics"]["conversion"]
    assert found["reload"]["ok"] is True


@pytest.mark.parametrize("path", ["/metrics", "/v1/metrics"])
def test_metrics_count_by_route_and_code_without_personal_data(served: Any, path: str) -> None:
    served.client.get("/v1/model", headers=served.read)
    served.client.get("/v1/model")
    served.client.get("/review/wang-xiaoming")
    served.client.request("SECRET", "/wang-xiaoming")
    response = served.client.get(path)
    assert response.headers["content-type"].startswith("text/plain; version=")
    found = samples(response.text)
    model = {"route": "/v1/model", "method": "GET"}
    assert value(found, "lead_ml_requests_total", **model, code="200") >= 1
    assert value(found, "lead_ml_requests_total", **model, code="401") >= 1
    assert value(found, "lead_ml_requests_total", route="other", method="OTHER", code="404") >= 1
    candidate = served.scorer.bundle.parts["conversion"].fitted.candidate
    assert value(found, "lead_ml_model_info", version=served.scorer.version, model_type=candidate) == 1
    assert value(found, "lead_ml_model_last_reload_successful") == 1
    assert value(found, "lead_ml_model_loaded_timestamp_seconds") == served.reloader.loaded_at
    assert value(found, "lead_ml_requests_in_flight") == 1
    assert "wang" not in response.text


def test_metrics_follow_the_naming_rules_of_prometheus(served: Any) -> None:
    families = text_string_to_metric_families(served.client.get("/v1/metrics").text)
    names = {family.name: family.type for family in families if not family.name.endswith("_created")}
    assert names == {
        "lead_ml_requests": "counter",
        "lead_ml_request_duration_seconds": "histogram",
        "lead_ml_reference_age_seconds": "gauge",
        "lead_ml_requests_in_flight": "gauge",
        "lead_ml_model_info": "gauge",
        "lead_ml_model_loaded_timestamp_seconds": "gauge",
        "lead_ml_model_last_reload_successful": "gauge",
    }


def test_the_histogram_counts_each_request_once_in_its_bucket() -> None:
    metrics = ServiceMetrics(ScorerReloader(Settings(runs=Path("none"))))
    for seconds in (0.0005, 0.001, 0.3, 60.0):
        metrics.observe("/x", "GET", 200, seconds)
    found = samples(metrics.text().decode())
    name = "lead_ml_request_duration_seconds"
    edges = {"0.001": 2, "0.25": 2, "0.5": 3, "10.0": 3, "+Inf": 4}
    assert {edge: value(found, f"{name}_bucket", route="/x", le=edge) for edge in edges} == edges
    assert value(found, f"{name}_count", route="/x") == 4
    assert value(found, f"{name}_sum", route="/x") == pytest.approx(60.3015)
    assert value(found, "lead_ml_requests_total", route="/x", method="GET", code="200") == 4
    assert not any(sample.name == "lead_ml_model_info" for sample in found)


def test_two_apps_in_one_process_count_separately() -> None:
    one, other = (ServiceMetrics(ScorerReloader(Settings(runs=Path("none")))) for _ in range(2))
    one.observe("/x", "GET", 200, 0.1)
    assert "/x" in one.text().decode()
    assert "/x" not in other.text().decode()


def samples(text: str) -> list[Sample]:
    return [sample for family in text_string_to_metric_families(text) for sample in family.samples]


def value(found: list[Sample], name: str, **labels: str) -> float:
    (sample,) = [sample for sample in found if (sample.name, sample.labels) == (name, labels)]
    return sample.value


def test_beyond_the_queue_the_answer_is_to_come_back() -> None:
    release = threading.Event()
    outcomes: list[str] = []

    async def ask(limiter: ConcurrencyLimiter) -> None:
        try:
            outcomes.append(await limiter.run(lambda: "done" if release.wait(10) else "late"))
        except ProblemError as error:
            outcomes.append(f"{error.problem.status} after {error.headers['Retry-After']}")
            release.set()

    async def crowd() -> None:
        limiter = ConcurrencyLimiter(threads=1, max_waiting=2)
        async with anyio.create_task_group() as group:
            for _ in range(4):
                group.start_soon(ask, limiter)
        assert await limiter.run(lambda: "again") == "again"

    anyio.run(crowd)
    assert sorted(outcomes) == ["503 after 1", "done", "done", "done"]


def test_a_full_queue_returns_503_with_retry_after(
    fresh: Any, body: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fresh.app.state.runtime.limiter, "_capacity", 0)
    response = fresh.post("/v1/score", body)
    assert response.status_code == 503
    assert response.headers["retry-after"] == "1"
    assert response.json()["type"] == "/docs#problem-busy"
    assert fresh.client.get("/readyz").status_code == 200


@pytest.mark.parametrize("path", ["/livez", "/docs", "/v1/model", "/nothing", "/review", "/login"])
def test_every_answer_carries_the_headers_that_protect(served: Any, path: str) -> None:
    headers = served.client.get(path, follow_redirects=False).headers
    assert "default-src 'self'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"


def test_the_document_is_complete(served: Any) -> None:
    doc = served.client.get("/openapi.json").json()
    assert doc["openapi"] == "3.1.0"
    text = served.client.get("/openapi.json").text
    names = set(re.findall(r'"#/components/schemas/(\w+)"', text))
    assert names <= set(doc["components"]["schemas"])
    assert {"ScoreRequest", "Answer", "ProblemDetails", "Thresholds"} <= names
    api = {route.path for route in served.app.routes if route.path.startswith("/v1/")}
    assert api <= set(doc["paths"])
    ids = [operation["operationId"] for methods in doc["paths"].values() for operation in methods.values()]
    assert len(ids) == len(set(ids))
    lead = doc["components"]["schemas"]["ScoreRequest"]["properties"]["lead"]
    assert set(served.scorer.bundle.info.columns) <= set(lead["properties"])
    assert lead["properties"]["created_at"]["type"] == "string"
    answer = doc["components"]["schemas"]["Answer"]["properties"]
    assert (answer["as_of"]["format"], answer["grade"]["anyOf"][0]["enum"]) == (
        "date-time",
        ["A", "B", "C", "D"],
    )
    conflicts = [
        path for path, of in doc["paths"].items() for one in of.values() if "409" in one["responses"]
    ]
    assert conflicts == ["/v1/thresholds"]
    example = doc["paths"]["/v1/score"]["post"]["requestBody"]["content"]["application/json"]["example"]
    assert served.post("/v1/score", example).status_code == 200


def test_the_page_of_the_api_lists_every_route_and_kind_of_problem(served: Any) -> None:
    page = served.client.get("/docs").text
    doc = served.client.get("/openapi.json").json()
    for path in doc["paths"]:
        assert f"<code>{path}</code>" in page
    for name in doc["components"]["schemas"]:
        assert f'id="schema-{name}"' in page
    assert 'id="problem-too-large"' in page
    assert "<script" not in page


def test_settings_come_from_the_environment() -> None:
    found = Settings.from_env(
        {
            "LEAD_ML_RUNS": "/srv/runs",
            "LEAD_ML_BUNDLE": "/b",
            "LEAD_ML_KEYS": "/k.json",
            "LEAD_ML_AUTH": "Off",
        }
    )
    assert (str(found.runs), str(found.bundle), str(found.keys_path), found.auth) == (
        "/srv/runs",
        "/b",
        "/k.json",
        False,
    )
    assert Settings.from_env({}).auth is True
    assert str(Settings.from_env({}).keys_path) == "runs/keys.json"
    with pytest.raises(ParamsError, match="LEAD_ML_AUTH: got 'maybe'; expected on or off"):
        Settings.from_env({"LEAD_ML_AUTH": "maybe"})


@pytest.mark.parametrize(
    ("path", "logged"),
    [
        ("/review/L-1?q=wang", "/review/..."),
        ("/review/thresholds?lang=en", "/review/thresholds"),
        ("/leads/wang@example.com", "/..."),
        ("/v1/score", "/v1/score"),
        ("/v1/score/wang", "/..."),
        ("/static/review.css?v=1", "/static/..."),
    ],
)
def test_the_access_log_of_uvicorn_loses_queries_lead_ids_and_unknown_paths(path: str, logged: str) -> None:
    import logging

    record = logging.LogRecord(
        "uvicorn.access",
        20,
        "",
        0,
        '%s - "%s %s HTTP/%s" %d',
        ("1.2.3.4:5", "GET", path, "1.1", 200),
        None,
    )
    assert AccessLogFilter({"/v1/score", "/review/thresholds", "/review/{lead_id:path}"}).filter(record)
    assert record.getMessage() == f'1.2.3.4:5 - "GET {logged} HTTP/1.1" 200'


def test_scoring_imports_neither_mlflow_nor_shap() -> None:
    code = "import sys, lead_ml.service; print(sorted({'mlflow', 'shap', 'optuna', 'bentoml', 'matplotlib'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_building_an_app_touches_no_file(tmp_path: Any) -> None:
    from lead_ml.service import create_app

    create_app(Settings(runs=tmp_path / "runs"))
    assert not list(tmp_path.iterdir())
