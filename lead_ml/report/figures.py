"""Figures that the report draws from the forward scores: calibration bins, curves, gains, the gain over the base rate."""

from __future__ import annotations

from typing import Any

import numpy as np

from lead_ml.model.metrics import Interval, bootstrap, paired_bootstrap, resamples, wilson
from lead_ml.registry.runs import ForwardScores
from lead_ml.tables.dataset import Floats, Indices

BINS, RESAMPLES, BAND = 10, 200, 0.90
CURVE_POINTS = 160
TOP_SHARE = 0.05


def reliability(scores: ForwardScores, kind: str, *, seed: int) -> list[dict[str, float]]:
    """Return up to ten bins of equal weight: mean prediction, observed rate with its 90% interval over leads, rows.

    The interval is a percentile bootstrap of whole groups of leads, with half a lead at the base rate added to each
    bin, so that a bin without a positive still has an interval.
    """
    p, y, weight = scores.probability[kind], scores.y, scores.weight
    order = np.argsort(p, kind="stable")
    middle = np.cumsum(weight[order]) - weight[order] / 2
    member = np.empty(len(p), dtype=np.int64)
    member[order] = np.minimum(middle / weight.sum() * BINS, BINS - 1).astype(np.int64)
    member = _ties_together(p, member)
    prior = float((y * weight).sum() / weight.sum())
    draws = [_rates(member, y, weight * times, prior) for times in resamples(scores.group, RESAMPLES, seed)]
    lower, upper = np.quantile(np.array(draws), [(1 - BAND) / 2, (1 + BAND) / 2], axis=0)
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


def roc_curves(scores: ForwardScores) -> dict[str, list[tuple[float, float]]]:
    """Return (false positive rate, true positive rate) points of every candidate."""
    return {
        kind: _ranked_curve(scores, p, scores.weight * (1 - scores.y))
        for kind, p in scores.probability.items()
    }


def gain_curves(scores: ForwardScores) -> dict[str, list[tuple[float, float]]]:
    """Return (share of the weight, share of the positives) points of every candidate."""
    return {kind: _ranked_curve(scores, p, scores.weight) for kind, p in scores.probability.items()}


def over_base_rate(
    scores: ForwardScores, kind: str, base_rate: float, *, level: float, seed: int
) -> Interval:
    """Return log-loss of the base rate minus that of a candidate, with the interval of the paired difference."""
    flat = np.full(len(scores.y), base_rate)
    return paired_bootstrap(
        scores.y,
        flat,
        scores.probability[kind],
        scores.weight,
        scores.group,
        metric="log_loss",
        n_boot=RESAMPLES,
        level=level,
        seed=seed,
    )


def top_lift(scores: ForwardScores, kind: str, *, level: float, seed: int) -> Interval:
    """Return the lift of the top 5% with its interval over leads, for evaluations that do not hold it."""
    p, y, weight = scores.probability[kind], scores.y, scores.weight
    metrics = ["lift_5"]
    return bootstrap(y, p, weight, scores.group, n_boot=RESAMPLES, level=level, seed=seed, metrics=metrics)[
        "lift_5"
    ]


def rate_interval(rate: float, leads: int) -> tuple[float | None, float | None]:
    """Return Wilson's 90% interval of a rate over leads."""
    found = wilson(round(rate * leads), leads)
    return found.lower, found.upper


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


def _ranked_curve(scores: ForwardScores, p: Floats, across: Floats) -> list[tuple[float, float]]:
    """Accumulate positives over `across`, best score first, at the ends of blocks of equal probability."""
    order = np.argsort(-p, kind="stable")
    x = np.cumsum(across[order]) / across.sum()
    found = np.cumsum((scores.weight * scores.y)[order]) / (scores.weight * scores.y).sum()
    ends = np.flatnonzero(np.r_[p[order][1:] != p[order][:-1], True])
    if len(ends) > CURVE_POINTS:
        ends = ends[np.unique(np.rint(np.linspace(0, len(ends) - 1, CURVE_POINTS)).astype(np.int64))]
    return [(0.0, 0.0), *zip(x[ends].round(5).tolist(), found[ends].round(5).tolist(), strict=True)]


def plain(value: Any) -> Any:
    """Return a value as in JSON: NaN and infinities as None, tuples as lists, numpy scalars as Python's."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value
