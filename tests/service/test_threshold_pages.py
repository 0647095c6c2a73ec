"""The page of the thresholds: backtest, advice and approval."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

import pytest
from review_pages import csrf_of, login

from lead_ml.scoring import read_worklist
from lead_ml.scoring.thresholds import Thresholds, accept_thresholds


@pytest.fixture
def reader(served: Any, client_of: Any) -> Any:
    return login(served, client_of, "read")


def test_accepting_thresholds_on_the_page_grades_the_worklist_anew(fresh: Any, client_of: Any) -> None:
    admin = login(fresh, client_of, "admin")
    page = admin.get("/review/thresholds?lang=en&mql=20&sql=30&method=value")
    assert 'name="sql" value="30"' in page.text
    form = {
        "csrf": csrf_of(page.text),
        "model_version": fresh.scorer.version,
        "method": "value",
        "mql": "20",
        "sql": "30",
        "why": "pilot",
        "by": "Li Na",
    }
    response = admin.post("/review/thresholds?lang=en", data=form)
    assert response.status_code == 200
    assert "are approved and in effect" in response.text
    assert "Li Na / admin-key" in response.text
    assert (fresh.scorer.thresholds.mql, fresh.scorer.thresholds.sql, fresh.scorer.thresholds.method) == (
        0.2,
        0.3,
        "manual",  # not what that method advises
    )
    expected = sum(row.answer.probability >= 0.3 for row in read_worklist(fresh.runs))
    listing = admin.get("/review?lang=en").text
    assert re.search(rf'grade-A">A</span>\s*<span class="count">{expected}<', listing)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"mql": "40"}, "SQL threshold is lower than the MQL threshold"),
        ({"sql": "abc"}, "Each threshold must be"),
        ({"sql": "nan"}, "Each threshold must be"),
        ({"sql": "100"}, "Each threshold must be"),
        ({"why": ""}, "Enter a reason"),
        ({"why": "x" * 501}, "Enter a reason"),
        ({"by": " "}, "Enter the name"),
    ],
)
def test_an_invalid_form_comes_back_with_the_typed_values(
    fresh: Any, client_of: Any, change: dict[str, str], said: str
) -> None:
    admin = login(fresh, client_of, "admin")
    token = csrf_of(admin.get("/review/thresholds").text)
    form = {
        "csrf": token,
        "model_version": fresh.scorer.version,
        "mql": "20",
        "sql": "30",
        "why": "pilot",
        "by": "Li Na",
        **change,
    }
    response = admin.post("/review/thresholds?lang=en", data=form)
    assert response.status_code == 422
    assert "Nothing was saved" in response.text
    assert said in response.text
    assert 'value="pilot"' in response.text or "why" in change
    assert not (fresh.runs / "thresholds.jsonl").exists()


def test_a_form_for_another_model_is_a_conflict(fresh: Any, client_of: Any) -> None:
    admin = login(fresh, client_of, "admin")
    token = csrf_of(admin.get("/review/thresholds").text)
    response = admin.post(
        "/review/thresholds?lang=en",
        data={"csrf": token, "model_version": "old", "mql": "20", "sql": "30", "why": "x", "by": "y"},
    )
    assert response.status_code == 409
    assert "A different model is now in use" in response.text


def test_a_reader_sees_no_form_and_may_not_send_one(fresh: Any, client_of: Any) -> None:
    reader = login(fresh, client_of, "read")
    page = reader.get("/review/thresholds?lang=en")
    assert "a key that has the admin scope" in page.text
    form = {"csrf": csrf_of(page.text), "mql": "20", "sql": "30", "why": "x", "by": "y"}
    assert reader.post("/review/thresholds", data=form).status_code == 403


def test_own_numbers_change_the_advice_and_nothing_else(served: Any, reader: Any) -> None:
    page = reader.get("/review/thresholds?lang=en&sql_per_week=3&sql_precision=25").text
    assert "at most 3 new SQLs" in page
    assert 'name="sql_precision" value="25"' in page
    assert reader.get("/review/thresholds?lang=en&sql_per_week=-3").status_code == 422
    assert reader.get("/review/thresholds?lang=en&sql_per_week=inf").status_code == 422


def test_thresholds_without_history_still_have_their_page(fresh: Any, client_of: Any) -> None:
    bundle = dataclasses.replace(fresh.scorer.bundle, history=None, advice=())
    fresh.reloader._scorer = dataclasses.replace(
        fresh.scorer, bundle=bundle, version="bare", thresholds=Thresholds.of(0.1, 0.2, method="default")
    )
    reader = login(fresh, client_of, "read")
    page = reader.get("/review/thresholds?lang=en")
    assert page.status_code == 200
    assert "no thresholds can be recommended" in page.text
    assert "no history to evaluate this threshold" in reader.get("/review?lang=en").text
    assert fresh.client.get("/v1/thresholds", headers=fresh.read).json()["curve"] == []
    assert fresh.post("/v1/thresholds/advice", {}, fresh.read).status_code == 422


def test_a_folder_that_cannot_be_written_says_so_on_the_page(
    fresh: Any, client_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_: Any, **__: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("lead_ml.service.threshold_routes.accept_thresholds", refuses)
    admin = login(fresh, client_of, "admin")
    token = csrf_of(admin.get("/review/thresholds").text)
    response = admin.post(
        "/review/thresholds?lang=en", data={"csrf": token, "mql": "20", "sql": "30", "why": "x", "by": "y"}
    )
    assert response.status_code == 409
    assert "is not writable" in response.text
    assert "different model" not in response.text


def test_thresholds_without_approval_are_not_shown_as_approved(fresh: Any, client_of: Any) -> None:
    page = login(fresh, client_of, "read").get("/review/thresholds?lang=en&accepted=1").text
    assert "approved and in effect" not in page
    assert "Default thresholds (not yet approved)" in page


def test_thresholds_written_by_hand_show_their_approver(fresh: Any, client_of: Any) -> None:
    reader = login(fresh, client_of, "read")
    for given, shown in (
        ({}, "Set in a file, without the name of an approver"),
        ({"accepted_by": "Li Na"}, "Approved by Li Na ·"),
        ({"accepted_by": "Li Na", "accepted_at": "2026-03-02T08:00:00Z"}, "Approved by Li Na on Mar 2, 2026"),
    ):
        lines = Thresholds.of(0.06, 0.21, method="by hand", **given)
        odds = fresh.scorer.bundle.info.reference_odds
        accept_thresholds(fresh.scorer.folder, lines, reference_odds=odds, model_version="")
        fresh.reloader.check()
        page = reader.get("/review/thresholds?lang=en").text
        assert shown in page
        assert "not yet approved" not in page
        assert "Method: by hand" in page


def test_without_dates_no_page_mentions_weeks(fresh: Any, client_of: Any) -> None:
    history = dataclasses.replace(fresh.scorer.bundle.history, as_of=None, opportunity_at=None)
    bundle = dataclasses.replace(fresh.scorer.bundle, history=history, advice=())
    fresh.reloader._scorer = dataclasses.replace(fresh.scorer, bundle=bundle, version="undated")
    reader = login(fresh, client_of, "read")
    for path in ("/review", "/review/thresholds"):
        html = reader.get(f"{path}?lang=en").text
        assert "Leads in history" in html
        assert " per week" not in html
    assert 'class="months"' not in html


def test_the_latest_approvals_and_damage_are_shown(fresh: Any, client_of: Any) -> None:
    odds = fresh.scorer.bundle.info.reference_odds
    for k in range(12):
        lines = Thresholds.approved(0.1, 0.3, method="value", by=f"Person {k}", why=f"trial {k}")
        accept_thresholds(fresh.scorer.folder, lines, reference_odds=odds, model_version="")
    reader = login(fresh, client_of, "read")
    page = reader.get("/review/thresholds?lang=en").text
    shown = re.findall(r"<td>Person (\d+)</td>", page)
    assert shown == [str(k) for k in range(11, 1, -1)]
    assert "cannot be read" not in page
    log = fresh.runs / "thresholds.jsonl"
    log.write_bytes(log.read_bytes() + b"{\n")
    assert "the last readable approval is in effect" in reader.get("/review/thresholds?lang=en").text
    log.write_bytes(b"{\n")
    assert "the default thresholds are in effect" in reader.get("/review/thresholds?lang=en").text


def test_advice_for_own_numbers_keeps_its_method_when_it_is_approved(fresh: Any, client_of: Any) -> None:
    admin = login(fresh, client_of, "admin")
    page = admin.get("/review/thresholds?lang=en&sql_per_week=3").text
    use = next(link for link in re.findall(r'href="([^"]+)#accept"', page) if "method=capacity" in link)
    shown = admin.get(use.replace("&amp;", "&")).text
    accept = shown[shown.index('id="accept"') :]
    form = dict(re.findall(r'<input[^>]* name="([^"]+)" value="([^"]*)"', accept))
    done = admin.post("/review/thresholds?lang=en", data={**form, "by": "Li Na", "why": "three a week"})
    assert done.status_code == 200
    assert fresh.scorer.thresholds.method == "capacity"


def test_the_currency_is_shown_beside_amounts(fresh: Any, client_of: Any) -> None:
    params = {**fresh.scorer.bundle.params}
    params["thresholds"] = {**params["thresholds"], "currency": "EUR"}
    bundle = dataclasses.replace(fresh.scorer.bundle, params=params)
    fresh.reloader._scorer = dataclasses.replace(fresh.scorer, bundle=bundle, version="priced")
    page = login(fresh, client_of, "read").get("/review/thresholds?lang=en").text
    for label in ("Net value per week (EUR)", "Cost per SQL (EUR)", "Value per win (EUR)"):
        assert label in page
