"""Operations: alive, ready, figures, the model, and the API's own document."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from typing import Any

import anyio
import pytest

from lead_ml.errors import ParamsError
from lead_ml.service.concurrency_limiter import Gate
from lead_ml.service.metrics import Metrics
from lead_ml.service.middleware import QuietAccess
from lead_ml.service.problems import ProblemError
from lead_ml.service.settings import Settings


def test_alive_but_not_ready_without_a_model(empty_app: Any, client_of: Any) -> None:
    client = client_of(empty_app)
    assert client.get("/livez").status_code == 200
    empty_app.state.runtime.live.check()
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.headers["retry-after"]
    assert str(empty_app.state.runtime.settings.runs) not in response.text
    assert client.post("/v1/score", json={}).status_code == 503
    assert "no version serves yet" in client.get("/v1/model").json()["detail"]
    assert "lead_ml_model_loaded_timestamp_seconds 0.000" in client.get("/metrics").text


def test_the_model_describes_itself(served: Any) -> None:
    found = served.client.get("/v1/model", headers=served.read).json()
    assert found["version"] == served.scorer.version
    assert set(found["kinds"]) == {"conversion", "fake"}
    assert found["synthetic"] is True
    assert found["card"]["targets"]["conversion"]["kind"] == found["kinds"]["conversion"]
    assert found["kinds"]["conversion"] in found["metrics"]["conversion"]
    assert found["reload"]["ok"] is True


def test_figures_count_by_route_and_code_without_paths(served: Any) -> None:
    served.client.get("/v1/model", headers=served.read)
    served.client.get("/v1/model")
    served.client.get("/review/wang-xiaoming")
    served.client.request("SECRET", "/wang-xiaoming")
    text = served.client.get("/metrics").text
    assert re.search(r'lead_ml_requests_total\{route="/v1/model",method="GET",code="200"\} \d+', text)
    assert re.search(r'lead_ml_requests_total\{route="/v1/model",method="GET",code="401"\} \d+', text)
    assert 'method="OTHER",code="404"' in text
    assert f'lead_ml_model_info{{version="{served.scorer.version}"' in text
    assert "lead_ml_requests_in_flight 1\n" in text
    assert "wang" not in text


def test_a_histogram_is_cumulative_and_ends_with_the_count() -> None:
    metrics = Metrics()
    for seconds in (0.0005, 0.001, 0.3, 60.0):
        metrics.observe("/x", "GET", 200, seconds)
    text = metrics.text(version='a"b\\', kind="k", reload_ok=True, loaded_at=0.0)
    counts = [int(found) for found in re.findall(r"_bucket\{.*\} (\d+)", text)]
    assert counts == sorted(counts)
    assert counts[0] == 2
    assert counts[-1] == 4
    assert 'lead_ml_request_seconds_count{route="/x"} 4' in text
    assert 'version="a\\"b\\\\"' in text


def test_beyond_the_queue_the_answer_is_to_come_back() -> None:
    release = threading.Event()
    outcomes: list[str] = []

    async def ask(gate: Gate) -> None:
        try:
            outcomes.append(await gate.run(lambda: "done" if release.wait(10) else "late"))
        except ProblemError as error:
            outcomes.append(f"{error.problem.status} after {error.headers['Retry-After']}")
            release.set()

    async def crowd() -> None:
        gate = Gate(threads=1, max_waiting=2)
        async with anyio.create_task_group() as group:
            for _ in range(4):
                group.start_soon(ask, gate)
        assert await gate.run(lambda: "again") == "again"

    anyio.run(crowd)
    assert sorted(outcomes) == ["503 after 1", "done", "done", "done"]


def test_a_full_server_answers_503_with_retry_after(
    fresh: Any, body: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fresh.app.state.runtime.gate, "_room", 0)
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
    assert {"ScoreRequest", "Answer", "Problem", "Thresholds"} <= names
    api = {route.path for route in served.app.routes if route.path.startswith("/v1/")}
    assert api <= set(doc["paths"])
    ids = [told["operationId"] for methods in doc["paths"].values() for told in methods.values()]
    assert len(ids) == len(set(ids))
    lead = doc["components"]["schemas"]["ScoreRequest"]["properties"]["lead"]
    assert set(served.scorer.bundle.facts.columns) <= set(lead["properties"])
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


def test_the_access_log_of_uvicorn_loses_queries_and_lead_ids() -> None:
    import logging

    record = logging.LogRecord(
        "uvicorn.access",
        20,
        "",
        0,
        '%s - "%s %s HTTP/%s" %d',
        ("1.2.3.4:5", "GET", "/review/L-1?q=wang", "1.1", 200),
        None,
    )
    assert QuietAccess().filter(record)
    assert record.getMessage() == '1.2.3.4:5 - "GET /review/... HTTP/1.1" 200'


def test_scoring_imports_neither_mlflow_nor_shap() -> None:
    code = "import sys, lead_ml.service; print(sorted({'mlflow', 'shap', 'optuna', 'bentoml', 'matplotlib'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_building_an_app_touches_no_file(tmp_path: Any) -> None:
    from lead_ml.service import create_app

    create_app(Settings(runs=tmp_path / "runs"))
    assert not list(tmp_path.iterdir())
