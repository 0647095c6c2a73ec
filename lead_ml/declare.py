"""Features as plain data: what is counted, over which stream, by which key, in which window.

A declaration is never a query. It travels inside the bundle as JSON, the same kernel reads it for the
training table, for one lead in a request and for each partition of a cluster, and it carries its own
wording in English and Chinese::

    GROUP = "engagement"
    FEATURES = [
        events(type="page_view", page="pricing").count(
            "pricing_views_30d", window="30d", en="Pricing page views, last 30 days", zh="近30天价格页浏览次数"
        ),
        leads(by="email:domain").count("domain_leads_7d", window="7d", en=..., zh=..., group="authenticity"),
        category("industry", en="Industry", zh="行业"),
    ]

Windows measure ``occurred_at`` and count ``[as_of - window, as_of)``; a record is seen only when its
``known_at`` is strictly before ``as_of``. A key is a column of the lead, or ``column:transform`` with a
transform of :mod:`lead_ml.clean`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from lead_ml.errors import DeclarationError

Stream = Literal["events", "leads", "outcomes"]
Aggregation = Literal["count", "sum", "distinct", "days_since_first", "days_since_last", "decayed_sum"]

GROUPS = ("fit", "engagement", "channel", "authenticity")
GROUP_NAMES: Mapping[str, tuple[str, str]] = {
    "fit": ("Fit", "匹配度"),
    "engagement": ("Engagement", "活跃度"),
    "channel": ("Channel", "渠道"),
    "authenticity": ("Authenticity", "真实性"),
}
MICROSECONDS_PER_DAY = 86_400_000_000
STREAM_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "events": ("type", "channel", "page", "session_id"),
    "outcomes": ("stage", "reason"),
    "leads": (),  # any lead column
}
_UNIT_MICROSECONDS = {"m": 60_000_000, "h": 3_600_000_000, "d": MICROSECONDS_PER_DAY}
_SPAN = re.compile(r"^(\d+(?:\.\d+)?)([mhd])$")
_NAME = re.compile(r"^[a-z][a-z0-9_]*$")


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

    ``where`` maps a stream column to the values that pass; all columns must pass. ``window`` and
    ``half_life`` are microseconds; ``window`` 0 means all time. ``of`` is the column that is summed (``value`` of
    events, ``amount`` of outcomes; ``cost`` of leads) or told apart (distinct). For decayed_sum an empty ``of``
    weighs every row 1. Counts and sums are 0 without rows; days since are missing. Every value is missing where
    the lead has no key, and for events where none were supplied at all.
    """

    stream: Stream
    aggregation: Aggregation
    key: str = "lead_id"
    where: dict[str, tuple[str, ...]] = {}
    of: str = ""
    window: int = 0
    half_life: int = 0


class Age(Feature, frozen=True, kw_only=True, tag="age"):
    """Days from the lead's creation to ``as_of``."""


Declaration = Attribute | Aggregate | Age


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


def category(
    column: str, *, en: str, zh: str, name: str = "", transform: str = "", group: str = ""
) -> Attribute:
    """Declare a column of the lead as a category."""
    return Attribute(
        name=name or _named(column, transform),
        column=column,
        kind="category",
        transform=transform,
        en=en,
        zh=zh,
        group=group,
    )


def number(
    column: str, *, en: str, zh: str, name: str = "", transform: str = "", unit: str = "", group: str = ""
) -> Attribute:
    """Declare a column of the lead as a number; text that is no number counts as missing."""
    return Attribute(
        name=name or _named(column, transform),
        column=column,
        kind="number",
        transform=transform,
        unit=unit,
        en=en,
        zh=zh,
        group=group,
    )


def ordinal(
    column: str,
    levels: Sequence[str],
    *,
    en: str,
    zh: str,
    name: str = "",
    transform: str = "",
    group: str = "",
) -> Attribute:
    """Declare a column of the lead as ordered levels, low to high; another value counts as missing."""
    return Attribute(
        name=name or _named(column, transform),
        column=column,
        kind="ordinal",
        transform=transform,
        levels=tuple(levels),
        en=en,
        zh=zh,
        group=group,
    )


def lead_age(
    *, en: str = "Age of the lead", zh: str = "线索年龄", name: str = "lead_age_days", group: str = ""
) -> Age:
    """Declare the age of the lead at ``as_of``, in days."""
    return Age(name=name, en=en, zh=zh, unit="days", group=group)


def events(*, by: str = "lead_id", **where: str | Sequence[str]) -> Over:
    """Start a declaration over events, filtered by ``type``, ``channel``, ``page`` or ``session_id``."""
    return Over("events", by, _filters(where))


def leads(*, by: str, **where: str | Sequence[str]) -> Over:
    """Start a declaration over the leads that share a key, filtered by any of their columns."""
    return Over("leads", by, _filters(where))


def outcomes(*, by: str, **where: str | Sequence[str]) -> Over:
    """Start a declaration over the outcomes of the leads that share a key (never by ``lead_id``)."""
    return Over("outcomes", by, _filters(where))


