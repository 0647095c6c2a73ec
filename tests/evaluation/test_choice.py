"""Which candidate is chosen and when, and what is said of its gain over the base rate."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from evaluate_kit import evaluated, made
from small import draw

from lead_ml.evaluation import Choice
from lead_ml.evaluation.summary import headline, reason_of, signal_of
from lead_ml.model.metrics import Interval
from lead_ml.project.targets import CANDIDATES


def test_the_other_candidates_are_compared_with_the_chosen_on_the_test_window(forward) -> None:
    evaluation = forward.evaluation
    losses = {record.candidate: record.metrics["log_loss"].value for record in evaluation.candidates}
    candidates = {candidate: loss for candidate, loss in losses.items() if candidate != "base rate"}
    assert forward.chosen is forward.evaluated[evaluation.chosen]
    assert set(evaluation.lead_over) == set(candidates) - {evaluation.chosen}
    for candidate, gap in evaluation.lead_over.items():
        assert gap.value == pytest.approx(losses[candidate] - losses[evaluation.chosen])
    assert evaluation.over_base.value == pytest.approx(losses["base rate"] - losses[evaluation.chosen])


def test_nothing_after_the_fit_cut_chooses_the_candidate(small, forward) -> None:
    """Half of the wins of the test window undone change its figures, and neither the choice nor what it was made on."""
    project, table, windows = small
    y = table.labels.y.copy()
    y[np.flatnonzero(windows[-1].test & (y > 0))[::2]] = 0.0
    turned = dataclasses.replace(table, labels=dataclasses.replace(table.labels, y=y))
    found = evaluated(project, turned, windows, candidates=("scorecard", "logistic", "lightgbm"))
    assert found.evaluation.choice == forward.evaluation.choice
    assert found.evaluation.over_base != forward.evaluation.over_base


def test_a_tie_before_the_test_window_goes_to_the_simpler(forward) -> None:
    choice = forward.evaluation.choice
    near = {choice.best, *(name for name, gap in choice.behind.items() if gap.lower <= 0)}
    assert choice.candidate == min(near, key=CANDIDATES.index)
    assert set(choice.behind) | {choice.best} == {"scorecard", "logistic", "lightgbm"}
    assert 0 < choice.positives < choice.leads


@pytest.mark.parametrize(
    ("gap", "auc", "positives", "signal"),
    [
        ((0.01, 0.002, 0.02), 0.6, 50, "signal"),
        ((0.01, 0.002, 0.02), 0.5, 900, "none"),  # follows the rate, ranks nothing
        ((0.01, -0.002, 0.02), 0.6, 400, "none"),
        ((0.01, -0.002, 0.02), 0.6, 399, "unknown"),
        ((0.0, 0.0, 0.0), 0.5, 400, "none"),
        ((-0.01, -0.02, -0.002), 0.6, 50, "worse"),
    ],
)
def test_the_signal_is_said_as_it_is(forward, gap, auc, positives, signal) -> None:
    assert signal_of(Interval(*gap), Interval(auc, auc, auc), positives) == signal
    found = msgspec.structs.replace(forward.evaluation, signal=signal, over_base=Interval(*gap))
    begins = {
        "signal": ("", "优于平均基准"),
        "none": ("No signal: ", "没有信号"),
        "unknown": ("Cannot tell yet ", "尚无法判断"),
        "worse": ("Worse than the base rate: ", "不如平均基准"),
    }[signal]
    assert headline(found).startswith(begins[0])
    assert begins[1] in headline(found, "zh")
    for lang in ("en", "zh"):
        gain = -gap[0] if signal == "worse" else gap[0]  # the other side is ahead
        assert f"{gain:.4f}" in headline(found, lang).replace("−", "-")


def test_the_headline_compares_with_the_base_rate(tmp_path: Path) -> None:
    project, table, windows = made(tmp_path, draw(600))
    rng = np.random.default_rng(8)
    noise = dataclasses.replace(
        table,
        raw={
            **table.raw,
            "size": rng.random(len(table.spine)),
            "source": table.raw["source"].take(rng.permutation(len(table.spine))),
        },
    )
    forward = evaluated(project, noise, windows, candidates=("lightgbm",))
    assert re.match(
        r"(Worse than the base rate|Cannot tell yet whether LightGBM)", forward.evaluation.headline
    )
    assert forward.evaluation.headline.endswith("No other candidate was trained")


@pytest.mark.parametrize("undated", [False, True])
@pytest.mark.parametrize(
    ("state", "dated", "random"),
    [
        ("alone", "chosen_alone", "chosen_alone"),
        ("unseen", "chosen_unseen", "random_unseen"),
        ("only", "chosen_only", "random_only"),
        ("tied", "chosen_tied", "random_tied"),
        ("best", "chosen_best", "random_best"),
    ],
)
def test_why_a_candidate_was_chosen_is_said_as_it_was(
    forward: Any, state: str, dated: str, random: str, undated: bool
) -> None:
    """No test window and no earlier leads for undated data; nobody is said to be alone who was not."""
    gap, base = Interval(0.02, 0.01, 0.03), forward.evaluation
    tie = Interval(0.001, -0.01, 0.02)
    others = {} if state == "alone" else {"logistic": gap, "lightgbm": gap}
    behind = {"tied": {"logistic": gap, "lightgbm": tie}, "best": others}.get(state, {})
    leads = 0 if state == "unseen" else 300
    choice = Choice(candidate="scorecard", best="scorecard", behind=behind, leads=leads, positives=leads // 3)
    found = msgspec.structs.replace(base, choice=choice, lead_over=others, optimistic=undated)
    assert reason_of(found) == (random if undated else dated)
    said = headline(found)
    assert ("No other candidate was trained" in said) is (state == "alone")
    assert not (undated and re.search("test window|earlier", said))
    assert ("more than one standard error" in said) is (state == "best")
    assert ("tied" in said) is (state == "tied")


def test_undated_data_counts_the_leads_of_all_folds(forward: Any) -> None:
    found = msgspec.structs.replace(forward.evaluation, optimistic=True)
    for name in ("test_leads", "test_rows", "test_positives"):
        assert getattr(found.tested, name) == sum(getattr(window, name) for window in found.windows)
    assert forward.evaluation.tested == forward.evaluation.windows[-1]
