"""The fits behind a profile equal those of scikit-learn, and the interval is where the likelihood says."""

from __future__ import annotations

import doctest

import numpy as np
import pytest

import lead_ml.evaluation.decay.words as words
from lead_ml.evaluation.decay.profile import (
    HALF_CHI_SQUARE,
    LikelihoodProfile,
    best_days,
    interval,
    profile,
    standardized,
)
from lead_ml.model.metrics import LogitProblem, fit_alone, fit_beside

DAYS = np.array([1.0, 2.0, 4.0, 8.0, 16.0, 32.0, np.inf])


def problem(seed: int = 0, n: int = 800) -> tuple[LogitProblem, np.ndarray]:
    rng = np.random.default_rng(seed)
    columns = np.vstack([np.ones(n), rng.normal(size=(3, n))])
    extra = rng.normal(size=n) + columns[1]
    chance = 1 / (1 + np.exp(1.5 - columns[1] + 0.5 * extra))
    y = (rng.random(n) < chance).astype(np.float64)
    return LogitProblem(columns, y, rng.uniform(0.1, 1, n), np.array([0.0, 1.0, 1.0, 1.0])), extra


def profile_of(drops: list[float]) -> LikelihoodProfile:
    likelihood = -np.array(drops)
    return LikelihoodProfile(DAYS, np.vstack([likelihood, likelihood - 5]), -50.0, 1.0, 0.01, raises=True)


def test_both_ways_to_fit_equal_scikit_learn() -> None:
    from sklearn.linear_model import LogisticRegression

    given, extra = problem()
    found = fit_beside(fit_alone(given), extra, 1.0)
    X = np.vstack([given.columns[1:], extra]).T
    peer = LogisticRegression(C=1.0, tol=1e-10, max_iter=1000).fit(X, given.y, sample_weight=given.weight)
    assert found.b[1:] == pytest.approx(peer.coef_[0], abs=1e-3)
    assert found.b[0] == pytest.approx(peer.intercept_[0], abs=1e-3)
    again = fit_alone(given.beside(extra, 1.0))
    assert again.log_likelihood == pytest.approx(found.log_likelihood, abs=1e-6)


def test_a_weight_of_two_is_the_row_twice() -> None:
    given, _ = problem()
    twice = LogitProblem(
        np.hstack([given.columns] * 2), np.tile(given.y, 2), np.tile(given.weight, 2), given.ridge
    )
    double = LogitProblem(given.columns, given.y, 2 * given.weight, given.ridge)
    assert fit_alone(twice).b == pytest.approx(fit_alone(double).b, abs=1e-6)


def test_rows_that_are_copies_of_each_other_widen_the_interval() -> None:
    given, extra = problem()
    decayed = np.array([np.abs(extra) * k for k in range(1, 4)]) ** np.array([[1.0], [1.5], [2.0]])
    ones = LogitProblem(given.columns, given.y, np.ones(len(given.y)), given.ridge)
    copied = LogitProblem(np.hstack([given.columns] * 4), np.tile(given.y, 4), np.ones(4 * 800), given.ridge)
    days = np.array([1.0, 2.0, np.inf])
    alone = profile(fit_alone(ones), decayed, days, np.arange(800), seed=1)
    fourfold = profile(fit_alone(copied), np.tile(decayed, 4), days, np.tile(np.arange(800), 4), seed=1)
    assert fourfold.dependence == pytest.approx(4 * alone.dependence, rel=0.05)
    assert fourfold.chance == pytest.approx(alone.chance, abs=0.02)


def test_the_interval_ends_where_the_drop_meets_the_limit() -> None:
    found = profile_of([8, 4.5, 2, 0.5, 0, 0.5, 9])
    lower, upper = interval(found)
    assert 4 < lower < 8
    assert upper is None  # the longest half-life tried is inside
    root = np.sqrt([2, 0.5])
    share = (root[0] - np.sqrt(HALF_CHI_SQUARE)) / (root[0] - root[1])
    assert lower == pytest.approx(4 * 2**share)


def test_open_ends_are_open() -> None:
    assert interval(profile_of([0, 1, 2, 3, 4, 5, 6]))[0] is None
    assert interval(profile_of([6, 5, 4, 3, 2, 1, 0]))[1] is None
    assert interval(profile_of([1, 0, 1, 1, 1, 1, 1])) == (None, None)


def test_the_best_half_life_lies_between_the_points() -> None:
    assert best_days(profile_of([9, 4, 1, 0, 1, 4, 9])) == pytest.approx(8.0)
    assert 8 < best_days(profile_of([9, 4, 1, 0, 0.5, 4, 9])) < 8 * np.sqrt(2)
    assert best_days(profile_of([9, 4, 3, 2, 1, 0.5, 0])) is None


def test_a_constant_column_is_nothing() -> None:
    assert (standardized(np.ones((2, 5)), np.ones(5)) == 0).all()


def test_the_words_are_as_documented() -> None:
    assert doctest.testmod(words).failed == 0


def test_a_line_to_paste_declares_the_half_life() -> None:
    from lead_ml import events
    from lead_ml.declare import span

    for kind, days in (("page_view", 9.04), ('od"d 类型', 0.3), ("7th", 120.0), ("", None)):
        found = eval(words.declaration(kind, days), {"events": events})
        assert found.half_life == (span(words.span_text(days)) if days else 0)
        assert found.where == ({"type": (kind,)} if kind else {})
        assert found.name.isidentifier()
