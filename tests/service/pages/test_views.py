"""The data behind the pages adds up and stays in its box."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import lead_ml.service.pages
from lead_ml.scoring import Scorer, read_worklist
from lead_ml.scoring.thresholds import CurvePoint
from lead_ml.service.pages import EvidenceCache, Frame, ListQuery, list_view
from lead_ml.service.pages.bars import _step, band, group_pieces, lengths, rate_chart, volume_chart
from lead_ml.service.pages.detail import detail_view
from lead_ml.service.pages.frame import signed
from lead_ml.service.pages.texts import TEXTS
from lead_ml.service.pages.worklist import Board

HERE = Path(lead_ml.service.pages.__file__).parent


def test_every_text_has_both_languages_and_no_other_placeholder() -> None:
    for key, (en, zh) in TEXTS.items():
        assert en.strip(), key
        assert zh.strip(), key
        assert not re.search("[一-鿿]", en) or key.startswith("other_language"), key


def test_every_text_that_a_template_names_exists() -> None:
    for path in (HERE / "templates").glob("*.html"):
        for name in re.findall(r"\bt\.(\w+)", path.read_text(encoding="utf-8")):
            assert name in TEXTS, (path.name, name)


def test_every_text_is_used_somewhere() -> None:
    sources = "".join(
        path.read_text(encoding="utf-8")
        for path in HERE.rglob("*")
        if path.suffix in (".html", ".py") and path.name != "texts.py"
    )
    sources += "".join(path.read_text(encoding="utf-8") for path in HERE.parent.glob("*.py"))
    built = ("kind_", "stage_", "grade_", "group_", "line_", "method_")
    unused = [key for key in TEXTS if not re.search(rf"\b{key}\b", sources) and not key.startswith(built)]
    assert unused == []


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
        for lang in ("en", "zh"):
            view = detail_view(row, scorer, Frame(lang=lang, path="/"))
            total = _number(view["sum"]["total"])
            assert _number(view["sum"]["base"]) + sum(
                _number(points) for *_, points in view["sum"]["groups"]
            ) == pytest.approx(total, abs=0.3)
            shown = sum(_number(reason["points"]) for side in view["sides"] for reason in side["reasons"])
            assert _number(view["sum"]["base"]) + shown + _number(view["rest"]) == pytest.approx(
                total, abs=0.8
            )
            assert float(view["score"]) == pytest.approx(min(max(total, 0), 100), abs=0.6)


def test_the_board_is_read_again_only_when_it_was_written_again(trained: Any, tmp_path: Path) -> None:
    import shutil

    shutil.copy(trained.runs / "worklist.jsonl", tmp_path / "worklist.jsonl")
    scorer, board = Scorer.load(trained.bundle), Board(tmp_path)
    first = board.rows(scorer)
    assert board.rows(scorer) is first
    (tmp_path / "new").write_bytes(
        b"".join((tmp_path / "worklist.jsonl").read_bytes().splitlines(keepends=True)[:3])
    )
    (tmp_path / "new").replace(tmp_path / "worklist.jsonl")
    assert len(board.rows(scorer).rows) == 3


def test_the_evidence_of_a_pair_of_lines_is_replayed_once(trained: Any) -> None:
    scorer, cache = Scorer.load(trained.bundle), EvidenceCache()
    assert cache.of(scorer) is cache.of(Scorer.load(trained.bundle))
    view = list_view(
        Board(trained.runs).rows(scorer), scorer, cache.of(scorer), ListQuery(), Frame("en", "/review")
    )
    assert [card["name"] for card in view["lines"]["cards"]] == ["sql", "mql"]
    assert all(card["figures"]["per_week"]["range"] for card in view["lines"]["cards"])


@given(st.tuples(*[st.floats(0, 1)] * 3), st.sampled_from([0.05, 0.1, 0.5, 1.0]))
def test_a_band_stays_in_its_bar(values: tuple[float, float, float], top: float) -> None:
    lower, probability, upper = sorted(values)
    found = band(probability, lower, upper, top)
    assert 0 <= found.at <= 100
    assert 0 <= found.left <= 100
    assert 0 < found.width <= 100


@given(st.dictionaries(st.sampled_from(["fit", "engagement", "channel", "authenticity"]), st.floats(-50, 50)))
def test_group_bars_start_at_zero_and_point_the_right_way(groups: dict[str, float]) -> None:
    for piece in group_pieces(groups):
        assert 0 <= piece.left <= piece.left + piece.width <= 100.01
        assert (
            (piece.left == 50)
            if piece.positive
            else (piece.left + piece.width == pytest.approx(50, abs=0.02))
        )


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
        rate_chart(curve, [("SQL", 50), ("MQL", 5)], 640, 220),
        volume_chart(curve, [("SQL", 200)], 640, 220),
    ):
        for _, points in chart.series:
            for pair in points.split():
                x, y = map(float, pair.split(","))
                assert 0 <= x <= 640
                assert 0 <= y <= 220
        assert all(0 <= x <= 640 for x, _ in (*chart.marks, *chart.x.ticks))


@pytest.mark.parametrize(("points", "text"), [(1.26, "+1.3"), (-0.04, "0.0"), (-2.0, "−2.0")])
def test_points_carry_their_sign(points: float, text: str) -> None:
    assert signed(points) == text


def _number(text: str) -> float:
    return float(text.replace("−", "-"))
