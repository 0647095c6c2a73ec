from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lead_ml.errors import ParamsError
from lead_ml.scoring.thresholds import grade_of, log_odds, probability_of, score_of, stage_of

LOGITS = st.floats(-20, 20)


def test_the_reference_odds_score_fifty():
    assert score_of(math.log(0.25), 0.25) == 50.0


def test_doubling_the_odds_adds_six_points_and_tenfold_odds_twenty():
    assert score_of(math.log(0.2), 0.1) - 50 == pytest.approx(6.020599913)
    assert score_of(math.log(1.0), 0.1) - 50 == pytest.approx(20)


def test_scores_are_clipped_at_both_ends():
    assert (score_of(-100.0, 1.0), score_of(100.0, 1.0)) == (0.0, 100.0)


@given(st.lists(LOGITS, min_size=1, max_size=40), st.floats(1e-4, 10))
@settings(deadline=None)
def test_one_lead_and_a_batch_score_the_same_to_the_last_bit(logits, odds):
    assert score_of(np.array(logits), odds).tolist() == [score_of(logit, odds) for logit in logits]


@given(LOGITS)
@settings(deadline=None)
def test_log_odds_is_the_inverse_of_probability_of(logit):
    assert log_odds(probability_of(logit)) == pytest.approx(logit, abs=1e-6)


def test_extreme_logits_neither_overflow_nor_fail():
    assert (probability_of(-1e4), probability_of(1e4)) == (0.0, 1.0)
    assert (log_odds(0.0), log_odds(1.0)) == (-math.inf, math.inf)


@pytest.mark.parametrize("odds", [0.0, -1.0, math.inf, math.nan])
def test_impossible_reference_odds_are_refused(odds):
    with pytest.raises(ParamsError, match="reference_odds"):
        score_of(0.0, odds)


def test_each_line_belongs_to_the_grade_above_it():
    mql, sql = log_odds(0.1), log_odds(0.3)
    assert [grade_of(logit, mql, sql) for logit in (sql, math.nextafter(sql, -9), mql)] == ["A", "B", "B"]


def test_grade_c_begins_at_half_the_odds_of_the_mql_line():
    mql = math.log(0.2)
    half = mql - math.log(2)
    assert grade_of(half, mql, 0.0) == "C"
    assert math.exp(half) == pytest.approx(0.1)
    assert grade_of(math.nextafter(half, -9), mql, 0.0) == "D"
    assert score_of(mql, 1.0) - score_of(half, 1.0) == pytest.approx(6.0206, abs=1e-4)


@given(LOGITS, LOGITS, LOGITS)
@settings(deadline=None)
def test_stage_and_grade_agree(logit, one, other):
    mql, sql = sorted((one, other))
    stages = {"A": "sql", "B": "mql", "C": "none", "D": "none"}
    assert stage_of(logit, mql, sql) == stages[grade_of(logit, mql, sql)]
