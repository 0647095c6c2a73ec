"""Figures of the report from the forward scores: the gain over the base rate; values as in JSON."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np

from lead_ml.model.metrics import Interval, paired_bootstrap
from lead_ml.registry.curves import RESAMPLES
from lead_ml.registry.runs import ForwardScores


def over_base_rate(
    scores: ForwardScores, candidate: str, base_rate: float, *, level: float, seed: int
) -> Interval:
    """Return log-loss of the base rate minus that of a candidate, with the interval of the paired difference."""
    flat = np.full(len(scores.y), base_rate)
    return paired_bootstrap(
        scores.y,
        flat,
        scores.probability[candidate],
        scores.weight,
        scores.group,
        metric="log_loss",
        n_boot=RESAMPLES,
        level=level,
        seed=seed,
    )


def plain(value: Any) -> Any:
    """Return a value as JSON holds it: NaN as None, tuples as lists, structs as dicts, numpy scalars as Python's."""
    return msgspec.json.decode(msgspec.json.encode(value, enc_hook=lambda scalar: scalar.item()))
