"""Working with the worklist: owners, sorting, the CSV of what is shown, contact fields, and the link into the CRM."""

from __future__ import annotations

import csv
import html
import io
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
import pytest
from review_pages import login

from lead_ml.language import LANGUAGES, catalog
from lead_ml.scoring import WorklistRow, read_worklist, write_worklist
from lead_ml.service.pages.worklist_file import WorklistReader

QUERIES = [
    "",
    "&grade=B",
    "&owner=陈晨&sort=-created_at",
    "&sort=lead",
    "&grade=stale",
    "&q=科技&sort=source",
]


@pytest.fixture
def reader(served: Any, client_of: Any) -> Any:
    return login(served, client_of, "read")


def cells(response: Any) -> list[dict[str, str]]:
    assert response.status_code == 200
    return list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"), newline="")))


def shown(page: str) -> list[str]:
    return re.findall(r'class="who"><a href="/review/([^"?]+)\?', page)


def test_the_owner_filter_offers_every_owner_and_counts_the_tiles_within_it(served: Any, reader: Any) -> None:
    rows = [row for row in read_worklist(served.runs) if row.state == "open"]
    owners = sorted({row.lead["owner"] for row in rows if "owner" in row.lead})
    assert len(owners) > 2
    page = reader.get("/review", params={"lang": "en", "owner": owners[0]}).text
    offered = re.search(r'<select name="owner">(.*?)</select>', page, re.DOTALL)
    assert offered is not None
    assert set(owners) <= set(re.findall(r'value="([^"]+)"', offered[1]))
    own = [row for row in rows if row.lead.get("owner") == owners[0]]
    assert f"{len(own):,} found" in page
    for grade in "ABCD":
        count = sum(row.answer.grade == grade for row in own)
        assert re.search(rf'grade-{grade}">{grade}</span>\s*<span class="count">{count:,}<', page)


def test_headers_sort_by_links_that_keep_the_filters(served: Any, reader: Any) -> None:
    page = reader.get("/review?lang=en&grade=A&sort=source").text
    heads = re.findall(r'<th scope="col"( aria-sort="\w+")?[^>]*><a href="([^"]+)">', page)
    assert [state for state, _ in heads if state] == [' aria-sort="ascending"']
    assert all("grade=A" in link and "page" not in link for _, link in heads)
    turned = next(html.unescape(link) for state, link in heads if state)
    assert "sort=-source" in turned
    again = reader.get(turned).text
    assert 'aria-sort="descending"' in again
    assert shown(again) != shown(page)
    assert (
        'aria-sort="descending"><a href="/review?lang=en&amp;sort=probability">'
        in reader.get("/review?lang=en").text
    )


def test_every_page_of_a_sorted_list_continues_the_one_before(reader: Any) -> None:
    address, seen = "/review?lang=en&sort=-created_at", []
    while address:
        page = reader.get(address).text
        seen += shown(page)
        following = re.search(r'href="([^"]+)" rel="next"', page)
        address = html.unescape(following[1]) if following else ""
    assert len(seen) == len(set(seen)) > 100
    file = reader.get("/review.csv?lang=en&sort=-created_at")
    assert [row["Lead ID"] for row in cells(file)] == seen


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_csv_holds_what_the_pages_show_in_their_order(
    served: Any, reader: Any, lang: str, query: str
) -> None:
    text = catalog(lang)
    page = reader.get(f"/review?lang={lang}{query}").text
    link = re.search(r'class="download" href="([^"]+)"', page)
    assert link is not None
    response = reader.get(html.unescape(link[1]))
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert response.headers["content-disposition"].startswith("attachment")
    assert response.content.startswith(b"\xef\xbb\xbf")
    found = cells(response)
    listed = [row[text("pages.fields.lead_id")] for row in found]
    assert [quote(lead_id, safe="") for lead_id in listed[:50]] == shown(page)
    assert not query or text("worklist.found", count=len(found)) in page or "sort" in query
    rows = {row.answer.lead_id: row for row in read_worklist(served.runs)}
    for row in found:
        answer = rows[row[text("pages.fields.lead_id")]].answer
        assert float(row[text("pages.probability")]) == round(answer.probability, 4)
        assert row[text("pages.grade")] == (answer.grade or "")
        assert row[text("pages.fields.email")] == rows[answer.lead_id].lead.get("email", "")
        assert text("pages.synthetic") in row[text("worklist.notes")]
        assert (text("worklist.old") in row[text("worklist.notes")]) is ("stale" in query)


