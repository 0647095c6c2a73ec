"""Leads replayed in time: when each one first reaches a threshold, and whether it then wins.

Only rows above all earlier rows of their lead can cross one, each for every threshold from the highest logit before it
(``low``, excluded) to its own (``high``, included): counting sorted ends answers any number of thresholds in one pass.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lead_ml.scoring.thresholds.history import MICROSECONDS_PER_WEEK, History, before_opportunity, last_rows
from lead_ml.tables.dataset import Floats, Indices, Instants, Mask


@dataclass(frozen=True)
class Crossings:
    """The first crossing of each lead that crosses, by lead: its number, when (None: no dates), whether it wins, its logit."""

    lead: Indices
    as_of: Instants | None
    won: Mask
    logit: Floats


@dataclass(frozen=True)
class Counts:
    """For each of k thresholds: leads that cross, those that win after crossing, winners that ever crossed; each (k,)."""

    crossed: Indices
    wins: Indices
    caught: Indices


@dataclass(frozen=True)
class Steps:
    """A history made ready for replay; see the module. All arrays are by (lead, as_of), ``row`` their row in the history.

    ``winner`` and ``present`` are (n_leads,). ``weeks`` spans the first looks at leads, at least one; late leads have only their
    early rows mature, so a threshold reached late in life shows a little less volume than it has.
    """

    history: History
    row: Indices
    lead: Indices
    low: Floats
    high: Floats
    won: Mask
    winner: Mask
    present: Mask
    weeks: float | None

    @classmethod
    def of(cls, history: History) -> Steps:
        """Sort a history once, for any number of questions."""
        row, low = _steps(history)
        winner = np.zeros(history.n_leads, dtype=np.bool_)
        winner[history.lead[history.won]] = True
        present = np.zeros(history.n_leads, dtype=np.bool_)
        present[history.lead] = True
        return cls(
            history=history,
            row=row,
            lead=history.lead[row],
            low=low,
            high=history.logit[row],
            won=history.won[row],
            winner=winner,
            present=present,
            weeks=_weeks(history, row[np.isneginf(low)]),
        )

    @property
    def n_winners(self) -> int:
        """Number of leads that win in any of their rows."""
        return int(self.winner.sum())

    @cached_property
    def peak(self) -> Floats:
        """(n_leads,) highest logit of each lead, -inf without a row."""
        peak = np.full(len(self.present), -np.inf)
        peak[self.lead] = self.high  # by time within the lead: the last, highest step stays
        return peak

    @cached_property
    def levels(self) -> Floats:
        """Distinct logits at which a replay can change, ascending: two thresholds between neighbors are the same threshold."""
        return np.unique(self.high)

    def counts(self, thresholds: Floats) -> Counts:
        """Count crossings, wins and caught winners for each of k thresholds (logits)."""
        high, wins_high, low, wins_low, peaks = self._sorted
        from_high, from_low = np.searchsorted(high, thresholds), np.searchsorted(low, thresholds)
        crossed = (len(high) - from_high) - (len(low) - from_low)
        wins = (wins_high[-1] - wins_high[from_high]) - (wins_low[-1] - wins_low[from_low])
        return Counts(crossed, wins, len(peaks) - np.searchsorted(peaks, thresholds))

    def crossings(self, threshold: float) -> Crossings:
        """Return the first crossing of each lead that reaches the threshold."""
        crossing = (self.low < threshold) & (self.high >= threshold)
        as_of = self.history.as_of
        when = None if as_of is None else as_of[self.row[crossing]]
        return Crossings(self.lead[crossing], when, self.won[crossing], self.high[crossing])

    @cached_property
    def _sorted(self) -> tuple[Floats, Indices, Floats, Indices, Floats]:
        by_high, by_low = np.argsort(self.high, kind="stable"), np.argsort(self.low, kind="stable")
        return (
            self.high[by_high],
            np.concatenate(([0], np.cumsum(self.won[by_high], dtype=np.int64))),
            self.low[by_low],
            np.concatenate(([0], np.cumsum(self.won[by_low], dtype=np.int64))),
            np.sort(self.peak[self.winner]),
        )


def replayable(history: History) -> History:
    """Drop the rows that no threshold, month or method looks at: all answers stay the same to the last bit.

    Kept are the rows that raise their lead's highest score, the last winning row, the one before ``opportunity``.
    """
    rows = np.zeros(len(history.lead), dtype=np.bool_)
    rows[Steps.of(history).row] = True
    rows[last_rows(history, history.won)] = True
    rows[before_opportunity(history)] = True
    if history.as_of is not None:
        rows[int(np.argmax(history.as_of))] = True  # the end of the last month
    return history.take(rows)


def prepared(history: History | Steps) -> Steps:
    """Return the steps of a history, or the steps as they are."""
    return history if isinstance(history, Steps) else Steps.of(history)


def candidates(steps: Steps, n: int = 200) -> Floats:
    """Return up to n thresholds worth trying, ascending: half evenly spread over the leads, half denser at the top."""
    peaks = np.sort(steps.peak[steps.present])[::-1]
    if len(np.unique(peaks)) <= n:
        return np.unique(peaks)
    ranks = np.concatenate(
        (np.geomspace(1, len(peaks), n // 2), np.linspace(1, len(peaks), n - n // 2)),
    )
    return np.unique(peaks[np.rint(ranks).astype(np.int64) - 1])


def _steps(history: History) -> tuple[Indices, Floats]:
    """Return the rows that raise the highest logit of their lead so far, and that logit before them."""
    when = history.as_of if history.as_of is not None else np.zeros(len(history.lead), dtype=np.int64)
    order = np.lexsort((when, history.lead))
    lead = history.lead[order].astype(np.int64)
    levels, rank = np.unique(history.logit[order], return_inverse=True)
    top = np.maximum.accumulate(
        lead * len(levels) + rank
    )  # a new lead outranks all before it: the maximum restarts
    first = np.concatenate(([True], lead[1:] != lead[:-1]))
    before = np.concatenate(([0], top[:-1]))
    raises = first | (top > before)
    low = np.where(first, -np.inf, levels[before % len(levels)])
    return order[raises], low[raises]


def _weeks(history: History, first_rows: Indices) -> float | None:
    if history.as_of is None:
        return None
    first = history.as_of[first_rows]
    return max(float(first.max() - first.min()) / MICROSECONDS_PER_WEEK, 1.0)
