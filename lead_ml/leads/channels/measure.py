"""The channel report of a data set: every channel measured in the same weeks, compared with all others."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lead_ml.declare.lookup_table import spelling
from lead_ml.leads.channels.advice import Evidence, advise
from lead_ml.leads.channels.change import FAKE, split_change
from lead_ml.leads.channels.facts import ChannelQuestion, LeadFacts, day_text, gather_facts
from lead_ml.leads.channels.falls import FoundFall, WeeklyCounts, can_be_scanned, find_fall
from lead_ml.leads.channels.money import money_of
from lead_ml.leads.channels.records import (
    ALPHA,
    LEVEL,
    ChannelMoney,
    ChannelReport,
    ChannelRow,
    ChannelShare,
    ChannelWeek,
    Fall,
    RateChange,
    Surge,
)
from lead_ml.leads.channels.shrink import shrunk
from lead_ml.leads.channels.surges import Surprises, find_bursts, find_drops
from lead_ml.leads.channels.waiting import median_days
from lead_ml.model.metrics import Interval, OptionalInterval, wilson
from lead_ml.tables.dataset import Coded, Dataset, Floats, Indices, Mask
from lead_ml.tables.instants import iso

MOST_CHANNELS = 30  # shown, by their leads
_LEAST_DRAWS = 999
_LEAST_DAY = 0.1  # of an average day: what a day of the week without leads counts as
_LEAST_CHANGE = (50, 10)  # leads on either side, and wins on both, for a change to be split
Progress = Callable[[str], None]


def channel_report(
    dataset: Dataset,
    question: ChannelQuestion,
    *,
    synthetic: bool = False,
    currency: str = "",
    progress: Progress = lambda _: None,
) -> ChannelReport:
    """Measure every value of a lead column over the latest ripe weeks."""
    facts = gather_facts(dataset, question)
    progress("leads counted by week")
    measured = _Measured(facts, question)
    rows = measured.rows()
    progress("falls and bursts looked for")
    covered, shown = facts.covered, sum(row.leads for row in rows)
    return ChannelReport(
        by=question.by,
        synthetic=synthetic,
        since=covered.monday(0),
        ripe_until=covered.monday(covered.ripe),
        until=iso(dataset.until),
        time_zone=question.zone,
        horizon_days=question.horizon_days,
        lag_days=covered.lag_days,
        level=LEVEL,
        false_alarms=ALPHA,
        currency=currency,
        leads=len(facts.week),
        ripe=len(facts.ripe_rows),
        wins=int(facts.won[facts.ripe].sum()),
        rows=tuple(rows),
        left_out=measured.size - len(rows),
        left_out_leads=len(facts.week) - shown,
        compared=sum(map(can_be_scanned, measured.counts)),
    )


@dataclass(frozen=True)
class _Measured:
    """The figures of all channels; `codes` number the channels that have leads, the largest first, missing values among them."""

    facts: LeadFacts
    question: ChannelQuestion

    @cached_property
    def names(self) -> list[str | None]:
        """The channels by their leads, then by name, so that the order of rows or levels does not matter."""
        channel = self.facts.channel
        counts = np.bincount(channel.codes + 1, minlength=len(channel.levels) + 1)
        found = [(None if k == 0 else channel.levels[k - 1], int(n)) for k, n in enumerate(counts) if n]
        return [
            name for name, _ in sorted(found, key=lambda item: (-item[1], item[0] is None, item[0] or ""))
        ]

    @property
    def size(self) -> int:
        return len(self.names)

    @cached_property
    def codes(self) -> Indices:
        place = {name: k for k, name in enumerate(self.names)}
        lookup = np.array([place.get(name, -1) for name in (*self.facts.channel.levels, None)])
        return lookup[self.facts.channel.codes]

    def count(self, rows: Mask) -> Indices:
        """Count some of the leads by channel."""
        return np.bincount(self.codes[rows], minlength=self.size)

    @cached_property
    def ripe(self) -> Indices:
        return self.count(self.facts.ripe)

    @cached_property
    def wins(self) -> Indices:
        return self.count(self.facts.ripe & self.facts.won)

    def shares(self, reached: Mask) -> list[ChannelShare]:
        """Return the shrunk share of the ripe leads of every channel that reached something."""
        counts = self.count(self.facts.ripe & reached)
        return [
            ChannelShare(reached=int(k), leads=int(n), share=share)
            for k, n, share in zip(counts, self.ripe, shrunk(counts, self.ripe, LEVEL), strict=True)
        ]

    @cached_property
    def counts(self) -> list[WeeklyCounts]:
        """Ripe leads and wins of every shown channel and of the others, by week."""
        weeks = self.facts.covered.ripe
        leads, wins = (
            self._by_week(rows, weeks) for rows in (self.facts.ripe, self.facts.ripe & self.facts.won)
        )
        all_leads, all_wins = leads.sum(axis=0), wins.sum(axis=0)
        return [
            WeeklyCounts(leads[k], wins[k], all_leads - leads[k], all_wins - wins[k])
            for k in range(min(self.size, MOST_CHANNELS))
        ]

    def _by_week(self, rows: Mask, weeks: int) -> Indices:
        some = rows & (self.facts.week < weeks)
        place = self.codes[some] * weeks + self.facts.week[some]
        return np.bincount(place, minlength=self.size * weeks).reshape(self.size, weeks)

    def rows(self) -> list[ChannelRow]:
        """Measure the channels with the most leads."""
        facts, shown = self.facts, range(min(self.size, MOST_CHANNELS))
        conversion = self.shares(facts.won)
        stages = {name: self.shares(reached) for name, reached in facts.stages.items()}
        fakes = None if facts.fake is None else self.shares(facts.fake)
        money = [self._money(k, conversion[k].share) for k in range(self.size)]
        leads = self.count(np.ones(len(self.codes), dtype=bool))
        weekly = self._by_week(np.ones(len(self.codes), dtype=bool), facts.covered.whole)
        surges, days = self._surges(weekly), max(1, int(facts.day.max(initial=0)) + 1)
        found = []
        for k in shown:
            fall = self._fall(k)
            evidence = Evidence(
                conversion[k],
                self._others(k, self.wins),
                None if fakes is None else fakes[k],
                self._others(k, self.count(facts.ripe & facts.fake)) if facts.fake is not None else _NOTHING,
                money[k],
                self._other_per_win(k, money),
                fall,
            )
            found.append(
                ChannelRow(
                    name=self.names[k],
                    labels=self._labels(self.names[k]),
                    leads=int(leads[k]),
                    per_week=7 * int(leads[k]) / days,
                    duplicates=None if facts.duplicate is None else int(self.count(facts.duplicate)[k]),
                    conversion=conversion[k],
                    others=evidence.others,
                    other_fakes=evidence.other_fakes,
                    other_per_win=evidence.other_per_win,
                    stages={name: shares[k] for name, shares in stages.items()},
                    fakes=evidence.fakes,
                    days_to_convert=self._days(k),
                    money=money[k],
                    change=self._change(k, 0, facts.covered.ripe // 2, facts.covered.ripe),
                    fall=fall,
                    surges=surges[k],
                    weeks=self._weeks(k, weekly[k]),
                    advice=advise(evidence),
                )
            )
        return found

    def _labels(self, name: str | None) -> dict[str, str]:
        found = None if name is None else self.question.labels.get(spelling(name))
        return {} if found is None else dict(zip(("en", "zh"), found, strict=True))

    def _others(self, k: int, reached: Indices) -> OptionalInterval:
        return wilson(int(reached.sum() - reached[k]), int(self.ripe.sum() - self.ripe[k]), LEVEL)

    def _money(self, k: int, conversion: Interval) -> ChannelMoney | None:
        facts, rows = self.facts, self.facts.ripe & (self.codes == k)
        return money_of(
            facts.cost[rows],
            facts.amount[rows],
            facts.won[rows],
            None if facts.fake is None else facts.fake[rows],
            conversion,
            level=LEVEL,
            seed=self.question.seed,
        )

    def _other_per_win(self, k: int, money: list[ChannelMoney | None]) -> OptionalInterval:
        """Return what a win costs in all other channels with costs."""
        others = [place for place, known in enumerate(money) if known is not None and place != k]
        leads, wins = int(self.ripe[others].sum()), int(self.wins[others].sum())
        rate = wilson(wins, leads, LEVEL)
        if not rate.value or not rate.lower or not rate.upper:
            return _NOTHING
        spend = sum(
            known.per_lead * int(n) for known, n in zip(money, self.ripe, strict=True) if known is not None
        )
        own = money[k]
        per_lead = (spend - (own.per_lead * int(self.ripe[k]) if own is not None else 0.0)) / leads
        return Interval(per_lead / rate.value, per_lead / rate.upper, per_lead / rate.lower)

    def _days(self, k: int) -> Interval | None:
        rows = self.codes == k
        return median_days(
            self.facts.observed_days[rows],
            self.facts.converted[rows],
            self.question.horizon_days,
            level=LEVEL,
            seed=self.question.seed,
        )

    def _fall(self, k: int) -> Fall | None:
        """Return the fall of a channel unless it is within chance; all channels together raise a false alarm in one of twenty reports."""
        tested, counts = sum(map(can_be_scanned, self.counts)), self.counts[k]
        if not can_be_scanned(counts):
            return None
        draws = max(_LEAST_DRAWS, math.ceil(4 * tested / ALPHA))
        found = find_fall(counts, draws, self.question.seed)
        if found is None or found.p_value > ALPHA / tested:
            return None
        change = self._change(k, 0, found.start, found.end)
        if change is None or change.total.upper >= 0:
            return None
        return self._dated(found, change)

    def _dated(self, found: FoundFall, change: RateChange) -> Fall:
        covered = self.facts.covered
        return Fall(
            week=covered.monday(found.start),
            earliest=covered.monday(found.earliest),
            latest=covered.monday(found.latest),
            ongoing=found.end == covered.ripe,
            p_value=found.p_value,
            change=change,
        )

    def _change(self, k: int, since: int, split: int, until: int) -> RateChange | None:
        """Split the change of the rate of a channel from some weeks to those after them; None with too few leads."""
        facts = self.facts
        rows = np.flatnonzero(facts.ripe & (self.codes == k) & (facts.week >= since) & (facts.week < until))
        after, won = facts.week[rows] >= split, facts.won[rows]
        sizes = int((~after).sum()), int(after.sum())
        if min(sizes) < _LEAST_CHANGE[0] or won.sum() < _LEAST_CHANGE[1]:
            return None
        columns = {name: column.take(rows) for name, column in facts.mix.items()}
        if facts.fake is not None:
            columns[FAKE] = Coded((facts.fake[rows]).astype(np.int32), ("no", "yes"))
        found = split_change(won, after, columns, LEVEL)
        return RateChange(
            since=facts.covered.monday(since),
            split=facts.covered.monday(split),
            until=facts.covered.monday(until),
            leads_before=sizes[0],
            leads_after=sizes[1],
            wins_before=int(won[~after].sum()),
            wins_after=int(won[after].sum()),
            before=float(won[~after].mean()),
            after=float(won[after].mean()),
            total=found.total,
            itself=found.itself,
            mix=found.mix,
            fakes=found.fakes,
            columns=found.columns,
            cause=found.cause,
        )

    def _weeks(self, k: int, weekly: Indices) -> tuple[ChannelWeek, ...]:
        covered, counts = self.facts.covered, self.counts[k]
        return tuple(
            ChannelWeek(
                week=covered.monday(place),
                leads=int(leads),
                wins=int(counts.wins[place]) if place < covered.ripe else None,
            )
            for place, leads in enumerate(weekly)
        )

    def _surges(self, weekly: Indices) -> list[tuple[Surge, ...]]:
        """Return the bursts and drops of every channel; a report tests so many days and weeks that one in twenty shows a false one."""
        daily, exposure = self._daily()
        shown, whole = range(min(self.size, MOST_CHANNELS)), weekly.sum(axis=0)
        bursts = self._alarms(lambda k, alpha: find_bursts(daily[k], exposure, alpha))
        drops = self._alarms(lambda k, alpha: find_drops(weekly[k], whole - weekly[k], alpha))
        return [
            tuple(
                [self._surge(k, "burst", day, daily[k][day], expected) for day, expected in bursts[k]]
                + [self._surge(k, "drop", 7 * week, weekly[k][week], expected) for week, expected in drops[k]]
            )
            for k in shown
        ]

    def _alarms(self, find: Callable[[int, float], Surprises]) -> list[list[tuple[int, float]]]:
        shown = range(min(self.size, MOST_CHANNELS))
        tested = sum(find(k, 0.0).tested for k in shown)
        alpha = ALPHA / max(1, tested)
        found = (find(k, alpha) for k in shown)
        return [[(int(place), float(item.expected[place])) for place in item.places] for item in found]

    def _daily(self) -> tuple[Indices, Floats]:
        """Return the leads of every channel by day up to the last whole week, and what each day of the week usually has."""
        days = 7 * self.facts.covered.whole
        some = self.facts.day < days
        place = self.codes[some] * days + self.facts.day[some]
        daily = np.bincount(place, minlength=self.size * days).reshape(self.size, days)
        weeks = daily.sum(axis=0).reshape(-1, 7)
        usual = np.maximum(np.median(weeks, axis=0), _LEAST_DAY * weeks.mean() + 1e-9)  # a burst is not usual
        return daily, np.tile(usual / usual.mean(), days // 7)

    def _surge(self, k: int, kind: str, day: int, leads: int, expected: float) -> Surge:
        facts, length = self.facts, 1 if kind == "burst" else 7
        rows = (self.codes == k) & (facts.day >= day) & (facts.day < day + length)
        return Surge(
            kind="burst" if kind == "burst" else "drop",
            start=day_text(facts.covered.first + day),
            leads=int(leads),
            expected=expected,
            fakes=None if facts.fake is None else int(facts.fake[rows].sum()),
        )


_NOTHING: OptionalInterval = Interval(None, None, None)
