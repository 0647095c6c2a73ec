"""The information that columns hold about the outcome, out of fold: as a share of its entropy, and as AUC.

Information adds up where AUC does not: I = 1 - log-loss / entropy (McFadden's pseudo R2, out of fold; below 0 where a
scorer does harm). For columns that are independent within either class, I of all together is at most the sum of I of each.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from lead_ml.asof.labels import Mask
from lead_ml.evaluation.leakage.columns import View
from lead_ml.evaluation.leakage.sample import FOLDS, AuditSample
from lead_ml.model import ColumnInfo, LightGBM
from lead_ml.model.metrics import Interval, fit_logit, logit, roc_auc, sigmoid
from lead_ml.project.params import LightGBMParams
from lead_ml.tables.dataset import Floats, Indices

SHRINK = 10.0  # rows of the average in every bin
SMALL = LightGBMParams(
    rounds=100, learning_rate=0.06, num_leaves=8, min_data_in_leaf=20, feature_fraction=0.5, lambda_l2=5.0
)
_RIDGE = np.array([0.0, 1e-3])  # keeps the slope finite where a column predicts perfectly


@dataclass(frozen=True)
class Information:
    """The information of some columns: ``p`` (rows,) out of fold, and ``gain`` (rows,), each row's share of entropy saved."""

    p: Floats
    gain: Floats

    @property
    def information(self) -> float:
        """Share of the entropy of the outcome."""
        return float(self.gain.mean())


def information_of(sample: AuditSample, p: Floats) -> Information:
    """Measure out-of-fold probabilities, after a logistic calibration of what overfitting made too extreme.

    A scorer that is wrong more often than right has no information.
    """
    chance = _calibrated(sample.y, p)
    blind = _losses(sample.y, np.full(len(p), sample.y.mean()))
    return Information(chance, (blind - _losses(sample.y, chance)) / float(blind.mean()))


def by_bins(sample: AuditSample, bins: Indices) -> Information:
    """Measure a column by the win rate of each bin, cross-fitted and shrunk to the mean."""
    p = np.full(len(sample), sample.y.mean())
    size = int(bins.max(initial=0)) + 1
    for test in _tests(sample):
        fit, y = bins[~test], sample.y[~test]
        rows, wins = np.bincount(fit, minlength=size), np.bincount(fit, weights=y, minlength=size)
        p[test] = ((wins + SHRINK * y.mean()) / (rows + SHRINK))[bins[test]]
    return information_of(sample, p)


def in_sample(sample: AuditSample, bins: Indices) -> float:
    """Return the information of the win rates of bins about the same rows: more than it is out of fold."""
    rows = np.bincount(bins)
    rates = np.bincount(bins, weights=sample.y) / np.maximum(rows, 1)
    blind = _losses(sample.y, np.full(len(bins), sample.y.mean()))
    return float(1 - _losses(sample.y, rates[bins]).mean() / blind.mean())


def together(sample: AuditSample, views: Sequence[View]) -> Information:
    """Measure several columns by a small cross-fitted LightGBM."""
    p = np.full(len(sample), sample.y.mean())
    if views:
        X = np.ascontiguousarray(np.column_stack([view.matrix for view in views]))
        infos = [info for view in views for info in view.infos]
        for test in _tests(sample):
            p[test] = fitted(X[~test], sample.y[~test], infos, sample.seed, X[test])
    return information_of(sample, p)


def fitted(X: Floats, y: Floats, infos: Sequence[ColumnInfo], seed: int, test: Floats) -> Floats:
    """Fit the small LightGBM on one part and return its probabilities on another."""
    model = LightGBM(params=SMALL, seed=seed, num_threads=1).fit(X, y, columns=infos)
    return sigmoid(model.predict_logit(np.ascontiguousarray(test)))


def auc(y: Floats, p: Floats) -> Interval:
    """Return the AUC with its 95% interval (Hanley and McNeil, 1982)."""
    value = roc_auc(y, p)
    wins = float(y.sum())
    losses = len(y) - wins
    q1, q2 = value / (2 - value), 2 * value**2 / (1 + value)
    spread = value * (1 - value) + (wins - 1) * (q1 - value**2) + (losses - 1) * (q2 - value**2)
    half = 1.96 * float(np.sqrt(max(0.0, spread) / (wins * losses)))
    return Interval(value, max(0.0, value - half), min(1.0, value + half))


def standard_error(sample: AuditSample, per_row: Floats) -> float:
    """Return the standard error of the mean of `per_row`, whole groups being the units."""
    sums = np.bincount(sample.group, weights=per_row - per_row.mean())
    return float(np.sqrt((sums**2).sum()) / len(per_row))


def _tests(sample: AuditSample) -> Iterator[Mask]:
    """Yield each fold that leaves both classes to learn from; one huge account can take a whole side."""
    for fold in range(FOLDS):
        test = np.asarray(sample.fold == fold)
        if test.any() and len(np.unique(sample.y[~test])) == 2:
            yield test


def _calibrated(y: Floats, p: Floats) -> Floats:
    z = np.clip(logit(p), -12.0, 12.0)
    line = fit_logit(np.stack([np.ones(len(y)), z]), y, np.ones(len(y)), ridge=_RIDGE)
    if not np.isfinite(line).all() or line[1] <= 0:
        return np.full(len(y), y.mean())
    return sigmoid(line[0] + line[1] * z)


def _losses(y: Floats, p: Floats) -> Floats:
    chance = np.clip(p, 1e-12, 1 - 1e-12)
    return np.asarray(-np.where(y > 0, np.log(chance), np.log1p(-chance)))
