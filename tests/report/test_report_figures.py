from __future__ import annotations

import numpy as np
import pytest

from lead_ml.model.metrics import capture_at, roc_auc
from lead_ml.registry import curves
from lead_ml.registry.runs import ForwardScores
from lead_ml.report.assemble import plain


def test_bins_hold_every_row_once_and_their_rates_average_to_the_observed_rate(scores: ForwardScores) -> None:
    bins = curves.reliability(scores, "logistic", seed=1)
    assert len(bins) == curves.BINS
    assert sum(row["rows"] for row in bins) == len(scores.y)
    mean = sum(row["rows"] * row["observed"] for row in bins) / len(scores.y)
    assert mean == pytest.approx(scores.y.mean(), abs=1e-12)


def test_the_band_of_a_calibrated_kind_holds_the_diagonal_and_that_of_a_too_sure_one_does_not(
    scores: ForwardScores,
) -> None:
    held = {
        candidate: sum(
            row["lower"] <= row["predicted"] <= row["upper"]
            for row in curves.reliability(scores, candidate, seed=1)
        )
        for candidate in ("logistic", "lightgbm")
    }
    assert held["logistic"] >= 8
    assert held["lightgbm"] <= 6


def test_rows_of_equal_probability_share_a_bin(scores: ForwardScores) -> None:
    flat = ForwardScores(
        scores.lead_id, scores.as_of, scores.y, scores.weight, scores.group, {"scorecard": np.full(900, 0.2)}
    )
    bins = curves.reliability(flat, "scorecard", seed=1)
    assert [row["rows"] for row in bins] == [900]


def test_a_bin_without_a_positive_does_not_claim_to_be_certain(scores: ForwardScores) -> None:
    y = np.where(scores.probability["logistic"] > 0.3, scores.y, 0.0)
    none = ForwardScores(scores.lead_id, scores.as_of, y, scores.weight, scores.group, scores.probability)
    lowest = curves.reliability(none, "logistic", seed=1)[0]
    assert lowest["observed"] == 0
    assert lowest["upper"] > 0


def test_the_area_under_the_roc_curve_is_the_roc_auc(scores: ForwardScores) -> None:
    x, found = np.array(curves.roc_curves(scores)["logistic"]).T
    area = np.trapezoid(found, x)
    assert area == pytest.approx(roc_auc(scores.y, scores.probability["logistic"], scores.weight), abs=0.01)


def test_the_gain_curve_passes_through_the_capture(scores: ForwardScores) -> None:
    x, found = np.array(curves.gain_curves(scores)["logistic"]).T
    assert (x[0], found[0], x[-1], found[-1]) == (0, 0, 1, 1)
    assert np.all(np.diff(x) >= 0)
    assert np.all(np.diff(found) >= 0)
    captured = capture_at(scores.y, scores.probability["logistic"], scores.weight, share=0.2)
    assert np.interp(0.2, x, found) == pytest.approx(captured, abs=0.02)


def test_figures_that_do_not_exist_become_null() -> None:
    given = {"a": float("nan"), "b": (np.float64(1.5), [np.inf, np.int64(2)]), 3: None}
    assert plain(given) == {"a": None, "b": [1.5, [None, 2]], "3": None}
