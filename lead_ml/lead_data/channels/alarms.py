"""The alarms of a report: falls of the conversion rate with their parts, bursts of leads and drops."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

import numpy as np

from lead_ml.lead_data.channels.change import FAKE, split_change
from lead_ml.lead_data.channels.counts import ChannelCounts
from lead_ml.lead_data.channels.falls import FoundFall, can_be_scanned, find_fall
from lead_ml.lead_data.channels.observed import day_text
from lead_ml.lead_data.channels.records import ALPHA, LEVEL, Fall, RateChange, Surge
from lead_ml.lead_data.channels.surges import Surprises, find_bursts, find_drops
from lead_ml.tables.dataset import Coded

_LEAST_DRAWS = 999
_LEAST_LEADS, _LEAST_WINS = 50, 10  # leads on either side, and wins on both, for a change to be split


def fall_of(counts: ChannelCounts, k: int, seed: int) -> Fall | None:
    """Return the fall of a channel unless it is within chance: all channels together raise a false alarm in one of 20 reports."""
    tested = sum(map(can_be_scanned, counts.ripe_weeks))
    if not can_be_scanned(counts.ripe_weeks[k]):
        return None
    found = find_fall(counts.ripe_weeks[k], max(_LEAST_DRAWS, math.ceil(4 * tested / ALPHA)), seed)
    if found is None or found.p_value > ALPHA / tested:
        return None
    change = change_of(counts, k, found.start, found.end)
    return None if change is None or change.total.upper >= 0 else _dated(counts, found, change)


def change_of(counts: ChannelCounts, k: int, split: int, until: int) -> RateChange | None:
    """Split the change of the rate of a channel from the weeks before one to those from it on; None with too few leads."""
    observed, monday = counts.observed, counts.observed.covered.monday
    rows = np.flatnonzero(observed.ripe & (counts.codes == k) & (observed.week < until))
    after, won = observed.week[rows] >= split, observed.won[rows]
    sizes = int((~after).sum()), int(after.sum())
    if min(sizes) < _LEAST_LEADS or won.sum() < _LEAST_WINS:
        return None
    columns = {name: column.take(rows) for name, column in observed.mix.items()}
    if observed.fake is not None:
        columns[FAKE] = Coded(observed.fake[rows].astype(np.int32), ("no", "yes"))
    found = split_change(won, after, columns, LEVEL)
    return RateChange(
        since=monday(0),
        split=monday(split),
        until=monday(until),
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


def surges_of(counts: ChannelCounts) -> list[tuple[Surge, ...]]:
    """Return the bursts and drops of every shown channel; false ones of either type are in one of 20 reports."""
    daily, weekly = counts.daily, counts.weekly
    whole = weekly.sum(axis=0)
    bursts = _surprises(counts, lambda k, alpha: find_bursts(daily[k], counts.usual, alpha))
    drops = _surprises(counts, lambda k, alpha: find_drops(weekly[k], whole - weekly[k], alpha))
    return [
        (
            *(
                _surge(counts, k, "burst", int(day), float(bursts[k].expected[day]))
                for day in bursts[k].places
            ),
            *(
                _surge(counts, k, "drop", int(week), float(drops[k].expected[week]))
                for week in drops[k].places
            ),
        )
        for k in counts.shown
    ]


def _dated(counts: ChannelCounts, found: FoundFall, change: RateChange) -> Fall:
    covered = counts.observed.covered
    return Fall(
        week=covered.monday(found.start),
        earliest=covered.monday(found.earliest),
        latest=covered.monday(found.latest),
        ongoing=found.end == covered.ripe,
        p_value=found.p_value,
        change=change,
    )


def _surprises(counts: ChannelCounts, find: Callable[[int, float], Surprises]) -> list[Surprises]:
    """Find the surprises of every shown channel, each test at a level that is divided by how many there are (Bonferroni)."""
    tested = sum(find(k, 0.0).tested for k in counts.shown)
    return [find(k, ALPHA / max(1, tested)) for k in counts.shown]


def _surge(
    counts: ChannelCounts, k: int, kind: Literal["burst", "drop"], place: int, expected: float
) -> Surge:
    observed, length = counts.observed, 1 if kind == "burst" else 7
    day = place * length
    rows = (counts.codes == k) & (observed.day >= day) & (observed.day < day + length)
    return Surge(
        kind=kind,
        start=day_text(observed.covered.first + day),
        leads=int(rows.sum()),
        expected=expected,
        fakes=None if observed.fake is None else int(observed.fake[rows].sum()),
    )
