"""Rows: which are rejected, which are kept, and what is reported."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from read_kit import EVENTS, LEADS, OUTCOMES, Reader, us

from lead_ml.errors import InputError, ParamsError
from lead_ml.tables.read import IntakeReport, write_rejected


def causes(report: IntakeReport, table: str) -> dict[str, tuple[int, ...]]:
    return {item.cause: item.rows for item in report.tables[table].rejected}


# Leads


def test_a_repeated_lead_id_keeps_its_first_usable_row(read: Reader) -> None:
    content = LEADS + " L1 ,2024-06-01,x\nL4,never,first\nL4,2024-06-02,second\n"
    dataset, report = read(content)
    assert dataset.leads.lead_id == ("L1", "L2", "L3", "L4")
    assert dataset.leads.columns["source"].values() == ["web", "fair", "web", "second"]
    assert causes(report, "leads") == {
        "created_at is not a valid timestamp": (6,),
        "duplicate lead_id; the first row is used": (5,),
    }


@pytest.mark.parametrize(
    ("row", "cause"),
    [
        (",2024-05-01,web", "lead_id is missing"),
        ("N/A,2024-05-01,web", "lead_id is missing"),
        ("L4,,web", "created_at is missing"),
        ("L4,32.13.2024,web", "created_at is not a valid timestamp"),
        ("L4,2031-01-01,web", "created_at is in the future"),
    ],
)
def test_an_unusable_lead_is_rejected_with_its_cause(read: Reader, row: str, cause: str) -> None:
    dataset, report = read(f"{LEADS}{row}\n")
    assert len(dataset.leads) == 3
    assert causes(report, "leads") == {cause: (5,)}
    assert (report.tables["leads"].rows_in, report.tables["leads"].used) == (4, 3)


def test_the_example_is_the_value_as_it_stood(read: Reader) -> None:
    _, report = read(LEADS + "L4,32.13.2024,web\n")
    (item,) = report.tables["leads"].rejected
    assert (item.column, item.example, item.source) == ("created_at", "32.13.2024", "leads.csv")


def test_a_mapping_error_stops_instead_of_emptying_the_table(read: Reader) -> None:
    with pytest.raises(
        InputError,
        match=r"leads\.csv, rows 2, 3, 4: 3 of 3 rows cannot be used: created_at is not a valid timestamp: got 'web'; expected a timestamp",
    ):
        read(leads_params={"columns": {"created_at": "source"}})


def test_half_of_the_rows_is_not_more_than_half(read: Reader) -> None:
    dataset, _ = read("lead_id,created_at\nL1,2024-05-01\nL2,never\n")
    assert dataset.leads.lead_id == ("L1",)


def test_a_lead_dated_today_is_not_in_the_future(read: Reader) -> None:
    now = datetime(2024, 5, 3, 12, tzinfo=UTC)
    assert len(read("lead_id,created_at\nL1,2024-05-03\n", now=now)[0].leads) == 1


def test_values_are_the_same_text_whatever_their_width(read: Reader) -> None:
    dataset, _ = read(
        "lead_id,created_at,source\nL1,2024-05-01,ＷＥＢ\nL2,2024-05-01, WEB \nL3,2024-05-01,N/A\n"
    )
    assert dataset.leads.columns["source"].values() == ["WEB", "WEB", None]
    assert dataset.leads.columns["source"].levels == ("WEB",)


# Events


@pytest.mark.parametrize(
    ("row", "cause"),
    [
        (",2024-05-04,visit", "lead_id is missing"),
        ("L9,2024-05-04 10:00,visit", "its lead is not in the leads table"),
        ("L1,soon,visit", "occurred_at is not a valid timestamp"),
        ("L1,,visit", "occurred_at is missing"),
        ("L1,2024-05-04,", "type is missing"),
        ("L1,2024-05-01 09:59:59,visit", "it happened before its lead was created"),
        ("L1,2031-05-01,visit", "occurred_at is in the future"),
    ],
)
def test_an_unusable_event_is_rejected_with_its_cause(read: Reader, row: str, cause: str) -> None:
    dataset, report = read(LEADS, f"{EVENTS}{row}\n")
    assert dataset.events is not None
    assert len(dataset.events) == 4
    assert causes(report, "events") == {cause: (6,)}


def test_an_event_of_a_lead_rejected_says_so(read: Reader) -> None:
    _, report = read(LEADS + "L4,never,web\n", EVENTS + "L4,2024-05-04,visit\n")
    assert causes(report, "events") == {"its lead was rejected": (6,)}


def test_an_event_on_the_day_of_a_lead_dated_by_day_is_not_before_it(read: Reader) -> None:
    leads = "lead_id,created_at\nL1,2024-05-01\nL2,2024-05-01\n"
    events = "lead_id,occurred_at,type\nL1,2024-05-01 00:00,visit\nL1,2024-04-30 23:59,visit\nL2,2024-05-01,visit\n"
    dataset, report = read(leads, events)
    assert dataset.events is not None
    assert dataset.events.occurred_at.tolist() == [
        us("2024-05-01T00:00:00+00:00"),
        us("2024-05-01T23:59:59.999999+00:00"),
    ]
    assert causes(report, "events") == {"it happened before its lead was created": (3,)}


def test_an_event_dated_by_day_is_not_before_a_lead_of_that_day(read: Reader) -> None:
    events = "lead_id,occurred_at,type\nL1,2024-05-01,visit\n"
    dataset, _ = read(LEADS, events, events_params={"end_of_day": False})
    assert dataset.events is not None
    assert dataset.events.occurred_at.tolist() == [us("2024-05-01T00:00:00+00:00")]


def test_a_repeated_event_id_is_rejected_and_a_missing_one_is_not(read: Reader) -> None:
    events = (
        "event_id,lead_id,occurred_at,type\ne1,L1,2024-05-04,visit\ne1,L1,2024-05-05,visit\n"
        ",L1,2024-05-04,visit\n,L1,2024-05-04,visit\n"
    )
    dataset, report = read(LEADS, events)
    assert dataset.events is not None
    assert dataset.events.columns["event_id"].values() == ["e1", None, None]
    assert causes(report, "events") == {"duplicate event_id; the first row is used": (3,)}
    assert "event_id: missing in 2 rows, kept" in report.tables["events"].notes


def test_identical_rows_without_event_id_are_kept_and_counted(read: Reader) -> None:
    row = "L1,2024-05-04 10:00,visit\n"
    dataset, report = read(LEADS, EVENTS + row * 3)
    assert dataset.events is not None
    assert len(dataset.events) == 7
    assert report.tables["events"].notes == (
        "2 rows identical to an earlier one, kept because there is no event_id",
    )


def test_an_event_is_known_when_it_was_recorded(read: Reader) -> None:
    events = (
        "lead_id,occurred_at,recorded_at,type\nL1,2024-05-04 10:00,2024-05-09 10:00,call\n"
        "L1,2024-05-04 10:00,2024-05-01 10:00,call\nL1,2024-05-04 10:00,,call\nL1,2024-05-04 10:00,eventually,call\n"
    )
    dataset, report = read(LEADS, events)
    assert dataset.events is not None
    assert dataset.events.known_at.tolist() == [
        us("2024-05-09T10:00:00+00:00"),
        *[us("2024-05-04T10:00:00+00:00")] * 2,
    ]
    assert causes(report, "events") == {"recorded_at is not a valid timestamp": (5,)}
    assert dataset.until == us("2024-05-09T10:00:00.000001+00:00")


def test_values_that_are_no_number_are_missing_and_noted(read: Reader) -> None:
    events = (
        'lead_id,occurred_at,type,value\nL1,2024-05-04,a,"1,234.5"\nL1,2024-05-04,b,lots\nL1,2024-05-04,c,\n'
    )
    dataset, report = read(LEADS, events)
    assert dataset.events is not None
    np.testing.assert_array_equal(dataset.events.value, [1234.5, np.nan, np.nan])
    assert (
        "value: 1 value treated as missing (not a number), such as 'lots' (row 3)"
        in report.tables["events"].notes
    )


def test_an_events_file_without_rows_is_supplied_but_empty(read: Reader) -> None:
    dataset, report = read(LEADS, "lead_id,occurred_at,type\n")
    assert dataset.events is not None
    assert len(dataset.events) == 0
    assert (report.tables["events"].rows_in, report.tables["events"].first) == (0, None)


# Outcomes


@pytest.mark.parametrize(
    ("row", "cause"),
    [
        ("L9,2024-05-09,won", "its lead is not in the leads table"),
        ("L1,2024-05-09,", "stage is missing"),
        ("L1,9 May,won", "occurred_at is not a valid timestamp"),
        ("L1,2025-01-02,won", "occurred_at is in the future"),
    ],
)
def test_an_unusable_outcome_is_rejected_with_its_cause(read: Reader, row: str, cause: str) -> None:
    dataset, report = read(LEADS, outcomes=f"{OUTCOMES}{row}\n")
    assert dataset.outcomes is not None
    assert len(dataset.outcomes) == 4
    assert causes(report, "outcomes") == {cause: (6,)}


def test_a_repeated_outcome_id_is_rejected(read: Reader) -> None:
    outcomes = "outcome_id,lead_id,occurred_at,stage\no1,L1,2024-05-06,mql\no1,L1,2024-05-07,won\n"
    _, report = read(LEADS, outcomes=outcomes)
    assert causes(report, "outcomes") == {"duplicate outcome_id; the first row is used": (3,)}


def test_an_outcome_before_its_lead_is_kept_and_counted(read: Reader) -> None:
    dataset, report = read(LEADS, outcomes=OUTCOMES + "L1,2024-04-01,won\n")
    assert dataset.outcomes is not None
    assert len(dataset.outcomes) == 5
    assert any(
        "1 outcome dated before the creation of the lead, kept (row 6)" in n
        for n in report.tables["outcomes"].notes
    )


def test_unknown_stages_are_named(read: Reader) -> None:
    _, report = read(LEADS, outcomes=OUTCOMES + "L1,2024-06-01 10:00,Closed Won\n")
    assert report.tables["outcomes"].notes == (
        "stage: values other than mql, sql, opportunity, won, lost, invalid count only if a model names them: 'Closed Won'",
    )


# The end of the data


def test_what_became_known_after_until_is_rejected_from_every_table(read: Reader) -> None:
    dataset, report = read(LEADS, EVENTS, OUTCOMES, until="2024-05-03 11:00")
    assert dataset.until == us("2024-05-03T11:00:00+00:00")
    assert dataset.events is not None
    assert dataset.outcomes is not None
    assert (len(dataset.leads), len(dataset.events), len(dataset.outcomes)) == (3, 2, 0)
    assert causes(report, "outcomes") == {"it became known at or after data.until": (2, 3, 4, 5)}


def test_a_late_record_counts_by_when_it_was_recorded(read: Reader) -> None:
    events = (
        "lead_id,occurred_at,recorded_at,type\nL1,2024-05-04,2024-05-20,call\nL1,2024-05-04,2024-05-04,call\n"
    )
    dataset, _ = read(LEADS, events, until="2024-05-10")
    assert dataset.events is not None
    assert len(dataset.events) == 1


def test_a_date_as_until_includes_that_day(read: Reader) -> None:
    leads = "lead_id,created_at\nL1,2024-05-01\nL2,2024-05-02\nL3,2024-05-03\n"
    dataset, _ = read(leads, until="2024-05-02")
    assert dataset.leads.lead_id == ("L1", "L2")
    assert dataset.until == us("2024-05-03T00:00:00+00:00")


def test_an_until_that_is_no_instant_is_refused(read: Reader) -> None:
    with pytest.raises(ParamsError, match=r"data\.until is not a valid timestamp: got 'spring'"):
        read(until="spring")


def test_an_until_before_all_leads_leaves_no_lead(read: Reader) -> None:
    with pytest.raises(
        InputError, match=r"no lead can be used \(3 rows: it became known at or after data\.until\)"
    ):
        read(until="2020-01-01")


def test_until_is_just_after_the_last_thing_known(read: Reader) -> None:
    assert read(LEADS)[0].until == us("2024-05-03T10:00:00.000001+00:00")
    assert read(LEADS, EVENTS, OUTCOMES)[0].until == us("2024-05-09T11:00:00.000001+00:00")


# The report


def test_rows_in_are_used_plus_rejected(read: Reader) -> None:
    _, report = read(LEADS + "L4,,web\nL1,2024-05-01,web\n", EVENTS + "L9,2024-05-04,visit\n", OUTCOMES)
    for table in report.tables.values():
        assert table.rows_in == table.used + sum(item.count for item in table.rejected)
    assert tuple(report.tables) == ("leads", "events", "outcomes")


def test_rows_rejected_are_written_as_they_were(read: Reader, tmp_path: Path) -> None:
    _, report = read(LEADS + 'L4,never,"a, ""b""\nc"\nL1,2024-05-01,web\n', EVENTS)
    (path,) = write_rejected(report, tmp_path / "out" / "aside")
    with path.open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == [
            ["rejected_source", "rejected_row", "rejected_cause", "lead_id", "created_at", "source"],
            ["leads.csv", "5", "created_at is not a valid timestamp", "L4", "never", 'a, "b"\nc'],
            ["leads.csv", "7", "duplicate lead_id; the first row is used", "L1", "2024-05-01", "web"],
        ]


def test_nothing_is_written_when_nothing_is_rejected_and_old_files_go(read: Reader, tmp_path: Path) -> None:
    _, report = read(LEADS + "L1,2024-05-01,web\n")
    (path,) = write_rejected(report, tmp_path / "out")
    _, report = read(LEADS)
    assert write_rejected(report, tmp_path / "out") == ()
    assert not path.exists()
    assert write_rejected(report, tmp_path / "never") == ()
    assert not (tmp_path / "never").exists()


def test_columns_are_described(read: Reader) -> None:
    rows = [f"L{i},2024-05-01,{'web' if i % 2 else ''},{i}.5,2024-04-{i:02},u{i}@x.com" for i in range(1, 21)]
    _, report = read("lead_id,created_at,source,score,since,email\n" + "\n".join(rows) + "\n")
    found = {
        column.name: (column.kind, column.fill, column.distinct, column.known_at) for column in report.columns
    }
    assert found == {
        "source": ("constant", 0.5, 1, "creation"),
        "score": ("number", 1.0, 20, "current"),
        "since": ("date", 1.0, 20, "current"),
        "email": ("id", 1.0, 20, "creation"),
    }


def test_dates_and_suspicious_midnights_are_noted(read: Reader) -> None:
    rows = "".join(f"L{i},2024-05-{i:02}{{}}\n" for i in range(1, 25))
    _, report = read("lead_id,created_at\n" + rows.replace("{}", ""))
    assert report.tables["leads"].notes == (
        "created_at: 24 dates without a time, known at the end of that day",
    )
    _, report = read("lead_id,created_at\n" + rows.replace("{}", " 00:00:00"))
    assert "every time is 00:00:00, so these look like dates" in report.tables["leads"].notes[0]


# The digest


def test_the_digest_is_of_the_content_used(read: Reader) -> None:
    whole = read(LEADS, EVENTS, OUTCOMES)[0].digests
    assert read(LEADS.replace(",", ";") + "L1;2024-05-01;x\n", EVENTS, OUTCOMES)[0].digests == whole
    changed = read(LEADS, EVENTS.replace("call", "mail"), OUTCOMES)[0].digests
    assert changed["events"] != whole["events"]
    assert (changed["leads"], changed["outcomes"]) == (whole["leads"], whole["outcomes"])
