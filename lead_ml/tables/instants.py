"""Instants: int64 microseconds UTC, and how they are written as text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from lead_ml.errors import RequestError

NEVER = 2**62  # later than any instant, with room to subtract one
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_QUARTER_HOUR, _DAY = 900_000_000, 86_400_000_000  # zones change their offset on quarters of an hour


def to_datetime(instant: int) -> datetime:
    """Return an aware UTC datetime.

    >>> to_datetime(0).isoformat()
    '1970-01-01T00:00:00+00:00'
    """
    return _EPOCH + timedelta(microseconds=int(instant))


def from_datetime(moment: datetime) -> int:
    """Return microseconds UTC of an aware datetime."""
    return (moment - _EPOCH) // _MICROSECOND


def iso(instant: int) -> str:
    """Write an instant as ISO 8601 in UTC, without a fraction where there is none.

    >>> iso(1_700_000_000_000_000)
    '2023-11-14T22:13:20Z'
    """
    return to_datetime(instant).isoformat().replace("+00:00", "Z")


def parse_iso(text: str, *, field: str, zone: tzinfo = UTC) -> int:
    """Parse an ISO 8601 instant of a request; one without a zone gets `zone`.

    Raises RequestError if it is not a valid timestamp, is a date without a time, or lies outside the years 1970-2261.
    """
    expected = "a timestamp such as 2026-11-22T08:30:00Z"
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        problem = f"{field} is not a valid timestamp"
        raise RequestError(problem, field=field, value=text, expected=expected) from error
    if len(text) <= len("2026-11-22"):
        raise RequestError(f"{field} has no time of day", field=field, value=text, expected=expected)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    if not 1970 <= moment.year <= 2261:
        expected = "a year from 1970 to 2261"
        raise RequestError(f"{field} is out of range", field=field, value=text, expected=expected)
    return max(0, from_datetime(moment))


def wall_clock(instants: npt.NDArray[np.int64], zone: str) -> npt.NDArray[np.int64]:
    """Return the wall-clock time in a time zone at the instants (n,), as microseconds since 1970-01-01 00:00 there."""
    if zone == "UTC":
        return instants
    quarters, place = np.unique(instants // _QUARTER_HOUR, return_inverse=True)
    there = ZoneInfo(zone)
    offsets = [
        (to_datetime(quarter * _QUARTER_HOUR).astimezone(there).utcoffset() or timedelta()) // _MICROSECOND
        for quarter in quarters.tolist()
    ]
    return np.asarray(instants + np.array(offsets, dtype=np.int64)[place], dtype=np.int64)


def from_wall_clock(wall: npt.NDArray[np.int64], zone: tzinfo) -> npt.NDArray[np.int64]:
    """Return the instants of naive times (n,), which are microseconds since 1970-01-01 00:00 in a time zone.

    A time that does not exist moves forward by the step of the clocks, and one that occurs twice is the first one.

    >>> from_wall_clock(np.array([8 * 3_600_000_000]), ZoneInfo("Asia/Shanghai")).tolist()
    [0]
    """
    if not len(wall):
        return wall
    days, place = wall // _DAY, wall // _DAY - wall.min() // _DAY
    seen = np.flatnonzero(np.bincount(place))
    morning, evening = (
        np.array([_offset(int(day) * _DAY + later, zone) for day in seen + days.min()], dtype=np.int64)
        for later in (0, _DAY - 1)
    )
    offsets, constant = np.zeros(seen[-1] + 1, dtype=np.int64), np.zeros(seen[-1] + 1, dtype=np.bool_)
    offsets[seen], constant[seen] = morning, morning == evening
    found = wall - offsets[place]
    for row in np.flatnonzero(~constant[place]).tolist():
        found[row] = wall[row] - _offset(int(wall[row]), zone)
    return np.asarray(found, dtype=np.int64)


def _offset(wall: int, zone: tzinfo) -> int:
    """Return the offset of a time zone at a naive time, in microseconds."""
    there = to_datetime(wall).replace(tzinfo=zone)
    return (there.utcoffset() or timedelta()) // _MICROSECOND


def local_day(instants: npt.NDArray[np.int64], zone: str) -> npt.NDArray[np.int64]:
    """Return the calendar day of the instants (n,) in a time zone, as days since 1970-01-01.

    >>> local_day(np.array([17 * 3_600_000_000]), "Asia/Shanghai").tolist()
    [1]
    """
    return np.asarray(wall_clock(instants, zone) // _DAY, dtype=np.int64)
