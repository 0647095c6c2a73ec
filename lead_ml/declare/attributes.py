"""Declare features of the lead itself: its columns, its age, and the clock at its creation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Unpack

from lead_ml.declare.feature import Age, Attribute, Clock, Wording


def category(column: str, *, name: str = "", transform: str = "", **words: Unpack[Wording]) -> Attribute:
    """Declare a column of the lead as a category; empty cells are missing.

    Parameters
    ----------
    column
        Lead column, or ``table.column`` of an extra table.
    name
        Name of the feature. Default: the column, followed by the transform.
    transform
        Name of a function of :mod:`lead_ml.clean` that is applied to the text first.
    **words
        As of every feature: ``en`` and ``zh``, its wording in English and Chinese, are noun phrases that read well before a
        colon and a value, as "Lead age" in "Lead age: 15 days". ``group``, by default ``GROUP`` of the file, is one of
        ``GROUPS``. ``unit`` of a number is ``"days"``, ``"share"``, or a currency. Reasons add up the features of one
        ``family``, by default those about the same thing, such as all counts of the same events; give several features the
        same ``family``, or the name of a feature, to add them up too.

    Returns
    -------
    Attribute

    Examples
    --------
    >>> category("email", transform="domain", en="Mail domain", zh="邮箱域名").name
    'email_domain'
    """
    name = name or default_name(column, transform)
    return Attribute(name=name, column=column, kind="category", transform=transform, **words)


def number(column: str, *, name: str = "", transform: str = "", **words: Unpack[Wording]) -> Attribute:
    """Declare a column of the lead as a number; text that is not a number counts as missing.

    Parameters
    ----------
    column, name, transform, **words
        See :func:`category`.

    Returns
    -------
    Attribute

    Examples
    --------
    >>> number("form_seconds", en="Time to fill in the form, seconds", zh="填表用时（秒）").kind
    'number'
    """
    name = name or default_name(column, transform)
    return Attribute(name=name, column=column, kind="number", transform=transform, **words)


def ordinal(
    column: str, levels: Sequence[str], *, name: str = "", transform: str = "", **words: Unpack[Wording]
) -> Attribute:
    """Declare a column of the lead as ordered levels: its values are their positions, from 0.

    Parameters
    ----------
    column, name, transform, **words
        See :func:`category`.
    levels
        At least two texts, from low to high; any other value counts as missing.

    Returns
    -------
    Attribute

    Examples
    --------
    >>> ordinal("company_size", ["1-10", "11-50"], en="Company size", zh="公司规模").levels
    ('1-10', '11-50')
    """
    name, ordered = name or default_name(column, transform), tuple(levels)
    return Attribute(name=name, column=column, kind="ordinal", transform=transform, levels=ordered, **words)


def lead_age(
    *,
    en: str = "Lead age",
    zh: str = "创建至今",
    name: str = "lead_age_days",
    group: str = "",
    family: str = "",
) -> Age:
    """Declare the days from ``created_at`` to ``as_of``, with fractions; missing for leads without dates.

    Parameters
    ----------
    en, zh, name, group, family
        See :func:`category`.

    Returns
    -------
    Age

    Examples
    --------
    >>> lead_age().unit
    'days'
    """
    return Age(name=name, en=en, zh=zh, unit="days", group=group, family=family)


def clock(
    part: Literal["hour", "weekday"], *, zone: str = "UTC", name: str = "", **words: Unpack[Wording]
) -> Clock:
    """Declare the hour or the weekday at which the lead was created; missing for leads without dates.

    Parameters
    ----------
    part
        ``"hour"`` for a number from 0 to 23, ``"weekday"`` for a category from ``mon`` to ``sun``.
    zone
        Time zone, such as ``Asia/Shanghai``.
    name
        Name of the feature. Default: ``created_hour`` or ``created_weekday``.
    **words
        See :func:`category`.

    Returns
    -------
    Clock

    Examples
    --------
    >>> clock("hour", en="Hour of creation", zh="创建时段", zone="Asia/Shanghai").name
    'created_hour'
    """
    return Clock(name=name or f"created_{part}", part=part, zone=zone, **words)


def default_name(column: str, transform: str) -> str:
    """Return the name of a feature that is called after its column and transform."""
    name = column.replace(".", "_")  # a column of an extra table
    return f"{name}_{transform}" if transform else name
