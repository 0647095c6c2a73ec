"""What a feature is: frozen records that travel inside the bundle as JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

import msgspec

from lead_ml.errors import DeclarationError

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

GROUPS = ("fit", "engagement", "channel", "authenticity")
MICROSECONDS_PER_DAY = 86_400_000_000
EVERYONE = "*"
STREAM_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "events": ("type", "channel", "page", "session_id"),
    "outcomes": ("stage", "reason"),
    "leads": (),  # any lead column
    "conversions": (),
}
LEAD_STREAMS = ("leads", "conversions")  # their rows are leads
STREAM_NUMBERS: Mapping[str, str] = {"events": "value", "outcomes": "amount", "leads": "", "conversions": ""}
_UNIT_MICROSECONDS = {"m": 60_000_000, "h": 3_600_000_000, "d": MICROSECONDS_PER_DAY}
_SPAN = re.compile(r"^(\d+(?:\.\d+)?)([mhd])$")


class Range(msgspec.Struct, frozen=True):
    """Numbers in [``at_least``, ``below``); None leaves an end open, a missing number lies in no range."""

    at_least: float | None = None
    below: float | None = None


class Feature(msgspec.Struct, frozen=True, kw_only=True, tag_field="declares"):
    """What every declaration carries: a name with its unit, a group, and its wording.

    ``unit`` is ``""``, ``"days"``, ``"share"`` or a currency; ``en`` and ``zh`` are noun phrases that read well
    before a colon and a value.
    """

    name: str
    en: str
    zh: str
    group: str = ""
    unit: str = ""


class Attribute(Feature, frozen=True, kw_only=True, tag="attribute"):
    """A column of the lead as a category, a number, or an ordinal (``levels`` from low to high).

    ``transform`` names a function of :mod:`lead_ml.clean` applied to the text of the column first.
    """

    column: str
    kind: Literal["category", "number", "ordinal"]
    transform: str = ""
    levels: tuple[str, ...] = ()


class Aggregate(Feature, frozen=True, kw_only=True, tag="aggregate"):
    """An aggregation over the rows of a stream that share the lead's key, known before ``as_of``.

    ``where`` maps a stream column to the values that pass, ``ranges`` a numeric one to its range; all must pass.
    ``window`` and ``half_life`` are microseconds; ``window`` 0 means all time. ``of`` is the column that is summed
    (``value`` of events, ``amount`` of outcomes; ``cost`` of leads), told apart (distinct) or shown (first, last).
    For decayed_sum an empty ``of`` weighs every row 1. ``among`` is the filter of the whole that a share is of;
    ``zone`` that of the calendar of active_days. The stream ``conversions`` has a row per lead that reached one of
    ``stages`` within ``within`` microseconds of its creation, and that row occurred when the lead was created.

    Counts, sums, trends and active days are 0 without rows, everything else is missing. Every value is missing where
    the lead has no key, and for events where none were supplied at all.
    """

    stream: Stream
    aggregation: Aggregation
    key: str = "lead_id"
    where: dict[str, tuple[str, ...]] = {}
    ranges: dict[str, Range] = {}
    of: str = ""
    window: int = 0
    half_life: int = 0
    among: dict[str, tuple[str, ...]] = {}
    zone: str = ""
    stages: tuple[str, ...] = ()
    within: int = 0


class Age(Feature, frozen=True, kw_only=True, tag="age"):
    """Days from the lead's creation to ``as_of``."""


class Clock(Feature, frozen=True, kw_only=True, tag="clock"):
    """The hour (0-23, number) or the weekday (``mon``-``sun``, category) at which the lead was created, in ``zone``.

    It reads the clock: the one kind of feature that may change when all times are shifted.
    """

    part: Literal["hour", "weekday"]
    zone: str = "UTC"


class Ratio(Feature, frozen=True, kw_only=True, tag="ratio"):
    """One declared number divided by another; missing where either is, or the divisor is 0."""

    over: Attribute | Aggregate | Age
    under: Attribute | Aggregate | Age


class Difference(Feature, frozen=True, kw_only=True, tag="difference"):
    """One declared number less another; missing where either is."""

    first: Attribute | Aggregate | Age
    second: Attribute | Aggregate | Age


