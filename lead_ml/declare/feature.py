"""Declarations as frozen records that travel inside the bundle as JSON; the functions of this package make them.

A key is a lead column, or ``column:transform``; lengths of time are microseconds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, NotRequired, TypedDict

import msgspec

from lead_ml.errors import DeclarationError

Stream = Literal["events", "leads", "outcomes", "conversions"]
Aggregation = (
    Literal["count", "sum", "distinct", "active_days", "trend", "decayed_sum"]  # 0 without rows
    | Literal["mean", "max", "share", "days_since_first", "days_since_last", "longest_gap", "first", "last"]
)
Filter = dict[str, tuple[str, ...]]  # accepted values by text column; all columns must pass

GROUPS = ("fit", "engagement", "channel", "authenticity")
EVERYONE = "*"  # the key that all leads share
STREAM_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "events": ("type", "channel", "page", "session_id"),
    "outcomes": ("stage", "reason"),
    "leads": (),  # any lead column
    "conversions": (),
}
STREAM_NUMBERS: Mapping[str, str] = {"events": "value", "outcomes": "amount", "leads": "", "conversions": ""}
LEAD_STREAMS = ("leads", "conversions")  # their rows are leads
MICROSECONDS_PER_DAY = 86_400_000_000
_UNIT_MICROSECONDS = {"m": 60_000_000, "h": 3_600_000_000, "d": MICROSECONDS_PER_DAY}
_SPAN = re.compile(r"^(\d+(?:\.\d+)?)([mhd])$")


class Wording(TypedDict):
    """How a feature is called, as keywords of the functions that declare one; see :class:`Feature`."""

    en: str
    zh: str
    group: NotRequired[str]
    unit: NotRequired[str]
    family: NotRequired[str]


class Feature(msgspec.Struct, frozen=True, kw_only=True, tag_field="declares"):
    """What every declaration has: a name with its unit, such as ``visits_30d``, and its wording.

    ``en`` and ``zh`` are noun phrases that read well before a colon and a value, ``group`` is one of ``GROUPS``, and ``unit``
    is empty, ``days``, ``share``, ``points`` or a currency. ``family`` replaces the one that :func:`families_of` derives;
    ``labels`` are English and Chinese by :func:`spelling` of the value, read with the project.
    """

    name: str
    en: str
    zh: str
    group: str = ""
    unit: str = ""
    family: str = ""
    labels: dict[str, tuple[str, str]] = msgspec.field(default_factory=dict)


class Attribute(Feature, frozen=True, kw_only=True, tag="attribute"):
    """A column of the lead, or ``table.column`` of an extra table, after a transform of :mod:`lead_ml.clean`."""

    column: str
    kind: Literal["category", "number", "ordinal"]
    transform: str = ""
    levels: tuple[str, ...] = ()  # of an ordinal, from low to high


class Age(Feature, frozen=True, kw_only=True, tag="age"):
    """Days from the lead's creation to ``as_of``, with fractions."""


class Clock(Feature, frozen=True, kw_only=True, tag="clock"):
    """The hour (0 to 23) or the weekday (``mon`` to ``sun``) at which the lead was created."""

    part: Literal["hour", "weekday"]
    zone: str = "UTC"


class Range(msgspec.Struct, frozen=True):
    """Numbers in [``at_least``, ``below``), None for no end; a missing number is in no range."""

    at_least: float | None = None
    below: float | None = None


class Aggregate(Feature, frozen=True, kw_only=True, tag="aggregate"):
    """An aggregation over the rows of a stream that share the lead's key and were known before ``as_of``.

    Counts, sums, trends and active days are 0 without rows, everything else is missing. Every value is missing if the lead has
    no key, and for events if the project has no events at all. ``conversions`` are the leads that reached one of ``stages``
    within ``within`` of their creation, dated at their creation.
    """

    stream: Stream
    aggregation: Aggregation
    key: str = "lead_id"
    where: Filter = msgspec.field(default_factory=dict)
    ranges: dict[str, Range] = msgspec.field(default_factory=dict)
    of: str = ""  # the column that is summed, averaged, counted or shown; a decayed sum without it counts each row 1
    window: int = 0  # 0 is all history
    half_life: int = 0
    among: Filter = msgspec.field(default_factory=dict)  # filter of the whole that a share is of
    zone: str = ""  # calendar of active_days
    stages: tuple[str, ...] = ()
    within: int = 0


