"""Each metric equals scikit-learn's or its formula; intervals resample whole leads."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from lead_ml.errors import InputError
from lead_ml.model import metrics

sk = pytest.importorskip("sklearn.metrics")


@st.composite
def scored(draw):
    """Labels of both classes, probabilities with many ties, and weights, some of them 0."""
    n = draw(st.integers(4, 60))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    y = (rng.random(n) < draw(st.sampled_from([0.1, 0.5, 0.9]))).astype(float)
    p = rng.integers(0, draw(st.sampled_from([3, 10, 1000])), n) / 2000 + rng.choice([0.0, 0.4], n)
    w = rng.integers(0, 4, n) * rng.random(n) + draw(st.sampled_from([0.0, 0.5]))
    assume(0 < (y * w).sum() < w.sum())
    return y, p, w


@settings(max_examples=40, deadline=None)
@given(scored())
def test_metrics_equal_scikit_learns(data):
    y, p, w = data
    assert metrics.roc_auc(y, p, w) == pytest.approx(sk.roc_auc_score(y, p, sample_weight=w), abs=1e-12)
    assert metrics.pr_auc(y, p, w) == pytest.approx(
        sk.average_precision_score(y, p, sample_weight=w), abs=1e-12
    )
    assert metrics.log_loss(y, p, w) == pytest.approx(
        sk.log_loss(y, p, sample_weight=w, labels=[0, 1]), rel=1e-10
    )
    assert metrics.brier(y, p, w) == pytest.approx(sk.brier_score_loss(y, p, sample_weight=w), abs=1e-12)


@settings(max_examples=40, deadline=None)
@given(scored(), st.sampled_from([0.1, 0.25, 0.5, 1.0]))
def test_capture_is_the_mean_over_orders_of_tied_rows(data, share):
    y, p, w = data
    room, found = share * w.sum(), 0.0
    for chance in sorted(set(p), reverse=True):
        block = p == chance
        mass = w[block].sum()
        found += (w * y)[block].sum() * (min(mass, max(room, 0)) / mass if mass else 0)
        room -= mass
    expected = found / (w * y).sum()
    assert metrics.capture_at(y, p, w, share=share) == pytest.approx(expected, abs=1e-12)
    assert metrics.lift_at(y, p, w, share=share) == pytest.approx(expected / share, abs=1e-11)


def test_capture_counts_a_part_of_a_tied_block():
    assert metrics.capture_at([1, 0, 1, 0], [0.9, 0.5, 0.5, 0.1], share=0.5) == pytest.approx(0.75)
    assert metrics.lift_at([1, 0, 0, 0], [0.9, 0.5, 0.5, 0.1], share=0.25) == pytest.approx(4.0)


@settings(max_examples=40, deadline=None)
@given(scored())
def test_a_weight_of_two_is_the_row_twice(data):
    y, p, _ = data
    times = np.arange(len(y)) % 3 + 1
    once = metrics.evaluate(y, p, times.astype(float))
    repeated = metrics.evaluate(np.repeat(y, times), np.repeat(p, times))
    for name, value in once.items():
        if name.startswith("calibration_") and np.isnan([value, repeated[name]]).any():
            continue  # on hopeless scores the line may not converge, by whichever order of sums
        assert repeated[name] == pytest.approx(value, rel=1e-4, abs=1e-5, nan_ok=True), name


def test_ece_is_the_gap_of_equal_mass_bins():
    rng = np.random.default_rng(1)
    p = rng.random(1000)
    y = (rng.random(1000) < p**2).astype(float)
    order = np.argsort(p)
    expected = sum(abs(y[part].mean() - p[part].mean()) for part in np.split(order, 10)) / 10
    assert metrics.ece(y, p) == pytest.approx(expected, abs=1e-12)


def test_ece_keeps_equal_probabilities_together():
    y = np.array([0.0, 1.0] * 50)
    assert metrics.ece(y, np.full(100, 0.5)) == 0
    assert metrics.ece(y, np.full(100, 0.8)) == pytest.approx(0.3)


def test_calibration_line_equals_unpenalised_logistic_regression():
    linear = pytest.importorskip("sklearn.linear_model")
    rng = np.random.default_rng(2)
    z = rng.normal(-2, 1.3, 3000)
    y = (rng.random(3000) < metrics.sigmoid(0.6 * z - 0.4)).astype(float)
    w = rng.random(3000)
    peer = linear.LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(z[:, None], y, sample_weight=w)
    slope, intercept = metrics.calibration_line(y, metrics.sigmoid(z), w)
    assert slope == pytest.approx(peer.coef_[0, 0], abs=1e-5)
    assert intercept == pytest.approx(peer.intercept_[0], abs=1e-5)
    found = metrics.evaluate(y, metrics.sigmoid(z), w)
    assert (found["calibration_slope"], found["calibration_intercept"]) == (slope, intercept)


def test_a_calibration_line_of_rows_that_share_the_lowest_score_is_that_of_their_weight():
    y, p, w = np.array([0, 1, 0, 1.0]), np.array([0.1, 0.1, 0.4, 0.4]), np.array([8.0, 2, 5, 5])
    low, high = math.log(2 / 8), 0.0  # the observed log-odds at either score
    slope = (high - low) / (math.log(4 / 6) - math.log(1 / 9))
    right = (slope, high - slope * math.log(4 / 6))
    assert metrics.calibration_line(y, p, w) == pytest.approx(right, abs=1e-6)


@pytest.mark.parametrize(
    ("y", "p"),
    [([0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9]), ([0, 1, 0, 1], [0.3] * 4), ([0, 0, 0], [0.1, 0.2, 0.3])],
    ids=["separable", "constant", "one class"],
)
def test_a_line_that_does_not_exist_is_nan(y, p):
    assert all(math.isnan(part) for part in metrics.calibration_line(y, p))


@pytest.mark.parametrize("label", [0.0, 1.0])
def test_one_class_gives_nan_auc_and_no_warning(label):
    found = metrics.evaluate(np.full(5, label), np.linspace(0.1, 0.9, 5))
    assert math.isnan(found["roc_auc"])
    assert math.isnan(found["pr_auc"]) == (label == 0)
    assert math.isnan(found["lift_10"]) == (label == 0)
    assert found["observed_rate"] == label
    assert math.isfinite(found["log_loss"])


def test_means_are_weighted():
    found = metrics.evaluate([1, 0], [0.2, 0.6], [3, 1])
    assert found["mean_prediction"] == pytest.approx(0.3)
    assert found["observed_rate"] == pytest.approx(0.75)


def _sample(n=2000, seed=3):
    rng = np.random.default_rng(seed)
    p = metrics.sigmoid(rng.normal(-1.5, 1, n))
    return (rng.random(n) < p).astype(float), p, rng


def _known(y, weight=None, group=None):
    n = len(y)
    return metrics.Known(
        np.asarray(y, dtype=float),
        np.ones(n) if weight is None else np.asarray(weight, dtype=float),
        np.arange(n) if group is None else np.asarray(group),
    )


def _of(n_boot, seed, level=0.95):
    return metrics.Resampling(n_boot, level, seed)


def test_bootstrap_repeats_exactly_and_holds_the_value():
    y, p, _ = _sample()
    first = metrics.bootstrap(_known(y), p, _of(60, 5))
    assert first == metrics.bootstrap(_known(y), p, _of(60, 5))
    assert first != metrics.bootstrap(_known(y), p, _of(60, 6))
    assert tuple(first) == metrics.METRICS
    for name in ("roc_auc", "log_loss", "brier", "observed_rate", "calibration_slope"):
        assert first[name].lower < first[name].value < first[name].upper


def test_bootstrap_width_is_that_of_theory():
    y, p, _ = _sample()
    found = metrics.bootstrap(_known(y), p, _of(1000, 5), ["observed_rate"])
    expected = 2 * 1.96 * math.sqrt(y.mean() * (1 - y.mean()) / len(y))
    assert found["observed_rate"].upper - found["observed_rate"].lower == pytest.approx(expected, rel=0.1)


def test_rows_of_one_lead_are_drawn_together():
    y, p, _ = _sample()
    rows = np.repeat(np.arange(len(y)), 4)
    leads = metrics.bootstrap(_known(y), p, _of(50, 5), ["roc_auc"])["roc_auc"]
    grouped = metrics.bootstrap(_known(y[rows], group=rows), p[rows], _of(50, 5), ["roc_auc"])["roc_auc"]
    alone = metrics.bootstrap(_known(y[rows]), p[rows], _of(50, 5), ["roc_auc"])["roc_auc"]
    assert grouped.lower == pytest.approx(leads.lower, abs=1e-12)
    assert grouped.upper == pytest.approx(leads.upper, abs=1e-12)
    assert alone.upper - alone.lower < 0.7 * (grouped.upper - grouped.lower)


def test_a_resample_equals_the_metric_on_the_drawn_rows():
    y, p, rng = _sample(300)
    groups = rng.integers(0, 100, 300)
    times = next(metrics.resamples(groups, 1, 9)).astype(int)
    found = metrics.bootstrap(_known(y, group=groups), p, _of(1, 9))
    for name, value in metrics.evaluate(np.repeat(y, times), np.repeat(p, times)).items():
        # One resample of the calibration error is its own median, so its interval shrinks to the figure.
        expected = found[name].value if name == "ece" else value
        assert found[name].lower == pytest.approx(expected, abs=1e-6), name
    assert all(len(set(times[groups == group])) == 1 for group in set(groups))


def test_paired_difference_is_sharper_than_two_intervals():
    y, p, rng = _sample()
    worse = metrics.sigmoid(metrics.logit(p) + rng.normal(0, 0.6, len(p)))
    paired = metrics.paired_bootstrap(_known(y), p, worse, _of(200, 4), metric="log_loss")
    single = metrics.bootstrap(_known(y), p, _of(200, 4), ["log_loss"])["log_loss"]
    assert paired.value == pytest.approx(metrics.log_loss(y, p) - metrics.log_loss(y, worse), abs=1e-12)
    assert paired.lower < paired.value < paired.upper < 0
    assert paired.upper - paired.lower < 0.5 * (single.upper - single.lower)


def test_paired_difference_of_equals_is_exactly_zero():
    y, p, _ = _sample(200)
    assert metrics.paired_bootstrap(_known(y), p, p.copy(), _of(20, 1), metric="roc_auc") == (
        metrics.Interval(0.0, 0.0, 0.0)
    )


def test_resamples_without_weight_or_class_are_left_out():
    found = metrics.bootstrap(_known([1, 0, 0], [1, 1, 0]), [0.5, 0.2, 0.1], _of(100, 1))
    assert found["roc_auc"] == metrics.Interval(1.0, 1.0, 1.0)
    assert math.isfinite(found["brier"].upper)


@settings(max_examples=40, deadline=None)
@given(st.floats(-700, 700))
def test_sigmoid_and_logit_are_inverse_and_never_overflow(z):
    p = float(metrics.sigmoid(np.array([z]))[0])
    assert 0 <= p <= 1
    if abs(z) < 30:
        assert float(metrics.logit(p)) == pytest.approx(z, abs=1e-3 if z > 15 else 1e-6)


def test_fit_logit_pulls_a_separable_fit_to_a_finite_place():
    z, y = np.array([-1.0, 1.0]), np.array([0.0, 1.0])
    free = metrics.fit_logit(z[None], y, np.ones(2))
    tied = metrics.fit_logit(z[None], y, np.ones(2), ridge=np.ones(1), toward=np.ones(1))
    assert np.isnan(free).all()
    # The optimum solves b - 1 = 2 * sigmoid(-b).
    assert float(tied[0]) - 1 == pytest.approx(2 / (1 + math.exp(tied[0])), abs=1e-8)


@pytest.mark.parametrize(
    ("y", "p", "w", "message"),
    [
        ([0, 2], [0.1, 0.2], None, "label is not 0 or 1: got 2.0"),
        ([0, 1], [0.1, 1.2], None, "probability is out of range: got 1.2"),
        ([0, 1], [0.1, np.nan], None, "probability is out of range"),
        ([0, 1], [0.1], None, "do not fit together"),
        ([], [], None, "at least one row"),
        ([0, 1], [0.1, 0.2], [1, -1], "weights cannot be used"),
        ([0, 1], [0.1, 0.2], [0, 0], "weights cannot be used"),
    ],
)
def test_impossible_rows_are_named(y, p, w, message):
    with pytest.raises(InputError, match=message):
        metrics.evaluate(y, p, w)


def test_unknown_metrics_shares_and_groups_are_named():
    with pytest.raises(InputError, match="unknown metric: got 'auc'; expected log_loss, brier"):
        metrics.bootstrap(_known([0, 1]), [0.1, 0.2], _of(50, 1), ["auc"])
    with pytest.raises(InputError, match="share is out of range: got 0"):
        metrics.lift_at([0, 1], [0.1, 0.2], share=0)
    with pytest.raises(InputError, match="groups do not fit the rows"):
        metrics.bootstrap(_known([0, 1], group=[1]), [0.1, 0.2], _of(50, 1))


def test_every_exported_name_exists():
    assert (
        sorted(metrics.__all__, key=lambda name: (not name.isupper(), name.islower(), name))
        == metrics.__all__
    )
    assert all(hasattr(metrics, name) for name in metrics.__all__)


def test_the_interval_of_the_calibration_error_holds_the_figure_of_a_calibrated_model():
    for seed in range(10):
        rng = np.random.default_rng(seed)
        p = rng.uniform(0.02, 0.2, 3000)
        y = (rng.random(3000) < p).astype(float)
        found = metrics.bootstrap(_known(y), p, _of(60, seed), ["ece"])["ece"]
        assert 0 <= found.lower <= found.value <= found.upper


@pytest.mark.parametrize(("wins", "n"), [(0, 10), (10, 10), (3, 40), (188, 1882)])
def test_wilson_solves_its_quadratic(wins, n):
    """The bounds are where the score test of a share just rejects: (share - p)^2 = z^2 p (1 - p) / n."""
    z, found = 1.6448536269514722, metrics.wilson(wins, n)
    for bound in (found.lower, found.upper):
        assert (found.value - bound) ** 2 == pytest.approx(z**2 * bound * (1 - bound) / n, abs=1e-12)
    assert found.lower <= found.value <= found.upper
    assert found.lower < found.upper


def test_wilson_of_nothing_is_nothing():
    assert metrics.wilson(0, 0) == metrics.Interval(None, None, None)


def test_an_interval_of_none_survives_json_and_equals_one_of_numbers():
    kept = msgspec.json.encode(metrics.wilson(0, 0))
    assert msgspec.json.decode(kept, type=metrics.OptionalInterval) == metrics.wilson(0, 0)
    assert metrics.OptionalInterval(0.5, 0.4, 0.6) == metrics.Interval(0.5, 0.4, 0.6)


def test_a_fit_beside_another_equals_the_fit_of_all_columns():
    rng = np.random.default_rng(3)
    columns = np.vstack([np.ones(400), rng.normal(size=(2, 400))])
    y = (rng.random(400) < metrics.sigmoid(columns[1] - 1)).astype(float)
    base = metrics.fit_alone(metrics.LogitProblem(columns[:2], y, np.ones(400), np.full(2, 0.1)))
    found = metrics.fit_beside(base, columns[2], 0.1)
    exact = metrics.fit_logit(columns, y, np.ones(400), ridge=np.full(3, 0.1))
    assert found.b == pytest.approx(exact, abs=1e-3)
    assert found.log_likelihood == pytest.approx(
        metrics.LogitFit(found.problem, exact).log_likelihood, abs=1e-6
    )
