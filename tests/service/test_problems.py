"""Any request gets an answer or problem details, never a traceback."""

from __future__ import annotations

import logging
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from lead_ml.service.problems import PROBLEMS

JSON = {"content-type": "application/json"}
_leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20)
_values = st.recursive(
    _leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_instants = st.sampled_from(
    [
        "2026-06-25T08:00:00Z",
        "2026-06-25",
        "9999-12-31T23:59:59Z",
        "0001-01-01T00:00:00Z",
        "2026-13-01T00:00:00",
        "",
        "x",
    ]
)
_leads = st.fixed_dictionaries(
    {},
    optional={
        "lead_id": _leaves,
        "created_at": _instants | _leaves,
        "source": _values,
        "email": _leaves,
        "form_seconds": _leaves,
        "message": _leaves,
    },
)
_events = st.fixed_dictionaries(
    {},
    optional={
        "type": _leaves,
        "occurred_at": _instants,
        "value": _leaves,
        "page": _leaves,
        "recorded_at": _instants,
    },
)
_requests = st.fixed_dictionaries(
    {"lead": _leads | _values},
    optional={
        "events": st.lists(_events, max_size=3) | _values,
        "as_of": _instants | _leaves,
        "lang": st.sampled_from(["en", "zh", "de"]),
        "reasons": _leaves,
        "more": _leaves,
    },
)


def is_problem(response: Any, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem["status"] == status
    assert problem["title"]
    assert problem["type"].removeprefix("/docs#problem-") in PROBLEMS
    return problem


BROKEN = [
    (b"", 400),
    (b"{", 400),
    (b"nothing", 400),
    (b'{"lead":{"lead_id":NaN}}', 400),
    (b'{"lead":{"lead_id":"a","x":Infinity}}', 400),
    (b'{"lead":{"lead_id":"\xff"}}', 400),
    (b'{"lead":{"lead_id":"\\ud800"}}', 400),
    (b"[" * 100_000, 422),
    (b'{"lead":{"x":' + b"[" * 100_000, 422),
    (b'{"lead":{"lead_id":"a","x":1e999}}', 422),
    (b'{"lead":{"lead_id":"a","x":' + b"9" * 5_000 + b"}}", 422),
    (b"[]", 422),
    (b"{}", 422),
    (b'{"lead":[]}', 422),
    (b'{"lead":{"lead_id":{"a":1}}}', 422),
    (b'{"lead":{}}', 422),
    (b'{"lead":{"lead_id":"a"}}', 422),
    (b'{"lead":{"lead_id":"a"},"reasons":101}', 422),
    (b'{"lead":{"lead_id":"a"},"lang":"fr"}', 422),
    (b'{"lead":{"lead_id":"a"},"other":1}', 422),
    (b'{"lead":{"lead_id":"a"},"events":[{"type":"x"}]}', 422),
]


@pytest.mark.parametrize(("content", "status"), BROKEN, ids=range(len(BROKEN)))
def test_a_broken_body_is_a_problem(served: Any, content: bytes, status: int) -> None:
    response = served.client.post("/v1/score", content=content, headers={**served.score, **JSON})
    is_problem(response, status)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"as_of": "soon"}, "as_of"),
        ({"as_of": "2020-01-01T00:00:00Z"}, "as_of"),
        ({"lead": {"lead_id": "a", "created_at": "2026-06-30"}}, "lead.created_at"),
        ({"lead": {"lead_id": "", "created_at": "2026-06-25T08:00:00Z"}}, "lead.lead_id"),
        (
            {"lead": {"lead_id": "a", "created_at": "2026-06-25T08:00:00Z", "source": "x" * 20_001}},
            "lead.source",
        ),
        ({"events": [{"type": "x", "occurred_at": "never"}]}, "events[0].occurred_at"),
        ({"events": [{"type": "x", "occurred_at": "2026-06-25T09:00:00Z", "value": [1]}]}, "events[0].value"),
    ],
)
def test_a_problem_names_its_field(
    served: Any, body: dict[str, Any], change: dict[str, Any], field: str
) -> None:
    assert is_problem(served.post("/v1/score", {**body, **change}), 422)["field"] == field


@pytest.mark.parametrize(
    "media", ["text/plain", "", "application/json; charset=latin-1", "multipart/form-data"]
)
def test_only_plain_json_is_taken(served: Any, media: str) -> None:
    response = served.client.post("/v1/score", content=b"{}", headers={**served.score, "content-type": media})
    is_problem(response, 415)


def test_a_compressed_body_is_refused(served: Any) -> None:
    headers = {**served.score, **JSON, "content-encoding": "gzip"}
    is_problem(served.client.post("/v1/score", content=b"{}", headers=headers), 415)


