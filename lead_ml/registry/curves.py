"""The curves behind the figures of a run, from its forward scores: calibration bins, ROC points, cumulative gains."""

from __future__ import annotations

import numpy as np

from lead_ml.model.metrics import resamples
from lead_ml.registry.runs import ForwardScores
from lead_ml.tables.dataset import Floats, Indices

BINS, RESAMPLES, LEVEL = 10, 200, 0.90
CURVE_POINTS = 160
Points = list[tuple[float, float]]


def reliability(scores: ForwardScores, candidate: str, *, seed: int) -> list[dict[str, float]]:
    """Return up to ten bins of equal weight: mean prediction, observed rate with its 90% interval over leads, rows.

    The interval is a percentile bootstrap of whole groups of leads, with half a lead at the base rate added to each
    bin, so that a bin without a positive does not claim to be certain.
    """
    p, y, weight = scores.probability[candidate], scores.y, scores.weight
    order = np.argsort(p, kind="stable")
    middle = np.cumsum(weight[order]) - weight[order] / 2
    member = np.empty(len(p), dtype=np.int64)
    member[order] = np.minimum(middle / weight.sum() * BINS, BINS - 1).astype(np.int64)
    member = _ties_together(p, member)
    prior = float((y * weight).sum() / weight.sum())
    draws = [_rates(member, y, weight * times, prior) for times in resamples(scores.group, RESAMPLES, seed)]
    lower, upper = np.quantile(np.array(draws), [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    return [
        {
            "predicted": float((p * weight)[member == k].sum() / weight[member == k].sum()),
            "observed": float((y * weight)[member == k].sum() / weight[member == k].sum()),
            "lower": float(lower[k]),
            "upper": float(upper[k]),
            "rows": int((member == k).sum()),
        }
        for k in np.unique(member).tolist()
    ]


def roc_curves(scores: ForwardScores) -> dict[str, Points]:
    """Return (false positive rate, true positive rate) points of every candidate."""
    return {
        candidate: _ranked_curve(scores, p, scores.weight * (1 - scores.y))
        for candidate, p in scores.probability.items()
    }


def gain_curves(scores: ForwardScores) -> dict[str, Points]:
    """Return (share of the weight contacted, share of the positives found) points of every candidate."""
    return {candidate: _ranked_curve(scores, p, scores.weight) for candidate, p in scores.probability.items()}


def lift_curves(scores: ForwardScores) -> dict[str, Points]:
    """Return (share of the weight contacted, lift over contacting at random) points of every candidate."""
    return {
        candidate: [(share, found / share) for share, found in points if share > 0]
        for candidate, points in gain_curves(scores).items()
    }


def _ties_together(p: Floats, member: Indices) -> Indices:
    """Give rows of equal probability the bin of the first of them, then number the bins without gaps."""
    _, block = np.unique(p, return_inverse=True)
    first = np.full(int(block.max()) + 1, BINS, dtype=np.int64)
    np.minimum.at(first, block, member)
    return np.asarray(np.unique(first[block], return_inverse=True)[1], dtype=np.int64)


def _rates(member: Indices, y: Floats, weight: Floats, prior: float) -> Floats:
    size = int(member.max()) + 1
    positive = np.bincount(member, weights=y * weight, minlength=size)
    every = np.bincount(member, weights=weight, minlength=size)
    return np.asarray((positive + 0.5 * prior) / (every + 0.5), dtype=np.float64)


def _ranked_curve(scores: ForwardScores, p: Floats, across: Floats) -> Points:
    """Cumulate positives over `across`, best first, at the ends of blocks of equal probability."""
    order = np.argsort(-p, kind="stable")
    x = np.cumsum(across[order]) / across.sum()
    found = np.cumsum((scores.weight * scores.y)[order]) / (scores.weight * scores.y).sum()
    ends = np.flatnonzero(np.r_[p[order][1:] != p[order][:-1], True])
    if len(ends) > CURVE_POINTS:
        ends = ends[np.unique(np.rint(np.linspace(0, len(ends) - 1, CURVE_POINTS)).astype(np.int64))]
    return [(0.0, 0.0), *zip(x[ends].round(5).tolist(), found[ends].round(5).tolist(), strict=True)]
