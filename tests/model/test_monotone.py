"""Declared directions hold for every candidate, and cost no more than they must."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from lead_ml.errors import DeclarationError
from lead_ml.model import ColumnInfo, LightGBM, Logistic, Scorecard, compile_rules
from lead_ml.model.metrics import sigmoid
from lead_ml.project.params import LightGBMParams, PointsRule


def drawn(seed: int, missing: float = 0.2, n: int = 600):
    """Numbers that hang together, with effects of either sign, some missing, and a category."""
    rng = np.random.default_rng(seed)
    common = rng.normal(size=n)
    X = np.column_stack(
        [common + rng.normal(size=n), np.exp(common + rng.normal(size=n)), rng.normal(size=n)]
    )
    z = X @ rng.normal(0, 0.5, 3) + rng.normal(0, 1) * (rng.random(n) < 0.5)
    X[:, :2][rng.random((n, 2)) < missing] = np.nan
    z = np.where(np.isnan(X[:, 0]), rng.normal(0, 3), np.nan_to_num(z))
    y = (rng.random(n) < sigmoid(z)).astype(float)
    y[:2] = 0, 1
    return np.ascontiguousarray(np.column_stack([X, rng.choice([0.0, 2.0, 3.0], n)])), y


def columns_of(signs):
    return (
        *(ColumnInfo(f"x{j}", "number", monotone=s) for j, s in enumerate(signs)),
        ColumnInfo("c", "category", 4),
    )


def effects(model, X, place):
    """Effect of one column over its values, and of missing."""
    grid = np.linspace(np.nanmin(X[:, place]), np.nanmax(X[:, place]), 60)
    rows = np.tile(X[5], (61, 1))
    rows[:, place] = [*grid, np.nan]
    found = model.predict_logit(np.ascontiguousarray(rows))
    return found[:-1], found[-1]


@given(
    st.integers(0, 10_000),
    st.lists(st.sampled_from([-1, 0, 1]), min_size=3, max_size=3),
    st.sampled_from([0.1, 3.0]),
)
@settings(deadline=None, max_examples=40)
def test_no_slope_of_the_logistic_runs_against_its_direction(seed, signs, l2):
    X, y = drawn(seed)
    model = Logistic(l2=l2).fit(X, y, columns=columns_of(signs))
    for place, sign in enumerate(signs):
        values, missing = effects(model, X, place)
        assert (np.diff(values) * sign >= -1e-9).all()
        assert not sign or place == 2 or missing <= values.max() + 1e-9
    assert model.contributions(X).sum(axis=1) == pytest.approx(model.predict_logit(X), abs=1e-9)


@pytest.mark.parametrize("seed", range(6))
def test_the_bounded_fit_is_the_optimum_under_the_bounds(seed):
    X, y = drawn(seed, missing=0.0)
    signs = (1, -1, 1)
    model = Logistic(l2=2.0).fit(X, y, columns=columns_of(signs))
    t = [term for term in model.terms_ if hasattr(term, "low")]
    clipped = [np.clip(X[:, j], term.low, term.high) for j, term in enumerate(t)]
    logged = [np.log1p(x) if term.log else x for x, term in zip(clipped, t, strict=True)]
    z = [(x - term.mean) / term.scale for x, term in zip(logged, t, strict=True)]
    design = np.column_stack([*z, *(X[:, 3] == code for code in (0, 2, 3)), np.ones(len(y))])

    def objective(b):
        logit = design @ b
        return float((np.logaddexp(0, logit) - y * logit).sum() + (b[:-1] ** 2).sum())

    bounds = [(0, None) if sign > 0 else (None, 0) for sign in signs] + [(None, None)] * 4
    best = minimize(
        objective, np.zeros(7), method="L-BFGS-B", bounds=bounds, options={"ftol": 1e-14, "gtol": 1e-8}
    ).x
    assert model.predict_logit(X) == pytest.approx(design @ best, abs=2e-3)


def test_without_directions_nothing_changes_and_kept_directions_cost_nothing():
    X, y = drawn(3)
    free = Logistic().fit(X, y, columns=columns_of((0, 0, 0)))
    slopes = [np.sign(term.slope) for term in free.terms_[:3]]
    kept = [int(s) if place == 2 else 0 for place, s in enumerate(slopes)]
    assert np.array_equal(
        Logistic().fit(X, y, columns=columns_of(kept)).predict_logit(X), free.predict_logit(X)
    )


def test_a_reversed_scorecard_is_no_way_around_a_direction():
    rng = np.random.default_rng(1)
    x = rng.integers(0, 10, 800).astype(float)
    y = (rng.random(800) < sigmoid(2.0 - 0.6 * x)).astype(float)
    columns = (ColumnInfo("x", "number", monotone=1),)
    rules = compile_rules([PointsRule(feature="x", at_least=5, points=10)], columns, lambda *_: None)
    model = Logistic(prior=Scorecard(rules=rules)).fit(x[:, None].copy(), y, columns=columns)
    values = model.predict_logit(np.arange(10.0)[:, None].copy())
    assert (np.diff(values) >= 0).all()


@pytest.mark.parametrize(
    ("sign", "rules", "right"),
    [
        (1, [{"at_least": 3, "points": 5}], True),
        (1, [{"below": 3, "points": 5}], False),
        (-1, [{"below": 3, "points": 5}], True),
        (1, [{"at_least": 2, "below": 5, "points": 5}], False),
        (1, [{"at_least": 2, "below": 5, "points": 5}, {"at_least": 5, "points": 5}], True),
        (0, [{"at_least": 2, "below": 5, "points": 5}], True),
    ],
)
def test_rules_against_a_direction_are_refused(sign, rules, right):
    columns = (ColumnInfo("x", "number", monotone=sign),)
    written = [PointsRule(feature="x", **rule) for rule in rules]
    if right:
        assert compile_rules(written, columns, lambda *_: None)
    else:
        with pytest.raises(DeclarationError, match="run against its monotone direction"):
            compile_rules(written, columns, lambda *_: None)


def test_boosting_keeps_the_directions_too():
    X, y = drawn(4)
    model = LightGBM(params=LightGBMParams(rounds=30), seed=1).fit(X, y, columns=columns_of((1, -1, 1)))
    for place, sign in enumerate((1, -1, 1)):
        assert (np.diff(effects(model, X, place)[0]) * sign >= -1e-9).all()
