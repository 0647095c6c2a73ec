"""Databases: SQLite here, PostgreSQL in a private cluster."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from read_kit import EVENTS, LEADS, Reader, us

from lead_ml.errors import InputError, MissingExtra


def fill(path: Path, tables: dict[str, str]) -> None:
    """Write CSV texts as tables of text columns, rows in reverse."""
    with closing(sqlite3.connect(path)) as connection, connection:
        for name, text in tables.items():
            header, *rows = (line.split(",") for line in text.splitlines())
            connection.execute(f'create table "{name}" ({", ".join(f"{column} text" for column in header)})')
            marks = ", ".join("?" * len(header))
            connection.executemany(f'insert into "{name}" values ({marks})', rows[::-1])


def place(**more: str) -> dict[str, str]:
    return {"url": "sqlite:///crm.db", **more}


def test_a_table_is_read_in_the_order_of_its_ids(read: Reader, tmp_path: Path) -> None:
    fill(tmp_path / "crm.db", {"leads": LEADS, "crm events": EVENTS})
    dataset, report = read(None, leads_params=place(table="leads"), events_params=place(table="crm events"))
    assert dataset.digests == read(LEADS, EVENTS)[0].digests
    assert report.tables["leads"].sources[0].endswith("crm.db leads")


def test_a_query_is_read_in_its_own_order(read: Reader, tmp_path: Path) -> None:
    fill(tmp_path / "crm.db", {"contacts": LEADS.replace("lead_id", "id")})
    dataset, _ = read(
        None,
        leads_params={
            **place(query="select id, created_at from contacts where source like 'w%' order by id desc"),
            "columns": {"lead_id": "id"},
        },
    )
    assert dataset.leads.lead_id == ("L3", "L1")


def test_rows_rejected_are_counted_from_one(read: Reader, tmp_path: Path) -> None:
    fill(tmp_path / "crm.db", {"leads": LEADS + "L0,never,web\n"})
    _, report = read(None, leads_params=place(table="leads"))
    assert [(item.cause, item.rows) for item in report.tables["leads"].rejected] == [
        ("created_at is not a valid timestamp", (1,))
    ]


def test_an_unknown_table_names_its_near_miss(read: Reader, tmp_path: Path) -> None:
    fill(tmp_path / "crm.db", {"leads": LEADS})
    with pytest.raises(
        InputError, match=r"crm\.db lead: there is no such table: got 'lead'.*Did you mean leads"
    ):
        read(None, leads_params=place(table="lead"))


def test_a_bad_query_shows_what_the_database_says(read: Reader, tmp_path: Path) -> None:
    fill(tmp_path / "crm.db", {"leads": LEADS})
    with pytest.raises(InputError, match=r"the database cannot be read \(no such column: mood\)"):
        read(None, leads_params=place(query="select mood from leads"))


def test_a_statement_without_rows_is_no_table(read: Reader, tmp_path: Path) -> None:
    fill(tmp_path / "crm.db", {"leads": LEADS})
    with pytest.raises(InputError, match="the database cannot be read"):
        read(None, leads_params=place(query="delete from leads"))
    with closing(sqlite3.connect(tmp_path / "crm.db")) as connection:
        assert connection.execute("select count(*) from leads").fetchone() == (3,)


def test_an_absent_sqlite_file_is_not_created(read: Reader, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"crm\.db: there is no such database file"):
        read(None, leads_params=place(table="leads"))
    assert not (tmp_path / "crm.db").exists()


def test_a_file_that_is_no_database_is_an_error_of_the_input(read: Reader, tmp_path: Path) -> None:
    (tmp_path / "crm.db").write_text("lead_id,created_at\n" * 200)
    with pytest.raises(InputError, match=r"the database cannot be read \(file is not a database\)"):
        read(None, leads_params=place(table="leads"))


@pytest.mark.parametrize("url", ["", "crm.db", "postgresql//x", "sqlite:////nowhere:port:x"])
def test_a_url_that_makes_no_sense_is_refused(read: Reader, url: str) -> None:
    with pytest.raises(InputError, match="database"):
        read(None, leads_params={"url": url, "table": "leads"})


def test_an_unknown_kind_of_database_is_refused(read: Reader) -> None:
    with pytest.raises(InputError, match=r"Can't load plugin: sqlalchemy\.dialects:mongo"):
        read(None, leads_params={"url": "mongo://crm/leads", "table": "leads"})


def test_a_password_never_shows(read: Reader) -> None:
    with pytest.raises(InputError, match=r"postgresql\+psycopg://me:\*\*\*@localhost:1/crm") as caught:
        read(
            None,
            leads_params={
                "url": "postgresql://me:s3cret@localhost:1/crm?connect_timeout=2",
                "table": "leads",
            },
        )
    assert "s3cret" not in str(caught.value)


def test_a_url_may_take_its_password_from_the_environment(
    read: Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path / "crm.db", {"leads": LEADS})
    with pytest.raises(InputError, match="environment variable LEAD_TEST_DB, which is not set"):
        read(None, leads_params={"url": "sqlite:///${LEAD_TEST_DB}", "table": "leads"})
    monkeypatch.setenv("LEAD_TEST_DB", "crm.db")
    assert len(read(None, leads_params={"url": "sqlite:///${LEAD_TEST_DB}", "table": "leads"})[0].leads) == 3


def test_a_missing_driver_names_the_extra(read: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(MissingExtra, match=r"psycopg is not installed.*lead-ml\[postgres\]"):
        read(None, leads_params={"url": "postgresql://me@localhost/crm", "table": "leads"})


def postgres_tables(url: str, statements: Sequence[str]) -> None:
    engine = sa.create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(sa.text(statement))
    engine.dispose()


@pytest.mark.service
def test_postgresql_tables_keep_their_types(read: Reader, postgres: str) -> None:
    postgres_tables(
        postgres,
        [
            "create schema crm",
            "create table crm.leads (lead_id bigint, created_at timestamptz, joined date, company_size int,"
            " captcha_passed boolean, cost numeric(8,2), message jsonb)",
            "insert into crm.leads values"
            " (10, '2024-05-01 10:00+00', '2024-04-01', 50, true, 1.50, '{\"a\": [1]}'),"
            " (9, '2024-05-02 10:00+00', null, null, false, 2, null)",
            'create table events ("Lead" bigint, occurred_at timestamp, type text, value double precision)',
            "insert into events values (10, '2024-05-03 08:00', 'visit', 1.5), (11, '2024-05-03 08:00', 'visit', 1),"
            " (9, '2024-05-03 08:00', 'call', null)",
        ],
    )
    dataset, report = read(
        None,
        leads_params={"url": postgres, "table": "crm.leads"},
        events_params={"url": postgres, "table": "events", "columns": {"lead_id": "Lead"}},
        time_zone="Asia/Shanghai",
    )
    assert dataset.leads.lead_id == ("9", "10")
    assert dataset.leads.created_at is not None
    assert dataset.leads.created_at.tolist() == [
        us("2024-05-02T10:00:00+00:00"),
        us("2024-05-01T10:00:00+00:00"),
    ]
    assert {name: column.values() for name, column in dataset.leads.columns.items()} == {
        "joined": [None, "2024-04-01"],
        "company_size": [None, "50"],
        "captcha_passed": ["false", "true"],
        "cost": ["2", "1.5"],
        "message": [None, "{'a': [1]}"],
    }
    assert dataset.events is not None
    assert dataset.events.lead.tolist() == [0, 1]
    assert dataset.events.occurred_at.tolist() == [us("2024-05-03T00:00:00+00:00")] * 2
    assert [item.cause for item in report.tables["events"].rejected] == ["its lead is not in the leads table"]


@pytest.mark.service
def test_an_unknown_postgresql_table_is_named(read: Reader, postgres: str) -> None:
    with pytest.raises(InputError, match="there is no such table: got 'nowhere'"):
        read(None, leads_params={"url": postgres, "table": "nowhere"})


@pytest.mark.service
def test_a_database_that_is_down_is_an_error_of_the_input(read: Reader, postgres: str) -> None:
    with pytest.raises(InputError, match=r"the database cannot be read \(.*does not exist"):
        read(None, leads_params={"url": postgres.replace("/postgres?", "/absent?"), "table": "leads"})
