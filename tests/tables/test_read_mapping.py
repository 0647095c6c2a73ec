"""Columns: mapped, constant, missing, unknown."""

from __future__ import annotations

import pytest
from read_kit import EVENTS, LEADS, OUTCOMES, Reader

from lead_ml.errors import InputError, ParamsError


def test_a_mapped_column_takes_our_name(read: Reader) -> None:
    dataset, report = read(
        LEADS.replace("lead_id", "Lead ID").replace("source", "Origin"),
        leads_params={"columns": {"lead_id": "Lead ID", "source": "Origin"}},
    )
    assert tuple(dataset.leads.columns) == ("source",)
    assert report.tables["leads"].mapped == {
        "lead_id": "Lead ID",
        "created_at": "created_at",
        "source": "Origin",
    }


def test_one_column_may_play_two_roles(read: Reader) -> None:
    dataset, _ = read(leads_params={"columns": {"source": "source", "channel": "source"}})
    assert dataset.leads.columns["channel"].values() == ["web", "fair", "web"]


def test_a_mapped_column_that_is_absent_names_its_near_miss(read: Reader) -> None:
    with pytest.raises(
        InputError, match=r"column 'sorce', mapped to channel, is not in the header.*'source'"
    ):
        read(leads_params={"columns": {"channel": "sorce"}})


def test_a_missing_required_column_shows_the_header_and_the_mapping_to_write(read: Reader) -> None:
    with pytest.raises(
        InputError,
        match=r"required column lead_id is missing; did you mean 'Lead ID'\?: got \('Lead ID'.*{lead_id: Lead ID}",
    ):
        read(LEADS.replace("lead_id", "Lead ID"))


@pytest.mark.parametrize("column", ["lead_id", "occurred_at", "type"])
def test_events_need_their_columns(read: Reader, column: str) -> None:
    with pytest.raises(InputError, match=rf"events\.csv: the required column {column} is missing"):
        read(LEADS, EVENTS.replace(column, "something"))


def test_a_constant_fills_a_column_that_the_file_lacks(read: Reader) -> None:
    deals = "lead_id,occurred_at\nL1,2024-05-06\nL2,2024-05-07\n"
    dataset, report = read(LEADS, outcomes=deals, outcomes_params={"constants": {"stage": "won"}})
    assert dataset.outcomes is not None
    assert dataset.outcomes.columns["stage"].values() == ["won", "won"]
    assert report.tables["outcomes"].mapped["stage"] == "= won"


def test_a_constant_beside_a_column_of_its_name_is_refused(read: Reader) -> None:
    with pytest.raises(InputError, match="constant source has the name of a column"):
        read(leads_params={"constants": {"source": "web"}})


@pytest.mark.parametrize("key", ["columns", "constants"])
def test_an_unknown_role_of_events_is_refused(read: Reader, key: str) -> None:
    with pytest.raises(
        ParamsError, match=r"data\.events names the unknown role chanel; did you mean channel\?"
    ):
        read(LEADS, EVENTS, events_params={key: {"chanel": "type"}})


def test_unknown_columns_of_streams_are_ignored_and_listed(read: Reader) -> None:
    dataset, report = read(
        LEADS,
        EVENTS.replace("type\n", "type,mood\n").replace("visit\n", "visit,\n").replace("call\n", "call,x\n"),
    )
    assert dataset.events is not None
    assert "mood" not in dataset.events.columns
    assert report.tables["events"].ignored == ("mood",)


def test_leads_keep_every_column_as_current(read: Reader) -> None:
    dataset, report = read("lead_id,created_at,Converted\nL1,2024-05-01,1\nL2,2024-05-01,0\n")
    assert dataset.leads.columns["Converted"].values() == ["1", "0"]
    (column,) = report.columns
    assert (column.name, column.known_at, column.trusted) == ("Converted", "current", False)


@pytest.mark.parametrize("key", [{"known_at": {"surce": "creation"}}, {"trust": ["surce"]}])
def test_params_about_an_absent_lead_column_are_refused(read: Reader, key: dict[str, object]) -> None:
    with pytest.raises(
        ParamsError, match=r"names surce, which is not a column of the leads; did you mean source\?"
    ):
        read(**key)


def test_events_without_dated_leads_are_refused_with_the_reason(read: Reader) -> None:
    leads = "lead_id,source\nL1,web\nL2,web\n"
    with pytest.raises(
        InputError, match=r"events are given, but the leads have no created_at; expected .* as of"
    ):
        read(leads, EVENTS)
    with pytest.raises(InputError, match="outcomes are given, but the leads have no created_at"):
        read(leads, outcomes=OUTCOMES)


def test_leads_without_dates_are_read_alone_and_noted(read: Reader) -> None:
    dataset, report = read("lead_id,create_date\nL1,2024-05-01\nL2,2024-05-02\n")
    assert dataset.leads.created_at is None
    assert dataset.until == 0
    assert "if 'create_date' is it, set data.leads.columns" in report.tables["leads"].notes[0]
