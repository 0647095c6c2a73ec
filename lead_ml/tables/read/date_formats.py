"""How people and programs write dates: formats that can mean only one day, and those that must be declared.

A format gives a *wall clock* reading (a datetime, naive or with its own zone) or a date without a time. What that means as
a timestamp, in which zone and on which side of the day, is decided in :mod:`lead_ml.tables.read.timestamps` for all of them.
"""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache
from pathlib import Path
from typing import Any

Reading = datetime | date
_EXCEL_ZERO = datetime(1899, 12, 30)
_EXCEL_FROM = 61  # before 1 March 1900 Excel counts a day that does not exist
_CENTURY_TURNS = 70  # two digits from 70 on are 19xx
_SERIAL = re.compile(r"\d{1,6}(?:[.,]\d+)?", re.ASCII)
_SECONDS = re.compile(r"\d{9,10}(?:\.\d+)?", re.ASCII)
_MILLISECONDS = re.compile(r"\d{12,13}", re.ASCII)


@cache
def _file() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


@cache
def _pattern(day: str) -> re.Pattern[str]:
    found = _file()
    day = day.replace("{weekday}", found["weekday"]).replace("{month}", found["month"])
    return re.compile(day + found["time"], re.ASCII | re.IGNORECASE)


def sure(text: str) -> Reading | None:
    """Read a text that can mean only one day; raises ValueError for a day or time that does not exist.

    >>> sure("15 Apr, 2021 00:03:00"), sure("2021/4/15"), sure("15 Apr 2021 9:30 pm")
    (datetime.datetime(2021, 4, 15, 0, 3), datetime.date(2021, 4, 15), datetime.datetime(2021, 4, 15, 21, 30))
    >>> sure("20240506093000"), sure("Apr 15, 2021 12:03 AM"), sure("03/04/2021")
    (datetime.datetime(2024, 5, 6, 9, 30), datetime.datetime(2021, 4, 15, 0, 3), None)
    """
    if len(text) == 14 and text.isascii() and text.isdigit():
        return datetime.strptime(text, "%Y%m%d%H%M%S")
    for pattern in _sure():
        if match := pattern.fullmatch(text):
            return _of(match)
    return None


@cache
def _sure() -> tuple[re.Pattern[str], ...]:
    return tuple(map(_pattern, _file()["sure"]))


def declared(text: str, date_format: str) -> Reading | None:
    """Read a text as declared: ``excel``, ``unix``, ``day_first``, ``month_first`` or a format of ``time.strptime``.

    >>> declared("44301.5", "excel"), declared("44301", "excel")
    (datetime.datetime(2021, 4, 15, 12, 0), datetime.date(2021, 4, 15))
    >>> declared("3/4/21", "day_first"), declared("3/4/21", "month_first"), declared("15.4.21 9h", "%d.%m.%y %Hh")
    (datetime.date(2021, 4, 3), datetime.date(2021, 3, 4), datetime.datetime(2021, 4, 15, 9, 0))
    """
    if date_format in ("day_first", "month_first"):
        match = _pattern(_file()[date_format]).fullmatch(text)
        return None if match is None else _of(match)
    if date_format in ("excel", "unix"):
        return _excel(text) if date_format == "excel" else _unix(text)
    try:
        found = datetime.strptime(text, date_format)
    except ValueError:
        return None
    return found if re.search(r"%[HIXcTsf]", date_format) else found.date()


def _excel(text: str) -> Reading | None:
    """Read days since 1899-12-30 as wall-clock time, to the second: a serial number holds no more.

    A whole number is a date; ``44301.0`` is the midnight of a column of times.
    """
    if not _SERIAL.fullmatch(text):
        return None
    days = float(text.replace(",", "."))
    if days < _EXCEL_FROM:
        return None
    if text.isdigit():
        return (_EXCEL_ZERO + timedelta(days=int(days))).date()
    return _EXCEL_ZERO + timedelta(seconds=round(days * 86_400))


def _unix(text: str) -> Reading | None:
    """Read seconds (9 or 10 digits) or milliseconds (12 or 13 digits) since 1970 in UTC."""
    if _SECONDS.fullmatch(text):
        return datetime.fromtimestamp(0, UTC) + timedelta(microseconds=round(float(text) * 1e6))
    if _MILLISECONDS.fullmatch(text):
        return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=int(text))
    return None


def _fixed(offset: str) -> tzinfo | None:
    """Return the zone of an offset such as ``+08:00`` or ``Z``."""
    offset = "Z" if offset.upper() in ("UTC", "GMT") else offset.upper()
    return datetime.fromisoformat(f"2000-01-01T00:00{offset}").tzinfo


def _of(match: re.Match[str]) -> Reading:
    found = match.groupdict()
    name = found.get("name")
    month = _file()["months"].index(name.lower()) + 1 if name else int(found["month"])
    year = int(found["year"])
    if len(found["year"]) == 2:
        year += 1900 if year >= _CENTURY_TURNS else 2000
    day = date(year, month, int(found["day"]))
    if found["hour"] is None:
        return day
    hour = _hour(int(found["hour"]), (found["before"] or found["after"] or "").lower())
    microsecond = int((found["fraction"] or "0").ljust(6, "0")[:6])
    clock = time(hour, int(found["minute"] or 0), int(found["second"] or 0), microsecond)
    return datetime.combine(day, clock, _fixed(found["offset"]) if found["offset"] else None)


def _hour(hour: int, half: str) -> int:
    """Return the hour of the 24-hour clock; an hour past 12 needs no half of the day."""
    if half.replace(".", "") in _file()["morning"]:
        if hour > 12:
            raise ValueError("an hour past 12 in the morning")
        return hour % 12
    return hour + 12 if half and hour < 12 else hour
