"""Training with few outcomes or none: what serves, by which scale and thresholds, and what it says of itself."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from asked import ALL_REASONS, scores_alike
from small import DAY, draw, write_project

from lead_ml.asof.labels import open_leads
from lead_ml.errors import TooLittleData
from lead_ml.scoring import Scorer
from lead_ml.tables.dataset import Dataset
from lead_ml.workflows.assemble import _reference_odds, cold_start_stage
from lead_ml.workflows.score import score_open
from lead_ml.workflows.train import train


def few_wins(wins: int) -> Dataset:
    data = draw(300)
    rows = np.arange(wins) * 2
    outcomes = data.outcomes
    keep = np.isin(np.arange(len(outcomes)), rows)

    return dataclasses.replace(data, outcomes=outcomes.take(keep))


def test_with_too_few_wins_the_scorecard_serves_and_says_its_rung(tmp_path: Path) -> None:
    data = few_wins(3)
    run = train(write_project(tmp_path), data)
    assert run.record.candidates == {"conversion": "scorecard"}
    assert (
        run.record.cold_start_stage
        == "scorecard, 3 wins within 10 days: not evaluated, because the forward window has 0 positive and 167 negative rows; "
        "logistic regression usually pays from about 50 wins"
    )
    assert run.evaluation("conversion") is None
    assert run.forward("conversion") is None
    scorer = Scorer.load(run.bundle)
    assert scorer.bundle.card["targets"]["conversion"]["headline"].startswith(
        "not evaluated: the forward window has"
    )
    answers = score_open(scorer, data)
    assert all(answer.lower < 1e-9 and answer.upper > 1 - 1e-9 for answer in answers)
    assert scorer.thresholds.method == "default"
    assert scorer.bundle.history is None
    assert scorer.bundle.advice == ()
    scores_alike(scorer, data)


def test_a_learnt_kind_asked_for_by_name_is_not_quietly_replaced(tmp_path: Path) -> None:
    with pytest.raises(TooLittleData, match="forward window"):
        train(write_project(tmp_path), few_wins(3), candidates=["logistic"])


def test_the_scorecard_may_be_asked_for_by_name_however_few_the_wins(tmp_path: Path) -> None:
    assert train(write_project(tmp_path), few_wins(3), candidates=["scorecard"]).record.candidates == {
        "conversion": "scorecard"
    }


def test_data_without_a_mature_lead_says_what_to_wait_for(tmp_path: Path) -> None:
    data = draw(50)
    young = dataclasses.replace(data, until=int(data.leads.created_at.min()) + 5 * DAY)
    with pytest.raises(TooLittleData, match=r"no mature snapshot .* expected leads older than 10"):
        train(write_project(tmp_path), young)


@pytest.mark.parametrize(
    ("candidate", "wins", "text"),
    [
        (
            "logistic",
            60,
            "logistic regression, 60 wins: chosen before the test window; LightGBM usually pays from about 500 wins",
        ),
        ("lightgbm", 60, "LightGBM, 60 wins: chosen before the test window"),
        ("lightgbm", 1_234, "LightGBM, 1,234 wins: chosen before the test window"),
    ],
)
def test_the_rung_says_what_the_next_one_needs(candidate: Any, wins: int, text: str) -> None:
    assert cold_start_stage(candidate, wins, "chosen before the test window") == text


def without_outcomes(leads: int = 400) -> Dataset:
    return dataclasses.replace(draw(leads), outcomes=None)


def test_without_any_table_of_outcomes_the_scorecard_serves_as_it_was_written(tmp_path: Path) -> None:
    data = without_outcomes()
    run = train(write_project(tmp_path), data)
    assert run.record.candidates == {"conversion": "scorecard"}
    assert run.record.cold_start_stage.startswith(
        "scorecard, 0 wins within 10 days: not evaluated, because no outcomes are known"
    )
    scorer = Scorer.load(run.bundle)
    answers = scorer.score_dataset(data, open_leads(data, data.until), top=ALL_REASONS)
    assert {round(answer.probability, 6) for answer in answers} == {0.2, round(odds(0.25 * 10**0.25), 6)}
    assert not scorer.bundle.parts["conversion"].evidence.features
    scores_alike(scorer, data)


def odds(value: float) -> float:
    return value / (1 + value)


def test_where_nothing_could_be_judged_a_score_of_50_is_the_mean_lead_of_the_scorecard(
    tmp_path: Path,
) -> None:
    for data in (without_outcomes(), few_wins(3)):
        scorer = Scorer.load(train(write_project(tmp_path), data).bundle)
        first = [answer.probability for answer in scorer.score_dataset(data, open_leads(data, data.until))]
        reference = odds(scorer.bundle.info.reference_odds)
        assert min(first) < reference < max(first)


@pytest.mark.parametrize(
    ("rate", "mql", "sql"), [(0.1, 0.2, 0.4), (0.2, 0.4, 0.8), (0.3, 0.6, 0.95), (0.6, 0.9, 0.95)]
)
def test_without_history_the_thresholds_are_twice_and_four_times_the_rate_of_a_score_of_50(
    tmp_path: Path, rate: float, mql: float, sql: float
) -> None:
    project = write_project(tmp_path, reference_odds=rate / (1 - rate))
    found = Scorer.load(train(project, few_wins(3)).bundle).thresholds
    assert (found.mql, found.sql) == pytest.approx((mql, sql))


@pytest.mark.parametrize(("wins", "leads"), [(3, 10), (0, 10), (10, 10)])
def test_a_score_of_50_has_the_odds_of_the_base_rate_with_half_a_lead_more_on_either_side(
    tmp_path: Path, wins: int, leads: int
) -> None:
    """So that they are finite for any counts; rows of a lead after its first change nothing."""
    first = np.arange(leads) * 3
    y = np.ones(3 * leads)
    y[first] = np.arange(leads) < wins
    main = SimpleNamespace(forward=object(), table=SimpleNamespace(first=first, labels=SimpleNamespace(y=y)))
    found = _reference_odds(write_project(tmp_path), main)
    assert found == pytest.approx((wins + 0.5) / (leads - wins + 0.5))


def test_a_kind_that_must_be_taught_is_refused_without_outcomes(tmp_path: Path) -> None:
    with pytest.raises(TooLittleData, match=r"no outcomes to learn from: got 'logistic'.* Name the table"):
        train(write_project(tmp_path), without_outcomes(), candidates=["logistic"])


def test_a_scorecard_without_rules_grades_nobody(tmp_path: Path) -> None:
    project = write_project(
        tmp_path, conversion={"horizon_days": 10, "scorecard": {"base_rate": 0.2, "rules": []}}
    )
    data = few_wins(3)
    scorer = Scorer.load(train(project, data).bundle)
    assert scorer.bundle.info.constant == ("conversion",)
    answers = score_open(scorer, data)
    assert {(answer.validation, answer.grade) for answer in answers} == {("no_signal", None)}
