"""The pages in a browser: axe-core finds nothing, nothing is cut off on a phone or on paper."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from browser import BASE, CHROMIUM, chromium, findings, window
from review_pages import csrf_of, login

from lead_ml.language import LANGUAGES
from lead_ml.scoring import read_worklist, write_worklist

pytestmark = [
    pytest.mark.service,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="no Chromium on this machine"),
]
LOOKS = [(1280, "en", "light"), (1280, "zh", "dark"), (390, "en", "dark"), (390, "zh", "light")]
CLIPPED = """
() => [...document.querySelectorAll('main *, header *')].filter(element => {
  if (element.closest('svg') && element.tagName !== 'svg') return false;
  if (element.closest('.hidden, pre')) return false;
  const box = element.getBoundingClientRect(), card = element.parentElement.closest('.card, .leads tr, .tile, .table, main, header');
  if (!box.width || !box.height || !card) return false;
  const around = card.getBoundingClientRect();
  return box.right > around.right + 1 || box.left < around.left - 1 || box.right > window.innerWidth + 1
    || (element.clientWidth && element.tagName !== 'SELECT' && element.scrollWidth > element.clientWidth + 1);
}).map(element => element.outerHTML.slice(0, 200))
"""
EMPTY_HEADS = (
    "[...document.querySelectorAll('th')].filter(th => !th.innerText.trim()).map(th => th.outerHTML)"
)
LONG = "Donaudampfschifffahrtsgesellschaftskapitänswitwenverein"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


@pytest.fixture
def busy(fresh: Any, client_of: Any) -> Any:
    """An app in every state that puts a notice on its pages, with long texts, links into a CRM, and an approval."""
    admin = login(fresh, client_of, "admin")
    form = {"mql": "5", "sql": "20", "why": f"{LONG} {LONG}", "by": LONG}
    token = csrf_of(admin.get("/review/thresholds").text)
    assert admin.post("/review/thresholds", data={**form, "csrf": token}).status_code == 200
    rows = []
    for row in read_worklist(fresh.runs)[:60]:
        lead = {**row.lead, "name": LONG, "company": LONG, "email": f"{LONG}@{LONG}.example", "owner": LONG}
        answer = msgspec.structs.replace(row.answer, model_version="another")
        rows.append(
            msgspec.structs.replace(
                row, lead=lead, answer=answer, state="undecided", link="https://crm.example.com/1"
            )
        )
    write_worklist(iter(rows), fresh.runs)
    return fresh, admin, rows[0].answer.lead_id


def addresses(runs: Any) -> list[str]:
    rows = read_worklist(runs)
    flagged = next(row.answer.lead_id for row in rows if row.answer.fake and row.answer.fake.flag)
    return [
        "/review",
        "/review?grade=fake&sort=-created_at",
        "/review?q=zzzzzz",
        f"/review/{rows[0].answer.lead_id}",
        f"/review/{flagged}",
        "/review/none",
        "/review/channels",
        "/review/thresholds",
        "/review/thresholds?sql_per_week=3",
        "/review/thresholds?sql_per_week=-1",
        "/docs",
    ]


def opened(page: Any, address: str, lang: str) -> None:
    page.goto(f"{BASE}{address}{'&' if '?' in address else '?'}lang={lang}")
    page.evaluate("document.querySelectorAll('details').forEach(found => found.open = true)")


def check(page: Any, pages: list[str], lang: str) -> None:
    """Hold pages free of findings, of cut texts and of empty headers."""
    for address in pages:
        opened(page, address, lang)
        assert findings(page) == [], address
        assert page.evaluate(CLIPPED) == [], address
        assert page.evaluate(EMPTY_HEADS) == [], address


@pytest.mark.parametrize(("width", "lang", "scheme"), LOOKS)
def test_axe_finds_nothing_on_any_page(
    served: Any, client_of: Any, browser: Any, width: int, lang: str, scheme: str
) -> None:
    admin = login(served, client_of, "admin")
    for client, pages in ((client_of(served.app), ["/login"]), (admin, addresses(served.runs))):
        with window(browser, client, width, scheme) as page:
            check(page, pages, lang)


@pytest.mark.parametrize(("width", "lang", "scheme"), LOOKS)
def test_axe_finds_nothing_where_pages_carry_notices_and_long_texts(
    busy: Any, empty_app: Any, client_of: Any, browser: Any, width: int, lang: str, scheme: str
) -> None:
    fresh, admin, lead_id = busy
    for client, pages in (
        (admin, ["/review", f"/review/{lead_id}", "/review/thresholds?accepted=1"]),
        (login(fresh, client_of, "read"), ["/review/thresholds"]),
        (client_of(empty_app), ["/review", "/docs"]),
    ):
        with window(browser, client, width, scheme) as page:
            check(page, pages, lang)
    for content in ("", '{"lead":'):
        (fresh.runs / "worklist.jsonl").write_text(content)
        with window(browser, admin, width, scheme) as page:
            opened(page, "/review", lang)
            assert findings(page) == []


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("width", [1032, 965, 700])  # A4 and Letter across, A4 upright, less the margins
def test_paper_holds_every_column(
    busy: Any, served: Any, client_of: Any, browser: Any, lang: str, width: int
) -> None:
    _, admin, lead_id = busy
    for client, pages in (
        (login(served, client_of, "admin"), addresses(served.runs)[:-1]),
        (admin, ["/review", f"/review/{lead_id}", "/review/thresholds"]),
    ):
        with window(browser, client, width) as page:
            page.emulate_media(media="print")
            for address in pages:
                opened(page, address, lang)
                assert page.evaluate("document.documentElement.scrollWidth") <= width, address
                assert page.evaluate(CLIPPED) == [], address
