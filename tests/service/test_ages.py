"""What the service says of the age of its history, of bursts, and of instants before it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from lead_ml.scoring import prepare
from lead_ml.scoring.request import ScoreRequest
from lead_ml.scoring.shared_keys import LEAST_BURST, OLD_DAYS, age_warning
from lead_ml.tables.instants import iso

DAY = 86_400_000_000


def asked(served: Any, body: dict[str, Any], days: float, **lead: Any) -> dict[str, Any]:
    until = served.scorer.bundle.info.until
    own = {**body["lead"], "created_at": iso(int(until + days * DAY) - 60_000_000), **lead}
    return {"lead": own, "as_of": iso(int(until + days * DAY))}


@pytest.mark.parametrize(("days", "warns"), [(1, False), (OLD_DAYS, True), (90, True)])
def test_answers_warn_of_an_old_reference(served: Any, body: dict[str, Any], days: int, warns: bool) -> None:
    answer = served.post("/v1/score", asked(served, body, days)).json()
    assert any("days before as_of" in text for text in answer["warnings"]) == warns
    assert ("source" in " ".join(answer["warnings"])) == warns


def test_nothing_is_said_where_no_key_is_shared() -> None:
    assert age_warning(100 * DAY, 0, ()) == ()


def test_the_model_and_a_metric_tell_the_age(served: Any) -> None:
    found = served.client.get("/v1/model", headers=served.read).json()["reference"]
    assert found["until"] == iso(served.scorer.bundle.info.until)
    assert {"ip", "phone", "email", "source"} <= set(found["columns"])
    assert found["old"] == (found["age_days"] >= OLD_DAYS)
    text = served.client.get("/v1/metrics").text
    line = next(line for line in text.splitlines() if line.startswith("lead_ml_reference_age_seconds "))
    assert float(line.split()[1]) == pytest.approx(found["age_days"] * 86_400, abs=900)


def test_an_as_of_before_the_reference_is_refused_by_its_field(served: Any, body: dict[str, Any]) -> None:
    early = asked(served, body, -0.5)
    response = served.post("/v1/score", early)
    assert (response.status_code, response.json()["field"]) == (422, "as_of")
    batch = served.post("/v1/score/batch", {"leads": [early, asked(served, body, 1)]}).json()["results"]
    assert batch[0]["index"] == 0
    assert batch[0]["error"]["field"] == "leads[0].as_of"
    assert "index" not in batch[1]


def test_a_project_without_shared_keys_answers_for_the_past(served: Any, body: dict[str, Any]) -> None:
    schema = replace(served.scorer.bundle.schema, known_from=None)
    early = msgspec.convert(asked(served, body, -0.5), ScoreRequest)
    assert prepare(early, schema, served.scorer.bundle.info.until).spine.as_of[0] > 0


def test_a_burst_in_a_batch_is_warned_of_and_changes_no_figure(served: Any, body: dict[str, Any]) -> None:
    robots = [
        asked(
            served, body, 1, lead_id=f"R{k}", ip="203.0.113.9", phone="13912340077", email=f"r{k}@example.org"
        )
        for k in range(50)
    ]
    others = [
        asked(
            served,
            body,
            1,
            lead_id=f"O{k}",
            ip=f"198.51.100.{k}",
            phone=f"1391234{k:04}",
            email=f"o{k}@o{k}.com",
        )
        for k in range(10)
    ]
    batch = served.post("/v1/score/batch", {"leads": robots + others}).json()["results"]
    for place, request in enumerate(robots + others):
        together = batch[place]["answer"]
        bursts = [text for text in together["warnings"] if "possible burst" in text]
        assert bool(bursts) == (place < 50)
        if place in (0, 49, 50):
            alone = served.post("/v1/score", request).json()
            assert {**together, "warnings": []} == {**alone, "warnings": []}
    words = " ".join(batch[0]["answer"]["warnings"])
    assert "50 leads of this batch share one ip address" in words
    assert "share one phone number" in words


def test_few_leads_or_one_lead_sent_often_are_no_burst(served: Any, body: dict[str, Any]) -> None:
    same = [asked(served, body, 1, lead_id="R", ip="203.0.113.9")] * 20
    few = [asked(served, body, 1, lead_id=f"R{k}", ip="203.0.113.9") for k in range(LEAST_BURST - 1)]
    for leads in (same, few):
        results = served.post("/v1/score/batch", {"leads": leads}).json()["results"]
        assert not any("possible burst" in json.dumps(item["answer"]["warnings"]) for item in results)
