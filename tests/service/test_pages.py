"""The pages as a browser without JavaScript receives them: languages, worklist and one lead."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
import pytest
from review_pages import csrf_of, login

from lead_ml.language import LANGUAGES, catalog
from lead_ml.scoring import WorklistRow, read_worklist, write_worklist
from lead_ml.service.pages import asset
from lead_ml.service.pages.render import ASSETS

HAN = re.compile("[一-鿿]")


@pytest.fixture
def reader(served: Any, client_of: Any) -> Any:
    return login(served, client_of, "read")


def every_page(runs: Path) -> list[str]:
    first = read_worklist(runs)[0].answer.lead_id
    return [
        "/review",
        "/review?page=2",
        "/review?grade=fake",
        "/review?q=zzzzzz",
        f"/review/{first}",
        "/review/channels",
        "/review/thresholds",
        "/review/thresholds?sql_per_week=3",
        "/review/none",
        "/login",
        "/docs",
    ]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_page_asks_for_anything_elsewhere_or_runs_a_script(served: Any, reader: Any, lang: str) -> None:
    for path in every_page(served.runs):
        html = reader.get(path + ("&" if "?" in path else "?") + f"lang={lang}").text
        for address in re.findall(r'(?:href|src|action|srcset|data)="([^"]*)"', html):
            assert re.match(r"^([/#](?!/)|mailto:|tel:)", address), (path, address)
        assert not re.search(
            r"https?:|//|@import|<script|<iframe|<style|\sstyle=|\son\w+=|javascript:", html
        ), path
        assert "built-in method" not in html


def test_no_asset_asks_for_anything_elsewhere() -> None:
    for name in ASSETS:
        text = asset(name)[0].decode().replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?:|//|@import|url\(|<script", text), name


@pytest.mark.parametrize("lang", LANGUAGES)
def test_pages_are_in_the_requested_language(served: Any, reader: Any, lang: str) -> None:
    names = "".join("".join(row.lead.values()) for row in read_worklist(served.runs))
    for path in every_page(served.runs)[:-1]:
        html = reader.get(path + ("&" if "?" in path else "?") + f"lang={lang}").text
        assert f'<html lang="{catalog(lang)("pages.html_lang")}"' in html
        own = set(HAN.findall(html.replace(catalog("zh")("language.name"), ""))) - set(names)
        assert bool(own) is (lang == "zh"), (path, own)


def test_every_language_is_offered_and_keeps_the_page_and_its_filters(served: Any, reader: Any) -> None:
    html = reader.get("/review?lang=en&grade=A&page=2").text
    for lang in LANGUAGES:
        texts = catalog(lang)
        current = ' aria-current="true"' if lang == "en" else ""
        tag = texts("pages.html_lang")
        href = f"/review?lang={lang}&amp;grade=A&amp;page=2"
        link = f'<a href="{href}" hreflang="{tag}" lang="{tag}"{current}>{texts("language.name")}</a>'
        assert link in html


def test_without_a_language_in_the_address_the_browser_decides(served: Any, reader: Any) -> None:
    assert 'lang="zh-Hans"' in reader.get("/review", headers={"accept-language": "zh-CN,zh;q=0.9"}).text
    for other in ("de", "en-GB", "*", "", "-", "zhx;q=1"):
        assert '<html lang="en"' in reader.get("/review", headers={"accept-language": other}).text


def test_synthetic_data_is_named_on_every_page(served: Any, reader: Any) -> None:
    for lang in LANGUAGES:
        for path in every_page(served.runs)[:-1]:
            assert "SYNTHETIC DATA" in reader.get(path, params={"lang": lang}).text


def test_the_worklist_shows_the_leads_best_first_with_their_figures(served: Any, reader: Any) -> None:
    rows = [row for row in read_worklist(served.runs) if row.state == "open"]
    html = reader.get("/review?lang=en").text
    ids = re.findall(r'href="/review/([^"?]+)\?lang=en"', html)
    shown = [name for name in ids if name not in ("thresholds", "channels")]
    assert shown == [quote(row.answer.lead_id, safe="") for row in rows[:50]]
    assert f"<b>{len(rows):,} open leads</b>" in html
    assert served.scorer.version in html
    for grade in "ABCD":
        count = sum(row.answer.grade == grade for row in rows)
        assert re.search(rf'grade-{grade}">{grade}</span>\s*<span class="count">{count:,}<', html)


def test_stale_leads_are_counted_apart_and_listed_only_when_asked_for(served: Any, reader: Any) -> None:
    rows = read_worklist(served.runs)
    stale = [row.answer.lead_id for row in rows if row.state == "stale"]
    assert 0 < len(stale) < len(rows)
    first, asked = (reader.get(f"/review?lang=en{query}").text for query in ("", "&grade=stale"))
    assert re.search(rf'grade-stale">…</span>\s*<span class="count">{len(stale):,}<', first)
    assert re.findall(r'href="/review/(L\d+)\?lang=en"', asked) == stale[:50]
    assert not set(re.findall(r'href="/review/(L\d+)\?lang=en"', first)) & set(stale)


def test_leads_that_may_be_lost_are_not_called_open(fresh: Any, client_of: Any) -> None:
    rows = [msgspec.structs.replace(row, state="undecided") for row in read_worklist(fresh.runs)[:3]]
    write_worklist(iter(rows), fresh.runs)
    html = login(fresh, client_of, "read").get("/review?lang=en").text
    assert "<b>3 leads without an outcome</b>" in html
    assert "some of them may already be lost" in html
    assert "open leads</b>" not in html


@pytest.mark.parametrize(
    "query", ["grade=B", "grade=fake", "source=webinar", "q=科技", "grade=A&source=wechat"]
)
def test_filters_keep_exactly_the_leads_that_match(served: Any, reader: Any, query: str) -> None:
    wanted = dict(pair.split("=") for pair in query.split("&"))
    rows = [row for row in read_worklist(served.runs) if row.state == "open"]
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
    for lang in LANGUAGES:
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
    assert "not on the current worklist" in response.text
    assert response.headers["content-type"].startswith("text/html")


def test_values_of_a_lead_are_never_markup(fresh: Any, client_of: Any) -> None:
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
    assert "The worklist is empty" in html
    assert "lead-ml score" in html
    assert "SQL threshold" in html


def test_a_broken_worklist_is_a_notice_not_an_error(fresh: Any, client_of: Any) -> None:
    (fresh.runs / "worklist.jsonl").write_text('{"lead":')
    response = login(fresh, client_of, "read").get("/review?lang=en")
    assert response.status_code == 200
    assert "cannot be read" in response.text
    assert "open lead" not in response.text


def test_a_worklist_of_another_version_is_marked_and_still_explained(fresh: Any, client_of: Any) -> None:
    row = read_worklist(fresh.runs)[0]
    other = msgspec.structs.replace(
        row.answer, model_version="another", thresholds_version="another", candidate="forest"
    )
    write_worklist(iter([WorklistRow(row.lead, other)]), fresh.runs)
    reader = login(fresh, client_of, "read")
    assert "a different model version" in reader.get("/review?lang=en").text
    lead = reader.get(f"/review/{row.answer.lead_id}?lang=en").text
    assert "This lead was scored and graded by a different model version" in lead
    assert "Scored by: forest" in lead
    assert 'class="marks"' not in lead
    assert catalog("zh")("lead.english_only") in reader.get(f"/review/{row.answer.lead_id}?lang=zh").text


def test_before_the_first_model_the_page_says_what_to_do(empty_app: Any, client_of: Any) -> None:
    response = client_of(empty_app).get("/review?lang=en")
    assert response.status_code == 503
    assert "lead-ml train" in response.text


def test_forms_are_tied_to_the_visit_even_without_keys(local: Any) -> None:
    form = {"mql": "5", "sql": "20", "why": "x", "by": "Li Na"}
    assert local.client.post("/review/thresholds", data=form).status_code == 403
    token = csrf_of(local.client.get("/review/thresholds").text)
    response = local.client.post(
        "/review/thresholds", data={**form, "csrf": token, "model_version": local.scorer.version}
    )
    assert response.status_code == 200
    assert local.scorer.thresholds.accepted_by == "Li Na"


def test_a_project_without_events_does_not_mention_them(fresh: Any, client_of: Any) -> None:
    row = read_worklist(fresh.runs)[0]
    answer = msgspec.structs.replace(row.answer, events_supplied=False)
    write_worklist(iter([WorklistRow(row.lead, answer)]), fresh.runs)
    reader, path = login(fresh, client_of, "read"), f"/review/{quote(row.answer.lead_id)}?lang=en"
    assert "No activity data was provided" in reader.get(path).text
    kept = tuple(item for item in fresh.scorer.bundle.declarations if getattr(item, "stream", "") != "events")
    bundle = dataclasses.replace(fresh.scorer.bundle, declarations=kept)
    fresh.reloader._scorer = dataclasses.replace(fresh.scorer, bundle=bundle)
    assert "activity data" not in reader.get(path).text


def test_a_static_file_may_be_kept_and_changes_its_address(reader: Any) -> None:
    link = re.search(r'href="(/static/review\.css\?v=\w{10})"', reader.get("/login").text)
    assert link is not None
    response = reader.get(link[1])
    assert "immutable" in response.headers["cache-control"]
    assert response.headers["content-type"] == "text/css; charset=utf-8"
