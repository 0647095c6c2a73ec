"""Figures of the report from the forward scores: the gain over the base rate, the lift of the top 5%."""

from __future__ import annotations

from typing import Any

import numpy as np

from lead_ml.model.metrics import Interval, bootstrap, paired_bootstrap, wilson
from lead_ml.registry.curves import RESAMPLES
from lead_ml.registry.runs import ForwardScores

TOP_SHARE = 0.05


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
