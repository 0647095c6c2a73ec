"""The band covers the known truth as often as it says, also where the calibration cannot follow it."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from lead_ml.model import Calibration, CalibrationInterval, fit_calibration, fit_calibration_interval
from lead_ml.model.metrics import Known, Resampling, sigmoid

BINS = 20


def affine(t, rng):
    return 1.5 * t + 0.4, t


def noisy(t, rng):
    return t + rng.normal(size=len(t)) * 0.8, t


def saturated(t, rng):
    return t, -2.3 + 1.6 * np.tanh(t + 2.3)


def bent_and_noisy(t, rng):
    return t + rng.normal(size=len(t)) * 0.5, t - 0.2 * (t + 2.3) ** 2


def like_trees(t, rng):
    return np.round(t * 1.5) / 1.5, t


def drawn(world, n, rng):
    z, truth = world(rng.normal(-2.3, 1.1, n), rng)
    return z, sigmoid(truth)


def covered(world, n, seed):
    """Share of 20 quantile bins of 20,000 new rows whose true mean lies in the interval at the bin's mean score."""
    rng = np.random.default_rng(seed)
    z, p = drawn(world, n, rng)
    y, weight, lead = (rng.random(n) < p).astype(float), np.ones(n), np.arange(n)
    calibration = fit_calibration(z, y, weight, lead, seed=seed)
    band = fit_calibration_interval(z, Known(y, weight, lead), calibration, Resampling(100, 0.9, seed))
    z, p = drawn(world, 20_000, rng)
    order = np.argsort(z, kind="stable")
    scores, truths = calibration.apply(z[order]).reshape(BINS, -1).mean(1), p[order].reshape(BINS, -1).mean(1)
    lower, upper = band.bounds(scores)
    return ((lower <= truths) & (truths <= upper)).mean()


@pytest.mark.slow
@pytest.mark.parametrize("world", [affine, noisy, saturated, bent_and_noisy, like_trees])
def test_a_90_percent_band_covers_the_truth_in_about_90_percent_of_bins(world):
    shares = [covered(world, n, seed) for n in (2000, 8000) for seed in range(6)]
    # 12 curves of 20 neighboring bins: a standard error of about .04.
    assert 0.80 <= np.mean(shares) <= 0.99


@pytest.mark.slow
def test_over_all_worlds_the_coverage_is_that_of_the_level():
    worlds = (affine, noisy, saturated, bent_and_noisy)
    assert (
        0.85 <= np.mean([covered(world, 4000, seed) for world in worlds for seed in range(100, 108)]) <= 0.95
    )


def sample(n=3000, seed=0, rows=1):
    rng = np.random.default_rng(seed)
    z, p = drawn(affine, n, rng)
    y = (rng.random(n) < p).astype(float)
    lead = np.repeat(np.arange(n), rows)
    return z[lead], y[lead], np.full(len(lead), 1 / rows), lead


def fitted(*, n_boot=60, seed=1, calibration=None, level=0.9, **how):
    chosen = calibration or Calibration("platt", 0.6, -0.4)
    z, *known = sample(**how)
    return fit_calibration_interval(z, Known(*known), chosen, Resampling(n_boot, level, seed))


@pytest.mark.parametrize("calibration", [Calibration.identity(), Calibration("platt", 0.1, 3.0)])
def test_the_probability_shown_always_lies_inside(calibration):
    z = np.linspace(-60, 60, 2001)
    lower, upper = fitted(calibration=calibration).bounds(z)
    inside = (lower <= sigmoid(z)) & (sigmoid(z) <= upper)
    assert inside[np.abs(z) < 34].all()
    assert ((lower > 0) & (upper < 1) & (lower <= upper)).all()


def test_more_leads_and_a_lower_level_narrow_the_band():
    z = np.linspace(-4, 0, 20)
    wide, narrow, half = fitted(n=2000), fitted(n=20_000), fitted(n=2000, level=0.5)

    def width(band):
        lower, upper = band.bounds(z)
        return (upper - lower).mean()

    assert width(narrow) < 0.5 * width(wide)
    assert width(half) < 0.6 * width(wide)


def test_repeated_rows_of_a_lead_do_not_narrow_the_band():
    z = np.linspace(-4, 0, 20)
    once, often = fitted().bounds(z), fitted(rows=5).bounds(z)
    assert (often[1] - often[0]).mean() == pytest.approx((once[1] - once[0]).mean(), rel=0.05)


def test_the_table_has_about_forty_knots_and_survives_json():
    band = fitted()
    assert 35 <= len(band.grid) <= 41
    assert np.all(np.diff(band.grid) > 0)
    assert msgspec.json.decode(msgspec.json.encode(band), type=CalibrationInterval) == band
    assert fitted() == band != fitted(seed=2)


def test_one_row_equals_the_batch():
    band, z = fitted(), np.linspace(-5, 1, 100)
    lower, upper = band.bounds(z)
    assert all(band.bounds(z[i : i + 1]) == (lower[i], upper[i]) for i in range(100))


@pytest.mark.parametrize("labels", [np.zeros(50), np.ones(50), np.empty(0)])
def test_one_class_or_nothing_says_that_nothing_is_known(labels):
    n = len(labels)
    band = fit_calibration_interval(
        np.zeros(n), Known(labels, np.ones(n), np.arange(n)), Calibration.identity(), Resampling(60, 0.9, 1)
    )
    lower, upper = band.bounds(np.array([-2.0]))
    assert lower[0] < 1e-6
    assert upper[0] > 1 - 1e-6


def test_equal_scores_give_the_interval_of_the_rate():
    y = np.r_[np.ones(100), np.zeros(300)]
    shown = np.full(400, np.log(1 / 3))
    band = fit_calibration_interval(
        shown, Known(y, np.ones(400), np.arange(400)), Calibration.identity(), Resampling(400, 0.9, 1)
    )
    lower, upper = band.bounds(shown[:1])
    half = 1.645 * np.sqrt(0.25 * 0.75 / 400)
    assert (lower[0], upper[0]) == pytest.approx((0.25 - half, 0.25 + half), abs=0.008)


@pytest.mark.parametrize("world", [affine, noisy, saturated, bent_and_noisy, like_trees])
def test_the_probability_shown_is_not_at_the_edge_of_its_interval(world):
    rng = np.random.default_rng(3)
    z, p = drawn(world, 3_000, rng)
    known = Known((rng.random(3_000) < p).astype(float), np.ones(3_000), np.arange(3_000))
    calibration = fit_calibration(z, known.y, known.weight, known.group, seed=3)
    found = fit_calibration_interval(z, known, calibration, Resampling(60, 0.9, 3))
    grid, lower, upper = (np.array(part) for part in (found.grid, found.lower, found.upper))
    place = (grid - lower) / (upper - lower)
    assert place.min() > 0.03
    assert place.max() < 0.97
