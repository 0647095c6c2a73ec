"""Tables of the thresholds page: every possible threshold replayed, and one threshold month by month."""

from __future__ import annotations

import msgspec
import numpy as np

from lead_ml.model.metrics import OptionalInterval, wilson
from lead_ml.scoring.thresholds.history import MICROSECONDS_PER_WEEK, History
from lead_ml.scoring.thresholds.scale import probability_of, score_of
from lead_ml.scoring.thresholds.steps import Steps, candidates, prepared
from lead_ml.tables.dataset import Indices, Instants


class CurvePoint(msgspec.Struct, frozen=True):
    """One threshold: where it lies, and what crossed and won on history; ``per_week`` is None without dates."""

    logit: float
    probability: float
    score: float
    crossed: int
    wins: int
    per_week: float | None
    precision: float
    recall: float


class Month(msgspec.Struct, frozen=True):
    """One calendar month (UTC, ``2026-03``) at a threshold: new leads, first crossings, wins among them, Wilson's interval.

    ``per_week`` is crossings a week of the part of the month that the history covers.
    """

    month: str
    leads: int
    crossed: int
    wins: int
    per_week: float
    precision: OptionalInterval


def curve(history: History | Steps, *, reference_odds: float, n: int = 50) -> tuple[CurvePoint, ...]:
    """Return up to n thresholds from low to high with volume, precision and recall."""
    steps = prepared(history)
    thresholds = candidates(steps, n)
    found = steps.counts(thresholds)
    return tuple(
        CurvePoint(
            logit=threshold,
            probability=probability_of(threshold),
            score=score_of(threshold, reference_odds),
            crossed=crossed,
            wins=wins,
            per_week=None if steps.weeks is None else crossed / steps.weeks,
            precision=wins / crossed,
            recall=caught / steps.n_winners,
        )
        for threshold, crossed, wins, caught in zip(
            *(column.tolist() for column in (thresholds, found.crossed, found.wins, found.caught)),
            strict=True,
        )
    )


def by_month(history: History | Steps, threshold: float) -> tuple[Month, ...]:
    """Return how a threshold (a logit) fared in each calendar month of the history; empty without dates."""
    steps = prepared(history)
    as_of, crossing = steps.history.as_of, steps.crossings(threshold)
    if as_of is None or crossing.as_of is None:
        return ()
    start, end = int(as_of.min()), int(as_of.max())
    first = int(_month(as_of.min(keepdims=True))[0])
    length = int(_month(as_of.max(keepdims=True))[0]) - first + 1
    leads = np.bincount(_month(as_of[steps.row[np.isneginf(steps.low)]]) - first, minlength=length)
    crossed = np.bincount(_month(crossing.as_of) - first, minlength=length)
    wins = np.bincount(_month(crossing.as_of[crossing.won]) - first, minlength=length)
    return tuple(
        Month(
            month=str(np.datetime64(first + i, "M")),
            leads=int(leads[i]),
            crossed=int(crossed[i]),
            wins=int(wins[i]),
            per_week=int(crossed[i]) / _covered_weeks(first + i, start, end),
            precision=wilson(int(wins[i]), int(crossed[i])),
        )
        for i in range(length)
    )


def _month(instants: Instants) -> Indices:
    return instants.astype("datetime64[us]").astype("datetime64[M]").astype(np.int64)


def _covered_weeks(month: int, start: int, end: int) -> float:
    """Return the weeks of a month between the first and the last instant of the history, at least a day."""
    opens, closes = (
        int(np.datetime64(m, "M").astype("datetime64[us]").astype(np.int64)) for m in (month, month + 1)
    )
    return max((min(closes, end) - max(opens, start)) / MICROSECONDS_PER_WEEK, 1 / 7)
