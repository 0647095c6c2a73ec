"""The real servers: uvicorn and BentoML return the same bytes, and a real browser shows the pages."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from browser import CHROMIUM, chromium
from prometheus_client.parser import text_string_to_metric_families

from lead_ml.service import create_key

pytestmark = pytest.mark.service

ROOT = Path(__file__).parents[2]
UVICORN = ("-m", "uvicorn", "--factory", "lead_ml.service:app_from_env", "--port")
BENTOML = ("-m", "bentoml", "serve", "serving.service:LeadScoring", "--port")
PROBLEMS = [b"", b"{", b'{"lead":{}}', b'{"lead":{"lead_id":NaN}}', b"[]"]


@pytest.fixture(scope="module")
def runs(trained: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    import shutil

    target = tmp_path_factory.mktemp("shells") / "runs"
    shutil.copytree(trained.runs, target)
    return target


@pytest.fixture(scope="module")
def key(runs: Path) -> str:
    return create_key(runs / "keys.json", "shell", ["score", "read", "admin"])


@contextmanager
def running(command: tuple[str, ...], runs: Path, **env: str) -> Iterator[tuple[int, Path]]:
    """Run a server until the block ends; yield its port and its log."""
    port, log = _free_port(), runs.parent / f"{command[1]}-{time.monotonic_ns()}.log"
    variables = {"LEAD_ML_RUNS": str(runs), "BENTOML_DO_NOT_TRACK": "1", "OMP_WAIT_POLICY": "PASSIVE", **env}
    with log.open("wb") as out:
        server = subprocess.Popen(
            [sys.executable, *command, str(port)],
            cwd=ROOT,
            env={**os.environ, **variables},
            stdout=out,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait(port, server, log)
            yield port, log
        finally:
            server.terminate()
            server.wait(30)


def ask(
    port: int, method: str, path: str, body: bytes | None = None, **headers: str
) -> tuple[int, str, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path, body, {"Content-Type": "application/json", **headers})
        response = connection.getresponse()
        return response.status, response.headers.get_content_type(), response.read()
    finally:
        connection.close()


def test_both_servers_return_the_same_bytes(runs: Path, key: str, body: dict[str, Any]) -> None:
    texts = [msgspec.json.encode(item) for item in (body, {**body, "lang": "zh", "reasons": 100})]
    batch = b'{"leads":[' + b",".join([*texts, b"{}"]) + b"]}"
    requested = [("/v1/score", text) for text in (*texts, *PROBLEMS)] + [
        ("/v1/score/batch", batch),
        ("/nothing", b""),
    ]
    answers, metrics = [], []
    for command in (UVICORN, BENTOML):
        with running(command, runs) as (port, log):
            answers.append([ask(port, "POST", path, text, **{"X-API-Key": key}) for path, text in requested])
            pages = [
                ask(port, "GET", path)
                for path in ("/docs", "/openapi.json", "/login", "/v1/model", "/review")
            ]
            answers[-1] += [(status, media, b"") for status, media, _ in pages]
            metrics.append(
                {path: metric_series(ask(port, "GET", path)) for path in ("/metrics", "/v1/metrics")}
            )
            logged = log.read_text()
            assert "Traceback" not in logged
            assert "wang" not in logged.lower()
            assert key not in logged
    assert answers[0] == answers[1]
    uvicorn, bentoml = metrics
    scored = ("lead_ml_requests_total", "/v1/score", "200")
    assert scored in uvicorn["/metrics"] <= uvicorn["/v1/metrics"]
    assert scored in bentoml["/metrics"] <= bentoml["/v1/metrics"]
    assert {name for name, _, _ in uvicorn["/v1/metrics"]} == {name for name, _, _ in bentoml["/v1/metrics"]}
    assert [status for status, _, _ in answers[0]] == [
        200,
        200,
        400,
        400,
        422,
        400,
        422,
        200,
        404,
        200,
        200,
        200,
        401,
        303,
    ]


def metric_series(response: tuple[int, str, bytes]) -> set[tuple[str, str, str]]:
    """Return the name, route and status code of every sample."""
    status, media, body = response
    assert (status, media) == (200, "text/plain")
    samples = [s for family in text_string_to_metric_families(body.decode()) for s in family.samples]
    return {(s.name, s.labels.get("route", ""), s.labels.get("code", "")) for s in samples}


def test_a_promotion_reaches_the_running_server(runs: Path, key: str) -> None:
    with running(UVICORN, runs) as (port, _):
        before = ask(port, "GET", "/v1/model", **{"X-API-Key": key})[2]
        champion = runs / "champion.json"
        content = champion.read_bytes()
        champion.write_bytes(content.replace(b'/bundle"', b'/none"'))
        end = time.monotonic() + 30
        while ask(port, "GET", "/v1/model", **{"X-API-Key": key})[2] == before:
            assert time.monotonic() < end
            time.sleep(0.2)
        found = msgspec.json.decode(ask(port, "GET", "/v1/model", **{"X-API-Key": key})[2])
        champion.write_bytes(content)
        assert found["reload"]["ok"] is False
        assert ask(port, "GET", "/readyz")[0] == 200


@pytest.mark.skipif(not CHROMIUM.exists(), reason="no Chromium on this machine")
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_browser_shows_every_page_without_console_messages(runs: Path, tmp_path: Path, lang: str) -> None:
    with running(UVICORN, runs, LEAD_ML_AUTH="off") as (port, _), chromium() as browser:
        base = f"http://127.0.0.1:{port}"
        messages: list[str] = []
        requested: list[str] = []
        for scheme, width in (("light", 1280), ("dark", 390)):
            context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
            page = context.new_page()
            page.on("console", lambda message: messages.append(message.text))
            page.on("request", lambda request: requested.append(request.url))
            page.goto(f"{base}/review?lang={lang}")
            page.screenshot(path=tmp_path / f"list-{scheme}.png")
            assert page.locator("table.leads tbody tr").count() == 50
            assert _overflow(page) <= 0
            page.locator("table.leads tbody a").first.click()
            assert page.locator("ol.reasons li").count() >= 10
            assert _overflow(page) <= 0
            page.screenshot(path=tmp_path / f"lead-{scheme}.png", full_page=True)
            page.goto(f"{base}/review/thresholds?lang={lang}")
            assert page.locator("svg.chart polyline").count() == 3
            assert _overflow(page) <= 0
            page.screenshot(path=tmp_path / f"thresholds-{scheme}.png", full_page=True)
            context.close()
    assert messages == []
    assert all(url.startswith(base) for url in requested)


def _overflow(page: Any) -> int:
    """Return by how many pixels the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _wait(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 90
    while time.monotonic() < end:
        assert server.poll() is None, log.read_text()
        try:
            if ask(port, "GET", "/readyz")[0] == 200:
                return
        except OSError:
            pass  # not listening yet
        time.sleep(0.2)
    raise AssertionError(f"not ready: {log.read_text()}")
