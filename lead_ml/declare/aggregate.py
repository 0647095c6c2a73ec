"""Features over the rows of a stream: frozen records that travel inside the bundle as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from lead_ml.declare.feature import Feature

Stream = Literal["events", "leads", "outcomes", "conversions"]
Aggregation = Literal[
    "count",
    "sum",
    "mean",
    "max",
    "distinct",
    "active_days",
    "days_since_first",
    "days_since_last",
    "decayed_sum",
    "share",
    "longest_gap",
    "trend",
    "first",
    "last",
]

EVERYONE = "*"
STREAM_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "events": ("type", "channel", "page", "session_id"),
    "outcomes": ("stage", "reason"),
    "leads": (),  # any lead column
    "conversions": (),
}
LEAD_STREAMS = ("leads", "conversions")  # their rows are leads
STREAM_NUMBERS: Mapping[str, str] = {"events": "value", "outcomes": "amount", "leads": "", "conversions": ""}


class Range(msgspec.Struct, frozen=True):
    """Numbers in [``at_least``, ``below``); a missing number is in no range.

    Parameters
    ----------
    at_least
        Lower end, included; None for no lower end.
    below
        Upper end, not included; None for no upper end.

    Examples
    --------
    >>> Range(at_least=5).below is None
    True
    """

    at_least: float | None = None
    below: float | None = None


class Aggregate(Feature, frozen=True, kw_only=True, tag="aggregate"):
    """An aggregation over the rows of a stream that share the lead's key and were known before ``as_of``.

    Counts, sums, trends and active days are 0 without rows, everything else is missing. Every value is missing if the lead has
    no key, and for events if the project has no events at all.

    Parameters
    ----------
    stream
        ``events``, ``leads``, ``outcomes``, or ``conversions``: one row per lead that reached one of `stages` within
        `within` of its creation, dated at its creation.
    aggregation
        See the methods of :class:`lead_ml.declare.Over`.
    key
        Lead column, or ``column:transform``.
    where
        Accepted values by text column; all filters must pass.
    ranges
        Accepted range by numeric column.
    of
        Column that is summed, averaged, counted by distinct value or shown. For ``decayed_sum``, empty counts each row 1.
    window, half_life
        Microseconds; a window of 0 is all history.
    among
        Filter of the whole that a share is of.
    zone
        Time zone of the calendar of ``active_days``.
    stages, within
        Of the stream ``conversions``; ``within`` is microseconds.

    Examples
    --------
    >>> Aggregate(name="calls", stream="events", aggregation="count", en="Calls", zh="通话次数").key
    'lead_id'
    """

    stream: Stream
    aggregation: Aggregation
    key: str = "lead_id"
    where: dict[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    ranges: dict[str, Range] = msgspec.field(default_factory=dict)
    of: str = ""
    window: int = 0
    half_life: int = 0
    among: dict[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    zone: str = ""
    stages: tuple[str, ...] = ()
    within: int = 0


class Rate(Feature, frozen=True, kw_only=True, tag="rate"):
    """The conversion rate of a key, over matured cohorts only, shrunk to the rate over all keys.

    Of the leads of the key created in ``[as_of - within - window, as_of - within)``, n in all, k reached one of ``stages``
    within ``within`` of their creation, as known before ``as_of``; K and N are the same over all keys::

        (k + strength * K / N) / (n + strength)

    Young leads are in neither number, so the rate does not rise by itself as history grows, as wins so far divided by leads so
    far would. Missing if the lead has no key, and while N is 0.

    Parameters
    ----------
    key
        Lead column, or ``column:transform``.
    stages
        Stages that count as converted.
    within, window
        Microseconds.
    where
        Accepted values by lead column.
    strength
        Number of leads that the rate over all keys counts for.

    Examples
    --------
    >>> day = 86_400_000_000
    >>> Rate(name="r", key="source", stages=("won",), within=60 * day, window=365 * day, en="Rate", zh="转化率").strength
    50.0
    """

    key: str
    stages: tuple[str, ...]
    within: int
    window: int
    where: dict[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    strength: float = 50.0
