"""Untidy exports that ``params.yaml`` describes: spelled dates, decimal commas, numbered rows, outcomes inside the leads."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from read_kit import LEADS, OUTCOMES, Reader, us
from test_read_timestamps import NEW_YORK, SAO_PAULO, SHANGHAI, column

from lead_ml.errors import InputError, ParamsError
from lead_ml.project.params import params_from
from lead_ml.tables.read.date_formats import declared, sure
from lead_ml.tables.read.encoding import likely_encoding
from lead_ml.tables.read.raw import RawColumn
from lead_ml.tables.read.reshape import renamed_stages
from lead_ml.tables.read.timestamps import span_of, timestamps_of

NINE_THIRTY = us("2021-04-15T09:30:00+08:00")


@pytest.mark.parametrize(
    "text",
    [
        "15 Apr, 2021 09:30:00",
        "15 Apr 2021 9:30",
        "Apr 15, 2021 9:30 AM",
        "April 15th, 2021 09:30",
        "Thu, 15 Apr 2021 01:30:00 GMT",
        "15-Apr-2021 09:30",
        "2021年4月15日 上午9:30",
        "2021年04月15日 09:30:00",
        "2021年4月15日9时30分",
        "2021/4/15 上午 9:30:00",
        "2021-04-15 9:30 am",
        "20210415093000",
    ],
)
def test_spellings_that_can_mean_only_one_moment_are_read_undeclared(text: str) -> None:
    assert span_of(text, SHANGHAI) == (NINE_THIRTY, NINE_THIRTY)


@pytest.mark.parametrize("text", ["15 Apr 2021", "Apr 15, 2021", "2021年4月15日", "15-Apr-2021", "20210415"])
def test_a_date_in_any_spelling_is_known_at_the_end_of_its_day(text: str) -> None:
    assert timestamps_of(column(text), SHANGHAI, frozenset(), end_of_day=True).at.tolist() == [
        us("2021-04-15T23:59:59.999999+08:00")
    ]


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("12:05 AM", 0),
        ("12:05 PM", 12),
        ("1:05 pm", 13),
        ("下午1:05", 13),
        ("下午15:05", 15),
        ("凌晨12:05", 0),
    ],
)
def test_halves_of_the_day(text: str, hour: int) -> None:
    found = sure(f"2024-05-06 {text}")
    assert isinstance(found, datetime)
    assert (found.hour, found.minute) == (hour, 5)


@pytest.mark.parametrize(
    "text",
    ["03/04/2021", "44301", "44301.5", "1618450200", "15 Apr 21", "30 Feb 2021", "2021年13月1日", "2021-04-15 13:00 AM", "20211315093000", "May 2021", "2024-5-112:30"],
)  # fmt: skip
def test_what_can_mean_two_moments_or_none_is_not_read_undeclared(text: str) -> None:
    assert span_of(text, SHANGHAI) is None


@pytest.mark.parametrize(
    ("text", "date_format"),
    [
        ("44301.395833333", "excel"),
        ("44301,395833333", "excel"),
        ("1618450200", "unix"),
        ("1618450200000", "unix"),
        ("15/04/2021 09:30", "day_first"),
        ("15.4.21 9:30", "day_first"),
        ("04/15/2021 9:30 AM", "month_first"),
        ("4-15-21 09:30", "month_first"),
        ("15.04.2021 9 Uhr 30", "%d.%m.%Y %H Uhr %M"),
        ("2021-04-15T01:30:00Z", "day_first"),
    ],
)
def test_declared_date_formats(text: str, date_format: str) -> None:
    assert span_of(text, SHANGHAI, date_format) == (NINE_THIRTY, NINE_THIRTY)


def test_a_declared_date_format_goes_before_iso() -> None:
    assert declared("2024-05-06", "%Y-%d-%m") == date(2024, 6, 5)
    assert span_of("2024-05-06", SHANGHAI, "%Y-%d-%m") == span_of("2024-06-05", SHANGHAI)
    assert timestamps_of(
        column("2024-05-06 10:00"), SHANGHAI, frozenset(), end_of_day=True, date_format="%Y-%d-%m %H:%M"
    ).at.tolist() == [us("2024-06-05T10:00:00+08:00")]


@pytest.mark.parametrize(("text", "date_format"), [("31/12/2024", "month_first"), ("12/31/2024", "day_first"), ("60", "excel"), ("soon", "unix")])  # fmt: skip
def test_what_a_declared_date_format_does_not_fit_is_bad(text: str, date_format: str) -> None:
    found = timestamps_of(column(text), SHANGHAI, frozenset(), end_of_day=True, date_format=date_format)
    assert found.bad.tolist() == [True]


def test_whole_days_of_excel_are_dates_and_others_keep_their_second() -> None:
    assert declared("45418", "excel") == date(2024, 5, 6)
    assert declared("45418.0", "excel") == datetime(2024, 5, 6)
    assert declared("61", "excel") == date(1900, 3, 1)


@given(st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1)), st.sampled_from([SHANGHAI, NEW_YORK, SAO_PAULO]))  # fmt: skip
def test_days_of_excel_and_iso_are_the_same_instant_to_the_second(moment: datetime, zone) -> None:
    moment = moment.replace(microsecond=0)
    serial = f"{(moment - datetime(1899, 12, 30)) / timedelta(days=1):.8f}"
    assert span_of(serial, zone, "excel") == span_of(moment.isoformat(" "), zone)


@given(st.dates(date(1971, 1, 1), date(2068, 12, 31)))
def test_every_spelling_of_a_day_is_the_same_day(day: date) -> None:
    expected = span_of(day.isoformat(), NEW_YORK)
    for text in (
        f"{day:%d %b, %Y}",
        f"{day:%B %d, %Y}",
        f"{day.year}年{day.month}月{day.day}日",
        f"{day:%Y%m%d}",
    ):
        assert span_of(text, NEW_YORK) == expected
    assert span_of(f"{day:%d/%m/%Y}", NEW_YORK, "day_first") == expected
    assert span_of(f"{day:%m/%d/%y}", NEW_YORK, "month_first") == expected


@given(st.text(max_size=25), st.sampled_from(["excel", "unix", "day_first", "month_first", "%d.%m.%Y"]))
def test_no_text_breaks_a_declared_date_format(text: str, date_format: str) -> None:
    found = timestamps_of(column(text), SHANGHAI, frozenset(), end_of_day=True, date_format=date_format)
    assert found.missing[0] + found.bad[0] <= 1


def test_dates_of_a_table_are_read_as_declared(read: Reader) -> None:
    text = "lead_id,created_at\nL1,45413.5\nL2,45414\n"
    dataset, _ = read(text, leads_params={"dates": {"created_at": "excel"}})
    assert dataset.leads.created_at is not None
    assert dataset.leads.created_at.tolist() == [
        us("2024-05-01T12:00:00Z"),
        us("2024-05-02T23:59:59.999999Z"),
    ]


@pytest.mark.parametrize("date_format", ["excel_days", "%Q", "%H:%M", "DD.MM.YYYY"])
def test_an_unknown_date_format_is_named(date_format: str) -> None:
    with pytest.raises(
        ParamsError,
        match=r"unknown date format.*use excel, unix, day_first, month_first, whole_day or a format",
    ):
        params_from({"project": "p", "data": {"leads": {"path": "a", "dates": {"created_at": date_format}}}})


def test_decimal_commas_are_read_where_a_column_is_made_of_them(read: Reader) -> None:
    text = "lead_id;revenue;note;phone\nL1;1.234,50;1,5 t;030,1\nL2;-7;gut;030,2\nL3;k.A.;2,5;030,3\nL4;0,25;x;1\n"
    dataset, _ = read(text, leads_params={"decimal": ","}, missing=["", "k.a."])
    assert dataset.leads.columns["revenue"].values() == ["1234.50", "-7", None, "0.25"]
    assert dataset.leads.columns["note"].values() == ["1,5 t", "gut", "2,5", "x"]
    assert dataset.leads.columns["phone"].values() == ["030,1", "030,2", "030,3", "1"]


def test_without_a_declaration_a_comma_stays(read: Reader) -> None:
    dataset, _ = read('lead_id,revenue\nL1,"1,5"\n')
    assert dataset.leads.columns["revenue"].values() == ["1,5"]


def test_rows_are_numbered_where_there_is_no_id(read: Reader) -> None:
    dataset, report = read("source\nweb\nfair\n", leads_params={"number_rows": True})
    assert dataset.leads.lead_id == ("1", "2")
    assert report.tables["leads"].mapped["lead_id"] == "= the row number"


def test_numbered_rows_beside_an_id_are_refused(read: Reader) -> None:
    with pytest.raises(InputError, match="number_rows is set, but there is a lead_id"):
        read(LEADS, leads_params={"number_rows": True})


def test_outcomes_may_stand_in_the_leads_file(read: Reader) -> None:
    text = "lead_id,created_at,won\nL1,2024-05-01,2024-05-03\nL2,2024-05-01,\nL3,2024-05-01,N/A\nL4,2024-05-02,2024-05-09\n"
    dataset, report = read(
        text,
        outcomes_params={
            "path": "leads.csv",
            "columns": {"occurred_at": "won"},
            "constants": {"stage": "won"},
            "where_filled": "occurred_at",
        },
    )
    assert dataset.outcomes is not None
    assert dataset.outcomes.lead.tolist() == [0, 3]
    table = report.tables["outcomes"]
    assert (table.rows_in, table.used) == (2, 2)
    assert "2 of 4 rows have no occurred_at and are left out of outcomes (where_filled)" in table.notes


def test_row_numbers_of_what_is_rejected_stay_those_of_the_file(read: Reader) -> None:
    text = "lead_id,created_at,won\nL1,2024-05-01,\nL2,2024-05-01,2024-05-02\nL3,2024-05-01,2024-05-02\nL4,2024-05-01,soon\n"
    params = {
        "path": "leads.csv",
        "columns": {"occurred_at": "won"},
        "constants": {"stage": "won"},
        "where_filled": "occurred_at",
    }
    _, report = read(text, outcomes_params=params)
    assert [item.rows for item in report.tables["outcomes"].rejected] == [(5,)]


def test_stages_take_our_names_whatever_their_case(read: Reader) -> None:
    text = OUTCOMES.replace("won", "Closed Won").replace("lost", "输单")
    dataset, _ = read(LEADS, outcomes=text, outcomes_params={"stages": {"closed won": "won", "输单": "lost"}})
    assert dataset.outcomes is not None
    assert dataset.outcomes.columns["stage"].values() == ["mql", "won", "lost", "mql"]


def test_stages_that_are_numbers_take_our_names_in_any_form(read: Reader) -> None:
    text = OUTCOMES.replace("won", "3.0").replace("lost", "4")
    dataset, _ = read(LEADS, outcomes=text, outcomes_params={"stages": {"3": "won", "4": "lost"}})
    assert dataset.outcomes is not None
    assert dataset.outcomes.columns["stage"].values() == ["mql", "won", "lost", "mql"]
    column = RawColumn(np.arange(4, dtype=np.int32), (3, 4.0, True, None))
    renamed = renamed_stages(column, {"3": "won", "4": "lost", "true": "sql"})
    assert renamed.values() == ["won", "lost", "sql", None]


def test_empty_cells_take_the_default_and_tags_do_not(read: Reader) -> None:
    text = "lead_id,converted\nL1,yes\nL2,\nL3,N/A\nL4, \n"
    dataset, _ = read(text, leads_params={"defaults": {"converted": "no"}})
    assert dataset.leads.columns["converted"].values() == ["yes", "no", None, "no"]


@pytest.mark.parametrize(
    ("key", "value"),
    [("defaults", {"sorce": "x"}), ("dates", {"sorce": "excel"}), ("where_filled", "sorce")],
)
def test_a_description_of_a_column_that_is_not_there_names_its_near_miss(
    read: Reader, key: str, value: object
) -> None:
    with pytest.raises(ParamsError, match=rf"data\.leads\.{key} names sorce.*did you mean source\?"):
        read(LEADS, leads_params={key: value})


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("来源,行业\n官网,软件\n".encode(), "utf-8"),
        ("来源,行业\n官网,软件\n".encode("gb18030"), "gb18030"),
        ("Straße,Größe\nMüller,groß\n".encode("latin-1"), "latin-1"),
        ("Halle – 4,10 €\n".encode("cp1252"), "cp1252"),
        ("a,b\n1,2\n".encode("utf-16-le"), "utf-16-le"),
        ("\ufeffa,b\n1,2\n".encode("utf-16"), "utf-8"),
        (b"PK\x03\x04\xff", "utf-8"),
    ],
)  # fmt: skip
def test_the_likely_encoding_reads_the_whole_file(content: bytes, encoding: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(content)
    assert likely_encoding(tmp_path / "a.csv") == encoding


@pytest.mark.parametrize("tag", ["\\N", "(null)", "#N/A", "NULL", "-", "—", "(blank)", "#VALUE!"])
def test_what_databases_and_spreadsheets_write_for_nothing_is_missing(read: Reader, tag: str) -> None:
    leads = read(f"lead_id,source\nL1,web\nL2,{tag}\nL3, {tag.lower()} \n")[0].leads
    assert leads.columns["source"].values() == ["web", None, None]


def test_repeated_ids_are_rejected_rows_however_many(read: Reader) -> None:
    rows = "".join(f"L{k % 3},2024-05-0{k % 9 + 1} 10:00,web\n" for k in range(30))
    dataset, report = read(f"lead_id,created_at,source\n{rows}")
    assert dataset.leads.lead_id == ("L0", "L1", "L2")
    assert [(item.cause, item.count) for item in report.tables["leads"].rejected] == [
        ("duplicate lead_id; the first row is used", 27)
    ]
