"""Days with far more leads, and weeks with far fewer, than a channel had before."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lead_ml.tables.dataset import Floats, Indices, Mask

DAYS, WEEKS = 56, 8  # how far back a burst and a drop are compared
_LEAST = 20  # leads in the days or weeks before
_SEVERAL = 5  # leads above or below what is expected, so that a surprise also matters


@dataclass(frozen=True)
class Surprises:
    """Places of counts that are far from `expected`, which is NaN where there is nothing to compare with."""

    places: Indices
    expected: Floats
    tested: int


def find_bursts(counts: Indices, exposure: Floats, alpha: float) -> Surprises:
    """Find the days (n,) with far more leads than the days before say, by their exposure (what such a weekday usually has).

    The rate has a gamma distribution given the earlier counts (Jeffreys' prior), so a new count is negative binomial. Counts vary
    more than Poisson counts: all are divided by their dispersion in the earlier ones, never below 1, as Farrington et al.
    (*JRSS A* 159, 1996) do for outbreaks. A day is a burst where its chance is below `alpha`; the caller
    divides that by how many days it tests.
    """
    from scipy.stats import nbinom

    before, due = _trailing(counts.astype(np.float64), DAYS), _trailing(exposure, DAYS)
    usable = _usable(before, due * exposure, DAYS)
    expected = np.where(usable, before / np.where(usable, due, 1.0) * exposure, np.nan)
    dispersion = _dispersion(counts, exposure, DAYS)
    chance = np.where(usable, due / np.where(usable, due + exposure, 1.0), 0.5)
    p_value = nbinom.sf(np.ceil(counts / dispersion) - 1, before / dispersion + 0.5, chance)
    found: Mask = usable & (counts >= expected + _SEVERAL) & (p_value < alpha)
    return Surprises(np.flatnonzero(found), expected, int(usable.sum()))


def find_drops(counts: Indices, others: Indices, alpha: float) -> Surprises:
    """Find the weeks (n,) in which a channel has a far smaller share of all leads than in the weeks before.

    With the leads of a week given, those of the channel are beta-binomial given its share in the earlier weeks (Jeffreys' prior):
    a holiday or a season that all channels share is no drop. Dispersion and `alpha` are as in :func:`find_bursts`.
    """
    from scipy.stats import betabinom

    before, others_before = (_trailing(item.astype(np.float64), WEEKS) for item in (counts, others))
    usable = _usable(before, others_before * others, WEEKS)
    expected = np.where(usable, before / np.where(usable, others_before, 1.0) * others, np.nan)
    dispersion = _dispersion(counts, others.astype(np.float64), WEEKS)
    had = np.floor(counts / dispersion)
    p_value = betabinom.cdf(
        had, had + np.floor(others / dispersion), before / dispersion + 0.5, others_before / dispersion + 0.5
    )
    found: Mask = usable & (counts <= expected - _SEVERAL) & (p_value < alpha)
    return Surprises(np.flatnonzero(found), expected, int(usable.sum()))


def _usable(before: Floats, exposed: Floats, back: int) -> Mask:
    """Return which counts can be compared: with enough leads, and at least half of the time, before them."""
    enough = (before >= _LEAST) & (exposed > 0)
    return np.asarray(enough & (np.arange(len(before)) >= back // 2))


def _trailing(values: Floats, back: int) -> Floats:
    """Return the sum of the `back` values before each; NaN-free, shorter at the start."""
    total = np.concatenate([[0.0], np.cumsum(values)])
    place = np.arange(len(values))
    return np.asarray(total[place] - total[np.maximum(place - back, 0)])


def _dispersion(counts: Indices, exposure: Floats, back: int) -> Floats:
    """Return Pearson's chi-square over its degrees of freedom in the `back` counts before each, at least 1."""
    found = np.ones(len(counts))
    for place in range(2, len(counts)):
        rows = slice(max(0, place - back), place)
        due, had = exposure[rows], counts[rows]
        if not had.sum() or not due.sum():
            continue
        mean = had.sum() * due / due.sum()
        some = mean > 0
        if some.sum() > 1:
            found[place] = max(1.0, float(((had - mean)[some] ** 2 / mean[some]).sum() / (some.sum() - 1)))
    return found
