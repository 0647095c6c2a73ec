"""Any request gets a score or problem details with 4xx, never 5xx."""

from __future__ import annotations

import json
import math
import os
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

EXAMPLES = int(os.environ.get("LEAD_ML_EXAMPLES", "100"))
FUZZ = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
JSON = {"content-type": "application/json"}
GOOD: dict[str, Any] = {
    "lead": {
        "lead_id": "A-1",
        "created_at": "2026-06-01T08:00:00Z",
        "name": "Wang Xiaoming",
        "email": "wang.xiaoming@example.com",
        "phone": "+86 138 1234 5678",
        "source": "webinar",
        "company_size": "51-200",
        "form_seconds": 21.5,
        "captcha_passed": True,
        "message": "请报价",
    },
    "events": [
        {"type": "page_view", "page": "pricing", "occurred_at": "2026-06-01T09:00:00Z", "event_id": "e1"},
        {
            "type": "call_connected",
            "occurred_at": "2026-06-01T10:00:00Z",
            "recorded_at": "2026-06-01T11:00:00Z",
        },
    ],
    "as_of": "2026-07-02T00:00:00Z",
    "lang": "zh",
    "reasons": 5,
}
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([2**63, -(2**63) - 1, 10**400, 1e308, -0.0, 5e-324])
    | st.floats()
    | st.text(max_size=30)
    | st.sampled_from(
        [
            "", "\x00", "\ud83d", "１２３", "🙂" * 50, "x" * 30_000, "NaN", "Infinity", "1e999", "9999-12-31T23:59:59.999999Z",
            "0001-01-01T00:00:00Z", "2026-06-01T08:00:00", "2026-06-01", "2026-06-31T00:00:00Z", "2026-06-01T25:00:00Z",
            "2026-06-01T08:00:00+23:59", "lead_id", "zh", "none",
        ]
    )
)  # fmt: skip
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)


def paths(content: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of every value inside."""
    items = (
        content.items()
        if isinstance(content, dict)
        else enumerate(content)
        if isinstance(content, list)
        else ()
    )
    return [here, *(path for key, value in items for path in paths(value, (*here, key)))]


def changed(content: Any, path: tuple[Any, ...], how: str, value: Any) -> Any:
    """Return a copy with the value at a path replaced, removed, duplicated or renamed."""
    if not path:
        return value if how == "replace" else content
    copy = json.loads(json.dumps(content))
    inner = copy
    for key in path[:-1]:
        inner = inner[key]
    if how == "replace":
        inner[path[-1]] = value
    elif how == "remove":
        del inner[path[-1]]
    elif how == "double" and isinstance(inner, list):
        inner.extend([inner[path[-1]]] * 3)
    elif how == "rename" and isinstance(inner, dict):
        inner[str(value)[:40]] = inner.pop(path[-1])
    return copy


@st.composite
def mutated(draw: st.DrawFn) -> Any:
    body: Any = GOOD
    for _ in range(draw(st.integers(1, 4))):
        path = draw(st.sampled_from(paths(body)))
        body = changed(
            body, path, draw(st.sampled_from(["replace", "remove", "double", "rename"])), draw(VALUES)
        )
    return body


def encoded(body: Any) -> bytes:
    """Encode as Python does, so that NaN, infinities and lone surrogates are sent as well."""
    return json.dumps(body).encode()


@st.composite
def torn(draw: st.DrawFn) -> bytes:
    """Return the bytes of a good body with some of them cut, duplicated or replaced."""
    text = encoded(GOOD)
    for _ in range(draw(st.integers(1, 3))):
        place, length = draw(st.integers(0, len(text))), draw(st.integers(0, 8))
        text = text[:place] + draw(st.binary(max_size=6)) + text[place + length :]
    return text


def is_problem(response: Any) -> None:
    assert 400 <= response.status_code < 500, f"{response.status_code}: {response.text}"
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem["status"] == response.status_code
    assert problem["title"]
    assert problem["type"]


def is_answer(answer: dict[str, Any]) -> None:
    assert 0 < answer["lower"] <= answer["probability"] <= answer["upper"] < 1
    assert 0 <= answer["score"] <= 100
    assert answer["grade"] is None or answer["grade"] in "ABCD"
    assert (answer["grade"] is None) == (answer["stage"] == "verify" or answer["validation"] == "no_signal")
    reasons = answer["reasons"]
    listed = [reason["contribution"] for reason in (*reasons["for"], *reasons["against"])]
    assert all(map(math.isfinite, (*listed, reasons["other"])))


def sent(client: Any, path: str, content: bytes) -> Any:
    response = client.post(path, content=content, headers=JSON)
    if response.status_code == 200:
        return response.json()
    is_problem(response)
    return None


@FUZZ
@given(mutated() | VALUES)
def test_one_lead_is_scored_or_told_what_is_wrong(client: Any, body: Any) -> None:
    answer = sent(client, "/v1/score", encoded(body))
    if answer is not None:
        is_answer(answer)


@FUZZ
@given(torn() | st.binary(max_size=200))
def test_torn_bytes_are_scored_or_told_what_is_wrong(client: Any, content: bytes) -> None:
    answer = sent(client, "/v1/score", content)
    if answer is not None:
        is_answer(answer)


@FUZZ
@given(st.lists(mutated() | st.just(GOOD) | VALUES, max_size=6))
def test_in_a_batch_every_lead_has_its_answer_or_its_problem(client: Any, bodies: list[Any]) -> None:
    answer = sent(client, "/v1/score/batch", encoded({"leads": bodies}))
    if answer is None:
        return
    assert len(answer["results"]) == len(bodies)
    for body, item in zip(bodies, answer["results"], strict=True):
        assert ("answer" in item) != ("error" in item)
        if "answer" in item:
            is_answer(item["answer"])
        else:
            assert 400 <= item["error"]["status"] < 500, (body, item)
            assert body != GOOD


@FUZZ
@given(VALUES | st.fixed_dictionaries({"leads": VALUES}))
def test_a_batch_of_another_shape_is_a_problem_or_an_answer(client: Any, body: Any) -> None:
    sent(client, "/v1/score/batch", encoded(body))


def test_the_good_body_is_scored(client: Any) -> None:
    answer = sent(client, "/v1/score", encoded(GOOD))
    assert answer is not None
    is_answer(answer)
