"""Sudden falls of the conversion rate of a channel against the other channels, found by a scan over its weeks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lead_ml.tables.dataset import Floats, Indices

BASELINE_WEEKS = 4  # before a fall can begin
LEAST_WINS = 20  # of a channel in all ripe weeks
LEAST_EXPECTED = 5.0  # wins in the weeks of a fall
_WITHIN = 2.97  # of the log-likelihood ratio: first weeks in a 90% confidence set, (1 - exp(-2.97))^2 = 0.9
_MOST_CELLS = 4_000_000


@dataclass(frozen=True)
class WeeklyCounts:
    """Ripe leads and wins of a channel and of all other channels, one entry per week."""

    leads: Indices
    wins: Indices
    other_leads: Indices
    other_wins: Indices


@dataclass(frozen=True)
class FoundFall:
    """Places of weeks: the fall lasts from `start` to before `end`, and began between `earliest` and `latest`."""

    start: int
    end: int
    earliest: int
    latest: int
    p_value: float


def can_be_scanned(counts: WeeklyCounts) -> bool:
    """Return whether a channel has enough wins for a scan, and others to compare it with."""
    others = counts.other_leads.sum() >= counts.leads.sum() / 4 and counts.other_wins.sum() >= LEAST_WINS
    return bool(others and counts.wins.sum() >= LEAST_WINS and len(counts.leads) > BASELINE_WEEKS)


def find_fall(counts: WeeklyCounts, draws: int, seed: int) -> FoundFall | None:
    """Return the weeks in which a channel fell most, with the chance of such a fall where nothing changed; None without any.

    A scan statistic (Kulldorff, *Communications in Statistics - Theory and Methods* 26, 1997): the largest log-likelihood ratio over all spans of weeks
    against the weeks before them. What is expected of a week comes from the other channels in the same week, so that seasons
    and weeks that move all channels alike are no alarm: with the wins of a week given, those of the channel follow
    Fisher's noncentral hypergeometric distribution, whose odds ratio is that of Mantel and Haenszel (1959) over all weeks.
    The p-value counts random draws of it with as large a statistic (Dwass, 1957). The first weeks between `earliest` and `latest`
    explain the data nearly as well (a confidence set of a change point: Siegmund, *Int. Stat. Rev.* 56, 1988).
    """
    expected, drawn = _expected_and_draws(counts, draws, np.random.default_rng(seed))
    starts, ends = _spans(len(expected))
    found = _statistics(counts.wins[None, :], expected, starts, ends)[0]
    best = int(np.argmax(found))
    if found[best] <= 0:
        return None
    highest = np.empty(draws)
    step = max(1, _MOST_CELLS // len(starts))
    for first in range(0, draws, step):
        rows = slice(first, first + step)
        highest[rows] = _statistics(drawn[rows], expected, starts, ends).max(axis=1)
    p_value = (1 + int((highest >= found[best]).sum())) / (draws + 1)
    near = starts[found >= found[best] - _WITHIN]
    return FoundFall(int(starts[best]), int(ends[best]), int(near.min()), int(near.max()), p_value)


def _expected_and_draws(
    counts: WeeklyCounts, draws: int, rng: np.random.Generator
) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Return the expected wins of each week, and draws (draws, weeks) of them where the odds ratio never changes."""
    from scipy.special import gammaln

    log_odds = np.log(_odds_ratio(counts))
    expected, drawn = np.zeros(len(counts.leads)), np.zeros((draws, len(counts.leads)), dtype=np.int64)
    for week, (n, k, m, other) in enumerate(
        zip(counts.leads, counts.wins, counts.other_leads, counts.other_wins, strict=True)
    ):
        total = int(k + other)
        wins = np.arange(max(0, total - int(m)), min(int(n), total) + 1)
        logs = -gammaln(wins + 1) - gammaln(n - wins + 1) - gammaln(total - wins + 1)
        logs += -gammaln(m - total + wins + 1) + wins * log_odds
        chance = np.exp(logs - logs.max())
        chance /= chance.sum()
        expected[week] = chance @ wins
        uniform = rng.random(draws)
        drawn[:, week] = wins[np.searchsorted(np.cumsum(chance)[:-1], uniform, side="right")]
    return expected, drawn


def _odds_ratio(counts: WeeklyCounts) -> float:
    """Return the odds ratio of Mantel and Haenszel, half a win away from 0 and infinity."""
    size = np.maximum(counts.leads + counts.other_leads, 1)
    ahead = (counts.wins * (counts.other_leads - counts.other_wins) / size).sum()
    behind = (counts.other_wins * (counts.leads - counts.wins) / size).sum()
    return float((ahead + 0.5) / (behind + 0.5))


def _spans(weeks: int) -> tuple[Indices, Indices]:
    pairs = [(s, e) for s in range(BASELINE_WEEKS, weeks) for e in range(s + 1, weeks + 1)]
    starts, ends = np.array(pairs, dtype=np.int64).T
    return starts, ends


def _statistics(wins: Indices, expected: Floats, starts: Indices, ends: Indices) -> Floats:
    """Return the log-likelihood ratios (draws, spans) of a lower rate within each span than before it; 0 where it is not lower."""
    from scipy.special import xlogy

    had = np.concatenate([np.zeros((len(wins), 1)), np.cumsum(wins, axis=1)], axis=1)
    due = np.concatenate([[0.0], np.cumsum(expected)])
    inside, before = had[:, ends] - had[:, starts], had[:, starts]
    due_inside, due_before = due[ends] - due[starts], due[starts]
    whole, due_whole = inside + before, due_inside + due_before
    enough = (due_inside >= LEAST_EXPECTED) & (due_before >= LEAST_EXPECTED)
    safe = np.where(enough, due_inside, 1.0), np.where(enough, due_before, 1.0)
    ratio = xlogy(inside, inside / safe[0]) + xlogy(before, before / safe[1])
    ratio -= xlogy(whole, whole / np.where(enough, due_whole, 1.0))
    lower = inside / safe[0] < before / safe[1]
    return np.where(lower & enough, ratio, 0.0)
