"""The ideal customer profile in the report: the same figures as the bundle, a picture, both languages."""

from __future__ import annotations

from typing import Any

from lead_ml.report.page import render
from lead_ml.scoring import load_bundle


def test_the_figures_are_those_of_the_bundle(trained: Any, data: dict[str, Any]) -> None:
    learned = load_bundle(trained.bundle)[0].parts["conversion"].fitted.profiles["icp_agreement"]
    (shown,) = data["targets"]["conversion"]["profiles"]
    assert (shown["leads"], shown["wins"]) == (learned.leads, learned.wins)
    for column, table in zip(learned.columns, shown["columns"], strict=True):
        assert {row["value"]: row["points"] for row in table["rows"]} == {
            value: worth.points for value, worth in column.values.items()
        }


def test_the_fake_model_has_none(data: dict[str, Any]) -> None:
    assert data["targets"]["fake"]["profiles"] == []


def test_the_page_shows_bars_and_values_in_both_languages(data: dict[str, Any]) -> None:
    page = render(data, {})
    assert page.count('aria-label="Points of the ideal customer profile: ') == 1
    for part in (
        "Agreement with the ideal customer profile",
        "与理想客户画像的匹配度",
        "Company size: 51-200",
        "未提供",
    ):
        assert part in page


def test_a_cold_start_has_a_page_with_its_profile(cold: Any) -> None:
    from lead_ml.report import report_data

    shown = report_data(cold)
    assert shown["targets"]["conversion"]["profiles"][0]["wins"] == 0
    assert "Points of the ideal customer profile" in render(shown, {})
