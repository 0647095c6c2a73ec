"""Declaring what is no aggregation: attributes of the lead, its age, the clock, and numbers made of two others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from lead_ml.declare.feature import (
    Age,
    Aggregate,
    AllOf,
    Attribute,
    Clock,
    Difference,
    Interest,
    Lookup,
    Profile,
    Ratio,
)
from lead_ml.declare.over import Allowed, events

Number = Attribute | Aggregate | Age
GIVEN = ()


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
    *, en: str = "Lead age", zh: str = "创建至今", name: str = "lead_age_days", group: str = ""
) -> Age:
    """Declare the age of the lead at ``as_of``, in days."""
    return Age(name=name, en=en, zh=zh, unit="days", group=group)


def clock(
    part: Literal["hour", "weekday"], *, en: str, zh: str, zone: str = "UTC", name: str = "", group: str = ""
) -> Clock:
    """Declare the hour or the weekday at which the lead was created, in a time zone such as ``Asia/Shanghai``."""
    return Clock(name=name or f"created_{part}", part=part, zone=zone, en=en, zh=zh, group=group)


def ratio(
    name: str, over: Number, under: Number, *, en: str, zh: str, unit: str = "", group: str = ""
) -> Ratio:
    """Declare `over` / `under`; missing where either is, or `under` is 0."""
    return Ratio(name=name, over=over, under=under, en=en, zh=zh, unit=unit, group=group)


def difference(
    name: str, first: Number, second: Number, *, en: str, zh: str, unit: str = "", group: str = ""
) -> Difference:
    """Declare `first` - `second`; missing where either is."""
    return Difference(name=name, first=first, second=second, en=en, zh=zh, unit=unit, group=group)


def lookup(
    column: str, file: str, *, en: str, zh: str, name: str = "", otherwise: str = "", group: str = ""
) -> Lookup:
    """Declare what a table of the project says about a column, or about ``column:transform``, as in ``email:domain``.

    The table is a CSV file, named from the folder of the project; lines that begin with ``#`` are comments. Below its header
    the last cell of a row is the label, the cells before it are spellings of one value. A value that is not in
    the table becomes `otherwise`, or is missing.
    """
    of = _condition(column)
    return Lookup(
        name=name or f"{_named(of.column, of.transform)}_label",
        of=of,
        file=file,
        otherwise=otherwise,
        en=en,
        zh=zh,
        group=group,
    )


def all_of(
    name: str, conditions: Mapping[str, str | Sequence[str]], *, en: str, zh: str, group: str = ""
) -> AllOf:
    """Declare whether several columns agree with what is asked: ``{"email:free_mail": "true", "company": GIVEN}``.

    Keys are columns or ``column:transform``; ``GIVEN`` asks only that there is a value.
    """
    values = tuple((asked,) if isinstance(asked, str) else tuple(asked) for asked in conditions.values())
    return AllOf(name=name, of=tuple(map(_condition, conditions)), values=values, en=en, zh=zh, group=group)


def interest(
    name: str,
    tags: Mapping[str, Mapping[str, Allowed]],
    *,
    half_life: str,
    by: str = "lead_id",
    en: str,
    zh: str,
    group: str = "",
) -> Interest:
    """Declare what the lead looked at most, each event halved every `half_life`: a filter of events behind each tag.

    ``tags={"pricing": {"page": ("pricing", "plans")}, "integration": {"page": "docs"}}``; of equal weights the first counts.
    """
    parts = tuple(
        events(by=by, **where).decayed_sum(f"{name}_{k}", half_life=half_life, en=tag, zh=tag)
        for k, (tag, where) in enumerate(tags.items())
    )
    return Interest(name=name, tags=tuple(tags), of=parts, en=en, zh=zh, group=group)


def ideal_customer(name: str, *, of: Sequence[str], en: str, zh: str, group: str = "") -> Profile:
    """Declare agreement with the ideal customer profile, in points: learnt from the leads that converted.

    `of` names categories and ordinals of the lead that are declared beside it. A value that is twice as common among
    converted leads as among all of them is worth 6 points; few leads are worth few points. ``lead-ml profile`` prints it.
    """
    return Profile(name=name, columns=tuple(of), unit="points", en=en, zh=zh, group=group)


def _condition(column: str) -> Attribute:
    name, _, transform = column.partition(":")
    return Attribute(name=column, column=name, kind="category", transform=transform, en=name, zh=name)


def _named(column: str, transform: str) -> str:
    name = column.replace(".", "_")  # a column of an extra table
    return f"{name}_{transform}" if transform else name
