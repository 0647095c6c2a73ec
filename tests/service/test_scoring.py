"""Scoring over HTTP: the same answer as the scorer gives, alone and in a batch."""

from __future__ import annotations

import copy
import math
from typing import Any

import msgspec
import pytest

from lead_ml.scoring import Answer, ScoreRequest, prepare


def test_the_route_returns_the_answer_of_the_scorer(served: Any, body: dict[str, Any]) -> None:
    response = served.post("/v1/score", body)
    prepared = prepare(msgspec.convert(body, ScoreRequest), served.scorer.bundle.schema, 0)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert response.content == msgspec.json.encode(served.scorer.score_prepared([prepared])[0])


def test_the_answer_adds_up_and_names_its_versions(served: Any, body: dict[str, Any]) -> None:
    found = served.post("/v1/score", {**body, "reasons": 100}).json()
    reasons = [*found["reasons"]["for"], *found["reasons"]["against"]]
    logit = math.log(found["probability"] / (1 - found["probability"]))
    listed = sum(reason["contribution"] for reason in reasons)
    assert found["base"] + listed + found["reasons"]["other"] == pytest.approx(logit, abs=1e-9)
    assert found["base"] + sum(found["families"].values()) == pytest.approx(logit, abs=1e-9)
    assert found["model_version"] == served.scorer.version
    assert found["thresholds_version"] == served.scorer.thresholds.version


def test_as_of_is_now_where_the_request_names_none(served: Any, body: dict[str, Any]) -> None:
    del body["as_of"]
    found = served.post("/v1/score", body)
    assert found.json()["as_of"] > "2026-06-26"


def test_reasons_come_in_the_language_asked_for(served: Any, body: dict[str, Any]) -> None:
    texts = {}
    for lang in ("en", "zh"):
        found = served.post("/v1/score", {**body, "lang": lang}).json()
        texts[lang] = "".join(reason["text"] for reason in found["reasons"]["for"])
    assert any("一" <= letter <= "鿿" for letter in texts["zh"])
    assert not any("一" <= letter <= "鿿" for letter in texts["en"])


def test_events_not_known_before_as_of_are_listed(served: Any, body: dict[str, Any]) -> None:
    body["events"].append({"type": "call", "occurred_at": "2026-06-26T00:00:00Z"})
    assert served.post("/v1/score", body).json()["ignored"] == ["events[1]: not known before as_of"]


def test_each_lead_of_a_batch_gets_the_same_answer_as_alone(served: Any, body: dict[str, Any]) -> None:
    leads = [
        _with(body, lead_id=f"A-{k}", source=source) for k, source in enumerate(("webinar", "wechat", None))
    ]
    found = served.post("/v1/score/batch", {"leads": leads})
    alone = [served.post("/v1/score", lead).content for lead in leads]
    assert found.status_code == 200
    results = msgspec.json.decode(found.content, type=dict[str, list[dict[str, msgspec.Raw]]])["results"]
    assert [bytes(item["answer"]) for item in results] == alone


def test_one_broken_lead_of_a_batch_leaves_the_others_alone(served: Any, body: dict[str, Any]) -> None:
    broken = [{"lead": {}}, {"lead": 7}, _with(body, created_at="yesterday"), {**body, "surprise": 1}]
    results = served.post("/v1/score/batch", {"leads": [body, *broken, body]}).json()["results"]
    assert [set(item) for item in results] == [{"answer"}, *[{"error", "index"}] * 4, {"answer"}]
    assert results[0] == results[-1]
    assert [item["error"]["status"] for item in results[1:-1]] == [422] * 4
    assert [item["index"] for item in results[1:-1]] == [1, 2, 3, 4]
    assert results[3]["error"]["field"] == "leads[3].lead.created_at"


def test_a_batch_survives_invalid_utf8_inside_one_lead(served: Any) -> None:
    lead = b'{"lead":{"lead_id":"A","created_at":"2026-06-25T08:00:00Z"},"as_of":"2026-06-26T00:00:00Z"}'
    content = b'{"leads":[' + lead + b',{"lead":{"lead_id":"\xff"}}]}'
    headers = {**served.score, "content-type": "application/json"}
    results = served.client.post("/v1/score/batch", content=content, headers=headers).json()["results"]
    assert "answer" in results[0]
    assert results[1]["error"]["status"] == 400


@pytest.mark.parametrize("count", [0, 1_001])
def test_a_batch_holds_1_to_1000_leads(served: Any, body: dict[str, Any], count: int) -> None:
    response = served.post("/v1/score/batch", {"leads": [{}] * count})
    assert response.status_code == 422
    assert response.json()["field"] == "leads"


def test_a_lead_that_the_model_fails_on_does_not_fail_the_batch(
    fresh: Any, body: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = type(fresh.scorer).score_prepared

    def fails_on_b(self: Any, requests: Any) -> list[Answer]:
        if any(request.dataset.leads.lead_id[0] == "B" for request in requests):
            raise ZeroDivisionError("secret of B")
        return real(self, requests)

    monkeypatch.setattr(type(fresh.scorer), "score_prepared", fails_on_b)
    results = fresh.post("/v1/score/batch", {"leads": [body, _with(body, lead_id="B")]}).json()["results"]
    assert "answer" in results[0]
    assert results[1]["error"] == {
        "type": "/docs#problem-unexpected",
        "title": "Unexpected error",
        "status": 500,
        "detail": "The error was logged.",
        "field": "leads[1]",
    }


def _with(body: dict[str, Any], **lead: Any) -> dict[str, Any]:
    changed = copy.deepcopy(body)
    changed["lead"].update(lead)
    return changed
