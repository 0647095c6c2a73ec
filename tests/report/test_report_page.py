from __future__ import annotations

import copy
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from lead_ml.evaluation.leakage import as_dict
from lead_ml.registry.runs import Run
from lead_ml.report import write_report
from lead_ml.report.assemble import plain
from lead_ml.report.page import render
from lead_ml.report.words import summary
from lead_ml.workflows.audit import audit_target

VOID = {"meta", "img", "br", "link", "input", "hr"}
DRAWN = '<svg role="img" aria-label="{}"></svg>'


class Reader(HTMLParser):
    """Collects tags, attributes and text, and fails on a tag that closes another."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.ids: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [
            value or "" for name, value in attrs if name in ("src", "href", "xlink:href", "srcset", "action")
        ]
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, content: str) -> None:
        self.text.append(content)


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert reader.open == []
    return reader


@pytest.fixture(scope="module")
def html(trained: Any, tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_report(trained.run, tmp_path_factory.mktemp("report") / "deep" / "report.html").read_text(
        "utf-8"
    )


def test_the_headline_of_every_target_comes_first(trained: Any, html: str) -> None:
    text = "".join(read(html).text)
    for target in trained.run.targets:
        headline = trained.run.evaluation(target).headline
        assert 0 <= text.index(headline) < text.index("Candidates compared")


def test_the_page_is_well_formed_and_every_anchor_exists(html: str) -> None:
    page = read(html)
    assert len(page.ids) == len(set(page.ids))
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)


def test_the_page_makes_no_outside_request_and_runs_no_script(html: str) -> None:
    page = read(html)
    assert all(link.startswith(("#", "data:image/png;base64,")) for link in page.links)
    assert not page.tags & {"script", "link", "iframe", "object", "embed"}
    assert not re.search(r"url\((?!#)|@import|\son[a-z]+=", html)
    assert set(re.findall(r"url\(#([^)]+)\)", html)) <= set(page.ids)


def test_the_page_speaks_both_languages(html: str, data: dict[str, Any]) -> None:
    for line in data["summary_zh"]:
        assert line in "".join(read(html).text)
    for row in data["features"]:
        assert row["zh"] in html


def test_every_interval_of_the_metrics_is_on_the_page(html: str, data: dict[str, Any]) -> None:
    for part in data["targets"].values():
        for row in part["metrics"]:
            for cell in row["cells"].values():
                if cell["lower"] is not None:
                    scale, unit = (100, "%") if row["share"] else (1, "")
                    low, high = (
                        f"{scale * cell[key]:,.{row['digits']}f}{unit}" for key in ("lower", "upper")
                    )
                    assert f"{low} to {high}" in html


def test_synthetic_data_is_said_at_the_top(data: dict[str, Any]) -> None:
    assert "SYNTHETIC DATA" in render(data, {}).split("<main>")[0]
    real = {**data, "synthetic": False}
    assert "SYNTHETIC DATA" not in render(real, {})


@pytest.mark.slow
def test_undated_data_is_called_optimistic(data: dict[str, Any]) -> None:
    undated = copy.deepcopy(data)
    undated["run"]["dated"] = False
    assert "every figure here is optimistic" in render(undated, {})
    assert "every figure here is optimistic" not in render(data, {})


def test_a_label_with_markup_stays_text(data: dict[str, Any]) -> None:
    evil = copy.deepcopy(data)
    label = "<script>alert(1)</script>"
    evil["features"][0]["en"] = label
    evil["targets"]["conversion"]["importance"]["features"][0]["en"] = label
    evil["targets"]["conversion"]["slices"]["source"][0]["value"] = label
    page = read(render(evil, {}))
    assert "script" not in page.tags
    assert "".join(page.text).count(label) >= 3


def test_features_left_out_are_named_with_the_reason(data: dict[str, Any]) -> None:
    shown = render({**data, "features_left_out": ["lead_status"]}, {})
    assert "<code>lead_status</code>" in shown
    assert "overwritten later" in shown


def test_pictures_are_embedded_with_their_target(data: dict[str, Any]) -> None:
    names = ("dependence-x", "waterfall", "unknown", "beeswarm")
    shown = render(data, {"fake": [(name, DRAWN.format(name)) for name in names]})
    inside = shown.split('<section id="fake">')[1].split("</section>")[0]
    places = [inside.index(DRAWN.format(name)) for name in ("beeswarm", "waterfall", "dependence-x")]
    assert places == sorted(places)
    assert DRAWN.format("unknown") not in shown


def test_the_pictures_saved_with_a_run_are_in_its_report(trained: Any, tmp_path: Path) -> None:
    run = Run(shutil.copytree(trained.run.folder, tmp_path / "run"), trained.run.record)
    for target in run.targets:
        folder = run.folder / "pictures" / target
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "beeswarm.svg").write_text(DRAWN.format(f"{target} drawn"), encoding="utf-8")
    shown = write_report(run).read_text("utf-8")
    for target in run.targets:
        assert shown.count(DRAWN.format(f"{target} drawn")) == 1


def test_intake_is_shown_where_it_was_saved(data: dict[str, Any]) -> None:
    intake = {
        "tables": {
            "leads": {
                "sources": ["leads.csv"],
                "rows_in": 1010,
                "used": 1000,
                "rejected": [
                    {"cause": "duplicate id", "count": 10, "source": "leads.csv", "rows": [3, 8], "column": "lead_id", "example": "L1"}
                ],
                "notes": ["dates are read as UTC"],
                "first": "2025-01-01T00:00:00Z",
                "last": "2026-01-01T00:00:00Z",
            }
        },
        "columns": [],
        "first": 0,
    }  # fmt: skip
    shown = render({**data, "intake": intake}, {})
    for words in ("duplicate id", "1,010", "dates are read as UTC", "3, 8 of leads.csv"):
        assert words in shown


def test_a_cold_start_is_reported_without_figures(cold: Run) -> None:
    path = write_report(cold)
    assert path == cold.folder / "report.html"
    text = "".join(read(path.read_text("utf-8")).text)
    assert "Not evaluated: the forward window has 0 positive" in text
    assert "No advice: no mature lead has an out-of-sample score yet" in text


def test_the_same_run_gives_the_same_bytes(trained: Any, html: str, tmp_path: Path) -> None:
    assert write_report(trained.run, tmp_path / "again.html").read_text("utf-8") == html


@pytest.mark.slow
def test_flagged_columns_are_compared_with_the_figures_without_them(
    trained: Any, data: Any, html: str
) -> None:
    assert "This run has no audit" in "".join(read(html).text)
    report = audit_target(trained.project, trained.dataset)
    shown = read(render({**data, "audit": plain(as_dict(report))}, {}))
    text = "".join(shown.text)
    assert report.flagged == ("lead_status",)
    assert "Without the flagged columns" in text
    for finding in report.findings:
        assert (finding.en in text) == (finding.verdict != "clear")


def test_what_the_columns_left_out_would_seem_to_be_worth_is_told(data: Any, html: str) -> None:
    assert data["targets"]["conversion"]["leaky"] is None
    assert "would seem to reach" not in html
    changed = copy.deepcopy(data)
    changed["targets"]["conversion"]["leaky"] = (
        "status: with them the same model would seem to reach ROC AUC 0.99"
    )
    assert "Left out: status: with them the same model would seem to reach ROC AUC 0.99" in render(
        changed, {}
    )


def test_without_a_signal_no_threshold_and_no_driver_of_a_constant_is_shown(data: dict[str, Any]) -> None:
    """A threshold of scores that rank nothing chooses leads by chance."""
    changed = copy.deepcopy(data)
    part = changed["targets"]["conversion"]
    part["ranks"] = False
    for row in part["importance"]["features"]:
        row["mean_abs"] = 0.0
    for lang, words in (
        ("en", ("Thresholds in force", "Top drivers")),
        ("zh", ("当前标准", "影响最大的特征")),
    ):
        before, after = " ".join(summary(data, lang)), " ".join(summary(changed, lang))
        conversion_only = after.partition({"en": "Fake leads", "zh": "【虚假线索】"}[lang])[0]
        assert all(word in before for word in words)
        assert words[0] not in after
        assert words[1] not in conversion_only
    shown = render(changed, {})
    assert "a threshold chooses leads by chance" in shown
    assert "No feature contributes: the shipped model" in shown
    assert "a threshold chooses leads by chance" not in render(data, {})
