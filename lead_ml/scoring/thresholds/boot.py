"""Bootstrap intervals of what a line brings, resampling leads or whole accounts.

Groups with the same counts (crossings, wins, winners, winners caught) are interchangeable, so the weights are drawn
over the few distinct patterns instead of over all groups: the same distribution, at a cost that does not grow with the
data. The weights are Poisson (Hanley and MacGibbon, 2006): multinomial given their sum, with a sum that varies as the
number of arriving leads does, else the volume of a line that all leads cross would seem certain. Half an observation is
added to each of three patterns (Jeffreys' prior), so that 0 wins of 12 do not come with an interval of [0, 0].
"""

from __future__ import annotations

import math

import msgspec
import numpy as np

from lead_ml.scoring.thresholds.steps import Steps
from lead_ml.tables.dataset import Floats, Indices

LEVEL = 0.90
_PRIOR = np.array([[1, 1, 1, 1], [1, 0, 0, 0], [0, 0, 1, 0]], dtype=np.int64)
_PRIOR_WEIGHT = 0.5


class Interval(msgspec.Struct, frozen=True):
    """A figure with its 90 % bootstrap interval; all None where the history cannot tell."""

    value: float | None
    lower: float | None
    upper: float | None


def resampled(steps: Steps, line: float, *, n_boot: int, seed: int) -> Floats:
    """Draw the counts at a line: (n_boot, 4) crossings, wins after crossing, winners, winners caught."""
    patterns, times = _patterns(_per_group(steps, line))
    patterns = np.concatenate((patterns, _PRIOR))
    weights = np.concatenate((times, np.full(len(_PRIOR), _PRIOR_WEIGHT)))
    draws = np.random.default_rng(seed).poisson(weights, size=(n_boot, len(weights)))
    return np.asarray(draws @ patterns, dtype=np.float64)


def interval(value: float | None, draws: Floats) -> Interval:
    """Return the figure with the 5th and 95th percentile of its finite draws, never outside of itself."""
    finite = draws[np.isfinite(draws)]
    if value is None or len(finite) == 0:
        return Interval(value, None, None)
    lower, upper = np.quantile(finite, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(value, min(float(lower), value), max(float(upper), value))


def _per_group(steps: Steps, line: float) -> Indices:
    """Return (groups, 4) counts of each group of leads that has rows."""
    groups = steps.history.groups
    leads = np.flatnonzero(steps.present)
    names, of_lead = np.unique(leads if groups is None else groups[leads], return_inverse=True)
    group = np.zeros(len(steps.present), dtype=np.int64)
    group[leads] = of_lead
    crossing = steps.crossings(line)
    winners = np.flatnonzero(steps.winner)
    caught = winners[steps.peak[winners] >= line]
    counted = (crossing.lead, crossing.lead[crossing.won], winners, caught)
    return np.stack([np.bincount(group[rows], minlength=len(names)) for rows in counted], axis=1)


def _patterns(counts: Indices) -> tuple[Indices, Floats]:
    sizes = tuple(int(top) + 1 for top in counts.max(axis=0))
    if math.prod(sizes) > np.iinfo(np.int64).max:  # a few giant accounts: no room for one code per pattern
        rows, times = np.unique(counts, axis=0, return_counts=True)
        return rows, times.astype(np.float64)
    codes, times = np.unique(np.ravel_multi_index(tuple(counts.T), sizes), return_counts=True)
    return np.stack(np.unravel_index(codes, sizes), axis=1), times.astype(np.float64)