EVIL = ["=HYPERLINK(A1)", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", ' a "quoted", text\nof two lines']


def test_no_cell_of_the_csv_is_a_formula(fresh: Any, client_of: Any) -> None:
    rows = read_worklist(fresh.runs)[: len(EVIL)]
    columns = ("name", "company", "job_title", "email", "phone", "owner", "source")
    written = [
        WorklistRow(dict.fromkeys(columns, evil), msgspec.structs.replace(row.answer, lead_id=f"{evil}{k}"))
        for k, (row, evil) in enumerate(zip(rows, EVIL, strict=True))
    ]
    write_worklist(iter(written), fresh.runs)
    found = cells(login(fresh, client_of, "read").get("/review.csv?lang=en"))
    assert len(found) == len(EVIL)
    for row, evil in zip(found, EVIL, strict=True):
        for cell in row.values():
            assert not cell.lstrip().startswith(("=", "@", "+c", "-2+"))
        assert row["Company"].removeprefix("'") == evil
        assert row["Company"] == row["Source"] == row["Owner"]


@pytest.mark.parametrize("content", [b'{"lead":', b'{"lead":{"name":"\xff"}}', b"\xff\xfe", None])
def test_a_worklist_that_cannot_be_read_is_no_empty_csv(
    fresh: Any, client_of: Any, monkeypatch: pytest.MonkeyPatch, content: bytes | None
) -> None:
    reader, file = login(fresh, client_of, "read"), fresh.runs / "worklist.jsonl"
    file.write_bytes(content or b"x")
    if content is None:
        read = Path.read_bytes

        def forbidden(path: Path) -> bytes:
            if path == file:
                raise PermissionError(13, "Permission denied")
            return read(path)

        monkeypatch.setattr(Path, "read_bytes", forbidden)
    page, response = reader.get("/review?lang=en"), reader.get("/review.csv?lang=en")
    assert (page.status_code, response.status_code) == (200, 409)
    assert "cannot be read" in response.text
    assert "cannot be read" in page.text


def test_contact_fields_are_shown_to_keys_with_read_and_to_nobody_else(served: Any, client_of: Any) -> None:
    row = next(row for row in read_worklist(served.runs) if {"email", "phone"} <= row.lead.keys())
    paths = ["/review", "/review.csv", f"/review/{row.answer.lead_id}"]
    private = [row.lead["email"], row.lead["phone"]]
    reader = login(served, client_of, "read")
    for path in paths:
        page = html.unescape(reader.get(path, params={"q": row.answer.lead_id}).text)
        assert all(text in page for text in private), path
    stranger = client_of(served.app)
    for path in [*paths, "/docs", "/openapi.json", "/v1/model", "/login"]:
        for headers in ({}, served.score):
            response = stranger.get(path, headers=headers, follow_redirects=False)
            assert not any(text in response.text for text in private), path
            assert response.status_code in ((303,) if path in paths else (200, 401, 403))


def test_the_link_into_the_crm_is_on_the_list_the_page_of_the_lead_and_in_the_csv(
    fresh: Any, client_of: Any
) -> None:
    row, address = read_worklist(fresh.runs)[0], "https://crm.example.com/leads/A%2F1?tab=1&x=2"
    write_worklist(iter([msgspec.structs.replace(row, link=address)]), fresh.runs)
    reader = login(fresh, client_of, "read")
    for lang in LANGUAGES:
        label = catalog(lang)("lead.open_in_crm")
        for path in ("/review", f"/review/{row.answer.lead_id}"):
            page = reader.get(path, params={"lang": lang}).text
            link = f'<a href="{html.escape(address)}" target="_blank" rel="noopener">{label}<'
            assert page.count(link) == 1, path
        assert cells(reader.get("/review.csv", params={"lang": lang}))[0][label] == address


def test_without_an_address_of_the_crm_nothing_links_there(served: Any, reader: Any) -> None:
    assert "Open in CRM" not in reader.get("/review?lang=en").text
    assert "Open in CRM" not in cells(reader.get("/review.csv?lang=en"))[0]


def test_the_csv_says_of_each_lead_what_the_page_says_above_its_table(
    fresh: Any, client_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = read_worklist(fresh.runs)[:3]
    answers = [
        msgspec.structs.replace(row.answer, validation=validation, model_version="another")
        for row, validation in zip(rows, ("unvalidated", "no_signal", "validated"), strict=True)
    ]
    states = ("open", "undecided", "open")
    write_worklist(
        iter(
            WorklistRow(row.lead, answer, state)
            for row, answer, state in zip(rows, answers, states, strict=True)
        ),
        fresh.runs,
    )
    monkeypatch.setattr(type(fresh.reloader), "forced", "sales insisted")
    notes = [
        row["Notes"] for row in cells(login(fresh, client_of, "read").get("/review.csv?lang=en&sort=lead"))
    ]
    text = catalog("en")
    assert len(notes) == 3
    assert all(text("worklist.other_version") in note for note in notes)
    assert all("sales insisted" in note and text("pages.synthetic") in note for note in notes)
    for key in ("pages.validation.unvalidated", "pages.validation.no_signal", "worklist.may_be_lost"):
        assert sum(text(key) in note for note in notes) == 1


def test_thresholds_accepted_later_grade_no_lead_that_had_no_grade(fresh: Any) -> None:
    rows = read_worklist(fresh.runs)
    flagged = next(row for row in rows if row.answer.stage == "verify")
    graded = next(row for row in rows if row.answer.grade is not None)
    before = [
        msgspec.structs.replace(row, answer=msgspec.structs.replace(row.answer, thresholds_version="before"))
        for row in (flagged, graded)
    ]
    write_worklist(iter(before), fresh.runs)
    first, second = WorklistReader(fresh.runs).current(fresh.scorer).rows
    assert (first.answer.grade, first.answer.stage) == (None, "verify")
    assert second.answer == graded.answer
    assert first.answer.thresholds_version == fresh.scorer.thresholds.version
