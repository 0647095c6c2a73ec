"""Charts draw what the data says, in one style, as SVG that can be inlined."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import Any

import pytest

from lead_ml.report import bars, charts

SVG = "{http://www.w3.org/2000/svg}"
OF_A_TARGET = [
    charts.losses,
    charts.timeline,
    charts.rates_by_month,
    charts.reliability,
    charts.roc,
    charts.gains,
    bars.importance,
    bars.group_importance,
]


def texts(drawn: str) -> list[str]:
    return [element.text or "" for element in ET.fromstring(drawn).iter(f"{SVG}text")]


def lengths(drawn: str, color: str) -> list[float]:
    """Return the widths of the boxes filled with a color, with a sign: left of the axis is negative."""
    found = []
    for path in ET.fromstring(drawn).iter(f"{SVG}path"):
        if f"fill: {color}" in path.get("style", ""):
            xs = [float(x) for x in re.findall(r"[ML] ([-\d.]+) ", path.get("d", ""))]
            found.append(xs[1] - xs[0])
    return found


@pytest.mark.parametrize("draw", OF_A_TARGET)
@pytest.mark.parametrize("target", ["conversion", "fake"])
def test_every_chart_is_well_formed_named_and_draws_no_nan(data: dict, draw: Any, target: str) -> None:
    part = data["targets"][target]
    drawn = str(draw(part))
    root = ET.fromstring(drawn)
    assert root.tag == f"{SVG}svg"
    assert root.get("role") == "img"
    assert root.get("aria-label", "").startswith(f"{part['title']}: ")
    assert "nan" not in drawn.lower()


def test_the_log_losses_are_written_beside_their_candidates(data: dict) -> None:
    part = data["targets"]["conversion"]
    shown = texts(str(charts.losses(part)))
    assert {"logistic regression", "LightGBM", "base rate"} <= set(shown)
    for row in part["losses"]:
        assert f"{row['log_loss']['value']:.4f}" in shown


def test_a_candidate_without_an_interval_is_a_dot_alone(data: dict) -> None:
    part = data["targets"]["conversion"]
    bare = [{**row, "log_loss": {**row["log_loss"], "lower": None, "upper": None}} for row in part["losses"]]
    with_line, without = (str(charts.losses({**part, "losses": rows})) for rows in (part["losses"], bare))
    assert with_line.count("stroke-width: 2.5") == len(bare)
    assert without.count("stroke-width: 2.5") == 0


def test_the_months_of_a_long_drift_chart_are_thinned_out(data: dict) -> None:
    part = data["targets"]["conversion"]
    rows = [{**part["drift"][0], "value": f"m{k}"} for k in range(30)]
    months = [
        text
        for text in texts(str(charts.rates_by_month({**part, "drift": rows})))
        if re.fullmatch(r"m\d+", text)
    ]
    assert months == [f"m{k}" for k in range(0, 30, 4)]


def test_a_month_without_an_interval_is_drawn_all_the_same(data: dict) -> None:
    part = data["targets"]["conversion"]
    rows = [{**row, "lower": None, "upper": None} for row in part["drift"]]
    assert "nan" not in str(charts.rates_by_month({**part, "drift": rows})).lower()


def test_ticks_of_rates_are_percentages(data: dict) -> None:
    shown = texts(str(charts.roc(data["targets"]["conversion"])))
    assert shown.count("20%") == 2
    assert "100%" in shown


def test_the_threshold_curve_shows_both_thresholds(data: dict) -> None:
    accepted = data["thresholds"]["in_force"]
    shown = texts(str(charts.threshold_curve(data["thresholds"])))
    assert f"MQL {accepted['mql_score']:.0f}" in shown
    assert f"SQL {accepted['sql_score']:.0f}" in shown


def test_charts_without_figures_are_empty() -> None:
    assert charts.roc({"title": "", "roc": {}}) == ""
    assert charts.reliability({"reliability": []}) == ""
    assert charts.rates_by_month({"drift": []}) == ""
    assert charts.timeline({"windows": [{"start_us": None}]}) == ""
    assert bars.profile({"columns": []}) == ""
    assert bars.importance({"title": "", "importance": {"features": []}}) == ""


def test_the_bars_of_importance_are_as_long_as_their_values() -> None:
    features = [{"en": f"F{value}", "mean_abs": value, "group": "fit"} for value in (0.4, 0.2, 0.0)]
    drawn = str(bars.importance({"title": "T", "importance": {"features": features}}))
    long, half = lengths(drawn, "#1d5fd1")
    assert long == pytest.approx(2 * half)
    assert [text for text in texts(drawn) if text.startswith("0.")] == ["0.400", "0.200"]


def test_over_represented_bars_go_right_and_those_set_by_hand_are_pale() -> None:
    rows = [
        {"en": "<b>", "points": 6.0, "by_hand": False},
        {"en": "low", "points": -3.0, "by_hand": True},
    ]
    drawn = str(bars.profile({"en": "Profile", "columns": [{"en": "Size", "rows": rows}]}))
    assert {"Size: <b>", "+6.0", "-3.0"} <= set(texts(drawn))
    (right,), (left,) = lengths(drawn, "#1d5fd1"), lengths(drawn, "#b4235f")
    assert right == pytest.approx(-2 * left)
    assert re.findall(r"fill: (#\w+); opacity: 0\.35", drawn) == ["#b4235f"]
