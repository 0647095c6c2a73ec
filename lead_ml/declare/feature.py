"""Features of the lead itself: frozen records that travel inside the bundle as JSON."""

from __future__ import annotations

import re
from typing import Literal

import msgspec

from lead_ml.errors import DeclarationError

GROUPS = ("fit", "engagement", "channel", "authenticity")
MICROSECONDS_PER_DAY = 86_400_000_000
_UNIT_MICROSECONDS = {"m": 60_000_000, "h": 3_600_000_000, "d": MICROSECONDS_PER_DAY}
_SPAN = re.compile(r"^(\d+(?:\.\d+)?)([mhd])$")


class Feature(msgspec.Struct, frozen=True, kw_only=True, tag_field="declares"):
    """What every declaration has: a name with its unit, a group, and its wording.

    Parameters
    ----------
    name
        Lower snake case, with the unit where there is one, such as ``visits_30d``.
    en, zh
        Noun phrases in English and Chinese that read well before a colon and a value.
    group
        One of ``GROUPS``.
    unit
        ``""``, ``"days"``, ``"share"``, ``"points"`` or a currency.

    Examples
    --------
    >>> Feature(name="visits_30d", en="Visits, last 30 days", zh="近30天访问次数").unit
    ''
    """

    name: str
    en: str
    zh: str
    group: str = ""
    unit: str = ""


class Attribute(Feature, frozen=True, kw_only=True, tag="attribute"):
    """A column of the lead as a category, a number, or an ordinal.

    Parameters
    ----------
    column
        Lead column, or ``table.column`` of an extra table.
    kind
        ``"category"``, ``"number"`` or ``"ordinal"``.
    transform
        Name of a function of :mod:`lead_ml.clean` that is applied to the text first.
    levels
        Levels of an ordinal, from low to high.

    Examples
    --------
    >>> Attribute(name="industry", column="industry", kind="category", en="Industry", zh="行业").levels
    ()
    """

    column: str
    kind: Literal["category", "number", "ordinal"]
    transform: str = ""
    levels: tuple[str, ...] = ()


class Age(Feature, frozen=True, kw_only=True, tag="age"):
    """Days from the lead's creation to ``as_of``, with fractions.

    Examples
    --------
    >>> Age(name="lead_age_days", en="Lead age", zh="创建至今", unit="days").name
    'lead_age_days'
    """


class Clock(Feature, frozen=True, kw_only=True, tag="clock"):
    """The hour or the weekday at which the lead was created.

    With ``active_days`` it is the only feature that depends on the calendar and may change if all times are shifted.

    Parameters
    ----------
    part
        ``"hour"`` for a number from 0 to 23, ``"weekday"`` for a category from ``mon`` to ``sun``.
    zone
        Time zone.

    Examples
    --------
    >>> Clock(name="created_hour", part="hour", en="Hour of creation", zh="创建时段").zone
    'UTC'
    """

    part: Literal["hour", "weekday"]
    zone: str = "UTC"


def span(text: str) -> int:
    """Parse a length of time.

    Parameters
    ----------
    text
        A positive number with ``m``, ``h`` or ``d``, such as ``15m``, ``12h`` or ``30d``.

    Returns
    -------
    int
        Microseconds.

    Raises
    ------
    DeclarationError
        If the text is not a length of time.

    Examples
    --------
    >>> span("1.5h")
    5400000000
    """
    match = _SPAN.match(text)
    if match is None or float(match[1]) <= 0:
        raise DeclarationError(
            "length of time", value=text, expected="a positive number with m, h or d, such as 15m, 12h or 30d"
        )
    return round(float(match[1]) * _UNIT_MICROSECONDS[match[2]])
