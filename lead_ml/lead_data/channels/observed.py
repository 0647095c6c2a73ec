"""What is known of every lead of a channel report, row by row, and the weeks that it covers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np

from lead_ml.asof.labels import first_occurred, first_per_lead, is_in
from lead_ml.clean.numbers import as_number
from lead_ml.declare import MICROSECONDS_PER_DAY
from lead_ml.errors import InputError, ParamsError, TooLittleData
from lead_ml.lead_data.channels.duplicates import repeats
from lead_ml.project.targets import Fake, Won
from lead_ml.tables.dataset import NEVER, Coded, Dataset, Floats, Indices, Instants, Mask, Outcomes
from lead_ml.tables.instants import from_wall_clock, local_day

WEEKS = 26  # of ripe leads, the latest ones
STAGES = ("mql", "sql")
_RECORDED = 0.99  # share of the wins that are recorded by the time a week is ripe
_MONDAY = 3  # 1970-01-01 was a Thursday
_WEEK = 7


@dataclass(frozen=True)
class ChannelQuestion:
    """What a report is asked for: the lead column, the numbers of the targets, and the columns that make up the mix of leads.

    `weeks` is the most weeks of ripe leads that are used, the latest ones; `labels` are names of the channels for people.
    """

    by: str
    won: Won
    horizon_days: float
    fake: Fake | None = None
    fake_days: float = 0.0
    mix: Sequence[str] = ()
    zone: str = "UTC"
    weeks: int = WEEKS
    seed: int = 7
    labels: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # English and Chinese, by spelling


@dataclass(frozen=True)
class CoveredWeeks:
    """Mondays as days since 1970: of the first week, after the last ripe week, and after the last whole week."""

    first: int
    ripe_until: int
    whole_until: int
    lag_days: float

    @property
    def ripe(self) -> int:
        """How many weeks are ripe."""
        return (self.ripe_until - self.first) // _WEEK

    @property
    def whole(self) -> int:
        """How many weeks have passed."""
        return (self.whole_until - self.first) // _WEEK

    def monday(self, place: int) -> str:
        """Return the date of the Monday of a week, by its place from the first one."""
        return day_text(self.first + _WEEK * place)


@dataclass(frozen=True)
class ObservedLeads:
    """The leads of the covered time, one entry per lead; `week` and `day` count from the first Monday.

    `won`, `stages` and `fake` say what happened within the horizon, and mean something for `ripe` leads only. `observed_days`
    ends with the win where `converted`. `amount` and `cost` are NaN where they are not given.
    """

    channel: Coded
    week: Indices
    day: Indices
    ripe: Mask
    won: Mask
    stages: Mapping[str, Mask]
    fake: Mask | None
    duplicate: Mask | None
    observed_days: Floats
    converted: Mask
    amount: Floats
    cost: Floats
    mix: Mapping[str, Coded]
    covered: CoveredWeeks

    @cached_property
    def ripe_rows(self) -> Indices:
        """The places of the ripe leads."""
        return np.flatnonzero(self.ripe)


def observe_leads(dataset: Dataset, question: ChannelQuestion) -> ObservedLeads:
    """Gather what is known of the leads of the covered weeks at the end of the data."""
    created, channel = _checked(dataset, question)
    day = local_day(created, question.zone)
    horizon = round(question.horizon_days * MICROSECONDS_PER_DAY)
    lag = _recording_lag(dataset, question.won.stages, horizon)
    covered = _covered(dataset.until, day, horizon + lag, question, lag)
    rows = np.flatnonzero(day >= covered.first)
    won_at = first_occurred(dataset, question.won.stages)[rows]
    at = created[rows]
    within = won_at - at < horizon
    observed = np.minimum(np.maximum(dataset.until - lag - at, 0), horizon)
    converted = within & (won_at - at < observed)
    duplicate = repeats(created, dataset.leads.columns)
    in_columns = dataset.leads.columns
    return ObservedLeads(
        channel=channel.take(rows),
        week=(day[rows] - covered.first) // _WEEK,
        day=day[rows] - covered.first,
        ripe=day[rows] < covered.ripe_until,
        won=within,
        stages={name: _reached(dataset, name, horizon)[rows] for name in _known_stages(dataset)},
        fake=None if question.fake is None else _fake(dataset, question.fake, question.fake_days)[rows],
        duplicate=None if duplicate is None else duplicate[rows],
        observed_days=np.where(converted, np.maximum(won_at - at, 0), observed) / MICROSECONDS_PER_DAY,
        converted=converted,
        amount=_amounts(dataset, question.won.stages, horizon)[rows],
        cost=in_columns["cost"].numbers(as_number)[rows]
        if "cost" in in_columns
        else np.full(len(rows), np.nan),
        mix={name: in_columns[name].take(rows) for name in question.mix if name in in_columns},
        covered=covered,
    )


def day_text(day: int) -> str:
    """Return a day since 1970 as a date, as 2026-03-02."""
    return (date(1970, 1, 1) + timedelta(days=int(day))).isoformat()


def _checked(dataset: Dataset, question: ChannelQuestion) -> tuple[Instants, Coded]:
    created, columns = dataset.leads.created_at, dataset.leads.columns
    if created is None or dataset.outcomes is None:
        raise InputError(
            "channels are compared over time by what became of their leads",
            source="leads",
            expected="leads with created_at and a table of dated outcomes",
            do="name both in params.yaml",
        )
    if question.by not in columns:
        raise ParamsError(
            "there is no such lead column",
            value=question.by,
            expected=f"one of {', '.join(sorted(columns))}",
            do="name it with --by, or map it in data.leads.columns of params.yaml",
        )
    return created, columns[question.by]


def _covered(until: int, day: Indices, ripening: int, question: ChannelQuestion, lag: int) -> CoveredWeeks:
    """Return the covered weeks: a week is ripe when its last lead has had its horizon and the time to record it."""
    zone = question.zone
    ripening = max(ripening, round(question.fake_days * MICROSECONDS_PER_DAY))
    last = int(local_day(np.array([until]), zone)[0])
    first_week = _monday(int(day.min()))
    whole_until = min(_monday(last), _monday(int(day.max())) + _WEEK)
    ripe_until = whole_until
    while ripe_until > first_week and _midnight(ripe_until, zone) + ripening > until:
        ripe_until -= _WEEK
    if ripe_until <= first_week:
        raise TooLittleData(
            "no week of leads is ripe: none is old enough to know what became of it",
            value=f"data until {day_text(last)}",
            expected=f"leads older than {ripening / MICROSECONDS_PER_DAY:.0f} days",
            do="use a longer history or a shorter conversion.horizon_days",
        )
    first = max(first_week, ripe_until - _WEEK * question.weeks)
    return CoveredWeeks(first, ripe_until, whole_until, lag / MICROSECONDS_PER_DAY)


def _monday(day: int) -> int:
    return day - (day + _MONDAY) % _WEEK


def _midnight(day: int, zone: str) -> int:
    return int(from_wall_clock(np.array([day * MICROSECONDS_PER_DAY]), ZoneInfo(zone))[0])


def _recording_lag(dataset: Dataset, stages: Sequence[str], horizon: int) -> int:
    """Return the time within which nearly all wins are recorded, at most one horizon (an import may record years at once)."""
    assert dataset.outcomes is not None
    rows = is_in(dataset.outcomes, "stage", stages)
    waited = (dataset.outcomes.known_at - dataset.outcomes.occurred_at)[rows]
    return int(min(np.quantile(waited, _RECORDED, method="higher"), horizon)) if len(waited) else 0


def _known_stages(dataset: Dataset) -> list[str]:
    assert dataset.outcomes is not None
    return [name for name in STAGES if is_in(dataset.outcomes, "stage", (name,)).any()]


def _reached(dataset: Dataset, stage: str, horizon: int) -> Mask:
    assert dataset.leads.created_at is not None
    return np.asarray(first_occurred(dataset, (stage,)) - dataset.leads.created_at < horizon)


def _fake(dataset: Dataset, target: Fake, days: float) -> Mask:
    """Return which leads were marked as not real within so many days."""
    outcomes, created = dataset.outcomes, dataset.leads.created_at
    assert outcomes is not None
    assert created is not None
    rows = is_in(outcomes, "stage", ("invalid", "lost")) & is_in(outcomes, "reason", target.reasons)
    marked = first_per_lead(dataset, outcomes, rows, outcomes.occurred_at)
    return np.asarray((marked < NEVER) & (marked - created < days * MICROSECONDS_PER_DAY))


def _amounts(dataset: Dataset, stages: Sequence[str], horizon: int) -> Floats:
    """Return per lead the sum of the amounts of its wins within the horizon, NaN where a win has none or there is no win."""
    outcomes, created = dataset.outcomes, dataset.leads.created_at
    assert outcomes is not None
    assert created is not None
    rows = is_in(outcomes, "stage", stages) & (outcomes.occurred_at - created[outcomes.lead] < horizon)
    return _summed(outcomes, rows, len(created))


def _summed(outcomes: Outcomes, rows: Mask, leads: int) -> Floats:
    total = np.bincount(outcomes.lead[rows], weights=outcomes.amount[rows], minlength=leads)
    some = np.bincount(outcomes.lead[rows], minlength=leads)
    return np.where(some > 0, total, np.nan)
