"""What a channel report says, as plain data."""

from __future__ import annotations

from typing import Literal

import msgspec

from lead_ml.model.metrics import Interval, OptionalInterval

Verb = Literal["scale", "keep", "fix", "pause", "too_few"]
Cause = Literal["itself", "mix", "fakes", "several", "unclear"]
CHANNELS_FILE = "channels.json"  # in the folder of a run
LEVEL = 0.90  # of every interval of a channel report
ALPHA = 0.05  # share of the reports without any change that show an alarm of one kind


class ChannelShare(msgspec.Struct, frozen=True, kw_only=True):
    """How many of some leads: `reached` of `leads`, and the shrunk share with its interval."""

    reached: int
    leads: int
    share: Interval


class MixPart(msgspec.Struct, frozen=True, kw_only=True):
    """What one lead column adds to a change of the conversion rate, and the value whose share moved most."""

    column: str
    part: float
    value: str | None
    share_before: float
    share_after: float


class RateChange(msgspec.Struct, frozen=True, kw_only=True):
    """A change of the conversion rate between two spans of weeks, split into parts that add up to `total`.

    `itself` is the change at equal mix of leads, `mix` what follows from which leads came, `fakes` from the share of known
    fakes; None where the project knows no fakes. Dates are Mondays; `until` is the first one after the later span.
    """

    since: str
    split: str
    until: str
    leads_before: int
    leads_after: int
    wins_before: int
    wins_after: int
    before: float
    after: float
    total: Interval
    itself: Interval
    mix: Interval
    fakes: Interval | None
    columns: tuple[MixPart, ...]
    cause: Cause


class Fall(msgspec.Struct, frozen=True, kw_only=True):
    """A sudden fall of the conversion rate against the other channels; `week` is its first week, between `earliest` and `latest`."""

    week: str
    earliest: str
    latest: str
    ongoing: bool
    p_value: float
    change: RateChange


class Surge(msgspec.Struct, frozen=True, kw_only=True):
    """A day (`burst`) or a week (`drop`) with far more or fewer leads than before; `fakes` are those known among them."""

    kind: Literal["burst", "drop"]
    start: str
    leads: int
    expected: float
    fakes: int | None


class ChannelWeek(msgspec.Struct, frozen=True, kw_only=True):
    """One week of a channel, named by its Monday; `wins` is None while the week is not ripe."""

    week: str
    leads: int
    wins: int | None


class ChannelMoney(msgspec.Struct, frozen=True, kw_only=True):
    """What leads cost: of the leads that have a cost. `spend` and `revenue` are those of the ripe leads.

    ``per_win`` is the cost of a lead divided by the shrunk conversion rate; `returns` is revenue over spend, None where
    amounts are missing.
    """

    spend: float
    per_lead: float
    per_real_lead: float | None
    per_win: Interval
    revenue: float | None
    returns: Interval | None


class ChannelAdvice(msgspec.Struct, frozen=True, kw_only=True):
    """What to do with a channel, and which rule says so: the key of its wording."""

    verb: Verb
    why: str


class ChannelRow(msgspec.Struct, frozen=True, kw_only=True):
    """One channel: a value of the column, None for leads without one; `labels` are its names for people, by language.

    ``others`` are the same figures of all other channels together.
    """

    name: str | None
    labels: dict[str, str]
    leads: int
    per_week: float
    duplicates: int | None
    conversion: ChannelShare
    others: OptionalInterval
    other_fakes: OptionalInterval
    other_per_win: OptionalInterval
    stages: dict[str, ChannelShare]
    fakes: ChannelShare | None
    days_to_convert: Interval | None
    money: ChannelMoney | None
    change: RateChange | None
    fall: Fall | None
    surges: tuple[Surge, ...]
    weeks: tuple[ChannelWeek, ...]
    advice: ChannelAdvice


class ChannelReport(msgspec.Struct, frozen=True, kw_only=True):
    """Where leads come from and what became of them.

    Conversion is measured on ripe leads: those created from `since` up to `ripe_until`, whose `horizon_days`, and `lag_days` more
    for late records, had passed at `until`. Volume is measured up to `until`. Dates are Mondays in `time_zone`, except `until`.
    """

    by: str
    synthetic: bool
    since: str
    ripe_until: str
    until: str
    time_zone: str
    horizon_days: float
    lag_days: float
    level: float
    false_alarms: float
    currency: str
    leads: int
    ripe: int
    wins: int
    rows: tuple[ChannelRow, ...]
    left_out: int
    left_out_leads: int
    compared: int
