"""The pages as a browser without JavaScript sees them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
import pytest

from lead_ml.scoring import WorklistRow, read_worklist, write_worklist
from lead_ml.scoring.thresholds import Thresholds
from lead_ml.service.pages import asset
from lead_ml.service.pages.render import ASSETS
from lead_ml.service.session import COOKIE, Session

HAN = re.compile("[一-鿿]")
LANGS = ("en", "zh")


@pytest.fixture
def reader(served: Any, client_of: Any) -> Any:
    return login(served, client_of, "read")


def login(deployed: Any, client_of: Any, name: str) -> Any:
    client = client_of(deployed.app)
    page = client.get("/login?lang=en")
    response = client.post(
        "/login?lang=en",
        data={"csrf": csrf_of(page.text), "key": deployed.keys[name]},
        follow_redirects=False,
    )
    assert response.status_code == 303
    return client


def csrf_of(html: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', html)
    assert found is not None
    return found[1]


def every_page(runs: Path) -> list[str]:
    first = read_worklist(runs)[0].answer.lead_id
    return [
        "/review",
        "/review?page=2",
        "/review?grade=fake",
        "/review?q=zzzzzz",
        f"/review/{first}",
        "/review/thresholds",
        "/review/thresholds?sql_per_week=3",
        "/review/none",
        "/login",
        "/docs",
    ]


@pytest.mark.parametrize("lang", LANGS)
def test_no_page_asks_for_anything_elsewhere_or_runs_a_script(served: Any, reader: Any, lang: str) -> None:
    for path in every_page(served.runs):
        html = reader.get(path + ("&" if "?" in path else "?") + f"lang={lang}").text
        for address in re.findall(r'(?:href|src|action|srcset|data)="([^"]*)"', html):
            assert re.match(r"^[/#](?!/)", address), (path, address)
        assert not re.search(
            r"https?:|//|@import|<script|<iframe|<style|\sstyle=|\son\w+=|javascript:", html
        ), path
        assert "built-in method" not in html


def test_no_asset_asks_for_anything_elsewhere() -> None:
    for name in ASSETS:
        text = asset(name)[0].decode().replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?:|//|@import|url\(|<script", text), name


@pytest.mark.parametrize("lang", LANGS)
def test_pages_speak_the_language_asked_for(served: Any, reader: Any, lang: str) -> None:
    names = "".join("".join(row.lead.values()) for row in read_worklist(served.runs))
    for path in every_page(served.runs)[:-1]:
        html = reader.get(path + ("&" if "?" in path else "?") + f"lang={lang}").text
        assert f'<html lang="{"zh-Hans" if lang == "zh" else "en"}"' in html
        own = set(HAN.findall(html.replace("切换到中文", "").replace("中文", ""))) - set(names)
        assert bool(own) is (lang == "zh"), (path, own)


def test_the_language_switch_keeps_the_page_and_its_filters(served: Any, reader: Any) -> None:
    html = reader.get("/review?lang=en&grade=A&page=2").text
    switch = re.search(r'class="lang" href="([^"]+)"', html)
    assert switch is not None
    assert switch[1] == "/review?lang=zh&amp;grade=A&amp;page=2"


def test_the_browser_chooses_the_language_where_nobody_else_does(served: Any, reader: Any) -> None:
    assert 'lang="zh-Hans"' in reader.get("/review", headers={"accept-language": "zh-CN,zh;q=0.9"}).text
    assert '<html lang="en"' in reader.get("/review", headers={"accept-language": "de"}).text


def test_synthetic_data_is_named_on_every_page(served: Any, reader: Any) -> None:
    for lang in LANGS:
        for path in every_page(served.runs)[:-1]:
            assert "SYNTHETIC DATA" in reader.get(path, params={"lang": lang}).text


def test_the_worklist_shows_the_leads_best_first_with_their_figures(served: Any, reader: Any) -> None:
    rows = read_worklist(served.runs)
    html = reader.get("/review?lang=en").text
    ids = re.findall(r'href="/review/([^"?]+)\?lang=en"', html)
    shown = [name for name in ids if name != "thresholds"]
    assert shown == [quote(row.answer.lead_id, safe="") for row in rows[:50]]
    assert f"<b>{len(rows):,}</b>" in html
    assert served.scorer.version in html
    for grade in "ABCD":
        count = sum(row.answer.grade == grade for row in rows)
        assert re.search(rf'grade-{grade}">{grade}</span>\s*<span class="count">{count:,}<', html)


@pytest.mark.parametrize(
    "query", ["grade=B", "grade=fake", "source=webinar", "q=科技", "grade=A&source=wechat"]
)
def test_filters_keep_exactly_the_leads_that_match(served: Any, reader: Any, query: str) -> None:
    wanted = dict(pair.split("=") for pair in query.split("&"))
    rows = read_worklist(served.runs)
    kept = [
        row
        for row in rows
        if wanted.get("grade", row.answer.grade)
        in (row.answer.grade, "fake" if row.answer.fake and row.answer.fake.flag else "")
        and wanted.get("source", row.lead.get("source")) == row.lead.get("source")
        and wanted.get("q", "") in row.lead.get("company", "") + row.lead.get("name", "")
    ]
    html = reader.get(f"/review?lang=en&{query}").text
    assert f"{len(kept):,} found" in html
    assert 0 < len(kept) < len(rows)


@pytest.mark.parametrize(
    "query",
    ["page=0", "page=-1", "page=99999", "page=x", "page=９", "grade=Z", "lang=xx", "source=none", "q=%00%ff"],
)
def test_queries_without_sense_still_show_a_page(reader: Any, query: str) -> None:
    assert reader.get(f"/review?{query}").status_code == 200


def test_a_lead_page_explains_the_score(served: Any, reader: Any) -> None:
    row = read_worklist(served.runs)[0]
    for lang in LANGS:
        html = reader.get(f"/review/{quote(row.answer.lead_id)}?lang={lang}").text
        assert len(re.findall(r'<span class="points">', html)) >= 10
        assert row.answer.model_version in html
        assert row.answer.thresholds_version in html
    assert row.answer.reasons.for_[0].text in reader.get(
        f"/review/{row.answer.lead_id}?lang=en"
    ).text.replace("&#39;", "'")
    assert row.answer.reasons.for_[0].text not in reader.get(f"/review/{row.answer.lead_id}?lang=zh").text


def test_an_unknown_lead_is_a_page_that_says_so(reader: Any) -> None:
    response = reader.get("/review/none?lang=en")
    assert response.status_code == 404
    assert "not on the present worklist" in response.text
    assert response.headers["content-type"].startswith("text/html")


def test_what_a_lead_says_about_itself_is_never_markup(fresh: Any, client_of: Any) -> None:
    evil = "<script>alert(1)</script>\"'><img src=x>"
    row = read_worklist(fresh.runs)[0]
    answer = msgspec.structs.replace(row.answer, lead_id="a/b?<i>")
    write_worklist(
        iter([WorklistRow({"lead_id": "a/b?<i>", "name": evil, "company": evil, "source": evil}, answer)]),
        fresh.runs,
    )
    reader = login(fresh, client_of, "read")
    page = reader.get("/review?lang=en")
    assert "<script" not in page.text
    assert "<img src=x" not in page.text
    link = re.search(r'href="(/review/a%2Fb%3F%3Ci%3E\?lang=en)"', page.text)
    assert link is not None
    detail = reader.get(link[1])
    assert detail.status_code == 200
    assert "<script" not in detail.text
    assert "<i>" not in detail.text.split("<main")[1].split("marks-key")[0]
    assert "&lt;script&gt;alert(1)" in detail.text
    assert "<script" not in reader.get("/review", params={"q": evil, "source": evil}).text


def test_an_empty_worklist_says_what_to_do(fresh: Any, client_of: Any) -> None:
    (fresh.runs / "worklist.jsonl").unlink()
    html = login(fresh, client_of, "read").get("/review?lang=en").text
    assert "No worklist yet" in html
    assert "lead-ml score" in html
    assert "SQL line" in html


def test_a_broken_worklist_is_a_notice_not_an_error(fresh: Any, client_of: Any) -> None:
    (fresh.runs / "worklist.jsonl").write_text('{"lead":')
    response = login(fresh, client_of, "read").get("/review?lang=en")
    assert response.status_code == 200
    assert "cannot be read" in response.text


def test_a_worklist_of_another_version_is_marked_and_still_explained(fresh: Any, client_of: Any) -> None:
    row = read_worklist(fresh.runs)[0]
    other = msgspec.structs.replace(row.answer, model_version="another")
    write_worklist(iter([WorklistRow(row.lead, other)]), fresh.runs)
    reader = login(fresh, client_of, "read")
    assert "another version of the model" in reader.get("/review?lang=en").text
    assert "仅有英文" in reader.get(f"/review/{row.answer.lead_id}?lang=zh").text


def test_before_the_first_model_the_page_says_what_to_do(empty_app: Any, client_of: Any) -> None:
    response = client_of(empty_app).get("/review?lang=en")
    assert response.status_code == 503
    assert "lead-ml train" in response.text


def test_who_is_not_logged_in_is_sent_to_the_login(served: Any, client_of: Any) -> None:
    for path in ("/review", "/review/x", "/review/thresholds"):
        response = client_of(served.app).get(path, follow_redirects=False)
        assert (response.status_code, response.headers["location"].split("?")[0]) == (303, "/login")
    assert client_of(served.app).get("/", follow_redirects=False).headers["location"] == "/review"


def test_a_login_gives_a_cookie_that_scripts_and_other_sites_do_not_get(served: Any, client_of: Any) -> None:
    for base, secure in (("http://localhost", False), ("https://localhost", True)):
        client = client_of(served.app, base_url=base)
        token = csrf_of(client.get("/login").text)
        before = client.cookies[COOKIE]
        response = client.post(
            "/login", data={"csrf": token, "key": served.keys["read"]}, follow_redirects=False
        )
        cookie = response.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "samesite=strict" in cookie.lower()
        assert ("Secure" in cookie) is secure
        assert client.cookies[COOKIE] != before
        assert served.keys["read"] not in cookie


@pytest.mark.parametrize(("key", "status"), [("wrong", 401), ("score", 401), ("", 401)])
def test_a_key_that_may_not_read_does_not_log_in(served: Any, client_of: Any, key: str, status: int) -> None:
    client = client_of(served.app)
    token = csrf_of(client.get("/login?lang=en").text)
    response = client.post("/login?lang=en", data={"csrf": token, "key": served.keys.get(key, key)})
    assert response.status_code == status
    assert "not known" in response.text
    assert client.get("/review", follow_redirects=False).status_code == 303


def test_forms_without_their_token_do_nothing(fresh: Any, client_of: Any) -> None:
    client = client_of(fresh.app)
    assert client.post("/login", data={"key": fresh.keys["admin"]}).status_code == 403
    admin = login(fresh, client_of, "admin")
    before = fresh.scorer.thresholds
    form = {"mql": "5", "sql": "20", "why": "x", "by": "y"}
    for token in ({}, {"csrf": "x"}, {"csrf": csrf_of(client.get("/login").text)}):
        response = admin.post("/review/thresholds?lang=en", data={**form, **token})
        assert response.status_code == 403
        assert "came from elsewhere" in response.text
    assert fresh.scorer.thresholds == before
    admin.post("/logout", data={"csrf": "x"})
    assert admin.get("/review").status_code == 200


def test_forms_are_tied_to_the_visit_even_without_keys(local: Any) -> None:
    form = {"mql": "5", "sql": "20", "why": "x", "by": "Li Na"}
    assert local.client.post("/review/thresholds", data=form).status_code == 403
    token = csrf_of(local.client.get("/review/thresholds").text)
    response = local.client.post(
        "/review/thresholds", data={**form, "csrf": token, "model_version": local.scorer.version}
    )
    assert response.status_code == 200
    assert local.scorer.thresholds.accepted_by == "Li Na"


def test_logging_out_ends_the_session(fresh: Any, client_of: Any) -> None:
    reader = login(fresh, client_of, "read")
    reader.post("/logout", data={"csrf": csrf_of(reader.get("/review").text)})
    assert reader.get("/review", follow_redirects=False).status_code == 303


def test_a_session_ends_with_its_key(fresh: Any, client_of: Any) -> None:
    reader = login(fresh, client_of, "read")
    (fresh.runs / "keys.json").write_bytes(b'{"keys":[]}')
    assert reader.get("/review", follow_redirects=False).status_code == 303


def test_accepting_lines_on_the_page_grades_the_worklist_anew(fresh: Any, client_of: Any) -> None:
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
    assert "are in force" in response.text
    assert "Li Na / admin-key" in response.text
    assert (fresh.scorer.thresholds.mql, fresh.scorer.thresholds.sql, fresh.scorer.thresholds.method) == (
        0.2,
        0.3,
        "value",
    )
    expected = sum(row.answer.probability >= 0.3 for row in read_worklist(fresh.runs))
    listing = admin.get("/review?lang=en").text
    assert re.search(rf'grade-A">A</span>\s*<span class="count">{expected}<', listing)


@pytest.mark.parametrize(
    "change", [{"mql": "40"}, {"sql": "abc"}, {"sql": "nan"}, {"sql": "100"}, {"why": ""}, {"why": "x" * 501}]
)
def test_an_impossible_form_comes_back_filled_with_what_was_typed(
    fresh: Any, client_of: Any, change: dict[str, str]
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
    assert "missing or impossible" in response.text
    assert 'value="Li Na"' in response.text
    assert not (fresh.scorer.folder / "thresholds.json").exists()


def test_a_form_for_another_model_is_a_conflict(fresh: Any, client_of: Any) -> None:
    admin = login(fresh, client_of, "admin")
    token = csrf_of(admin.get("/review/thresholds").text)
    response = admin.post(
        "/review/thresholds?lang=en",
        data={"csrf": token, "model_version": "old", "mql": "20", "sql": "30", "why": "x", "by": "y"},
    )
    assert response.status_code == 409
    assert "Another model has begun to serve" in response.text


def test_a_reader_sees_no_form_and_may_not_send_one(fresh: Any, client_of: Any) -> None:
    reader = login(fresh, client_of, "read")
    page = reader.get("/review/thresholds?lang=en")
    assert "needs a key with the scope admin" in page.text
    form = {"csrf": csrf_of(page.text), "mql": "20", "sql": "30", "why": "x", "by": "y"}
    assert reader.post("/review/thresholds", data=form).status_code == 403


def test_own_numbers_change_the_advice_and_nothing_else(served: Any, reader: Any) -> None:
    page = reader.get("/review/thresholds?lang=en&sql_per_week=3&sql_precision=25").text
    assert "at most 3 new SQLs" in page
    assert 'name="sql_precision" value="25"' in page
    assert reader.get("/review/thresholds?lang=en&sql_per_week=-3").status_code == 422
    assert reader.get("/review/thresholds?lang=en&sql_per_week=inf").status_code == 422


def test_lines_without_history_still_have_their_page(fresh: Any, client_of: Any) -> None:
    import dataclasses

    bundle = dataclasses.replace(fresh.scorer.bundle, history=None, advice=())
    fresh.live._scorer = dataclasses.replace(
        fresh.scorer, bundle=bundle, version="bare", thresholds=Thresholds.of(0.1, 0.2, method="default")
    )
    reader = login(fresh, client_of, "read")
    page = reader.get("/review/thresholds?lang=en")
    assert page.status_code == 200
    assert "nothing to advise from" in page.text
    assert "no history to judge" in reader.get("/review?lang=en").text
    assert fresh.client.get("/v1/thresholds", headers=fresh.read).json()["curve"] == []
    assert fresh.post("/v1/thresholds/advice", {}, fresh.read).status_code == 422


@pytest.mark.parametrize("media", ["application/json", "multipart/form-data", "text/plain"])
def test_a_form_is_a_form(local: Any, media: str) -> None:
    assert local.client.post(
        "/review/thresholds", content=b"a=1", headers={"content-type": media}
    ).status_code in (403, 415)
    assert (
        local.client.post(
            "/login", content=b"\xff", headers={"content-type": "application/x-www-form-urlencoded"}
        ).status_code
        == 422
    )


def test_a_static_file_may_be_kept_and_changes_its_address(reader: Any) -> None:
    link = re.search(r'href="(/static/review\.css\?v=\w{10})"', reader.get("/login").text)
    assert link is not None
    response = reader.get(link[1])
    assert "immutable" in response.headers["cache-control"]
    assert response.headers["content-type"] == "text/css; charset=utf-8"


def test_a_visit_before_login_cannot_be_carried_into_the_session(served: Any, client_of: Any) -> None:
    signer = served.app.state.runtime.signer
    planted = Session.fresh()
    client = client_of(served.app)
    client.cookies.set(COOKIE, signer.seal(planted))
    response = client.post(
        "/login", data={"csrf": signer.csrf(planted), "key": served.keys["read"]}, follow_redirects=False
    )
    session = signer.open(response.cookies[COOKIE])
    assert session is not None
    assert session.nonce != planted.nonce