class Rate(Feature, frozen=True, kw_only=True, tag="rate"):
    """The conversion rate of a key, over leads that have had their time, shrunk to that of all keys.

    Of the leads of the key created in [as_of - within - window, as_of - within), n in all, k reached one of ``stages``
    within ``within`` of their creation, as known before ``as_of``; K and N are the same over all keys::

        (k + strength * K / N) / (n + strength)

    Young leads are in neither number, so the rate does not climb by itself as a history grows (a rate of wins so far by
    leads so far does). ``strength`` counts leads. Missing where the lead has no key, and while N is 0.
    """

    key: str
    stages: tuple[str, ...]
    within: int
    window: int
    where: dict[str, tuple[str, ...]] = {}
    strength: float = 50.0


class Lookup(Feature, frozen=True, kw_only=True, tag="lookup"):
    """What a table of the project says about a column of the lead, as a category.

    ``file`` is that table, its path from the project; ``table`` its content, spelling (:func:`lead_ml.declare.spelling`) to
    label, read when the project is loaded, so that a bundle carries it. A value that is not in the table becomes
    ``otherwise``, or is missing where that is empty.
    """

    of: Attribute
    file: str
    otherwise: str = ""
    table: dict[str, str] = {}


class AllOf(Feature, frozen=True, kw_only=True, tag="all_of"):
    """Whether several attributes agree with what is asked of them: ``true``, ``false`` or missing.

    ``values[k]`` are the values that pass for ``of[k]``; none asks only that it is given. One that does not pass makes it
    ``false``; else one that is not given, and is asked for its value, makes it missing.
    """

    of: tuple[Attribute, ...]
    values: tuple[tuple[str, ...], ...]


class Interest(Feature, frozen=True, kw_only=True, tag="interest"):
    """The tag whose events weigh most, as a category: ``of[k]`` is the decayed count behind ``tags[k]``.

    Missing while no tag has an event. Of equal weights the tag declared first counts.
    """

    tags: tuple[str, ...]
    of: tuple[Aggregate, ...]


class Profile(Feature, frozen=True, kw_only=True, tag="profile"):
    """Agreement with the ideal customer profile, in points: the sum over ``of`` of what the value of each is worth.

    What a value is worth is learnt from outcomes (:mod:`lead_ml.model.icp`), inside the fit window; until a model is fitted the
    feature is missing. ``columns`` are the names of other features; ``of`` those features, filled in by :func:`validated`.
    """

    columns: tuple[str, ...]
    of: tuple[Attribute | Lookup | AllOf, ...] = ()


Declaration = (
    Attribute | Aggregate | Age | Clock | Ratio | Difference | Rate | Lookup | AllOf | Interest | Profile
)


def span(text: str) -> int:
    """Parse a length of time such as ``30d``, ``12h`` or ``15m`` into microseconds.

    >>> span("1.5h")
    5400000000
    """
    match = _SPAN.match(text)
    if match is None or float(match[1]) <= 0:
        raise DeclarationError(
            "length of time", value=text, expected="a positive number with m, h or d, such as 15m, 12h or 30d"
        )
    return round(float(match[1]) * _UNIT_MICROSECONDS[match[2]])


def operands(item: Feature) -> tuple[Declaration, ...]:
    """Return the declarations that another one is made of, nothing for one that stands on its own."""
    if isinstance(item, Ratio):
        return item.over, item.under
    if isinstance(item, Difference):
        return item.first, item.second
    if isinstance(item, Lookup):
        return (item.of,)
    return item.of if isinstance(item, AllOf | Interest | Profile) else ()


def is_category(item: Declaration) -> bool:
    """Tell whether the values of a feature are texts."""
    if isinstance(item, Attribute):
        return item.kind == "category"
    if isinstance(item, Aggregate):
        return item.aggregation in ("first", "last")
    if isinstance(item, Clock):
        return item.part == "weekday"
    return isinstance(item, Lookup | AllOf | Interest)


def reads_clock(item: Declaration) -> bool:
    """Tell whether a feature looks at the calendar, so that shifting all times may change it."""
    if any(map(reads_clock, operands(item))):
        return True
    return isinstance(item, Clock) or (isinstance(item, Aggregate) and item.aggregation == "active_days")


def reads(item: Declaration) -> set[str]:
    """Return the lead columns that a feature reads."""
    if isinstance(item, Attribute):
        found = {item.column}
    elif isinstance(item, Aggregate):
        own = {*item.where, *item.ranges, *item.among, item.of} if item.stream in LEAD_STREAMS else set()
        found = {item.key.split(":")[0], *own}
    elif isinstance(item, Rate):
        found = {item.key.split(":")[0], *item.where}
    else:
        found = set().union(*map(reads, operands(item)))
    return found - {"lead_id", EVERYONE, ""}
