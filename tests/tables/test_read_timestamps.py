"""Instants: what is accepted, in which zone, and when a date is known."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from read_kit import us

from lead_ml.tables.read.raw import RawColumn, UtcLevels
from lead_ml.tables.read.timestamps import Timestamps, span_of, timestamps_of

SHANGHAI = ZoneInfo("Asia/Shanghai")
NEW_YORK = ZoneInfo("America/New_York")
SAO_PAULO = ZoneInfo("America/Sao_Paulo")
DAY = 86_400_000_000


def column(*values: object) -> RawColumn:
    return RawColumn(np.arange(len(values), dtype=np.int32), values)


def moments(*values: object, zone: ZoneInfo = SHANGHAI, end_of_day: bool = True) -> Timestamps:
    return timestamps_of(column(*values), zone, frozenset({"n/a"}), end_of_day=end_of_day)


@pytest.mark.parametrize(
    "text",
    [
        "2024-05-06T12:30:00+08:00",
        "2024-05-06 12:30:00+0800",
        "2024-05-06 12:30:00 +08:00",
        "2024-05-05 23:30:00 -05:00",
        "2024/05/06 10:15 +0545",
        "2024-05-06T12:30:00+08",
        "2024-05-06T04:30:00Z",
        "2024-05-06 04:30:00 UTC",
        "2024-05-06 04:30:00.000000000Z",
        "2024-05-06T12:30",
        "2024-05-06 12:30:00",
        "2024-05-06 12:30:00.000",
        "2024/05/06 12:30",
        "2024/5/6 12:30:00",
        "2024.05.06 12:30",
        "20240506 12:30",
        "２０２４-０５-０６ １２:３０",
        "  2024-05-06 12:30 ",
    ],
)
def test_every_spelling_of_an_instant_is_the_same_instant(text: str) -> None:
    found = moments(text)
    assert found.at.tolist() == [us("2024-05-06T04:30:00+00:00")]
    assert found.dates == 0


@pytest.mark.parametrize("text", ["2024-05-06", "2024/5/6", "2024/05/06", "20240506", "2024.5.6"])
def test_a_date_is_known_at_the_end_of_that_day_in_the_declared_zone(text: str) -> None:
    found = moments(text)
    assert found.at.tolist() == [us("2024-05-06T23:59:59.999999+08:00")]
    assert found.first.tolist() == [us("2024-05-06T00:00:00+08:00")]
    assert moments(text, end_of_day=False).at.tolist() == [us("2024-05-06T00:00:00+08:00")]


@pytest.mark.parametrize(
    "text",
    [
        "yesterday",
        "06/05/2024",
        "2024-13-01",
        "2024-02-30",
        "2024-05-06 25:00",
        "2024-05/06",
        "1714970000",
        "45418",
        "1900-01-01",
        "9999-12-31",
        "2024-05-06 12:30 CST",
        "0000-00-00 00:00:00",
        "2024-05-06x12:30",
        "2024-W19-1",
    ],
)
def test_what_is_no_instant_is_bad_and_not_missing(text: str) -> None:
    found = moments(text)
    assert found.bad.tolist() == [True]
    assert found.missing.tolist() == [False]


@pytest.mark.parametrize("value", ["", " ", "N/A", None, float("nan")])
def test_what_is_missing_is_not_bad(value: object) -> None:
    found = moments(value)
    assert found.missing.tolist() == [True]
    assert found.bad.tolist() == [False]


def test_native_timestamps_and_dates_are_taken_as_they_are() -> None:
    found = moments(
        datetime(2024, 5, 6, 12, 30), datetime(2024, 5, 6, 4, 30, tzinfo=UTC), date(2024, 5, 6), date(1, 1, 1)
    )
    noon, end = us("2024-05-06T04:30:00+00:00"), us("2024-05-06T23:59:59.999999+08:00")
    assert found.at[:3].tolist() == [noon, noon, end]
    assert found.bad.tolist() == [False, False, False, True]


def test_a_time_that_never_was_moves_forward_by_the_step_of_the_clock() -> None:
    assert span_of("2024-03-10 02:30", NEW_YORK) == span_of("2024-03-10 03:30", NEW_YORK)


def test_a_time_that_was_twice_is_the_first() -> None:
    assert span_of("2024-11-03 01:30", NEW_YORK) == (us("2024-11-03T01:30:00-04:00"),) * 2


def test_days_of_23_and_25_hours_end_where_the_next_begins() -> None:
    for text, hours in (("2024-03-10", 23), ("2024-11-03", 25)):
        span = span_of(text, NEW_YORK)
        assert span is not None
        assert span[1] + 1 - span[0] == hours * 3_600_000_000


def test_a_day_whose_midnight_never_was_starts_where_the_day_before_ends() -> None:
    before, after = span_of("2017-10-14", SAO_PAULO), span_of("2017-10-15", SAO_PAULO)
    assert before is not None
    assert after is not None
    assert before[1] + 1 == after[0] == us("2017-10-15T03:00:00+00:00")


def test_nanoseconds_are_cut_to_microseconds() -> None:
    found = moments("2024-05-06 12:30:00.123456789")
    assert found.at.tolist() == [us("2024-05-06T12:30:00.123456+08:00")]


def test_midnights_are_counted_in_the_declared_zone() -> None:
    found = moments("2024-05-06 00:00:00", "2024-05-05T16:00:00Z", "2024-05-06T00:00:00Z")
    assert found.midnights == 2


@given(
    st.datetimes(datetime(1971, 1, 1), datetime(2260, 1, 1)), st.sampled_from([SHANGHAI, NEW_YORK, SAO_PAULO])
)
def test_iso_texts_round_trip_to_the_microsecond(moment: datetime, zone: ZoneInfo) -> None:
    aware = moment.replace(tzinfo=zone, fold=0)
    expected = us(aware.astimezone(UTC).isoformat())
    assert span_of(moment.isoformat(sep=" "), zone) == (expected, expected)
    assert span_of(aware.astimezone(UTC).isoformat(), zone) == (expected, expected)


@given(st.dates(date(1971, 1, 1), date(2260, 1, 1)), st.sampled_from([SHANGHAI, NEW_YORK, SAO_PAULO]))
def test_consecutive_days_tile_time(day: date, zone: ZoneInfo) -> None:
    today, tomorrow = span_of(day.isoformat(), zone), span_of((day + timedelta(1)).isoformat(), zone)
    assert today is not None
    assert tomorrow is not None
    assert today[1] + 1 == tomorrow[0]


@given(st.text(max_size=30))
def test_any_text_is_an_instant_or_bad_or_missing(text: str) -> None:
    found = moments(text)
    assert found.missing[0] + found.bad[0] <= 1
    assert (found.at[0] == 0) or not (found.missing[0] or found.bad[0])


@pytest.mark.parametrize("end_of_day", [True, False])
@pytest.mark.parametrize(
    "value",
    ["2024-05-06T03:00:00+03:00", "2024-05-06T00:00Z", datetime(2024, 5, 6, tzinfo=UTC), "2024-05-06 08:00"],
)
def test_times_declared_as_whole_days_are_known_when_the_day_is_over(value: object, end_of_day: bool) -> None:
    begin = us("2024-05-06T00:00:00+00:00")
    found = timestamps_of(
        column(value, "n/a", "soon"),
        SHANGHAI,
        frozenset({"n/a"}),
        end_of_day=end_of_day,
        date_format="whole_day",
    )
    assert (found.first[0], found.last[0]) == (begin, begin + DAY - 1)
    assert found.at[0] == (begin + DAY - 1 if end_of_day else begin)
    assert (found.missing.tolist(), found.bad.tolist()) == ([False, True, False], [False, False, True])


def test_a_date_is_a_whole_day_already_and_parquet_is_read_alike() -> None:
    plain, declared = (
        timestamps_of(column("2024-05-06"), SHANGHAI, frozenset(), end_of_day=True, date_format=name)
        for name in ("", "whole_day")
    )
    assert (plain.first, plain.last) == (declared.first, declared.last)
    instants = RawColumn(np.array([0, 1], dtype=np.int32), UtcLevels(np.array([10 * DAY])))
    found = timestamps_of(instants, SHANGHAI, frozenset(), end_of_day=True, date_format="whole_day")
    assert (found.at.tolist(), found.missing.tolist()) == ([11 * DAY - 1, 0], [False, True])
