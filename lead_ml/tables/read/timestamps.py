"""Timestamps from texts, dates and times, as microseconds UTC.

A time without a zone gets the declared one. When clocks go forward, a time that does not exist moves forward by the
same step; when they go back, a time that occurs twice is the first one. A date without a time is known at the end of that day.
These rules hold for every date format: ISO 8601 and its relatives here, the others in :mod:`lead_ml.tables.read.date_formats`.
Formats that can mean two days (03/04/2021, 44301) are read only as declared in ``params.yaml``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from lead_ml.clean.text import as_text, clean
from lead_ml.tables.dataset import Codes, Instants, Mask
from lead_ml.tables.instants import from_datetime
from lead_ml.tables.read.date_formats import declared, sure
from lead_ml.tables.read.iso_texts import iso_instants
from lead_ml.tables.read.raw import RawColumn, TextColumn, UtcLevels
from lead_ml.tables.texts import ArrowTexts

EXPECTED = "a timestamp such as 2024-05-06T12:30:00+08:00, 2024-05-06 12:30 or 2024-05-06, years 1970 to 2261"
_YEARS = range(1970, 2262)
_END = from_datetime(datetime(_YEARS.stop, 1, 1, tzinfo=UTC))
_DAY = timedelta(days=1)
_DAY_LENGTH = 86_400_000_000
WHOLE_DAY = "whole_day"  # the date format of times that are dates
_QUARTER_HOUR = 900_000_000  # offsets of zones are multiples of it, so most timestamps need no zone look-up
_LONGEST = 64  # characters of a timestamp
_SHORTEST_FULL = len("2024-05-06T12:30")


@dataclass(frozen=True)
class Timestamps:
    """A column of timestamps, microseconds UTC, 0 where unknown.

    ``at`` is the time that is used; ``first`` and ``last`` are the ends of the day for a date without a time and equal
    to ``at`` otherwise. ``missing`` and ``bad`` (unparsable) are masks of rows.
    """

    at: Instants
    first: Instants
    last: Instants
    missing: npt.NDArray[np.bool_]
    bad: npt.NDArray[np.bool_]
    dates: int
    midnights: int


def timestamps_of(
    column: RawColumn, zone: tzinfo, missing: frozenset[str], *, end_of_day: bool, date_format: str = ""
) -> Timestamps:
    """Parse a column; every distinct value is parsed once. `date_format` is what ``dates`` of its table declares."""
    plain = not date_format and not _has_times(missing)
    if plain and (at := _all_iso(column, zone)) is not None:
        return _of_instants(np.arange(len(at), dtype=np.int32), at, zone)
    if isinstance(column.levels, UtcLevels) and date_format != WHOLE_DAY:
        return _of_instants(column.codes, column.levels.microseconds, zone)
    ends, absent, bad = _spans(column.levels, zone, missing, date_format)
    first, last = ends[column.codes].T.copy()
    midnight = _at_midnight(ends[:, 0], ~absent & ~bad & (ends[:, 0] == ends[:, 1]), zone)
    return Timestamps(
        at=last if end_of_day else first,
        first=first,
        last=last,
        missing=absent[column.codes],
        bad=bad[column.codes],
        dates=int((first != last).sum()),
        midnights=int(midnight[column.codes].sum()),
    )


def _all_iso(column: RawColumn, zone: tzinfo) -> Instants | None:
    """Return the instants of the rows if all of them are in the usual form: then their different values need not be found."""
    rows = column.rows if isinstance(column, TextColumn) else None
    if rows is None or not iso_instants(rows[:1], zone)[0].all():
        return None
    regular, at = iso_instants(rows, zone)
    return at if regular.all() else None


def _spans(
    levels: Sequence[object], zone: tzinfo, missing: frozenset[str], date_format: str
) -> tuple[Instants, Mask, Mask]:
    """Return the first and last microsecond (n, 2) of each level, which of them are missing, and which are not timestamps."""
    at, known = np.zeros(len(levels), dtype=np.int64), np.zeros(len(levels), dtype=np.bool_)
    if isinstance(levels, ArrowTexts) and not date_format and not _has_times(missing):
        known, at = iso_instants(levels.array, zone)
    ends = np.stack([at, at], axis=1)
    absent, bad = np.zeros_like(known), np.zeros_like(known)
    for place in np.flatnonzero(~known).tolist():
        span = cell_span(levels[place], zone, missing, date_format)
        absent[place], bad[place] = span is None, span == ()
        ends[place] = span or (0, 0)
    return ends, absent, bad


def _of_instants(codes: Codes, levels: Instants, zone: tzinfo) -> Timestamps:
    """Return instants that are microseconds UTC already, code ``len(levels)`` missing; the same as one by one."""
    bad = np.append((levels < 0) | (levels >= _END), False)
    at = np.where(bad, 0, np.append(levels, 0))
    absent = np.arange(len(at)) == len(levels)
    midnight = _at_midnight(at, ~bad & ~absent, zone)
    found, midnights = at[codes], int(midnight[codes].sum())
    return Timestamps(found, found, found, absent[codes], bad[codes], dates=0, midnights=midnights)


def span_of(text: str, zone: tzinfo, date_format: str = "") -> tuple[int, int] | None:
    """Return the first and last microsecond that a text means, or None if it is not a timestamp.

    A declared date format is tried first, then the formats that can mean only one day.

    >>> from datetime import timezone
    >>> span_of("1970-01-01 08:00", timezone(timedelta(hours=8)))
    (0, 0)
    >>> span_of("1970/1/2", timezone(timedelta(0)))
    (86400000000, 172799999999)
    >>> span_of("25570", timezone(timedelta(0))), span_of("25570", timezone(timedelta(0)), "excel")
    (None, (86400000000, 172799999999))
    """
    if len(text) > _LONGEST:
        return None
    try:
        found = (declared(text, date_format) if date_format else None) or _iso(text) or sure(text)
        return None if found is None else _placed(found, zone)
    except (ValueError, OverflowError):
        return None


def _iso(text: str) -> datetime | None:
    """Parse the common format fast; others are left to the pattern."""
    if len(text) < _SHORTEST_FULL or text[4] != "-" or text[10] not in "T ":
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


@lru_cache(maxsize=64)
def _has_times(missing: frozenset[str]) -> bool:
    """Tell whether a text that means missing is a time itself, such as 1970-01-01 00:00:00."""
    return any(_iso(clean(tag)) is not None for tag in missing)


def cell_span(
    value: object, zone: tzinfo, missing: frozenset[str], date_format: str
) -> tuple[int, int] | tuple[()] | None:
    """Return the first and last microsecond that a cell means, ``()`` if it is not a timestamp, None if it is missing."""
    if date_format == WHOLE_DAY:
        return _whole_day(cell_span(value, zone, missing, ""))
    if isinstance(value, str) and _has_times(missing) and as_text(value, missing) is None:
        return None
    moment = _iso(value) if isinstance(value, str) and not date_format else value
    if isinstance(moment, date):
        return _placed(moment, zone) or ()
    text = None if value is None else as_text(value, missing)
    return None if text is None else span_of(text, zone, date_format) or ()


def _whole_day(span: tuple[int, int] | tuple[()] | None) -> tuple[int, int] | tuple[()] | None:
    """Return the day that begins with a time; a date stays what it is."""
    return (span[0], span[0] + _DAY_LENGTH - 1) if span and span[0] == span[1] else span


def _placed(found: datetime | date, zone: tzinfo) -> tuple[int, int] | None:
    if found.year not in _YEARS:
        return None
    if isinstance(found, datetime):
        at = max(0, from_datetime(found if found.tzinfo else found.replace(tzinfo=zone)))
        return at, at
    midnight = datetime(found.year, found.month, found.day, tzinfo=zone)
    return max(0, from_datetime(midnight)), from_datetime(midnight + _DAY) - 1


def _at_midnight(at: Instants, among: Mask, zone: tzinfo) -> Mask:
    """Return which instants, among some, are midnights in a zone; each different one is looked at once."""
    found: Mask = among & (at % _QUARTER_HOUR == 0)
    instants, place = np.unique(at[found], return_inverse=True)
    clocks = [datetime.fromtimestamp(instant / 1e6, tz=zone).time() for instant in instants.tolist()]
    found[found] = np.array([clock == time() for clock in clocks], dtype=np.bool_)[place]
    return found
