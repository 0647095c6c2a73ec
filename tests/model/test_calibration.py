"""Calibration finds what was planted, prefers the simplest, and keeps reasons additive."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from lead_ml.errors import InputError
from lead_ml.model import Calibration, fit_calibration
from lead_ml.model.metrics import log_loss, logit, sigmoid


def planted(n, slope, intercept, seed=0, mean=-1.5):
    rng = np.random.default_rng(seed)
    z = rng.normal(mean, 1.3, n)
    y = (rng.random(n) < sigmoid(slope * z + intercept)).astype(float)
    return z, y, np.ones(n), np.arange(n)


def test_platt_recovers_slope_and_intercept():
    found = fit_calibration(*planted(40_000, 0.6, -0.7), seed=1)
    assert found.method == "platt"
    assert found.slope == pytest.approx(0.6, abs=0.03)
    assert found.intercept == pytest.approx(-0.7, abs=0.05)


def test_temperature_recovers_the_slope_of_overconfident_scores():
    found = fit_calibration(*planted(20_000, 0.5, 0.0), seed=1)
    assert found.slope == pytest.approx(0.5, abs=0.03)
    assert found.intercept == pytest.approx(0.0, abs=0.06)


def test_identity_wins_where_scores_are_right_already():
    chosen = [fit_calibration(*planted(20_000, 1.0, 0.0, seed=seed), seed=1).method for seed in range(10)]
    assert chosen.count("identity") >= 8


@pytest.mark.parametrize("seed", range(5))
def test_under_2000_rows_platt_is_never_chosen(seed):
    assert fit_calibration(*planted(1999, 0.5, -2.0, seed), seed=seed).method != "platt"


def test_under_100_positives_platt_is_never_chosen():
    z, y, w, groups = planted(6000, 0.5, -4.0)
    assert 20 < y.sum() < 100
    assert fit_calibration(z, y, w, groups, seed=1).method != "platt"
    z, y, w, groups = planted(20_000, 0.5, -4.0)
    assert y.sum() > 100
    assert fit_calibration(z, y, w, groups, seed=1).method == "platt"


def test_rows_without_weight_do_not_count_towards_platt():
    z, y, w, groups = planted(4000, 0.5, -2.0)
    w[1500:] = 0
    assert fit_calibration(z, y, w, groups, seed=1).method != "platt"


@pytest.mark.parametrize("slope", [0.02, -1.0])
def test_the_slope_stays_above_its_floor(slope):
    z, y, w, groups = planted(20_000, slope, -0.5)
    found = fit_calibration(z, y, w, groups, seed=1)
    assert found == Calibration("platt", 0.05, found.intercept)
    assert sigmoid(found.apply(z)).mean() == pytest.approx(y.mean(), abs=1e-6)


def test_separable_scores_give_a_finite_slope():
    z = np.linspace(-3, 3, 3000)
    found = fit_calibration(z, (z > 0).astype(float), np.ones(3000), np.arange(3000), seed=1)
    assert 1 < found.slope <= 20


def test_one_class_and_no_rows_change_nothing():
    none = np.empty(0)
    assert fit_calibration(none, none, none, none, seed=1) == Calibration.identity()
    assert (
        fit_calibration(np.arange(9.0), np.zeros(9), np.ones(9), np.arange(9), seed=1)
        == Calibration.identity()
    )


def test_a_weight_of_two_is_the_row_twice():
    z, y, w, groups = planted(4000, 0.6, -0.5)
    times = np.arange(4000) % 2 + 1
    rows = np.repeat(np.arange(4000), times)
    weighted = fit_calibration(z, y, times.astype(float), groups, seed=1)
    repeated = fit_calibration(z[rows], y[rows], w[rows], groups[rows], seed=1)
    assert (weighted.slope, weighted.intercept) == pytest.approx(
        (repeated.slope, repeated.intercept), abs=1e-8
    )


def test_folds_hold_whole_leads():
    # Every lead is one score with 40 rows of the same outcome: rows dealt singly would let Platt learn by heart.
    rng = np.random.default_rng(3)
    chosen = []
    for seed in range(20):
        z = rng.normal(size=60)
        y = (rng.random(60) < sigmoid(z)).astype(float)
        rows = np.repeat(np.arange(60), 40)
        chosen.append(fit_calibration(z[rows], y[rows], np.ones(2400), rows, seed=seed).method)
        alone = fit_calibration(z[rows], y[rows], np.ones(2400), np.arange(2400), seed=seed).method
        chosen[-1] = (chosen[-1], alone)
    assert (
        sum(grouped == "identity" for grouped, _ in chosen)
        > sum(single == "identity" for _, single in chosen) + 3
    )


def test_calibration_lowers_the_loss_of_leads_to_come():
    found = fit_calibration(*planted(5000, 0.5, -1.0, seed=1), seed=1)
    z, y, *_ = planted(20_000, 0.5, -1.0, seed=2)
    assert log_loss(y, sigmoid(found.apply(z))) < log_loss(y, sigmoid(z)) - 0.02


def test_scaled_contributions_add_up_to_the_calibrated_logit(sample, fitted):
    calibration = Calibration("platt", 0.7, -0.4)
    contributions = fitted.contributions(sample.X)
    kept = contributions.copy()
    scaled = calibration.scale_contributions(contributions)
    assert np.abs(scaled.sum(axis=1) - calibration.apply(fitted.predict_logit(sample.X))).max() < 1e-9
    assert np.array_equal(contributions, kept)


def test_it_repeats_exactly_and_survives_json():
    first, again = (fit_calibration(*planted(3000, 0.7, 0.3), seed=4) for _ in range(2))
    assert first == again
    assert msgspec.json.decode(msgspec.json.encode(first), type=Calibration) == first


def test_lengths_and_infinite_logits_are_named():
    with pytest.raises(InputError, match="lengths differ"):
        fit_calibration(np.zeros(3), np.zeros(2), np.zeros(3), np.zeros(3), seed=1)
    with pytest.raises(InputError, match="logit is not finite"):
        fit_calibration(np.array([np.inf, 0]), np.zeros(2), np.ones(2), np.zeros(2), seed=1)


def test_a_refit_keeps_the_slope_and_takes_the_mean_from_its_own_scores():
    z, y, w, _ = planted(5000, 0.7, -0.4)
    w = np.where(np.arange(5000) % 2, 0.5, 1.0)
    refit = z + 0.3
    platt = Calibration("platt", 0.7, -0.4).recentered(refit, y, w)
    assert (platt.method, platt.slope) == ("platt", 0.7)
    assert np.average(sigmoid(platt.apply(refit)), weights=w) == pytest.approx(np.average(y, weights=w))
    temperature = Calibration("temperature", 0.7, 0.0).recentered(refit, y, w)
    shown = np.average(sigmoid(temperature.apply(refit)), weights=w)
    assert temperature.slope == 0.7
    assert shown == pytest.approx(np.average(sigmoid(refit), weights=w))
    assert abs(shown - np.average(y, weights=w)) > 0.01
    assert Calibration.identity().recentered(refit, y, w) == Calibration.identity()


def test_chance_that_a_refit_has_taken_in_is_not_taken_in_once_more():
    """In a world that stands still: rates of a first and a second half, a refit on both, calibrated on the second."""
    rng, n, truth = np.random.default_rng(3), 2000, 0.1
    own, carried_over = [], []
    for _ in range(300):
        first, second = rng.binomial(n, truth, 2) / n
        old, refit = np.full(n, logit(first)), np.full(n, logit((first + second) / 2))
        y = (np.arange(n) < round(second * n)).astype(float)
        learned = Calibration("platt", 1.0, float(logit(second) - logit(first)))
        assert sigmoid(learned.apply(old))[0] == pytest.approx(second)
        carried_over.append(sigmoid(learned.apply(refit))[0] - truth)
        own.append(sigmoid(learned.recentered(refit, y, np.ones(n)).apply(refit))[0] - truth)
    assert np.square(own).mean() < 0.6 * np.square(carried_over).mean()
