"""Thresholds over HTTP: current thresholds with evidence, advice, and acceptance with immediate effect."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from lead_ml.scoring.thresholds import METHODS, Thresholds, accept_thresholds, read_log

ACCEPT = {"mql": 0.05, "sql": 0.2, "why": "pilot", "by": "Li Na"}


def test_the_thresholds_come_with_their_evidence(served: Any) -> None:
    found = served.client.get("/v1/thresholds", headers=served.read).json()
    assert found["thresholds"] == msgspec.to_builtins(served.scorer.thresholds)
    assert [item["method"] for item in found["advice"]] == list(METHODS)
    assert found["sql"]["probability"] == pytest.approx(found["thresholds"]["sql"])
    assert (
        found["sql"]["per_week"]["lower"]
        <= found["sql"]["per_week"]["value"]
        <= found["sql"]["per_week"]["upper"]
    )
    scores = [point["score"] for point in found["curve"]]
    assert len(scores) > 10
    assert scores == sorted(scores)
    assert sum(month["crossed"] for month in found["sql_by_month"]) == found["sql"]["crossed"]


def test_advice_follows_the_numbers_asked_for(served: Any) -> None:
    few = _capacity(served, {"sql_per_week": 2})
    many = _capacity(served, {"sql_per_week": 15})
    assert few["sql"]["probability"] > many["sql"]["probability"]
    assert few["sql"]["per_week"]["value"] <= 2


def test_advice_without_numbers_is_that_of_the_bundle(served: Any) -> None:
    found = served.post("/v1/thresholds/advice", {}, served.read).json()
    assert found["advice"] == list(msgspec.to_builtins(served.scorer.bundle.advice))
    assert found["numbers"]["sql_per_week"] == served.scorer.bundle.params["thresholds"]["sql_per_week"]


@pytest.mark.parametrize(
    ("numbers", "field"),
    [
        ({"sql_per_week": 0}, "sql_per_week"),
        ({"sql_precision": 1.2}, "sql_precision"),
        ({"cost_per_sql": -1}, "cost_per_sql"),
        ({"value_per_win": 1e308}, "value_per_win"),
        ({"cost_per_mql": 1e13}, "cost_per_mql"),
    ],
)
def test_impossible_numbers_are_a_problem(served: Any, numbers: dict[str, float], field: str) -> None:
    response = served.post("/v1/thresholds/advice", numbers, served.read)
    assert response.status_code == 422
    assert response.json()["field"] == field


def test_the_largest_numbers_give_finite_advice(served: Any) -> None:
    money = dict.fromkeys(("value_per_win", "cost_per_sql", "cost_per_mql"), 1e12)
    text = served.post("/v1/thresholds/advice", money, served.read).text
    assert "nan" not in text
    assert all(
        item["sql"]["value_per_week"]["value"] is not None for item in msgspec.json.decode(text)["advice"]
    )


def test_accepted_thresholds_are_saved_and_take_effect_at_once(fresh: Any, body: dict[str, Any]) -> None:
    before = fresh.post("/v1/score", body).json()
    accepted = fresh.post("/v1/thresholds", ACCEPT, fresh.admin)
    assert accepted.status_code == 200
    accepted_now = accepted.json()
    assert accepted_now["accepted_by"] == "Li Na / admin-key"
    assert accepted_now["why"] == "pilot"
    after = fresh.post("/v1/score", body).json()
    assert after["thresholds_version"] == accepted_now["version"] != before["thresholds_version"]
    assert after["probability"] == before["probability"]
    found = fresh.client.get("/v1/thresholds", headers=fresh.read).json()
    assert found["thresholds"] == accepted_now
    [kept] = read_log(fresh.runs / "thresholds.jsonl").acceptances
    assert found["history"] == [msgspec.to_builtins(kept)]
    assert (kept.accepted_by, kept.why, kept.model_version) == (
        "Li Na / admin-key",
        "pilot",
        fresh.scorer.version,
    )


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"mql": 0.3}, 422, "sql"),
        ({"sql": 1}, 422, "sql"),
        ({"why": ""}, 422, "why"),
        ({"why": "  "}, 422, "why"),
        ({"by": ""}, 422, "by"),
        ({"by": " "}, 422, "by"),
        ({"method": "luck"}, 422, "method"),
        ({"model_version": "000000000000"}, 409, None),
        ({"surprise": 1}, 422, None),
    ],
)
def test_invalid_thresholds_change_nothing(
    fresh: Any, change: dict[str, Any], status: int, field: str | None
) -> None:
    before = fresh.scorer.thresholds
    response = fresh.post("/v1/thresholds", {**ACCEPT, **change}, fresh.admin)
    assert response.status_code == status
    assert response.json().get("field") == field
    assert fresh.scorer.thresholds == before
    assert not (fresh.runs / "thresholds.jsonl").exists()


def test_a_folder_that_cannot_be_written_is_a_conflict(fresh: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(*_: Any, **__: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("lead_ml.service.threshold_routes.accept_thresholds", refuses)
    before = fresh.scorer.thresholds
    response = fresh.post("/v1/thresholds", ACCEPT, fresh.admin)
    assert response.status_code == 409
    assert "cannot be written" in response.json()["detail"]
    assert fresh.scorer.thresholds == before


def test_thresholds_accepted_by_another_worker_are_picked_up(fresh: Any) -> None:
    odds = fresh.scorer.bundle.info.reference_odds
    other = Thresholds.of(0.07, 0.21, method="manual", accepted_by="another worker", why="test")
    accept_thresholds(fresh.scorer.folder, other, reference_odds=odds, model_version="")
    fresh.reloader.check()
    assert fresh.scorer.thresholds == other


def test_a_damaged_log_falls_back_with_a_warning_and_serves_on(
    fresh: Any, caplog: pytest.LogCaptureFixture
) -> None:
    log = fresh.runs / "thresholds.jsonl"
    defaults = fresh.scorer.bundle.thresholds
    log.write_bytes(b"\xff{\n")
    fresh.reloader.check()
    assert fresh.scorer.thresholds == defaults
    assert "cannot be read" in caplog.text
    assert fresh.client.get("/readyz").status_code == 200
    first = fresh.post("/v1/thresholds", ACCEPT, fresh.admin).json()
    log.write_bytes(log.read_bytes() + b'{"mql": 0.')  # a crash within a line
    fresh.reloader.check()
    assert fresh.scorer.thresholds.version == first["version"]
    again = fresh.post("/v1/thresholds", {**ACCEPT, "sql": 0.3}, fresh.admin).json()
    assert [item.sql for item in read_log(log).acceptances] == [0.2, 0.3]
    assert fresh.scorer.thresholds.version == again["version"]
    assert fresh.client.get("/v1/model", headers=fresh.read).json()["reload"]["ok"]


def test_only_what_a_method_advises_is_recorded_as_its_own(fresh: Any) -> None:
    numbers = {"sql_per_week": 2}
    for based_on in ({}, {"numbers": numbers}):
        advice = fresh.post("/v1/thresholds/advice", based_on.get("numbers", {}), fresh.read).json()["advice"]
        item = next(item for item in advice if item["method"] == "capacity")
        advised = {"mql": item["mql"]["probability"], "sql": item["sql"]["probability"]}
        body = {**ACCEPT, **advised, "method": "capacity", **based_on}
        assert fresh.post("/v1/thresholds", body, fresh.admin).json()["method"] == "capacity"
        edited = {**body, "sql": advised["sql"] * 1.01}
        assert fresh.post("/v1/thresholds", edited, fresh.admin).json()["method"] == "manual"
    assert fresh.post("/v1/thresholds", {**body, "numbers": {}}, fresh.admin).json()["method"] == "manual"


def _capacity(served: Any, numbers: dict[str, float]) -> dict[str, Any]:
    advice = served.post("/v1/thresholds/advice", numbers, served.read).json()["advice"]
    return next(item for item in advice if item["method"] == "capacity")
