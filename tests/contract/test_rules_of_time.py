"""The rules of time that lead_ml.project.schema writes down, each from a file to a feature."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from lead_ml.asof.join import features_at
from lead_ml.asof.labels import Spine
from lead_ml.declare import category, events, number, validated
from lead_ml.project.params import params_from
from lead_ml.tables.dataset import Coded, Dataset
from lead_ml.tables.instants import parse_iso
from lead_ml.tables.read import IntakeReport, read_dataset

W = {"en": "x", "zh": "x", "group": "engagement"}
NOW = datetime(2026, 1, 1, tzinfo=UTC)
FEATURES = validated(
    [
        events().count("n", **W),
        events().count("n_1d", window="1d", **W),
        events().last("last_page", of="page", **W),
        events().decayed_sum("recent", of="value", half_life="1h", **W),
        events(by="account_id").count("account_n", **W),
        category("account_id", **W),
        category("source", **W),
        number("firms.employees", **W),
        category("firms.sector", **W),
    ]
)
Feature = Callable[..., Any]


@pytest.fixture
def at(tmp_path: Path) -> Feature:
    """Write tables and return a reader of one feature of one lead as of an instant in the zone of the project."""

    def reader(
        feature: str,
        as_of: str,
        *,
        lead: str = "L1",
        leads: str = "L1,2025-01-01T00:00Z,web",
        happened: str = "",
        changes: str = "",
        firms: str = "",
        zone: str = "UTC",
        micros: int = 0,
    ) -> Any:
        dataset, _ = written(tmp_path, leads, happened, changes, firms, zone)
        when = parse_iso(as_of, field="as_of", zone=ZoneInfo(zone)) + micros
        spine = Spine(np.array([dataset.leads.lead_id.index(lead)]), np.array([when]))
        column = features_at(FEATURES, dataset, spine)[feature]
        if isinstance(column, Coded):
            return column.values()[0]
        return None if np.isnan(column[0]) else column[0]

    return reader


def written(
    root: Path, leads: str, happened: str, changes: str, firms: str, zone: str
) -> tuple[Dataset, IntakeReport]:
    tables = {
        "leads": ("lead_id,created_at,source", leads),
        "events": ("event_id,lead_id,occurred_at,recorded_at,type,page,value", happened),
        "lead_history": ("lead_id,changed_at,field,value", changes),
        "firms": ("account_id,known_at,employees,sector", firms),
    }
    for name, (header, rows) in tables.items():
        (root / f"{name}.csv").write_text("\n".join([header, *rows.split()]) + "\n")
    place = {name: {"path": f"{name}.csv"} for name in ("leads", "events", "lead_history")}
    extra = {"firms": {"path": "firms.csv", "key": "account_id"}}
    known = {"account_id": "history"}
    content = {"project": "p", "time_zone": zone, "known_at": known, "data": {**place, "extra": extra}}
    return read_dataset(params_from(content), root, now=NOW)


VISIT = "e1,L1,2025-01-05T12:00Z,,visit,home,1"


def test_a_thing_counts_from_one_microsecond_after_it_was_known(at: Feature) -> None:
    assert at("n", "2025-01-05T12:00Z", happened=VISIT) == 0
    assert at("n", "2025-01-05T12:00Z", happened=VISIT, micros=1) == 1


def test_windows_measure_when_it_happened_and_knowledge_when_it_was_recorded(at: Feature) -> None:
    late = "e1,L1,2025-01-05T12:00Z,2025-01-06T11:00Z,visit,home,1"
    assert at("n_1d", "2025-01-06T11:00Z", happened=late) == 0
    assert at("n_1d", "2025-01-06T11:00Z", happened=late, micros=1) == 1
    assert at("n_1d", "2025-01-06T12:00Z", happened=late) == 1, "the far end of the window is inside"
    assert at("n_1d", "2025-01-06T12:00Z", happened=late, micros=1) == 0
    assert at("n", "2025-01-06T12:00Z", happened=late, micros=1) == 1
    early = "e1,L1,2025-01-05T12:00Z,2025-01-04T11:00Z,visit,home,1"
    assert at("n", "2025-01-05T12:00Z", happened=early) == 0, "nothing is known before it happens"


def test_an_event_before_its_lead_is_rejected(at: Feature) -> None:
    assert at("n", "2025-01-09T00:00Z", happened="e1,L1,2024-12-31T23:59Z,,visit,home,1 " + VISIT) == 1
    assert at("n", "2025-01-09T00:00Z", happened="e1,L1,2025-01-01T00:00Z,,visit,home,1") == 1


def test_a_repeated_event_id_counts_once_and_rows_without_one_all(at: Feature) -> None:
    twice = f"{VISIT} {VISIT}"
    assert at("n", "2025-01-09T00:00Z", happened=twice) == 1
    assert at("n", "2025-01-09T00:00Z", happened=twice.replace("e1", "")) == 2


def test_rows_at_one_instant_are_ordered_by_their_content_whatever_the_file_says(at: Feature) -> None:
    rows = [f"e{k},L1,2025-01-05T12:00Z,,visit,{page},{k / 3}" for k, page in enumerate("cab")]
    for feature, expected in (("last_page", "b"), ("recent", None)):
        found = {
            at(feature, "2025-01-05T13:00Z", happened=" ".join(order))
            for order in (rows, rows[::-1], [rows[1], rows[0], rows[2]])
        }
        assert len(found) == 1
        assert expected is None or found == {expected}


def test_a_date_is_known_at_the_end_of_that_day_in_the_zone_of_the_project(at: Feature) -> None:
    dated = "e1,L1,2025-01-05,,visit,home,1"
    for zone, end in (("UTC", "2025-01-06T00:00Z"), ("Asia/Shanghai", "2025-01-05T16:00Z")):
        assert at("n", end, happened=dated, zone=zone, micros=-1) == 0
        assert at("n", end, happened=dated, zone=zone) == 1
    change = "L1,2025-01-05,account_id,A"
    assert at("account_id", "2025-01-06T00:00Z", changes=change, micros=-1) is None
    assert at("account_id", "2025-01-06T00:00Z", changes=change) == "A"


def test_a_local_time_that_was_twice_is_the_first_and_one_that_never_was_an_hour_later(at: Feature) -> None:
    twice, never = "e1,L1,2025-11-02T01:30,,visit,home,1", "e1,L1,2025-03-09T02:30,,visit,home,1"
    for happened, instant in ((twice, "2025-11-02T05:30Z"), (never, "2025-03-09T07:30Z")):
        assert at("n", instant, happened=happened, zone="America/New_York") == 0
        assert at("n", instant, happened=happened, zone="America/New_York", micros=1) == 1
        # A request reads the same text alike.
        local = happened.split(",")[2]
        zone = ZoneInfo("America/New_York")
        assert parse_iso(local, field="", zone=zone) == parse_iso(instant, field="")


def test_an_offset_goes_before_the_zone_of_the_project(at: Feature) -> None:
    second = "e1,L1,2025-11-02T01:30-05:00,,visit,home,1"
    assert at("n", "2025-11-02T06:30Z", happened=second, zone="America/New_York") == 0
    assert at("n", "2025-11-02T06:30Z", happened=second, zone="America/New_York", micros=1) == 1


MOVE = "L1,2025-01-03T00:00Z,account_id,A L1,2025-01-07T00:00Z,account_id,B"


def test_a_column_is_what_its_last_change_before_says_and_missing_before_the_first(at: Feature) -> None:
    for as_of, micros, expected in (
        ("2025-01-03T00:00Z", 0, None),
        ("2025-01-03T00:00Z", 1, "A"),
        ("2025-01-07T00:00Z", 0, "A"),
        ("2025-01-07T00:00Z", 1, "B"),
    ):
        assert at("account_id", as_of, changes=MOVE, micros=micros) == expected


def test_a_change_to_nothing_is_a_change(at: Feature) -> None:
    left = MOVE + " L1,2025-01-08T00:00Z,account_id,"
    assert at("account_id", "2025-01-09T00:00Z", changes=left) is None
    assert at("account_n", "2025-01-09T00:00Z", changes=left, happened=VISIT) is None


def test_a_change_before_creation_holds_from_creation_on(at: Feature) -> None:
    assert at("account_id", "2025-01-01T00:01Z", changes="L1,2024-06-01T00:00Z,account_id,A") == "A"


def test_of_two_changes_at_one_instant_the_last_in_the_order_of_text_counts(at: Feature) -> None:
    rows = [
        "L1,2025-01-03T00:00Z,account_id,A",
        "L1,2025-01-03T00:00Z,account_id,B",
        "L1,2025-01-03T00:00Z,account_id,",
    ]
    others = "L1,2025-01-02T00:00Z,account_id,C L1,2025-01-07T00:00Z,account_id,C"
    for order in (rows, rows[::-1]):
        assert at("account_id", "2025-01-04T00:00Z", changes=" ".join([*order, others])) == "B"


TWO = "L1,2025-01-01T00:00Z,web L2,2025-01-01T00:00Z,web"


def test_a_row_enters_the_stream_of_a_key_when_its_lead_gets_the_key(at: Feature) -> None:
    """L2 is with A throughout and asks; L1 comes to A on the 6th, a day after its visit, and leaves on the 7th."""
    changes = "L2,2025-01-01T00:00Z,account_id,A L1,2025-01-06T00:00Z,account_id,A L1,2025-01-07T00:00Z,account_id,B"
    happened = VISIT + " e2,L1,2025-01-06T12:00Z,,visit,home,1 e3,L1,2025-01-08T00:00Z,,visit,home,1"
    told = {"leads": TWO, "changes": changes, "happened": happened}
    for as_of, micros, expected in (
        ("2025-01-05T13:00Z", 0, 0),
        ("2025-01-06T00:00Z", 0, 0),
        ("2025-01-06T00:00Z", 1, 1),
        ("2025-01-06T13:00Z", 0, 2),
        ("2025-01-09T00:00Z", 0, 2),
    ):
        assert at("account_n", as_of, lead="L2", micros=micros, **told) == expected
    # L1 itself takes along to B what was known of it, and asks for the key that it had by then.
    for as_of, expected in (
        ("2025-01-05T13:00Z", None),
        ("2025-01-06T13:00Z", 2),
        ("2025-01-07T13:00Z", 2),
        ("2025-01-09T00:00Z", 3),
    ):
        assert at("account_n", as_of, lead="L1", **told) == expected


FIRMS = "A,2025-01-02T00:00Z,10,steel A,2025-01-05T00:00Z,12, B,2025-01-02T00:00Z,99,retail"


def test_a_row_of_third_party_data_holds_until_a_later_one_takes_its_place_whole(at: Feature) -> None:
    told = {"changes": "L1,2025-01-01T00:00Z,account_id,A", "firms": FIRMS}
    for as_of, micros, employees, sector in (
        ("2025-01-02T00:00Z", 0, None, None),
        ("2025-01-02T00:00Z", 1, 10, "steel"),
        ("2025-01-05T00:00Z", 0, 10, "steel"),
        ("2025-01-05T00:00Z", 1, 12, None),
    ):
        assert at("firms_employees", as_of, micros=micros, **told) == employees
        assert at("firms_sector", as_of, micros=micros, **told) == sector


def test_third_party_data_is_that_of_the_key_of_then(at: Feature) -> None:
    for as_of, expected in (("2025-01-04T00:00Z", 10), ("2025-01-06T00:00Z", 12), ("2025-01-08T00:00Z", 99)):
        assert at("firms_employees", as_of, changes=MOVE, firms=FIRMS) == expected


def test_a_column_known_at_creation_is_there_at_creation(at: Feature) -> None:
    assert at("source", "2025-01-01T00:00Z") == "web"
