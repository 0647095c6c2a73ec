"""The data behind the pages adds up, stays within its charts, and is worded by the catalogs."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import lead_ml.service.pages
from lead_ml.declare import GROUPS
from lead_ml.language import LANGUAGES, catalog, catalogs
from lead_ml.scoring import Scorer, read_worklist
from lead_ml.scoring.thresholds import METHODS, CurvePoint, ThresholdLog
from lead_ml.service.pages import (
    AdviceShown,
    EvidenceCache,
    PageFrame,
    ThresholdsForm,
    WorklistQuery,
    WorklistReader,
    lead_view,
    render,
    thresholds_view,
    worklist_view,
)
from lead_ml.service.pages import frame as frame_module
from lead_ml.service.pages.bars import _step, group_bars, lengths, probability_bar, rate_chart, volume_chart
from lead_ml.service.pages.lead_page import _FIELDS
from lead_ml.service.pages.thresholds_page import NUMBERS
from lead_ml.service.pages.worklist_query import GRADES

HERE = Path(lead_ml.service.pages.__file__).parent
SOURCES = sorted(path for path in HERE.parent.rglob("*") if path.suffix in (".py", ".html"))
SECTIONS = ("pages.methods", "pages.model_types")
BUILT = {  # keys that the pages put together from a name
    *(f"pages.grades.{grade}" for grade in GRADES),
    *(f"pages.stages.{stage}" for stage in ("sql", "mql", "none")),
    *(f"pages.groups.{group}" for group in GROUPS),
    *(f"pages.fields.{name}" for name in ("name", *_FIELDS)),
    *(f"pages.numbers.{name}" for name in NUMBERS),
    *(f"pages.methods.{method}" for method in (*METHODS, "manual", "default")),
    *(f"pages.model_types.{candidate}" for candidate in ("scorecard", "logistic", "lightgbm")),
    *(f"pages.validation.{name}" for name in ("unvalidated", "unvalidated_rules", "no_signal")),
    "pages.stages.verify",
    *(f"pages.cards.{name}{end}" for name in ("sql", "mql") for end in ("", "_hint")),
    *(
        f"lead.{side}.{text}"
        for side in ("for", "against", "for_fake", "against_fake")
        for text in ("title", "empty")
    ),
}


def test_every_text_is_used_and_every_text_that_is_named_exists() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in SOURCES)
    named = set(re.findall(r"""["']((?:pages|worklist|lead)\.[\w.]*\w)["']""", sources))
    named = {key for key in named if not key.endswith((".html", ".jsonl")) and key not in SECTIONS}
    assert named | BUILT == {
        key for key in catalog("en").entries if key.startswith(("pages.", "worklist.", "lead."))
    }


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_there_is_no_chinese_outside_the_catalogs(path: Path) -> None:
    assert not re.search(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]", path.read_text(encoding="utf-8"))


def test_a_third_language_needs_only_a_third_catalog(
    trained: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    english = (Path(catalogs.__file__).parent / "en.toml").read_text(encoding="utf-8")
    german = english.replace('name = "English"', 'name = "Deutsch"').replace(
        'html_lang = "en"', 'html_lang = "de"'
    )
    german = german.replace('title = "Worklist"', 'title = "Arbeitsliste"')
    (tmp_path / "de.toml").write_text(german, encoding="utf-8")
    found = catalogs.Catalog("de", dict(catalogs._flat(tomllib.loads(german), "")))
    monkeypatch.setattr(frame_module, "catalog", lambda lang: found if lang == "de" else catalog(lang))
    monkeypatch.setattr(frame_module, "LANGUAGES", ("de", *LANGUAGES))
    scorer, evidence = Scorer.load(trained.bundle), EvidenceCache()
    frame = PageFrame("de", "/review", (("grade", "A"),))
    view = worklist_view(
        WorklistReader(trained.runs).current(scorer), scorer, evidence.of(scorer), WorklistQuery(), frame
    )
    html = render("worklist.html", frame, view)
    assert "<h1>Arbeitsliste</h1>" in html
    assert '<html lang="de">' in html
    assert [language.name for language in frame.languages] == ["Deutsch", "English", "中文"]
    tile = next(tile for tile in view["tiles"] if tile["key"] == "D")
    assert tile["count"] == frame.text.numbers.number(
        len([r for r in read_worklist(trained.runs) if r.answer.grade == "D"])
    )
    assert frame.text.numbers.number(0.5, 1) == "0,5"
    shown = AdviceShown(scorer.bundle.advice, {"sql_precision": 0.125})
    thresholds = thresholds_view(scorer, evidence.of(scorer), shown, ThresholdsForm(), ThresholdLog(), frame)
    assert thresholds["numbers"][0][2] == "12.5"  # an input field takes a decimal point in every language
    assert "Set your MQL and SQL thresholds" in render("thresholds.html", frame, thresholds)


def test_templates_never_switch_escaping_off() -> None:
    for path in HERE.rglob("*.html"):
        assert not re.search(r"\|\s*safe\b|autoescape", path.read_text(encoding="utf-8")), path.name


def test_the_pages_know_nothing_of_the_app() -> None:
    for path in HERE.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                module = node.module or ""
                own = module.startswith("lead_ml.service.pages")
                assert own or not module.startswith(("lead_ml.service", "starlette")), path.name


def test_what_a_lead_page_shows_adds_up_to_its_score(trained: Any) -> None:
    scorer = Scorer.load(trained.bundle)
    for row in read_worklist(trained.runs)[::40]:
        for lang in LANGUAGES:
            view = lead_view(row, scorer, PageFrame(lang=lang, path="/"))
            total = _number(view["sum"]["total"])
            assert _number(view["sum"]["base"]) + sum(
                _number(points) for *_, points in view["sum"]["groups"]
            ) == pytest.approx(total, abs=0.3)
            shown = sum(_number(reason["points"]) for side in view["sides"] for reason in side["reasons"])
            assert _number(view["sum"]["base"]) + shown + _number(view["rest"] or "0") == pytest.approx(
                total, abs=0.8
            )
            assert float(view["score"]) == pytest.approx(min(max(total, 0), 100), abs=0.6)


def test_the_worklist_is_read_again_only_when_its_file_changes(trained: Any, tmp_path: Path) -> None:
    import shutil

    shutil.copy(trained.runs / "worklist.jsonl", tmp_path / "worklist.jsonl")
    scorer, reader = Scorer.load(trained.bundle), WorklistReader(tmp_path)
    first = reader.current(scorer)
    assert reader.current(scorer) is first
    (tmp_path / "new").write_bytes(
        b"".join((tmp_path / "worklist.jsonl").read_bytes().splitlines(keepends=True)[:3])
    )
    (tmp_path / "new").replace(tmp_path / "worklist.jsonl")
    assert len(reader.current(scorer).rows) == 3


def test_the_backtest_of_a_pair_of_thresholds_runs_once(trained: Any) -> None:
    scorer, cache = Scorer.load(trained.bundle), EvidenceCache()
    assert cache.of(scorer) is cache.of(Scorer.load(trained.bundle))
    worklist = WorklistReader(trained.runs).current(scorer)
    view = worklist_view(worklist, scorer, cache.of(scorer), WorklistQuery(), PageFrame("en", "/review"))
    assert [card["name"] for card in view["thresholds"]["cards"]] == ["sql", "mql"]
    assert all(card["figures"]["volume"]["range"] for card in view["thresholds"]["cards"])


@given(st.tuples(*[st.floats(0, 1)] * 3), st.sampled_from([0.05, 0.1, 0.5, 1.0]))
def test_a_probability_bar_stays_in_its_track(values: tuple[float, float, float], top: float) -> None:
    lower, probability, upper = sorted(values)
    found = probability_bar(probability, lower, upper, top)
    assert 0 <= found.at <= 100
    assert 0 <= found.left <= 100
    assert 0 < found.width <= 100


@given(st.dictionaries(st.sampled_from(["fit", "engagement", "channel", "authenticity"]), st.floats(-50, 50)))
def test_group_bars_start_at_zero_and_point_the_right_way(groups: dict[str, float]) -> None:
    for bar in group_bars(groups):
        assert 0 <= bar.left <= bar.left + bar.width <= 100.01
        assert (bar.left == 50) if bar.positive else (bar.left + bar.width == pytest.approx(50, abs=0.02))


@given(st.lists(st.floats(-100, 100), max_size=6))
def test_the_longest_bar_fills_its_track(points: list[float]) -> None:
    found = lengths(points)
    assert all(0 <= length <= 100 for length in found)
    if any(abs(point) > 1e-3 for point in points):
        assert max(found) == 100


@given(st.floats(0.001, 5e6))
def test_an_axis_has_one_to_six_steps(most: float) -> None:
    assert most / _step(most) <= 5.0001


def test_curves_stay_in_their_box() -> None:
    curve = [
        CurvePoint(
            logit=0, probability=0.5, score=s, crossed=100 - s, wins=1, per_week=w, precision=0.3, recall=0.9
        )
        for s, w in ((20, 33.0), (50, 7.5), (90, 0.2))
    ]
    for chart in (
        rate_chart(curve, [("SQL", 50), ("MQL", 5)], catalog("en").numbers),
        volume_chart(curve, [("SQL", 200)], catalog("en").numbers),
    ):
        for _, points in chart.series:
            for pair in points.split():
                x, y = map(float, pair.split(","))
                assert 0 <= x <= 640
                assert 0 <= y <= 220
        assert all(0 <= x <= 640 for x, _ in (*chart.marks, *chart.x_ticks))


def test_a_threshold_beyond_the_curve_is_drawn_at_its_own_score() -> None:
    curve = [
        CurvePoint(
            logit=0, probability=0.5, score=s, crossed=9, wins=1, per_week=1.0, precision=0.3, recall=0.9
        )
        for s in (40, 60)
    ]
    chart = rate_chart(curve, [("MQL", 20), ("SQL", 50)], catalog("en").numbers)
    assert {name: x for x, name in chart.marks} == {"MQL": 0, "SQL": 0.75 * chart.width}
    assert {text: x for x, text in chart.x_ticks} == {
        text: float(k) / 4 * chart.width for k, text in enumerate(["20", "30", "40", "50", "60"])
    }


def test_an_axis_is_labeled_in_the_language_of_the_page() -> None:
    points = [
        CurvePoint(
            logit=0, probability=0.5, score=s, crossed=c, wins=1, per_week=None, precision=0.3, recall=0.9
        )
        for s, c in ((20, 12_000), (90, 3))
    ]
    labels = [text for _, text in volume_chart(points, [], catalog("en").numbers).y_ticks]
    assert labels == ["0", "5,000", "10,000", "15,000"]
    assert [text for _, text in rate_chart(points, [], catalog("zh").numbers).y_ticks][1:3] == ["25%", "50%"]


def _number(text: str) -> float:
    return float(re.sub(r"[^\d.+-]", "", text))
