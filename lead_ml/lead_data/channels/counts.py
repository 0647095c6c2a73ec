"""Leads of every channel counted: by what became of them, by week and by day."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lead_ml.lead_data.channels.falls import WeeklyCounts
from lead_ml.lead_data.channels.observed import ObservedLeads
from lead_ml.lead_data.channels.records import LEVEL, ChannelShare
from lead_ml.lead_data.channels.shrink import shrunk
from lead_ml.model.metrics import OptionalInterval, wilson
from lead_ml.tables.dataset import Floats, Indices, Mask

MOST_CHANNELS = 30  # shown, by their leads
_LEAST_DAY = 0.1  # of an average day: what a day of the week without leads counts as


@dataclass(frozen=True)
class ChannelCounts:
    """The channels that have leads, the largest first, those without a value among them."""

    observed: ObservedLeads

    @cached_property
    def names(self) -> list[str | None]:
        """The channels by their leads, then by name, so that the order of rows or levels does not matter."""
        channel = self.observed.channel
        counts = np.bincount(channel.codes + 1, minlength=len(channel.levels) + 1)
        found = [(None if k == 0 else channel.levels[k - 1], int(n)) for k, n in enumerate(counts) if n]
        ordered = sorted(found, key=lambda item: (-item[1], item[0] is None, item[0] or ""))
        return [name for name, _ in ordered]

    @property
    def shown(self) -> range:
        """The channels that the report shows: those with the most leads."""
        return range(min(len(self.names), MOST_CHANNELS))

    @cached_property
    def codes(self) -> Indices:
        """The place of the channel of each lead."""
        place = {name: k for k, name in enumerate(self.names)}
        lookup = np.array([place.get(name, -1) for name in (*self.observed.channel.levels, None)])
        return lookup[self.observed.channel.codes]

    @cached_property
    def leads(self) -> Indices:
        """Leads of each channel."""
        return np.bincount(self.codes, minlength=len(self.names))

    @cached_property
    def ripe(self) -> Indices:
        """Ripe leads of each channel."""
        return self.count(self.observed.ripe)

    def count(self, rows: Mask) -> Indices:
        """Count some of the leads by channel."""
        return np.bincount(self.codes[rows], minlength=len(self.names))

    def shares(self, reached: Mask) -> list[ChannelShare]:
        """Return the shrunk share of the ripe leads of every shown channel that reached something."""
        counts = self.count(self.observed.ripe & reached)
        found = shrunk(counts, self.ripe, LEVEL, len(self.shown))
        return [
            ChannelShare(reached=int(counts[k]), leads=int(self.ripe[k]), share=share)
            for k, share in enumerate(found)
        ]

    def others(self, reached: Mask) -> list[OptionalInterval]:
        """Return for every shown channel the share of the ripe leads of all other channels that reached something."""
        counts, ripe = self.count(self.observed.ripe & reached), self.ripe
        return [wilson(int(counts.sum() - counts[k]), int(ripe.sum() - ripe[k]), LEVEL) for k in self.shown]

    @cached_property
    def weekly(self) -> Indices:
        """Leads of every channel by whole week."""
        return self._by(self.observed.week, self.observed.covered.whole, self.observed.week >= 0)

    @cached_property
    def daily(self) -> Indices:
        """Leads of every channel by day of the whole weeks."""
        return self._by(self.observed.day, 7 * self.observed.covered.whole, self.observed.week >= 0)

    @cached_property
    def usual(self) -> Floats:
        """How many leads such a day of the week usually has, for every day, 1 on average."""
        weeks = self.daily.sum(axis=0).reshape(-1, 7)
        of_weekday = np.maximum(np.median(weeks, axis=0), _LEAST_DAY * weeks.mean() + 1e-9)  # without bursts
        return np.tile(of_weekday / of_weekday.mean(), len(weeks))

    @cached_property
    def ripe_weeks(self) -> list[WeeklyCounts]:
        """Ripe leads and wins of every shown channel and of the others, by week."""
        weeks, observed = self.observed.covered.ripe, self.observed
        leads = self._by(observed.week, weeks, observed.ripe)
        wins = self._by(observed.week, weeks, observed.ripe & observed.won)
        return [
            WeeklyCounts(leads[k], wins[k], leads.sum(axis=0) - leads[k], wins.sum(axis=0) - wins[k])
            for k in self.shown
        ]

    def _by(self, time: Indices, size: int, rows: Mask) -> Indices:
        some = rows & (time < size)
        place = self.codes[some] * size + time[some]
        return np.bincount(place, minlength=len(self.names) * size).reshape(len(self.names), size)
