"""The style: equal bytes, no settings left behind, texts that the browser draws, ids that do not clash."""

from __future__ import annotations

import doctest
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from typing import Any

import matplotlib
import numpy as np
import pytest

from lead_ml.report import style

SVG = "{http://www.w3.org/2000/svg}"
SIZE = (200, 150)


def lines(name: str) -> Any:
    def draw(axes: Any) -> None:
        axes.plot([0, 1], [0, 1], "o-", label=name)
        axes.scatter([0, 1], [1, 0], rasterized=True)
        axes.legend()

    return draw


def ids(drawn: str) -> set[str]:
    return set(re.findall(r' id="([^"]+)"', drawn))


def test_the_same_chart_gives_the_same_bytes() -> None:
    assert style.chart("A", SIZE, lines("a")) == style.chart("A", SIZE, lines("a"))


def test_png_images_are_the_same_too_and_of_twice_the_size() -> None:
    first, second = (style.png(SIZE, lambda figure: lines("a")(figure.add_subplot())) for _ in range(2))
    assert first == second
    assert int.from_bytes(first[16:20], "big") == 400


def test_the_settings_of_matplotlib_stay_as_they_were() -> None:
    before = dict(matplotlib.rcParams)
    with pytest.raises(ZeroDivisionError):
        style.chart("A", SIZE, lambda axes: axes.plot(1 / 0))
    style.chart("A", SIZE, lines("a"))
    assert dict(matplotlib.rcParams) == before


def test_settings_of_the_user_change_no_chart() -> None:
    plain = style.chart("A", SIZE, lines("a"))
    with matplotlib.rc_context({"lines.linewidth": 9, "axes.facecolor": "black", "font.size": 30}):
        assert style.chart("A", SIZE, lines("a")) == plain


def test_no_pyplot_is_loaded_and_nothing_at_import() -> None:
    code = (
        "import sys, lead_ml.report\n"
        "from lead_ml.report import style\n"
        "assert 'matplotlib' not in sys.modules\n"
        "style.chart('A', (200, 150), lambda axes: axes.plot([0, 1]))\n"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_two_charts_on_a_page_share_no_id_and_every_reference_is_inside() -> None:
    first, second = (str(style.chart(label, SIZE, lines("same"))) for label in ("A", "B"))
    assert ids(first)
    assert not ids(first) & ids(second)
    used = set(re.findall(r'url\(#([^)]+)\)|href="#([^"]+)"', first))
    assert {a or b for a, b in used} <= ids(first)


def test_a_chart_styles_nothing_but_itself_and_asks_for_nothing_from_outside() -> None:
    drawn = str(style.chart("A", SIZE, lines("a")))
    assert "<style" not in drawn
    assert "<metadata" not in drawn
    assert "http" not in drawn.replace("http://www.w3.org/2000/svg", "")
    assert "data:image/png;base64," in drawn


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "百度推广（搜索）", "$x_1$ & $y$", "a\x07b"])
def test_names_stay_text_whatever_they_hold(name: str) -> None:
    drawn = str(style.chart(f'"><b>{name}', SIZE, lines(name)))
    root = ET.fromstring(drawn)
    shown = {element.text for element in root.iter(f"{SVG}text")}
    assert name.replace("\x07", "") in shown
    assert root.get("aria-label") == f'"><b>{name}'.replace("\x07", "")
    assert "<b>" not in drawn


def test_texts_are_drawn_with_the_fonts_of_the_page() -> None:
    drawn = str(style.chart("A", SIZE, lines("a")))
    assert "DejaVu" not in drawn
    assert "font-family: system-ui, sans-serif" in drawn


def test_numbers_of_rows_go_down() -> None:
    def draw(axes: Any) -> None:
        axes.barh([0, 1], [1, 1])
        style.name_rows(axes, ["first", "second"])

    root = ET.fromstring(str(style.chart("A", SIZE, draw)))
    places = {element.text: float(element.get("y", "nan")) for element in root.iter(f"{SVG}text")}
    assert places["first"] < places["second"]


def test_small_shares_keep_their_decimals_on_an_axis() -> None:
    def draw(axes: Any) -> None:
        axes.plot([0, 1], [0, 0.005])
        style.percent_axis(axes.yaxis)
        axes.set_yticks(np.linspace(0, 0.005, 3))

    assert ">0.25%</text>" in str(style.chart("A", SIZE, draw))


def test_a_chinese_character_takes_two_columns() -> None:
    assert style.short("公司规模", 8) == "公司规模"
    assert style.short("公司规模", 7) == "公司规…"
    assert style.short("公司规模", 6) == "公司…"
    assert style.short("two\nlines  of text") == "two lines of text"


def test_the_examples_in_the_docstrings_hold() -> None:
    found = doctest.testmod(style)
    assert (found.attempted, found.failed) == (1, 0)
