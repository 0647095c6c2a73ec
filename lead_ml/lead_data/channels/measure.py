"""The channel report of a data set: every channel measured in the same weeks, compared with all others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lead_ml.declare.lookup_table import spelling
from lead_ml.lead_data.channels.advice import ChannelEvidence, advise
from lead_ml.lead_data.channels.alarms import change_of, fall_of, surges_of
from lead_ml.lead_data.channels.counts import ChannelCounts
from lead_ml.lead_data.channels.falls import can_be_scanned
from lead_ml.lead_data.channels.money import money_of
from lead_ml.lead_data.channels.observed import ChannelQuestion, observe_leads
from lead_ml.lead_data.channels.records import (
    ALPHA,
    LEVEL,
    ChannelMoney,
    ChannelReport,
    ChannelRow,
    ChannelWeek,
)
from lead_ml.lead_data.channels.waiting import median_days
from lead_ml.model.metrics import Interval, OptionalInterval, wilson
from lead_ml.tables.dataset import Dataset
from lead_ml.tables.instants import iso

Progress = Callable[[str], None]
_NOTHING: OptionalInterval = Interval(None, None, None)


def channel_report(
    dataset: Dataset,
    question: ChannelQuestion,
    *,
    synthetic: bool = False,
    currency: str = "",
    progress: Progress = lambda _: None,
) -> ChannelReport:
    """Measure every value of a lead column over the latest ripe weeks."""
    observed = observe_leads(dataset, question)
    progress("leads counted by week")
    counts = ChannelCounts(observed)
    rows = _Measured(counts, question).rows()
    progress("falls and bursts looked for")
    covered = observed.covered
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
        leads=len(observed.week),
        ripe=int(observed.ripe.sum()),
        wins=int(observed.won[observed.ripe].sum()),
        rows=tuple(rows),
        left_out=len(counts.names) - len(rows),
        left_out_leads=len(observed.week) - sum(row.leads for row in rows),
        compared=sum(map(can_be_scanned, counts.ripe_weeks)),
    )


@dataclass(frozen=True)
class _Measured:
    """The figures of the channels, one after the other."""

    counts: ChannelCounts
    question: ChannelQuestion

    def rows(self) -> list[ChannelRow]:
        """Measure the channels with the most leads."""
        observed, surges = self.counts.observed, surges_of(self.counts)
        stages = {name: self.counts.shares(reached) for name, reached in observed.stages.items()}
        days = max(1, int(observed.day.max(initial=0)) + 1)
        repeated = None if observed.duplicate is None else self.counts.count(observed.duplicate)
        return [
            ChannelRow(
                name=self.counts.names[k],
                labels=self._labels(self.counts.names[k]),
                leads=int(self.counts.leads[k]),
                per_week=7 * int(self.counts.leads[k]) / days,
                duplicates=None if repeated is None else int(repeated[k]),
                conversion=evidence.conversion,
                others=evidence.others,
                other_fakes=evidence.other_fakes,
                other_per_win=evidence.other_per_win,
                stages={name: shares[k] for name, shares in stages.items()},
                fakes=evidence.fakes,
                days_to_convert=self._days(k),
                money=evidence.money,
                change=change_of(self.counts, k, observed.covered.ripe // 2, observed.covered.ripe),
                fall=evidence.fall,
                surges=surges[k],
                weeks=self._weeks(k),
                advice=advise(evidence),
            )
            for k, evidence in enumerate(self._evidence())
        ]

    def _evidence(self) -> list[ChannelEvidence]:
        observed, counts = self.counts.observed, self.counts
        conversion, others = counts.shares(observed.won), counts.others(observed.won)
        fakes = None if observed.fake is None else counts.shares(observed.fake)
        other_fakes = None if observed.fake is None else counts.others(observed.fake)
        return [
            ChannelEvidence(
                conversion=conversion[k],
                others=others[k],
                fakes=None if fakes is None else fakes[k],
                other_fakes=_NOTHING if other_fakes is None else other_fakes[k],
                money=self._money(k, conversion[k].share),
                other_per_win=self._other_per_win(k),
                fall=fall_of(counts, k, self.question.seed),
            )
            for k in counts.shown
        ]

    def _labels(self, name: str | None) -> dict[str, str]:
        found = None if name is None else self.question.labels.get(spelling(name))
        return {} if found is None else dict(zip(("en", "zh"), found, strict=True))

    def _money(self, k: int, conversion: Interval) -> ChannelMoney | None:
        observed, rows = self.counts.observed, self.counts.observed.ripe & (self.counts.codes == k)
        return money_of(
            observed.cost[rows],
            observed.amount[rows],
            observed.won[rows],
            None if observed.fake is None else observed.fake[rows],
            conversion,
            level=LEVEL,
            seed=self.question.seed,
        )

    def _other_per_win(self, k: int) -> OptionalInterval:
        """Return what a win costs in all other channels, of their ripe leads with a cost."""
        observed = self.counts.observed
        rows = observed.ripe & (self.counts.codes != k) & ~np.isnan(observed.cost)
        rate = wilson(int(observed.won[rows].sum()), int(rows.sum()), LEVEL)
        if not rate.value or not rate.lower or not rate.upper:
            return _NOTHING
        per_lead = float(observed.cost[rows].mean())
        return Interval(per_lead / rate.value, per_lead / rate.upper, per_lead / rate.lower)

    def _days(self, k: int) -> Interval | None:
        observed, rows = self.counts.observed, self.counts.codes == k
        return median_days(
            observed.observed_days[rows],
            observed.converted[rows],
            self.question.horizon_days,
            level=LEVEL,
            seed=self.question.seed,
        )

    def _weeks(self, k: int) -> tuple[ChannelWeek, ...]:
        covered, wins = self.counts.observed.covered, self.counts.ripe_weeks[k].wins
        return tuple(
            ChannelWeek(
                week=covered.monday(place),
                leads=int(leads),
                wins=int(wins[place]) if place < covered.ripe else None,
            )
            for place, leads in enumerate(self.counts.weekly[k])
        )
