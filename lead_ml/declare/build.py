"""Declaring what is no aggregation: attributes of the lead, its age, the clock, and numbers made of two others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from lead_ml.declare.feature import Age, Aggregate, Attribute, Clock, Difference, Ratio

Number = Attribute | Aggregate | Age


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


def _named(column: str, transform: str) -> str:
    return f"{column}_{transform}" if transform else column
