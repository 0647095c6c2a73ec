"""The table of changes and the extra tables: what is read, what is rejected, what is reported."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from read_kit import LEADS, NOW, us

from lead_ml.errors import InputError, ParamsError
from lead_ml.project.params import params_from
from lead_ml.tables.dataset import Dataset
from lead_ml.tables.read import IntakeReport, read_dataset, write_rejected

HISTORY = (
    "lead_id,changed_at,field,value\nL1,2024-05-01 10:00,stage_of_life,new\nL2,2024-05-02 10:00,stage_of_life,new\n"
    "L3,2024-05-03 10:00,stage_of_life,new\nL1,2024-05-04 10:00,stage_of_life,old\n"
    "L1,2024-05-05 10:00,stage_of_life,\n"
)
FIRMS = (
    "account_id,known_at,employees,sector\nA,2024-05-01,10,steel\nA,2024-06-01,12,steel\nB,2024-05-01,7,\n"
)
ACCOUNTS = (
    "lead_id,created_at,account_id\nL1,2024-05-01 10:00,A\nL2,2024-05-02 10:00,B\nL3,2024-05-03 10:00,Z\n"
)
Read = Callable[..., tuple[Dataset, IntakeReport]]


@pytest.fixture
def told(tmp_path: Path) -> Read:
    """Read leads with a table of changes."""

    def reader(history: str = HISTORY, leads: str = LEADS, **params: Any) -> tuple[Dataset, IntakeReport]:
        (tmp_path / "leads.csv").write_text(leads)
        (tmp_path / "changes.csv").write_text(history)
        data = {
            "leads": {"path": "leads.csv"},
            "lead_history": {"path": "changes.csv"},
            **params.pop("data", {}),
        }
        content = {"project": "p", "known_at": {"stage_of_life": "history"}, "data": data, **params}
        return read_dataset(params_from(content), tmp_path, now=NOW)

    return reader


@pytest.fixture
def extra(tmp_path: Path) -> Read:
    """Read leads with a table of firms."""

    def reader(firms: str = FIRMS, leads: str = ACCOUNTS, **place: Any) -> tuple[Dataset, IntakeReport]:
        (tmp_path / "leads.csv").write_text(leads)
        (tmp_path / "firms.csv").write_text(firms)
        table = {"path": "firms.csv", "key": "account_id", **place}
        data = {"leads": {"path": "leads.csv"}, "extra": {"firms": table}}
        return read_dataset(params_from({"project": "p", "data": data}), tmp_path, now=NOW)

    return reader


def causes(report: IntakeReport, table: str) -> dict[str, tuple[int, ...]]:
    return {item.cause: item.rows for item in report.tables[table].rejected}


def test_changes_are_read_by_lead_and_time(told: Read) -> None:
    dataset, report = told()
    changes = dataset.history["stage_of_life"]
    assert changes.owner.tolist() == [0, 0, 0, 1, 2]
    assert changes.at.tolist()[:2] == [us("2024-05-01T10:00:00+00:00"), us("2024-05-04T10:00:00+00:00")]
    assert changes.columns["stage_of_life"].values() == ["new", "old", None, "new", "new"]
    table = report.tables["lead_history"]
    assert (table.rows_in, table.used, table.rejected, table.notes) == (5, 5, (), ())


def test_a_column_that_only_its_changes_tell_becomes_a_column_of_the_leads(told: Read) -> None:
    dataset, report = told()
    assert dataset.leads.columns["stage_of_life"].values() == [None, "new", "new"]
    assert [column.known_at for column in report.columns if column.name == "stage_of_life"] == ["history"]
    assert dataset.until == us("2024-05-05T10:00:00.000001+00:00")


@pytest.mark.parametrize(
    ("row", "cause"),
    [
        (",2024-05-04,stage_of_life,x", "lead_id is missing"),
        ("L1,2024-05-04,,x", "field is missing"),
        ("L1,,stage_of_life,x", "changed_at is missing"),
        ("L1,soon,stage_of_life,x", "changed_at is not a valid timestamp"),
        ("L1,2031-01-01,stage_of_life,x", "changed_at is in the future"),
        ("L9,2024-05-04,stage_of_life,x", "its lead is not in the leads table"),
        ("L1,2024-05-04,owner,x", "its field is not declared known_at: history"),
        (
            "L1,2024-05-04 10:00,stage_of_life,a",
            "another row with the same changed_at is used, the last in alphabetical order",
        ),
    ],
)
def test_an_unusable_change_is_rejected_with_its_cause(told: Read, row: str, cause: str) -> None:
    dataset, report = told(f"{HISTORY}{row}\n")
    assert len(dataset.history["stage_of_life"]) == 5
    assert causes(report, "lead_history") == {cause: (7,)}
    table = report.tables["lead_history"]
    assert table.rows_in == table.used + sum(item.count for item in table.rejected)


def test_of_two_changes_at_one_instant_the_order_of_the_file_does_not_decide(told: Read) -> None:
    rows = ["L1,2024-05-06 10:00,stage_of_life,b", "L1,2024-05-06 10:00,stage_of_life,a"]
    for order in (rows, rows[::-1]):
        dataset, _ = told(HISTORY + "\n".join(order) + "\n")
        assert dataset.leads.columns["stage_of_life"].values()[0] == "b"


def test_a_change_of_a_lead_rejected_says_so(told: Read) -> None:
    _, report = told(HISTORY + "L4,2024-05-04,stage_of_life,x\n", LEADS + "L4,never,web\n")
    assert causes(report, "lead_history") == {"its lead was rejected": (7,)}


def test_most_rows_may_be_of_other_fields(told: Read) -> None:
    dataset, report = told(
        HISTORY + "L1,2024-05-04,owner,x\n" * 20,
    )
    assert len(dataset.history["stage_of_life"]) == 5
    assert report.tables["lead_history"].used == 5


def test_changes_known_at_or_after_until_are_rejected(told: Read) -> None:
    dataset, report = told(data={"until": "2024-05-04 10:00"})
    assert dataset.history["stage_of_life"].owner.tolist() == [0, 1, 2]
    assert causes(report, "lead_history") == {"it became known at or after data.until": (5, 6)}


def test_a_change_dated_by_day_is_known_at_the_end_of_that_day(told: Read) -> None:
    dataset, report = told(HISTORY + "L2,2024-05-07,stage_of_life,old\n", time_zone="Asia/Shanghai")
    assert us("2024-05-07T23:59:59.999999+08:00") in dataset.history["stage_of_life"].at.tolist()
    assert (
        "changed_at: 1 date without a time, known at the end of that day"
        in report.tables["lead_history"].notes
    )


def test_a_field_is_found_under_its_name_in_the_file_of_leads(told: Read) -> None:
    leads = "lead_id,created_at,Life Stage\nL1,2024-05-01,old\nL2,2024-05-02,new\nL3,2024-05-03,new\n"
    data = {"leads": {"path": "leads.csv", "columns": {"stage_of_life": "Life Stage"}}}
    dataset, _ = told(HISTORY.replace("stage_of_life", "Life Stage"), leads, data=data)
    assert len(dataset.history["stage_of_life"]) == 5


def test_a_first_value_that_nobody_dated_is_told(told: Read) -> None:
    history = "lead_id,changed_at,field,value\nL1,2024-05-04,stage_of_life,old\n"
    _, report = told(history)
    (note,) = (note for note in report.tables["lead_history"].notes if "at their creation" in note)
    assert note.startswith("stage_of_life: 3 of 3 leads have no value dated at their creation")


def test_a_leads_table_that_says_otherwise_is_told(told: Read) -> None:
    leads = "lead_id,created_at,stage_of_life\nL1,2024-05-01,old\nL2,2024-05-02,new\nL3,2024-05-03,new\n"
    dataset, report = told(leads=leads)
    assert any(
        note.startswith(
            "stage_of_life: 1 of 3 leads have another value in the leads table than in their last change"
        )
        for note in report.tables["lead_history"].notes
    )
    assert dataset.leads.columns["stage_of_life"].values() == ["old", "new", "new"]


def test_history_without_a_table_of_changes_is_refused(told: Read) -> None:
    with pytest.raises(
        ParamsError, match=r"history for stage_of_life, but there is no table of changes; set data"
    ):
        told(data={"lead_history": None})
    with pytest.raises(ParamsError, match="created_at cannot be history"):
        told(known_at={"created_at": "history"})


def test_a_column_that_no_change_is_of_is_refused(told: Read) -> None:
    with pytest.raises(
        InputError,
        match=r"the table has no change of that field; did you mean 'stage_of_life'.*got 'stage_of_lief'",
    ):
        told(known_at={"stage_of_lief": "history", "stage_of_life": "history"})


def test_changes_of_undated_leads_are_refused(told: Read) -> None:
    with pytest.raises(InputError, match="lead_history is given, but the leads have no created_at"):
        told(leads="lead_id,source\nL1,web\nL2,web\nL3,web\n")


def test_a_table_of_changes_without_its_columns_is_refused(told: Read) -> None:
    with pytest.raises(InputError, match="required column changed_at is missing; did you mean 'changed'"):
        told(HISTORY.replace("changed_at", "changed"))


def test_changes_are_read_from_a_database_too(told: Read, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "crm.db")) as connection, connection:
        connection.execute("create table changes (lead_id, at, field, value)")
        rows = [line.split(",") for line in HISTORY.splitlines()[1:]]
        connection.executemany("insert into changes values (?, ?, ?, ?)", rows)
    place = {"url": "sqlite:///crm.db", "table": "changes", "columns": {"changed_at": "at"}}
    from_table, _ = told(data={"lead_history": place})
    from_file, _ = told()
    assert from_table.digests == from_file.digests


def test_the_digest_is_of_the_changes_and_not_of_their_order(told: Read) -> None:
    head, *rows = HISTORY.splitlines()
    first = told()[0].digests
    assert told("\n".join([head, *rows[::-1]]) + "\n")[0].digests == first
    other = told(HISTORY.replace("old", "older"))[0].digests
    assert other["lead_history"] != first["lead_history"]


def test_changes_rejected_are_written(told: Read, tmp_path: Path) -> None:
    _, report = told(HISTORY + "L9,2024-05-04,stage_of_life,x\n")
    (path,) = write_rejected(report, tmp_path / "aside")
    assert path.name == "rejected_lead_history.csv"


# Extra tables


def test_rows_of_an_extra_table_are_read_by_key_and_time(extra: Read) -> None:
    dataset, report = extra()
    firms = dataset.extra["firms"]
    assert (firms.key, firms.keys, firms.rows.owner.tolist()) == ("account_id", ("A", "B"), [0, 0, 1])
    assert firms.rows.at[0] == us("2024-05-01T23:59:59.999999+00:00")
    assert firms.rows.columns["employees"].values() == ["10", "12", "7"]
    assert firms.rows.columns["sector"].values() == ["steel", "steel", None]
    assert dataset.columns == ("account_id", "firms.employees", "firms.sector")
    assert "2 of 3 leads have a row for their account_id" in report.tables["extra.firms"].notes


def test_third_party_data_does_not_move_the_end_of_the_data(extra: Read) -> None:
    assert extra()[0].until == us("2024-05-03T10:00:00.000001+00:00")


@pytest.mark.parametrize(
    ("row", "cause"),
    [
        (",2024-05-04,1,x", "key is missing"),
        ("A,,1,x", "known_at is missing"),
        ("A,once,1,x", "known_at is not a valid timestamp"),
        ("A,2031-01-01,1,x", "known_at is in the future"),
        ("A,2024-06-01,0,x", "another row with the same known_at is used, the last in alphabetical order"),
    ],
)
def test_an_unusable_row_of_an_extra_table_is_rejected(extra: Read, row: str, cause: str) -> None:
    dataset, report = extra(f"{FIRMS}{row}\n")
    assert len(dataset.extra["firms"].rows) == 3
    assert causes(report, "extra.firms") == {cause: (5,)}


def test_the_key_of_an_extra_table_can_be_mapped_and_made(extra: Read) -> None:
    leads = "lead_id,created_at,email\nL1,2024-05-01,ann@Acme.com\nL2,2024-05-02,bo@gmail.com\n"
    firms = "web,known_at,employees\nacme.com,2024-05-01,10\n"
    dataset, report = extra(firms, leads, key="email:company_domain", columns={"key": "web"})
    assert dataset.extra["firms"].keys == ("acme.com",)
    assert any(note.startswith("1 of 2 leads") for note in report.tables["extra.firms"].notes)


def test_an_extra_table_that_cannot_be_joined_is_refused(extra: Read) -> None:
    with pytest.raises(
        ParamsError, match=r"data\.extra\.firms\.key names acount_id, .* did you mean account_id"
    ):
        extra(key="acount_id", columns={"key": "account_id"})
    with pytest.raises(ParamsError, match="unknown transform: got 'shout'"):
        extra(key="account_id:shout", columns={"key": "account_id"})
    with pytest.raises(InputError, match="required column key is missing"):
        extra(FIRMS.replace("account_id", "firm"))
    with pytest.raises(InputError, match="required column known_at is missing"):
        extra(FIRMS.replace("known_at", "as_at"))
    with pytest.raises(InputError, match=r"named like an attribute of extra\.firms"):
        extra(leads="lead_id,created_at,account_id,firms.x\nL1,2024-05-01,A,1\n")
    with pytest.raises(ParamsError, match="data by lead_id belongs in the leads table"):
        extra(key="lead_id")


def test_a_later_row_takes_the_place_of_an_earlier_one_from_its_instant_on(extra: Read) -> None:
    dataset, _ = extra()
    firms = dataset.extra["firms"]
    at = us("2024-06-01T23:59:59.999999+00:00")
    rows = firms.rows.last_before(np.array([0, 0, 1, -1]), np.array([at, at + 1, at, at]))
    assert firms.rows.value("employees", rows).values() == ["10", "12", "7", None]
    kept = firms.latest(at)
    assert (kept.keys, kept.rows.columns["employees"].values()) == (("A", "B"), ["10", "7"])
