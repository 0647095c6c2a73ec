"""The page of the channels: what the report beside the served version says, in both languages."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from lead_ml.language import LANGUAGES
from lead_ml.lead_data.channels import ChannelReport
from lead_ml.lead_data.channels.records import CHANNELS_FILE
from lead_ml.lead_data.channels.words import advice_text, channel_name, method_texts


def read(trained: Any) -> ChannelReport:
    return msgspec.json.decode((trained.run.folder / CHANNELS_FILE).read_bytes(), type=ChannelReport)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_channel_is_shown_with_its_advice_and_its_numbers(local: Any, trained: Any, lang: str) -> None:
    page, report = local.client.get(f"/review/channels?lang={lang}"), read(trained)
    assert page.status_code == 200
    for row in report.rows:
        assert channel_name(row, lang) in page.text
        assert advice_text(report, row, lang) in page.text
    assert all(line in page.text for line in method_texts(report, lang))
    assert page.text.count('<svg class="weeks"') == len(report.rows)


def test_weeks_that_are_not_ripe_are_marked(local: Any, trained: Any) -> None:
    row = read(trained).rows[0]
    unripe = sum(week.wins is None for week in row.weeks)
    assert unripe > 0
    page = local.client.get("/review/channels?lang=en").text
    first = page[page.index('<svg class="weeks"') :].split("</svg>")[0]
    assert first.count('"unripe"') == unripe
    assert first.count('"ripe"') == len(row.weeks) - unripe


@pytest.mark.parametrize("content", [None, b"", b"{}", b"[1, 2"])
def test_a_version_without_a_readable_report_says_so(local: Any, content: bytes | None) -> None:
    path = local.scorer.folder.parent / CHANNELS_FILE
    path.unlink() if content is None else path.write_bytes(content)
    page = local.client.get("/review/channels?lang=en")
    assert page.status_code == 200
    assert "The served version has no channel report." in page.text


def test_names_of_channels_are_escaped(local: Any, trained: Any) -> None:
    report = read(trained)
    evil = msgspec.structs.replace(report.rows[0], name="<script>alert(1)</script>", labels={})
    path = local.scorer.folder.parent / CHANNELS_FILE
    path.write_bytes(msgspec.json.encode(msgspec.structs.replace(report, rows=(evil, *report.rows[1:]))))
    page = local.client.get("/review/channels?lang=en").text
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_the_page_needs_a_log_in(served: Any, client_of: Any) -> None:
    answer = client_of(served.app).get("/review/channels", follow_redirects=False)
    assert answer.status_code in (302, 303, 307)
