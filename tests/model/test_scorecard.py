"""Points mean what params.yaml says, and rules that cannot be meant are refused."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lead_ml.errors import DeclarationError
from lead_ml.model import ColumnInfo, Scorecard, compile_rules
from lead_ml.project.params import PointsRule

COLUMNS = (ColumnInfo("visits", "number"), ColumnInfo("industry", "category", 6))
# The codes of encode.CodeBook: 0 missing, 1 other, levels from 2.
CODES = {"mining": 3, "retail": 4, "steel": 5, "tiny": 1, "odd": 1, "first": 2}


def compiled(*rules):
    return compile_rules([PointsRule(**rule) for rule in rules], COLUMNS, lambda _, value: CODES.get(value))


def logit_of(rules, *rows, base_rate=0.05):
    X = np.array(rows, dtype=np.float64)
    model = Scorecard(rules=rules, base_rate=base_rate)
    return model.fit(X, columns=COLUMNS).predict_logit(X)


def test_six_points_double_the_odds():
    rules = compiled({"feature": "visits", "points": 20 * math.log10(2), "at_least": 3})
    few, many = np.exp(logit_of(rules, [2, 0], [3, 0]))
    assert few == pytest.approx(0.05 / 0.95)
    assert many / few == pytest.approx(2.0)


def test_without_points_the_probability_is_the_base_rate():
    assert 1 / (1 + np.exp(-logit_of((), [9, 3], base_rate=0.2))) == pytest.approx([0.2])


def test_points_add_up_over_rules_and_columns():
    rules = compiled(
        {"feature": "visits", "points": 3, "at_least": 1},
        {"feature": "visits", "points": 4, "at_least": 5},
        {"feature": "industry", "points": -10, "values": ("mining", "steel")},
    )
    points = 20 / math.log(10) * (logit_of(rules, [0, 4], [1, 4], [5, 3], [5, 5]) - math.log(0.05 / 0.95))
    assert points == pytest.approx([0, 3, -3, -3], abs=1e-12)


def test_ranges_hold_their_lower_end_and_not_their_upper():
    rules = compiled({"feature": "visits", "points": 20, "at_least": 2, "below": 4})
    earned = logit_of(rules, [1.999, 0], [2, 0], [3.999, 0], [4, 0], [np.nan, 0]) > -2
    assert earned.tolist() == [False, True, True, False, False]


def test_missing_is_a_condition_of_both_kinds():
    number = compiled({"feature": "visits", "points": 20, "missing": True})
    category = compiled({"feature": "industry", "points": 20, "missing": True})
    rows = [np.nan, 3.0], [1.0, 0.0], [1.0, 1.0]
    assert (logit_of(number, *rows) > -2).tolist() == [True, False, False]
    assert (logit_of(category, *rows) > -2).tolist() == [False, True, False]


@pytest.mark.parametrize("value", ["never seen", "tiny", "odd"])
def test_a_value_without_a_level_of_its_own_matches_nothing(value):
    rules = compiled({"feature": "industry", "points": 20, "values": (value,)})
    assert len(rules) == 1
    assert logit_of(rules, *([1.0, code] for code in range(6))) == pytest.approx(math.log(0.05 / 0.95))


def test_contributions_are_centred_on_the_weighted_fit_mean():
    rules = compiled({"feature": "visits", "points": 8, "at_least": 1})
    X, weight = np.array([[0.0, 3], [1.0, 3]]), np.array([3.0, 1.0])
    model = Scorecard(rules=rules).fit(X, sample_weight=weight, columns=COLUMNS)
    contributions = model.contributions(X)
    assert contributions[:, 0] * 20 / math.log(10) == pytest.approx([-2, 6])
    assert (contributions[:, :-1] * weight[:, None]).sum(axis=0) == pytest.approx([0, 0], abs=1e-12)
    assert model.mean_points_.tolist() == [2.0, 0.0]


def test_a_scorecard_needs_neither_labels_nor_rows():
    rules = compiled({"feature": "visits", "points": 8, "at_least": 1})
    model = Scorecard(rules=rules).fit(np.empty((0, 2)), columns=COLUMNS)
    assert model.contributions(np.array([[1.0, 0.0]]))[0, 0] == pytest.approx(8 * math.log(10) / 20)


def test_labels_change_nothing():
    rules, X = compiled({"feature": "visits", "points": 8, "at_least": 1}), np.array([[0.0, 3], [1.0, 4]])
    one, two = (Scorecard(rules=rules).fit(X, np.array(y), columns=COLUMNS) for y in ([0, 1], [1, 1]))
    assert np.array_equal(one.contributions(X), two.contributions(X))


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"feature": "visit", "points": 1, "at_least": 1}, r"got 'visit'. Did you mean visits\?"),
        ({"feature": "xyz", "points": 1, "at_least": 1}, "The model has industry, visits"),
        ({"feature": "visits", "points": 1, "values": ("3",)}, "values of the number visits"),
        ({"feature": "industry", "points": 1, "below": 3}, "range of the category industry"),
    ],
)
def test_rules_that_cannot_be_meant_are_refused(rule, message):
    with pytest.raises(DeclarationError, match=message):
        compiled(rule)
