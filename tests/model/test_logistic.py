"""The logistic candidate: scikit-learn's optimum, weights as counts, unseen codes at 0, the scorecard as prior."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from model_samples import scorecard
from scipy.optimize import minimize

from lead_ml.errors import ParamsError
from lead_ml.model import ColumnInfo, Logistic, Scorecard, compile_rules
from lead_ml.model.metrics import log_loss, sigmoid
from lead_ml.project.params import PointsRule

NUMBER, CATEGORY = ColumnInfo("x", "number"), ColumnInfo("c", "category", 6)


def drawn(n=800, seed=0):
    rng = np.random.default_rng(seed)
    x, c = rng.normal(3, 2, n), rng.choice([0, 3, 4], n).astype(float)
    y = (rng.random(n) < sigmoid(0.5 * x - 2 + (c == 3))).astype(float)
    return np.ascontiguousarray(np.column_stack([x, c])), y, rng.random(n)


def test_the_fit_is_the_optimum_of_the_documented_penalty():
    X, y, w = drawn(300)
    model = Logistic(l2=2.0).fit(X, y, sample_weight=w, columns=(NUMBER, CATEGORY))
    term = model.terms_[0]
    z = (np.clip(X[:, 0], term.low, term.high) - term.mean) / term.scale
    design = np.column_stack([z, *(X[:, 1] == code for code in (0, 3, 4)), np.ones(len(y))])

    def objective(b):
        logit = design @ b
        return float((w * (np.logaddexp(0, logit) - y * logit)).sum() + (b[:-1] ** 2).sum())

    best = minimize(objective, np.zeros(5), method="BFGS", options={"gtol": 1e-9, "maxiter": 1000}).x
    assert model.predict_logit(X) == pytest.approx(design @ best, abs=1e-4)


def test_at_the_fit_the_penalized_loss_is_flat():
    X, y, w = drawn(300)
    model = Logistic(l2=2.0).fit(X, y, sample_weight=w, columns=(NUMBER, CATEGORY))
    term = model.terms_[0]
    z = (np.clip(X[:, 0], term.low, term.high) - term.mean) / term.scale
    design = np.column_stack([z, *(X[:, 1] == code for code in (0, 3, 4)), np.ones(len(y))])
    rows = np.vstack([design, np.diag([1.0, 1.0, 1.0, 1.0, 0.0])])
    b = np.linalg.lstsq(design, model.predict_logit(X))[0]
    # Adding the same to the intercept as is taken from the codes changes no logit; the penalty wants codes that add up to 0.
    b -= np.array([0, 1, 1, 1, -1]) * b[1:4].mean()
    assert rows @ b == pytest.approx([*model.predict_logit(X), *b[:4], 0])
    slope = design.T @ (w * (sigmoid(design @ b) - y)) + 2.0 * np.append(b[:4], 0)
    assert np.abs(slope).max() < 1e-9


def test_a_weight_of_two_is_the_row_twice():
    X, y, _ = drawn()
    times = np.arange(len(y)) % 3 + 1
    weighted = Logistic().fit(X, y, sample_weight=times.astype(float), columns=(NUMBER, CATEGORY))
    rows = np.repeat(np.arange(len(y)), times)
    repeated = Logistic().fit(np.ascontiguousarray(X[rows]), y[rows], columns=(NUMBER, CATEGORY))
    assert weighted.contributions(X) == pytest.approx(repeated.contributions(X), abs=1e-5)


def test_rows_without_weight_teach_nothing():
    X, y, w = drawn()
    strange = np.array([[np.nan, 5.0], [1e9, 2.0]])
    plain = Logistic().fit(X, y, sample_weight=w, columns=(NUMBER, CATEGORY))
    more = Logistic().fit(
        np.vstack([X, strange]), np.r_[y, 1, 1], sample_weight=np.r_[w, 0, 0], columns=(NUMBER, CATEGORY)
    )
    assert np.array_equal(plain.contributions(X), more.contributions(X))


def test_unseen_codes_add_exactly_zero(sample):
    model = sample.fitted(Logistic())
    rows = np.tile(sample.X[:1], (4, 1))
    rows[:, 4] = [1.0, 40.0, 1.0, 6.0]
    assert model.contributions(rows)[:, 4].tolist() == [0.0] * 4


def test_contributions_weigh_out_to_zero_over_the_fit(sample, all_fitted):
    for candidate in ("logistic", "logistic with prior"):
        contributions = all_fitted[candidate].contributions(sample.X)
        means = (contributions[:, :-1] * sample.weight[:, None]).sum(axis=0) / sample.weight.sum()
        assert means == pytest.approx(np.zeros(len(sample.columns)), abs=1e-12)


def test_a_missing_number_has_an_effect_of_its_own():
    rng = np.random.default_rng(5)
    x = np.where(rng.random(3000) < 0.4, np.nan, rng.normal(size=3000))
    y = (rng.random(3000) < np.where(np.isnan(x), 0.6, 0.2)).astype(float)
    model = Logistic(l2=0.01).fit(x[:, None].copy(), y, columns=(NUMBER,))
    probabilities = model.predict_proba(np.array([[np.nan], [0.0]]))[:, 1]
    assert probabilities == pytest.approx([y[np.isnan(x)].mean(), y[~np.isnan(x)].mean()], abs=0.01)


def test_missingness_counts_where_the_value_never_varies():
    x = np.array([1.0, np.nan] * 200)
    y = np.where(np.isnan(x), np.arange(400) % 8 == 1, np.arange(400) % 8 != 2).astype(float)
    effects = Logistic().fit(x[:, None].copy(), y, columns=(NUMBER,)).contributions(x[:2, None].copy())[:, 0]
    assert effects[0] > 0.1 > -0.1 > effects[1]


def test_a_missing_number_adds_zero_where_none_was_missing_in_the_fit():
    X, y, w = drawn()
    model = Logistic().fit(X, y, sample_weight=w, columns=(NUMBER, CATEGORY))
    assert model.contributions(np.array([[np.nan, 3.0]]))[0, 0] == 0.0


def test_skewed_numbers_are_logged_and_others_are_not():
    rng = np.random.default_rng(6)
    skewed, even = rng.lognormal(2, 1.5, 2000), rng.normal(size=2000)
    y = (rng.random(2000) < sigmoid(np.log(skewed) - 2)).astype(float)
    columns = (ColumnInfo("skewed", "number"), ColumnInfo("even", "number"))
    model = Logistic().fit(np.ascontiguousarray(np.column_stack([skewed, even])), y, columns=columns)
    assert [term.log for term in model.terms_] == [True, False]


def test_values_beyond_the_fit_are_clipped_to_its_tails():
    X, y, w = drawn()
    model = Logistic().fit(X, y, sample_weight=w, columns=(NUMBER, CATEGORY))
    edges = np.array([[model.terms_[0].high, 3.0], [1e300, 3.0], [np.inf, 3.0]])
    assert len(set(model.predict_logit(edges))) == 1


def test_nothing_that_varies_gives_the_rate():
    X, y = np.array([[1.0, 3.0]] * 10), np.array([1.0] * 3 + [0.0] * 7)
    model = Logistic().fit(X, y, columns=(NUMBER, CATEGORY))
    assert model.predict_proba(X)[:, 1] == pytest.approx(np.full(10, 0.3))
    assert not model.contributions(X)[:, :-1].any()


def with_prior(points, l2):
    columns = (ColumnInfo("c", "category", 60),)
    rules = compile_rules(
        [PointsRule(feature="c", points=points, values=tuple(str(code) for code in range(3, 30)))],
        columns,
        lambda _, value: int(value),
    )
    rng = np.random.default_rng(8)
    c = rng.integers(3, 60, 400).astype(float)
    y = (rng.random(400) < np.where(c < 30, 0.5, 0.2)).astype(float)
    prior = Scorecard(rules=rules, base_rate=0.2)
    return Logistic(l2=l2, prior=prior).fit(c[:, None].copy(), y, columns=columns), c, columns, y


def test_a_good_prior_lowers_the_loss_on_leads_to_come():
    model, c, columns, y = with_prior(12, 3.0)
    plain = Logistic(l2=3.0).fit(c[:, None].copy(), y, columns=columns)
    codes = np.arange(3.0, 60)[:, None].copy()
    truth = np.where(codes[:, 0] < 30, 0.5, 0.2)
    y2, rows = np.r_[np.ones(57), np.zeros(57)], np.vstack([codes, codes])
    losses = [log_loss(y2, m.predict_proba(rows)[:, 1], np.r_[truth, 1 - truth]) for m in (model, plain)]
    assert losses[0] < losses[1] - 0.01


def test_the_priors_scale_does_not_matter():
    small, c, _, _ = with_prior(1, 3.0)
    large, *_ = with_prior(40, 3.0)
    X = c[:, None].copy()
    assert small.predict_logit(X) == pytest.approx(large.predict_logit(X), abs=1e-5)
    assert small.prior_coefficient_ == pytest.approx(40 * large.prior_coefficient_, rel=1e-4)


def test_the_priors_part_goes_back_to_its_columns(sample):
    columns = tuple(
        replace(column, monotone=0) for column in sample.columns
    )  # a direction bounds the prior too
    model = Logistic(prior=scorecard(columns)).fit(
        sample.X, sample.y, sample_weight=sample.weight, columns=columns
    )
    own = model._terms.effects(sample.X)
    prior = model.prior_.contributions(sample.X)[:, :-1]
    assert model.prior_coefficient_ != 0
    assert model.contributions(sample.X)[:, :-1] == pytest.approx(
        own + model.prior_coefficient_ * prior, abs=1e-12
    )


def test_a_prior_that_says_nothing_changes_nothing(sample):
    plain = sample.fitted(Logistic())
    empty = sample.fitted(Logistic(prior=Scorecard()))
    assert np.array_equal(plain.contributions(sample.X), empty.contributions(sample.X))


def test_fitting_leaves_the_given_prior_unfitted(sample):
    prior = Scorecard()
    sample.fitted(Logistic(prior=prior))
    assert not hasattr(prior, "columns_")


def test_a_fit_takes_a_handful_of_newton_steps(sample, monkeypatch, caplog):
    monkeypatch.setattr("lead_ml.model.design._STEPS", 9)
    sample.fitted(Logistic())
    assert caplog.text == ""


def test_running_out_of_steps_is_told(sample, monkeypatch, caplog):
    monkeypatch.setattr("lead_ml.model.design._STEPS", 2)
    sample.fitted(Logistic())
    assert "stopped after 2 steps" in caplog.text


def test_a_fit_holds_no_second_matrix_of_all_rows():
    rng = np.random.default_rng(1)
    X = rng.normal(size=(60_000, 40))
    X[:, 30:] = rng.integers(0, 9, (60_000, 10))
    columns = [ColumnInfo(f"x{j}", *(("number",) if j < 30 else ("category", 9))) for j in range(40)]
    y = (rng.random(len(X)) < sigmoid(X[:, 0])).astype(float)
    Logistic().fit(X[:500], y[:500], columns=columns)  # so that no import is counted
    tracemalloc.start()
    Logistic().fit(X, y, columns=columns)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 0.9 * X.nbytes


def test_columns_that_repeat_each_other_fit_under_next_to_no_penalty():
    X, y, _ = drawn(400)
    twice = np.ascontiguousarray(np.column_stack([X[:, 0], X[:, 0], X[:, 1]]))
    model = Logistic(l2=1e-18).fit(twice, y, columns=(NUMBER, NUMBER, CATEGORY))
    alone = Logistic(l2=1e-9).fit(X, y, columns=(NUMBER, CATEGORY))
    assert model.predict_logit(twice) == pytest.approx(alone.predict_logit(X), abs=1e-4)


@pytest.mark.parametrize("l2", [0, -1, np.nan, np.inf, "1"])
def test_a_penalty_that_is_none_is_refused(l2) -> None:
    X, y = np.arange(40.0).reshape(-1, 1), (np.arange(40) % 3 == 0).astype(float)
    with pytest.raises(ParamsError, match=r"l2: got .* expected a finite number above 0"):
        Logistic(l2=l2).fit(X, y)
