"""The figures of a run: right curves, and files without pyplot."""

from __future__ import annotations

import subprocess
import sys
from io import BytesIO

import numpy as np
import pytest

from lead_ml.model.metrics import capture_at, lift_at, roc_auc
from lead_ml.registry.curves import gain_curves, lift_curves, reliability, roc_curves
from lead_ml.registry.figures import forward_figures
from lead_ml.registry.runs import ForwardScores

ROWS = 600


@pytest.fixture(scope="module")
def scores() -> ForwardScores:
    """A good, a coarse and a useless candidate on rows of unequal weight."""
    rng = np.random.default_rng(3)
    z = rng.normal(size=ROWS)
    y = (rng.random(ROWS) < 1 / (1 + np.exp(2 - 1.5 * z))).astype(float)
    good = 1 / (1 + np.exp(2 - 1.5 * z))
    return ForwardScores(
        lead_id=np.arange(ROWS).astype(str),
        as_of=np.zeros(ROWS, dtype=np.int64),
        y=y,
        weight=rng.uniform(0.2, 1, ROWS),
        group=np.arange(ROWS),
        probability={"lightgbm": good, "scorecard": np.round(good, 1), "logistic": np.full(ROWS, 0.2)},
    )


def test_the_area_under_the_roc_curve_is_the_auc(scores: ForwardScores) -> None:
    for candidate, points in roc_curves(scores).items():
        x, y = np.array(points).T
        wanted = roc_auc(scores.y, scores.probability[candidate], scores.weight)
        assert np.trapezoid(y, x) == pytest.approx(wanted, abs=0.003)
        assert (points[0], points[-1]) == ((0, 0), (1, 1))


def test_gains_and_lift_are_those_of_the_metrics(scores: ForwardScores) -> None:
    gains, lifts = gain_curves(scores)["lightgbm"], lift_curves(scores)["lightgbm"]
    p = scores.probability["lightgbm"]
    for (share, found), (same, lift) in zip(gains[1:], lifts, strict=True):
        assert share == same
        assert found == pytest.approx(capture_at(scores.y, p, scores.weight, share=share), abs=2e-3)
        if share > 0.05:
            assert lift == pytest.approx(lift_at(scores.y, p, scores.weight, share=share), rel=0.02)
    assert lift_curves(scores)["logistic"] == [(1.0, 1.0)]  # one probability for all: no order, no lift


def test_calibration_bins_add_up_to_the_rates_of_all_rows(scores: ForwardScores) -> None:
    parts = reliability(scores, "scorecard", seed=1)
    assert sum(part["rows"] for part in parts) == ROWS
    assert all(part["lower"] <= part["upper"] for part in parts)
    predicted = [part["predicted"] for part in parts]
    assert predicted == sorted(predicted)
    alone = reliability(scores, "logistic", seed=1)
    rate = float((scores.y * scores.weight).sum() / scores.weight.sum())
    assert [(part["predicted"], part["observed"]) for part in alone] == [pytest.approx((0.2, rate))]


def test_every_figure_shows_every_candidate_and_names_its_axes(scores: ForwardScores) -> None:
    found = forward_figures(scores, "conversion", seed=1)
    assert list(found) == ["roc", "calibration", "lift", "gains"]
    for figure in found.values():
        (axes,) = figure.axes
        labels = {text.get_text() for text in axes.get_legend().get_texts()}
        assert set(scores.probability) < labels
        assert axes.get_xlabel()
        assert axes.get_ylabel()
        assert axes.get_title(loc="left").startswith("conversion: ")
        assert axes.get_title() == ""  # one title, not two
        file = BytesIO()
        figure.savefig(file)
        assert 5_000 < len(file.getvalue()) < 200_000


def test_figures_do_not_import_pyplot() -> None:
    code = (
        "import sys\n"
        "from lead_ml.registry.figures import figure_of\n"
        "figure_of('a', lambda axes: None)\n"
        "sys.exit('matplotlib.pyplot' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
