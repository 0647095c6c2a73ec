from __future__ import annotations

import doctest
import xml.etree.ElementTree as ET

import pytest

from lead_ml.report import svg
from lead_ml.report.charts import CHARTS


def test_ticks_are_round_and_inside() -> None:
    assert svg.Scale(0.03, 0.26, 0, 100).ticks(5) == [0.05, 0.1, 0.15, 0.2, 0.25]


def test_a_scale_clips_and_survives_equal_ends() -> None:
    scale = svg.Scale(0, 10, 100, 0)
    assert (scale(-5), scale(5), scale(50)) == (100, 50, 0)
    assert svg.Scale(2, 2, 0, 10)(2) == 0


def test_names_are_escaped() -> None:
    drawn = svg.figure(10, 10, '"><script>', svg.text(1, 2, "<script>alert(1)</script>"))
    assert "<script" not in drawn
    root = ET.fromstring(str(drawn))
    assert root[0].text == "<script>alert(1)</script>"


@pytest.mark.parametrize("name", ["losses", "timeline", "drift", "reliability", "roc", "gains", "importance"])
@pytest.mark.parametrize("target", ["conversion", "fake"])
def test_every_chart_is_well_formed_and_draws_no_nan(data: dict, name: str, target: str) -> None:
    drawn = str(CHARTS[name](data["targets"][target]))
    ET.fromstring(drawn)
    assert "nan" not in drawn.lower()


def test_the_threshold_curve_shows_both_lines(data: dict) -> None:
    drawn = str(CHARTS["threshold_curve"](data["thresholds"]))
    assert "MQL" in drawn
    assert "SQL" in drawn


def test_charts_without_figures_are_empty() -> None:
    assert CHARTS["roc"]({"roc": {}}) == ""
    assert CHARTS["reliability"]({"reliability": []}) == ""
    assert CHARTS["drift"]({"drift": []}) == ""
    assert CHARTS["timeline"]({"windows": [{"start_us": None}]}) == ""


def test_the_examples_in_the_docstrings_hold() -> None:
    found = doctest.testmod(svg)
    assert found.attempted >= 2
    assert found.failed == 0
