from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from lead_ml.evaluation import headline
from lead_ml.model.metrics import Interval
from lead_ml.registry.runs import Run
from lead_ml.report import report_data
from lead_ml.report.words import metric_words, opening, summary, verdicts


def test_the_data_is_json(data: dict[str, Any]) -> None:
    assert json.loads(json.dumps(data, allow_nan=False)) == data


def test_the_same_run_gives_the_same_data(trained: Any, data: dict[str, Any]) -> None:
    assert json.dumps(report_data(trained.run)) == json.dumps(data)


def test_figures_are_those_of_the_evaluation(trained: Any, data: dict[str, Any]) -> None:
    evaluation = trained.run.evaluation("conversion")
    part = data["targets"]["conversion"]
    assert part["headline"] == evaluation.headline
    assert part["candidate"] == evaluation.chosen
    shown = next(row for row in part["metrics"] if row["name"] == "roc_auc")["cells"]
    for record in evaluation.candidates:
        assert shown[record.candidate] == msgspec.to_builtins(record.metrics["roc_auc"])


def test_every_metric_of_every_kind_has_an_interval(data: dict[str, Any]) -> None:
    asked = {"log_loss", "brier", "ece", "roc_auc", "pr_auc"}
    asked |= {f"{name}_{share}" for name in ("lift", "capture") for share in (5, 10, 20)}
    for part in data["targets"].values():
        rows = {row["name"]: row for row in part["metrics"]}
        assert asked <= set(rows)
        for name in asked:
            for candidate in part["candidates"]:
                cell = rows[name]["cells"][candidate]
                assert cell["lower"] <= cell["value"] + 1e-9, (name, candidate)
                assert cell["upper"] >= cell["lower"], (name, candidate)


def test_random_figures_stand_beside_the_forward_ones(data: dict[str, Any]) -> None:
    for row in data["targets"]["conversion"]["optimism"]:
        assert row["gap"] == pytest.approx(row["random"] - row["forward"])
    assert {row["candidate"] for row in data["targets"]["conversion"]["optimism"]} >= {"logistic", "lightgbm"}


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
    assert part["evaluated"] is False
    assert part["candidate"] == "scorecard"
    assert data["thresholds"] is None
    assert any("暂时无法用于评估" in line for line in data["summary_zh"])


FLAT, GAIN, NOTHING, LOSS = (
    (0.01, 0.002, 0.02),
    (0.02, 0.01, 0.03),
    (0.001, -0.01, 0.02),
    (-0.02, -0.03, -0.01),
)
PRAISE = "is better than the base rate"
# By state: signal, gain over the base rate, AUC, undated; tone and words of the verdict, the begin of the headline, and what
# is said nowhere.
STATES: dict[str, tuple[tuple[Any, ...], tuple[str, str, str], set[str]]] = {
    "signal": (("signal", GAIN, (0.7, 0.65, 0.75), False), ("won", PRAISE, ""), {"No signal", "do not use", "Cannot tell"}),
    "undated": (("signal", GAIN, (0.7, 0.65, 0.75), True), ("won", PRAISE, ""), {"test window", "forward", "earlier leads", "before it", "评估期之前"}),
    "no signal": (("none", NOTHING, (0.5, 0.47, 0.53), False), ("tied", "is statistically tied with the base rate", "No signal: "), {PRAISE, "convert at 2", "Cannot tell"}),
    "cannot tell": (("unknown", NOTHING, (0.6, 0.45, 0.7), False), ("tied", "is statistically tied with the base rate", "Cannot tell yet "), {"convert at 2", "No signal"}),
    "worse": (("worse", LOSS, (0.4, 0.35, 0.45), False), ("lost", "worse than the base rate: log-loss is higher by 0.0200 (0.0100 to 0.0300)", "Worse than the base rate: "), {PRAISE, "convert at 2", "lower by", "-0.0"}),
    "rate only": (("none", FLAT, (0.5, 0.47, 0.53), False), ("tied", "does not rank leads measurably better than chance", "No signal: "), {PRAISE, "convert at 2", "is not measurably better than the base rate"}),
    "rate only, few wins": (("unknown", FLAT, (0.5, 0.4, 0.6), False), ("tied", "does not rank leads measurably better than chance", "Cannot tell yet "), {PRAISE, "convert at 2"}),
    "constant": (("unknown", LOSS, (0.5, 0.5, 0.5), False), ("tied", "gives every lead the same score", "No signal: "), {PRAISE, "convert at 2", "do not use the probabilities"}),
}  # fmt: skip


def in_state(trained: Any, signal: str, gap: tuple[float, ...], auc: tuple[float, ...], undated: bool) -> Any:
    """The evaluation of the small world as if this had been found."""
    found = trained.run.evaluation("conversion")
    metrics = {"roc_auc": Interval(*auc), "lift_10": Interval(2.6, 1.2, 4.0)}
    candidates = tuple(
        msgspec.structs.replace(item, metrics={**item.metrics, **metrics})
        if item.candidate == found.chosen
        else item
        for item in found.candidates
    )
    changes = {"signal": signal, "over_base": Interval(*gap), "candidates": candidates, "optimistic": undated}
    return msgspec.structs.replace(found, **changes)


