from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from lead_ml.model.metrics import Interval
from lead_ml.registry.runs import Run
from lead_ml.report import report_data
from lead_ml.report.words import headline_zh, verdicts


def test_the_data_is_json(data: dict[str, Any]) -> None:
    assert json.loads(json.dumps(data, allow_nan=False)) == data


def test_the_same_run_gives_the_same_data(trained: Any, data: dict[str, Any]) -> None:
    assert json.dumps(report_data(trained.run)) == json.dumps(data)


def test_figures_are_those_of_the_evaluation(trained: Any, data: dict[str, Any]) -> None:
    evaluation = trained.run.evaluation("conversion")
    part = data["targets"]["conversion"]
    assert part["headline"] == evaluation.headline
    assert part["kind"] == evaluation.winner
    shown = next(row for row in part["metrics"] if row["name"] == "roc_auc")["cells"]
    for record in evaluation.kinds:
        assert shown[record.kind] == msgspec.to_builtins(record.metrics["roc_auc"])


def test_every_metric_of_every_kind_has_an_interval(data: dict[str, Any]) -> None:
    asked = {"log_loss", "brier", "ece", "roc_auc", "pr_auc"}
    asked |= {f"{name}_{share}" for name in ("lift", "capture") for share in (5, 10, 20)}
    for part in data["targets"].values():
        rows = {row["name"]: row for row in part["metrics"]}
        assert asked <= set(rows)
        for name in asked:
            for kind in part["kinds"]:
                cell = rows[name]["cells"][kind]
                assert cell["lower"] <= cell["value"] + 1e-9, (name, kind)
                assert cell["upper"] >= cell["lower"], (name, kind)


def test_random_figures_stand_beside_the_forward_ones(data: dict[str, Any]) -> None:
    for row in data["targets"]["conversion"]["optimism"]:
        assert row["gap"] == pytest.approx(row["random"] - row["forward"])
    assert {row["kind"] for row in data["targets"]["conversion"]["optimism"]} >= {"logistic", "lightgbm"}


def test_importance_is_sorted_and_its_shares_add_up(data: dict[str, Any]) -> None:
    for part in data["targets"].values():
        features = part["importance"]["features"]
        assert sum(row["share"] for row in features) == pytest.approx(1)
        assert [row["mean_abs"] for row in features] == sorted(
            (row["mean_abs"] for row in features), reverse=True
        )


def test_features_are_worded_in_both_languages_and_say_who_sees_them(
    data: dict[str, Any], trained: Any
) -> None:
    assert len(data["features"]) == len(trained.project.declarations)
    assert all(row["en"] and row["zh"] and row["computed"] and row["targets"] for row in data["features"])


def test_what_ships_has_more_rows_than_what_was_judged(data: dict[str, Any]) -> None:
    for part in data["targets"].values():
        assert part["ships"]["fit_rows"] > part["judged_on"]["fit_rows"]


def test_a_cold_start_has_data_but_no_figures(cold: Run) -> None:
    data = report_data(cold)
    json.dumps(data, allow_nan=False)
    part = data["targets"]["conversion"]
    assert part["judged"] is False
    assert part["kind"] == "scorecard"
    assert data["thresholds"] is None
    assert any("尚不能评估" in line for line in data["summary_zh"])


@pytest.mark.parametrize(
    ("gap", "tone", "said"),
    [
        (Interval(0.02, 0.01, 0.03), "won", "beats the base rate"),
        (Interval(0.01, -0.01, 0.03), "tied", "not told apart"),
        (
            Interval(-0.02, -0.03, -0.01),
            "lost",
            "worse than the base rate: log-loss higher by 0.0200 (0.0100 to 0.0300)",
        ),
    ],
)
def test_the_base_rate_is_named_when_it_is_not_beaten(
    trained: Any, gap: Interval, tone: str, said: str
) -> None:
    first = verdicts(trained.run.evaluation("conversion"), gap)[0]
    assert first["tone"] == tone
    assert said in first["en"]
    assert "基础比率" in first["zh"]


@pytest.mark.parametrize(
    ("lower", "said", "said_zh"), [(0.001, "loses to", "不如"), (-0.001, "not told apart", "尚无法区分")]
)
def test_losses_are_said_plainly(trained: Any, lower: float, said: str, said_zh: str) -> None:
    evaluation = trained.run.evaluation("conversion")
    loser = next(kind for kind in evaluation.lead_over if kind != "base rate")
    evaluation = msgspec.structs.replace(evaluation, lead_over={loser: Interval(0.01, lower, 0.02)})
    [found] = verdicts(evaluation, None)
    assert said in found["en"]
    assert said_zh in found["zh"]
    assert ("尚无法区分" in headline_zh(evaluation)) == (lower <= 0)
