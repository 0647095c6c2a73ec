"""Declare features of the lead itself: its columns, its age, and the clock at its creation.

Every function takes the wording of the feature: ``en`` and ``zh`` are noun phrases that read well before a colon and a value, such
as "Lead age" in "Lead age: 15 days". ``group`` is one of ``GROUPS``; a file of a project sets ``GROUP`` for all of its features.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from lead_ml.declare.feature import Age, Attribute, Clock


def category(
    column: str, *, en: str, zh: str, name: str = "", transform: str = "", group: str = ""
) -> Attribute:
    """Declare a column of the lead as a category.

    Parameters
    ----------
    column
        Lead column, or ``table.column`` of an extra table.
    en, zh
        Wording in English and Chinese.
    name
        Name of the feature. Default: the column, followed by the transform.
    transform
        Name of a function of :mod:`lead_ml.clean` that is applied to the text first.
    group
        One of ``GROUPS``. Default: ``GROUP`` of the file.

    Returns
    -------
    Attribute
        Its values are text; empty cells are missing.

    Examples
    --------
    >>> category("email", transform="domain", en="Mail domain", zh="邮箱域名").name
    'email_domain'
    """
    return Attribute(
        name=name or default_name(column, transform),
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
    """Declare a column of the lead as a number.

    Parameters
    ----------
    column
        Lead column, or ``table.column`` of an extra table.
    en, zh
        Wording in English and Chinese.
    name
        Name of the feature. Default: the column, followed by the transform.
    transform
        Name of a function of :mod:`lead_ml.clean` that is applied to the text first.
    unit
        ``"days"``, ``"share"``, a currency, or nothing.
    group
        One of ``GROUPS``. Default: ``GROUP`` of the file.

    Returns
    -------
    Attribute
        Its values are numbers; text that is not a number counts as missing.

    Examples
    --------
    >>> number("form_seconds", en="Time to fill in the form, seconds", zh="填表用时（秒）").kind
    'number'
    """
    return Attribute(
        name=name or default_name(column, transform),
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
    """Declare a column of the lead as ordered levels.

    Parameters
    ----------
    column
        Lead column, or ``table.column`` of an extra table.
    levels
        At least two texts, from low to high; any other value counts as missing.
    en, zh
        Wording in English and Chinese.
    name
        Name of the feature. Default: the column, followed by the transform.
    transform
        Name of a function of :mod:`lead_ml.clean` that is applied to the text first.
    group
        One of ``GROUPS``. Default: ``GROUP`` of the file.

    Returns
    -------
    Attribute
        Its values are the positions of the levels, from 0.

    Examples
    --------
    >>> ordinal("company_size", ["1-10", "11-50"], en="Company size", zh="公司规模").levels
    ('1-10', '11-50')
    """
    return Attribute(
        name=name or default_name(column, transform),
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
    """Declare the age of the lead at ``as_of``.

    Parameters
    ----------
    en, zh
        Wording in English and Chinese.
    name
        Name of the feature.
    group
        One of ``GROUPS``. Default: ``GROUP`` of the file.

    Returns
    -------
    Age
        Days since ``created_at``, with fractions; missing for leads without dates.

    Examples
    --------
    >>> lead_age().unit
    'days'
    """
    return Age(name=name, en=en, zh=zh, unit="days", group=group)


def clock(
    part: Literal["hour", "weekday"], *, en: str, zh: str, zone: str = "UTC", name: str = "", group: str = ""
) -> Clock:
    """Declare the hour or the weekday at which the lead was created.

    Parameters
    ----------
    part
        ``"hour"`` for a number from 0 to 23, ``"weekday"`` for a category from ``mon`` to ``sun``.
    en, zh
        Wording in English and Chinese.
    zone
        Time zone, such as ``Asia/Shanghai``.
    name
        Name of the feature. Default: ``created_hour`` or ``created_weekday``.
    group
        One of ``GROUPS``. Default: ``GROUP`` of the file.

    Returns
    -------
    Clock
        Missing for leads without dates.

    Examples
    --------
    >>> clock("hour", en="Hour of creation", zh="创建时段", zone="Asia/Shanghai").name
    'created_hour'
    """
    return Clock(name=name or f"created_{part}", part=part, zone=zone, en=en, zh=zh, group=group)


def default_name(column: str, transform: str) -> str:
    """Return the name of a feature that is called after its column and transform."""
    name = column.replace(".", "_")  # a column of an extra table
    return f"{name}_{transform}" if transform else name