@pytest.mark.parametrize("state", STATES)
def test_headline_verdict_and_opening_agree_in_every_state(trained: Any, state: str) -> None:
    given, (tone, verdict, begin), never = STATES[state]
    found = in_state(trained, *given)
    first = verdicts(found)[0]
    assert first["tone"] == tone
    assert verdict in first["en"]
    assert headline(found).startswith(begin)
    said = " ".join([headline(found), headline(found, "zh"), first["en"], opening(found, 0.95, "en")])
    assert not [words for words in never if words in said]
    assert bool(opening(found, 0.95, "en")) is bool(opening(found, 0.95, "zh")) is (given[0] == "signal")
    assert ("没有信号" in headline(found, "zh")) is begin.startswith("No signal")


@pytest.mark.parametrize(
    ("lower", "said", "said_zh"),
    [(0.001, "is worse than", "不如"), (-0.001, "is statistically tied with", "没有显著差异")],
)
def test_losses_are_said_plainly(trained: Any, lower: float, said: str, said_zh: str) -> None:
    evaluation = trained.run.evaluation("conversion")
    loser = next(iter(evaluation.lead_over))
    evaluation = msgspec.structs.replace(evaluation, lead_over={loser: Interval(0.01, lower, 0.02)})
    _, found = verdicts(evaluation)
    assert said in found["en"]
    assert said_zh in found["zh"]


def test_a_candidate_that_does_better_on_the_test_window_is_named_as_such(trained: Any) -> None:
    evaluation = trained.run.evaluation("conversion")
    other = next(iter(evaluation.lead_over))
    evaluation = msgspec.structs.replace(evaluation, lead_over={other: Interval(-0.01, -0.02, -0.001)})
    _, found = verdicts(evaluation)
    assert "which did not choose: its log-loss is lower" in found["en"]
    assert "0.0100 (0.0010 to 0.0200)" in found["en"].replace("–", " to ")
    assert "评估期不用于选择" in found["zh"]


def test_the_summary_begins_with_the_lift_of_the_top_leads(data: dict[str, Any]) -> None:
    part = data["targets"]["conversion"]
    lift = next(row for row in part["metrics"] if row["name"] == "lift_10")["cells"][part["candidate"]]
    assert part["opening"]["zh"].startswith("前 10% 高分线索的转化率")
    assert f"{lift['value']:.1f} 倍" in part["opening"]["zh"]
    assert data["summary_zh"][0] == f"【转化】{part['opening']['zh']}"
    assert data["summary_en"][0] == f"Conversion: {part['opening']['en']}"


@pytest.mark.parametrize(
    ("lower", "said"), [(1.2, "convert at 2.6 times"), (0.9, "do not convert at a measurably")]
)
def test_a_lift_that_may_be_chance_is_not_praised(trained: Any, lower: float, said: str) -> None:
    found = opening(with_lift(trained, Interval(2.6, lower, 4.0)), 0.95, "en")
    assert said in found
    assert f"95% interval {lower} to 4.0" in found


def test_an_unknown_target_or_lift_has_no_opening(trained: Any) -> None:
    other = msgspec.structs.replace(with_lift(trained, Interval(2.0, 1.5, 3.0)), target="churn")
    assert opening(other, 0.95, "en") == ""
    assert opening(with_lift(trained, None), 0.95, "zh") == ""


def with_lift(trained: Any, lift: Interval | None) -> Any:
    found = in_state(trained, "signal", GAIN, (0.7, 0.65, 0.75), False)
    candidates = tuple(
        msgspec.structs.replace(
            item,
            metrics={k: v for k, v in {**item.metrics, "lift_10": lift}.items() if v is not None},
        )
        for item in found.candidates
    )
    return msgspec.structs.replace(found, candidates=candidates)


def test_both_summaries_say_the_same_things(data: dict[str, Any]) -> None:
    assert len(data["summary_en"]) == len(data["summary_zh"])
    undated = {**data, "run": {**data["run"], "dated": False}, "features_left_out": ["a"], "thresholds": None}
    for lang, last in (("en", "1 feature is not used"), ("zh", "有 1 个特征未使用")):
        lines = summary(undated, lang)
        assert lines[-1].startswith(last)
        assert len(lines) == len(data[f"summary_{lang}"]) + (1 if data["features_left_out"] == [] else 0)


def test_a_metric_without_words_keeps_its_name() -> None:
    assert metric_words("gini") == {"en": "gini", "zh": "gini", "meaning": ""}
    assert metric_words("lift_10")["zh"] == "前 10% 提升度"
