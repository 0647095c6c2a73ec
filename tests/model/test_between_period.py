"""The drift is what months differ by beyond chance, and a band widened by it covers a month not yet seen."""

from __future__ import annotations

import numpy as np
import pytest

from lead_ml.model import (
    BetweenPeriodVariance,
    Calibration,
    fit_between_period_variance,
    fit_calibration_interval,
)
from lead_ml.model.metrics import Known, Resampling, sigmoid

IDENTITY = Calibration.identity()


def months(shift, tilt, *, count=12, size=2_000, seed=0):
    """Scores of `count` months whose calibration line is off by normal draws."""
    rng = np.random.default_rng(seed)
    z = rng.normal(-2.3, 1.1, (count, size))
    off = shift * rng.standard_normal((count, 1)) + tilt * rng.standard_normal((count, 1)) * (z + 2.3) / 1.1
    truth = sigmoid(z + off)
    y = (rng.random(z.shape) < truth).astype(float)
    return z, y, truth, np.repeat(np.arange(count), size)


def estimated(shift, tilt, **how):
    z, y, _, month = months(shift, tilt, **how)
    return fit_between_period_variance(
        z.ravel(), y.ravel(), np.ones(z.size), np.arange(z.size), month, IDENTITY
    )


def test_months_that_differ_by_chance_alone_show_next_to_no_drift():
    found = [estimated(0.0, 0.0, seed=seed) for seed in range(20)]
    assert np.median([drift.shift for drift in found]) < 0.04
    assert np.median([drift.tilt for drift in found]) < 0.06


def test_the_drift_put_in_is_found():
    found = [estimated(0.3, 0.2, count=24, seed=seed) for seed in range(20)]
    assert np.mean([drift.shift for drift in found]) == pytest.approx(0.3, abs=0.04)
    assert np.mean([drift.tilt for drift in found]) == pytest.approx(0.2, abs=0.04)


@pytest.mark.slow
def test_a_band_covers_the_next_month_only_when_it_knows_the_drift():
    shares = {"knows": [], "ignores": []}
    for seed in range(30):
        z, y, truth, month = months(0.25, 0.1, count=13, seed=seed)
        past = month < 12
        scores, won, lead = z.ravel()[past], y.ravel()[past], np.arange(past.sum())
        drift = fit_between_period_variance(scores, won, np.ones(len(won)), lead, month[past], IDENTITY)
        for name, given in (("knows", drift), ("ignores", None)):
            band = fit_calibration_interval(
                scores,
                Known(won, np.ones(len(won)), lead),
                IDENTITY,
                Resampling(60, 0.9, seed),
                between=given,
            )
            order = np.argsort(z[12])
            lower, upper = (bound[order].reshape(20, -1).mean(1) for bound in band.bounds(z[12]))
            mean = truth[12][order].reshape(20, -1).mean(1)
            shares[name].append(((lower <= mean) & (mean <= upper)).mean())
    assert 0.80 <= np.mean(shares["knows"]) <= 0.98
    assert np.mean(shares["ignores"]) < 0.60


def test_one_period_tells_nothing():
    assert estimated(0.3, 0.0, count=1) == BetweenPeriodVariance.none()


def test_rows_of_a_lead_count_as_one():
    z, y, _, month = months(0.2, 0.1)
    once = fit_between_period_variance(
        z.ravel(), y.ravel(), np.ones(z.size), np.arange(z.size), month, IDENTITY
    )
    lead = np.repeat(np.arange(z.size), 4)
    often = fit_between_period_variance(
        z.ravel()[lead], y.ravel()[lead], np.full(len(lead), 0.25), lead, month[lead], IDENTITY
    )
    assert (often.shift, often.tilt) == pytest.approx((once.shift, once.tilt))
