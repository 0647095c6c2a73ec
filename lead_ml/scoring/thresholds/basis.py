"""One threshold with its replay on history: volume, precision, recall and value, each with a bootstrap interval.

Counts (crossings, wins, winners, winners caught) of leads or whole accounts are resampled by their distinct patterns with
Poisson weights: with a fixed number of leads the volume of a threshold that all leads cross would seem certain. Half an
observation is added to each of three patterns (Jeffreys' prior), so that 0 wins of 12 do not come with [0, 0].
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np

from lead_ml.errors import ParamsError
from lead_ml.model.metrics import Interval, OptionalInterval, percentiles, resampled_totals, sigmoid
from lead_ml.scoring.thresholds.history import History, last_rows
from lead_ml.scoring.thresholds.scale import log_odds, probability_of, score_of
from lead_ml.scoring.thresholds.steps import Steps, prepared
from lead_ml.tables.dataset import Floats, Indices

LEVEL = 0.90
_PRIOR = np.array([[1, 1, 1, 1], [1, 0, 0, 0], [0, 0, 1, 0]], dtype=np.int64)
_PRIOR_WEIGHT = 0.5
_MAX_DIGITS = 17  # enough to tell any two floats apart


class Threshold(msgspec.Struct, frozen=True):
    """A threshold on three scales and its replay on history.

    ``crossed`` leads reached it, ``wins`` of them won after that; ``precision`` is wins / crossed, ``expected`` the mean
    probability predicted for them at that moment, ``recall`` the share of
    winning leads that reached it, ``value_per_week`` wins times their value less crossings times their cost. What
    cannot be known without dates, crossings or wins is None.
    """

    logit: float
    probability: float
    score: float
    crossed: int
    wins: int
    per_week: OptionalInterval
    precision: OptionalInterval
    recall: OptionalInterval
    expected_wins_per_week: OptionalInterval
    value_per_week: OptionalInterval
    expected: float | None = None

    @property
    def falls_short(self) -> bool:
        """Whether fewer leads won than the probability of the threshold."""
        return self.precision.value is not None and self.precision.value < self.probability


@dataclass(frozen=True)
class Basis:
    """A prepared history with the money and the scale that turn counts into advice.

    ``cost_per_sql``, ``cost_per_mql`` and ``value_per_win`` are in one currency; ``reference_odds`` scores 50.
    """

    steps: Steps
    value_per_win: float
    reference_odds: float
    cost_per_sql: float = 0.0
    cost_per_mql: float = 0.0
    n_boot: int = 500
    seed: int = 7

    def __post_init__(self) -> None:
        for name in ("cost_per_sql", "cost_per_mql"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ParamsError(name, value=getattr(self, name), expected="a number, 0 or more")
        for name in ("value_per_win", "reference_odds"):
            if not 0 < getattr(self, name) < math.inf:
                raise ParamsError(name, value=getattr(self, name), expected="a positive number")
        if self.n_boot < 2:
            raise ParamsError("n_boot", value=self.n_boot, expected="at least 2 resamples")

    @classmethod
    def of(cls, history: History | Steps, *, value_per_win: float | None = None, **given: Any) -> Basis:
        """Gather and check; `value_per_win` is the mean known amount of the winning leads by default, else 1."""
        steps = prepared(history)
        return cls(steps, _mean_amount(steps) if value_per_win is None else value_per_win, **given)

    def threshold(self, logit: float, cost: float) -> Threshold:
        """Describe the threshold at a logit, with `cost` for each lead that crosses it."""
        found = self.steps.counts(np.array([logit]))
        crossed, wins, caught = int(found.crossed[0]), int(found.wins[0]), int(found.caught[0])
        draws = resampled(self.steps, logit, n_boot=self.n_boot, seed=self.seed)
        with np.errstate(divide="ignore", invalid="ignore"):
            precisions, recalls = draws[:, 1] / draws[:, 0], draws[:, 3] / draws[:, 2]
        win = self.value_per_win
        net, nets = wins * win - crossed * cost, draws[:, 1] * win - draws[:, 0] * cost
        return Threshold(
            logit=logit,
            probability=_shortest_of(logit),
            score=score_of(logit, self.reference_odds),
            crossed=crossed,
            wins=wins,
            per_week=self._weekly(crossed, draws[:, 0]),
            precision=interval(wins / crossed if crossed else None, precisions),
            recall=interval(caught / self.steps.n_winners, recalls),
            expected_wins_per_week=self._weekly(wins, draws[:, 1]),
            value_per_week=self._weekly(net, nets),
            expected=float(sigmoid(self.steps.crossings(logit).logit).mean()) if crossed else None,
        )

    def snapped(self, logit: float) -> float:
        """Return the threshold of the shortest probability that lets through exactly the leads that `logit` does."""
        levels = self.steps.levels
        at = int(np.searchsorted(levels, logit))
        if at == len(levels):
            return logit
        upper = float(levels[at])
        lower = float(levels[at - 1]) if at else upper - 1.0
        return _shortest(lower, upper)

    def _weekly(self, total: float, draws: Floats) -> OptionalInterval:
        weeks = self.steps.weeks
        return Interval(None, None, None) if weeks is None else interval(total / weeks, draws / weeks)


def _shortest(lower: float, upper: float) -> float:
    """Return the logit, above lower and up to upper, whose probability has the fewest digits."""
    middle = probability_of(lower + (upper - lower) / 2)
    rounded = (log_odds(float(f"{middle:.{digits}g}")) for digits in range(1, _MAX_DIGITS + 1))
    return next((threshold for threshold in rounded if lower < threshold <= upper), upper)


def _shortest_of(logit: float) -> float:
    """Return the probability with the fewest digits whose log-odds are exactly the logit, so that thresholds round-trip."""
    exact = probability_of(logit)
    rounded = (float(f"{exact:.{digits}g}") for digits in range(1, _MAX_DIGITS + 1))
    return next((probability for probability in rounded if log_odds(probability) == logit), exact)


def _mean_amount(steps: Steps) -> float:
    amount = steps.history.amount
    if amount is None:
        return 1.0
    known = amount[last_rows(steps.history, steps.history.won)]
    known = known[np.isfinite(known)]
    return float(known.mean()) if len(known) else 1.0


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