class Over(msgspec.Struct, frozen=True):
    """Rows of a stream by a key under a filter, ready to be aggregated."""

    stream: Stream
    key: str
    where: dict[str, tuple[str, ...]]

    def count(self, name: str, *, window: str = "", **words: str) -> Aggregate:
        """Number of rows."""
        return self._aggregate(name, "count", window=window, **words)

    def sum(self, name: str, of: str, *, window: str = "", **words: str) -> Aggregate:
        """Sum of a numeric column, missing values as 0, kept to six decimals."""
        return self._aggregate(name, "sum", of=of, window=window, **words)

    def distinct(self, name: str, of: str, *, window: str = "", **words: str) -> Aggregate:
        """Number of different values of a text column, missing values left out."""
        return self._aggregate(name, "distinct", of=of, window=window, **words)

    def days_since_first(self, name: str, **words: str) -> Aggregate:
        """Days from the earliest ``occurred_at`` to ``as_of``; missing without rows."""
        return self._aggregate(name, "days_since_first", **{"unit": "days", **words})

    def days_since_last(self, name: str, **words: str) -> Aggregate:
        """Days from the latest ``occurred_at`` to ``as_of``; missing without rows."""
        return self._aggregate(name, "days_since_last", **{"unit": "days", **words})

    def decayed_sum(self, name: str, *, half_life: str, of: str = "", **words: str) -> Aggregate:
        """Sum of 2^(-age / half_life) over the rows, times the column `of` where it is given."""
        return self._aggregate(name, "decayed_sum", of=of, half_life=half_life, **words)

    def _aggregate(
        self,
        name: str,
        aggregation: Aggregation,
        *,
        window: str = "",
        half_life: str = "",
        of: str = "",
        **words: str,
    ) -> Aggregate:
        return Aggregate(
            name=name,
            stream=self.stream,
            key=self.key,
            where=self.where,
            aggregation=aggregation,
            of=of,
            window=span(window) if window else 0,
            half_life=span(half_life) if half_life else 0,
            **words,
        )


def validated(declarations: Sequence[Declaration]) -> tuple[Declaration, ...]:
    """Check declarations on their own and together; return them as a tuple.

    Raises
    ------
    DeclarationError
        For a name that is not lower_snake_case or stands twice, an unknown group, missing wording,
        a filter on a column the stream lacks, or outcomes keyed by ``lead_id`` (the label's own past).
    """
    seen: set[str] = set()
    for item in declarations:
        if not _NAME.match(item.name):
            raise DeclarationError("feature name", value=item.name, expected="lower_snake_case")
        if item.name in seen:
            raise DeclarationError(f"feature {item.name} is declared twice", do="rename one of them")
        seen.add(item.name)
        if item.group not in GROUPS:
            raise DeclarationError(
                f"group of feature {item.name}",
                value=item.group,
                expected=f"one of {', '.join(GROUPS)}",
                do="set GROUP at the top of its file",
            )
        if not item.en or not item.zh:
            raise DeclarationError(f"feature {item.name} lacks its wording", expected="en= and zh=")
        if isinstance(item, Aggregate):
            _check_aggregate(item)
        if isinstance(item, Attribute) and item.kind == "ordinal" and len(item.levels) < 2:
            raise DeclarationError(
                f"levels of ordinal {item.name}", value=item.levels, expected="at least two, from low to high"
            )
    return tuple(declarations)


def to_json(declarations: Sequence[Declaration]) -> bytes:
    """Encode declarations as indented JSON, the form in which a bundle holds them."""
    return msgspec.json.format(msgspec.json.encode(list(declarations)), indent=1)


def from_json(data: bytes) -> tuple[Declaration, ...]:
    """Decode what :func:`to_json` wrote.

    >>> from_json(to_json([lead_age(group="fit")]))[0].name
    'lead_age_days'
    """
    try:
        return tuple(msgspec.json.decode(data, type=list[Declaration]))
    except msgspec.ValidationError as error:
        raise DeclarationError(
            f"declarations cannot be read: {error}", do="the file may come from a newer lead-ml"
        ) from error


def _check_aggregate(item: Aggregate) -> None:
    if item.stream == "outcomes" and item.key == "lead_id":
        raise DeclarationError(
            f"feature {item.name} counts the lead's own outcomes",
            expected="a key that other leads share",
            do="outcomes of the lead itself are what is predicted",
        )
    allowed = STREAM_COLUMNS[item.stream]
    for column in item.where:
        if allowed and column not in allowed:
            raise DeclarationError(
                f"filter of feature {item.name}", value=column, expected=f"one of {', '.join(allowed)}"
            )
    if item.aggregation == "decayed_sum" and not item.half_life:
        raise DeclarationError(
            f"feature {item.name} lacks its half-life", expected="half_life='14d' or the like"
        )
    if item.aggregation in ("sum", "distinct") and not item.of:
        raise DeclarationError(f"feature {item.name} lacks its column", expected="of='value' or the like")


def _filters(where: Mapping[str, str | Sequence[str]]) -> dict[str, tuple[str, ...]]:
    return {column: (value,) if isinstance(value, str) else tuple(value) for column, value in where.items()}


def _named(column: str, transform: str) -> str:
    return f"{column}_{transform}" if transform else column