def test_a_body_over_the_limit_is_refused_with_and_without_its_length(served: Any) -> None:
    headers = {**served.score, **JSON}
    long = b" " * (1024 * 1024 + 1)
    is_problem(served.client.post("/v1/score", content=long, headers=headers), 413)
    is_problem(served.client.post("/v1/score", content=iter([long]), headers=headers), 413)


def test_a_body_at_the_limit_is_read(served: Any, body: dict[str, Any]) -> None:
    text = msgspec.json.encode(body)
    padded = text + b" " * (1024 * 1024 - len(text))
    assert (
        served.client.post("/v1/score", content=padded, headers={**served.score, **JSON}).status_code == 200
    )


def test_a_batch_may_be_longer_but_not_without_end(served: Any) -> None:
    headers = {**served.score, **JSON}
    is_problem(served.client.post("/v1/score/batch", content=b" " * (2 * 1024 * 1024), headers=headers), 400)
    is_problem(
        served.client.post("/v1/score/batch", content=b" " * (8 * 1024 * 1024 + 1), headers=headers), 413
    )


@pytest.mark.parametrize(
    "path", ["/nothing", "/v1", "/v1/score/", "/v1/leads", "/static/../keys.json", "/static/keys.json"]
)
def test_an_unknown_address_is_a_problem(served: Any, path: str) -> None:
    is_problem(served.client.get(path), 404)


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/v1/score"), ("DELETE", "/v1/thresholds"), ("PUT", "/livez"), ("BREW", "/docs")],
)
def test_a_wrong_method_is_a_problem_that_names_the_right_ones(served: Any, method: str, path: str) -> None:
    response = served.client.request(method, path)
    is_problem(response, 405)
    assert response.headers["allow"]


def test_the_unexpected_is_a_problem_and_the_log_does_not_quote_it(
    fresh: Any, body: dict[str, Any], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_: Any) -> None:
        raise RuntimeError("wang.xiaoming@example.com")

    monkeypatch.setattr(type(fresh.scorer), "score_prepared", fails)
    response = fresh.post("/v1/score", body)
    problem = is_problem(response, 500)
    assert "wang" not in response.text + caplog.text
    assert problem["detail"] == "The error was logged."
    assert "unexpected RuntimeError in /v1/score" in caplog.text
    assert response.headers["x-content-type-options"] == "nosniff"


def test_no_log_contains_data_of_a_lead_or_a_key(
    fresh: Any, body: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="lead_ml")
    fresh.post("/v1/score", body)
    fresh.post("/v1/score", {**body, "as_of": "wang"})
    fresh.post("/v1/score/batch", {"leads": [body, {"lead": {"lead_id": "Wang Xiaoming"}}]})
    fresh.client.get("/review?q=Wang", headers=fresh.read)
    fresh.post("/v1/score", body, headers={"Authorization": "Bearer wang-key"})
    told = " ".join(record.getMessage() for record in caplog.records if record.name.startswith("lead_ml"))
    assert "wang" not in told.lower()
    assert not any(key in told for key in fresh.keys.values())


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(request=_requests | _values)
@example(
    request={
        "lead": {"lead_id": "a", "created_at": "2026-06-25T08:00:00Z", "form_seconds": 1e308},
        "as_of": "9999-12-31T23:59:59+14:00",
    }
)
@example(request={"lead": {"lead_id": "\x00", "created_at": "0001-01-01T00:00:00+14:00"}})
def test_no_request_makes_the_server_fail(served: Any, request: Any) -> None:
    try:
        content = msgspec.json.encode(request)
    except (ValueError, TypeError, UnicodeEncodeError):
        content = b'{"lead":{"lead_id":"\xed\xa0\x80"}}'
    headers = {**served.score, **JSON}
    response = served.client.post("/v1/score", content=content, headers=headers)
    assert response.status_code < 500, response.text
    if response.status_code != 200:
        is_problem(response, response.status_code)
    batch = served.client.post("/v1/score/batch", content=b'{"leads":[' + content + b"]}", headers=headers)
    assert batch.status_code == 200
    wanted = {"answer"} if response.status_code == 200 else {"error", "index"}
    assert set(batch.json()["results"][0]) == wanted


@settings(max_examples=100, deadline=None)
@given(content=st.binary(max_size=200))
def test_no_bytes_make_the_server_fail(served: Any, content: bytes) -> None:
    response = served.client.post("/v1/score", content=content, headers={**served.score, **JSON})
    is_problem(response, response.status_code)
    assert response.status_code in (400, 422)
