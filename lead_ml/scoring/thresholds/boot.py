"""Bootstrap intervals of what a threshold brings, resampling leads or whole accounts.

Counts (crossings, wins, winners, winners caught) are resampled by their distinct patterns with Poisson weights, see
:func:`lead_ml.model.metrics.resampled_totals`: with a fixed number of leads the volume of a threshold that all leads
cross would seem certain. Half an observation is added to each of three patterns (Jeffreys' prior), so that 0 wins of 12
do not come with an interval of [0, 0].
"""

from __future__ import annotations

import math

import numpy as np

from lead_ml.model.metrics import Interval, OptionalInterval, percentiles, resampled_totals
from lead_ml.scoring.thresholds.steps import Steps
from lead_ml.tables.dataset import Floats, Indices

LEVEL = 0.90
_PRIOR = np.array([[1, 1, 1, 1], [1, 0, 0, 0], [0, 0, 1, 0]], dtype=np.int64)
_PRIOR_WEIGHT = 0.5


def resampled(steps: Steps, threshold: float, *, n_boot: int, seed: int) -> Floats:
    """Draw the counts at a threshold: (n_boot, 4) crossings, wins after crossing, winners, winners caught."""
    patterns, times = _patterns(_per_group(steps, threshold))
    patterns = np.concatenate((patterns, _PRIOR))
    weights = np.concatenate((times, np.full(len(_PRIOR), _PRIOR_WEIGHT)))
    return resampled_totals(patterns, weights, n_boot=n_boot, seed=seed)


def interval(value: float | None, draws: Floats) -> OptionalInterval:
    """Return the figure with the 5th and 95th percentile of its finite draws, never outside of itself."""
    found = percentiles(draws, LEVEL)
    if value is None or found is None:
        return Interval(value, None, None)
    lower, _, upper = found
    return Interval(value, min(lower, value), max(upper, value))


def _per_group(steps: Steps, threshold: float) -> Indices:
    """Return (groups, 4) counts of each group of leads that has rows."""
    groups = steps.history.groups
    leads = np.flatnonzero(steps.present)
    names, of_lead = np.unique(leads if groups is None else groups[leads], return_inverse=True)
    group = np.zeros(len(steps.present), dtype=np.int64)
    group[leads] = of_lead
    crossing = steps.crossings(threshold)
    winners = np.flatnonzero(steps.winner)
    caught = winners[steps.peak[winners] >= threshold]
    counted = (crossing.lead, crossing.lead[crossing.won], winners, caught)
    return np.stack([np.bincount(group[rows], minlength=len(names)) for rows in counted], axis=1)


def _patterns(counts: Indices) -> tuple[Indices, Floats]:
    sizes = tuple(int(top) + 1 for top in counts.max(axis=0))
    if math.prod(sizes) > np.iinfo(np.int64).max:  # a few giant accounts: no room for one code per pattern
        rows, times = np.unique(counts, axis=0, return_counts=True)
        return rows, times.astype(np.float64)
    codes, times = np.unique(np.ravel_multi_index(tuple(counts.T), sizes), return_counts=True)
    return np.stack(np.unravel_index(codes, sizes), axis=1), times.astype(np.float64)