class Rate(Feature, frozen=True, kw_only=True, tag="rate"):
    """The conversion rate of a key, over matured cohorts only, shrunk to the rate over all keys.

    Of the leads of the key created in ``[as_of - within - window, as_of - within)``, n in all, k reached one of ``stages``
    within ``within`` of their creation, as known before ``as_of``; K and N are the same over all keys::

        (k + strength * K / N) / (n + strength)

    Young leads are in neither number, so the rate does not rise by itself as history grows, as wins so far divided by leads so
    far would. Missing if the lead has no key, and while N is 0.
    """

    key: str
    stages: tuple[str, ...]
    within: int
    window: int
    where: Filter = msgspec.field(default_factory=dict)
    strength: float = 50.0


class Ratio(Feature, frozen=True, kw_only=True, tag="ratio"):
    """One declared number divided by another; missing if either is missing or the divisor is 0."""

    over: Attribute | Aggregate | Age
    under: Attribute | Aggregate | Age


class Difference(Feature, frozen=True, kw_only=True, tag="difference"):
    """One declared number minus another; missing if either is missing."""

    first: Attribute | Aggregate | Age
    second: Attribute | Aggregate | Age


class Lookup(Feature, frozen=True, kw_only=True, tag="lookup"):
    """The label that a table of the project gives to a value of the lead, as a category."""

    of: Attribute
    file: str  # relative to the project
    otherwise: str = ""  # label of values that are not in the table; empty for missing
    table: dict[str, str] = msgspec.field(default_factory=dict)  # spelling to label, read with the project


class AllOf(Feature, frozen=True, kw_only=True, tag="all_of"):
    """Whether several attributes have accepted values: ``false`` if one is not accepted, else missing, else ``true``.

    ``values[k]`` are the values accepted for ``of[k]``; none accepts any value.
    """

    of: tuple[Attribute, ...]
    values: tuple[tuple[str, ...], ...]


class PairRule(Feature, frozen=True, kw_only=True, tag="pair_rule"):
    """What a rule of :mod:`lead_ml.clean` says of two columns of the lead; missing if either is missing or the rule cannot tell."""

    of: tuple[Attribute, Attribute]
    rule: str


class Interest(Feature, frozen=True, kw_only=True, tag="interest"):
    """The topic whose decayed count ``of`` is the largest, the first of equal ones; missing while no topic has an event."""

    tags: tuple[str, ...]
    of: tuple[Aggregate, ...]


class Profile(Feature, frozen=True, kw_only=True, tag="profile"):
    """Agreement with the ideal customer profile: the sum of the points of the values of several features.

    The points are learned from outcomes inside the fit window (:mod:`lead_ml.model.icp`); until then the feature is missing.
    """

    columns: tuple[str, ...]  # names of other features
    of: tuple[Attribute | Lookup | AllOf, ...] = ()  # those features, filled in by validated


Declaration = (
    Attribute
    | Aggregate
    | Age
    | Clock
    | Ratio
    | Difference
    | Rate
    | Lookup
    | AllOf
    | PairRule
    | Interest
    | Profile
)


def span(text: str) -> int:
    """Return a length of time such as ``15m``, ``12h`` or ``30d`` in microseconds; another text is a DeclarationError."""
    match = _SPAN.match(text)
    if match is None or float(match[1]) <= 0:
        raise DeclarationError(
            "length of time", value=text, expected="a positive number with m, h or d, such as 15m, 12h or 30d"
        )
    return round(float(match[1]) * _UNIT_MICROSECONDS[match[2]])
