"""Parquet files: native types, and the same content as CSV."""

from __future__ import annotations

import struct
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from read_kit import EVENTS, LEADS, Reader, us

from lead_ml.errors import InputError


def write(path: Path, columns: dict[str, Any], **more: Any) -> None:
    pq.write_table(pa.table(columns), path, **more)


def test_native_types_become_the_same_texts_and_instants_as_csv(read: Reader, tmp_path: Path) -> None:
    write(
        tmp_path / "leads.parquet",
        {
            "lead_id": pa.array([1.0, 2.0, 3.0]),
            "created_at": pa.array([datetime(2024, 5, 1, 10)] * 3, pa.timestamp("ns")),
            "captcha_passed": pa.array([True, None, False]),
            "company_size": pa.array(["big", None, "big"]).dictionary_encode(),
            "cost": pa.array([Decimal("1.50"), Decimal("2.00"), None]),
            "email": pa.array([b"a@x.com", b"b@x.com", None], pa.binary()),
            "tags": pa.array([["a"], ["b", "c"], None]),
        },
        row_group_size=2,
    )
    dataset, _ = read(None, leads_params={"path": "leads.parquet"}, time_zone="Asia/Shanghai")
    assert dataset.leads.lead_id == ("1", "2", "3")
    assert dataset.leads.created_at is not None
    assert dataset.leads.created_at.tolist() == [us("2024-05-01T02:00:00+00:00")] * 3
    values = {name: column.values() for name, column in dataset.leads.columns.items()}
    assert values == {
        "captcha_passed": ["true", None, "false"],
        "company_size": ["big", None, "big"],
        "cost": ["1.5", "2", None],
        "email": ["a@x.com", "b@x.com", None],
        "tags": ["['a']", "['b', 'c']", None],
    }


def test_dates_are_known_at_the_end_of_the_day_and_zoned_stamps_keep_their_zone(
    read: Reader, tmp_path: Path
) -> None:
    write(tmp_path / "leads.parquet", {"lead_id": ["a"], "created_at": pa.array([date(2024, 5, 1)])})
    aware = datetime(2024, 5, 1, 10, tzinfo=UTC)
    write(
        tmp_path / "events.parquet",
        {
            "lead_id": ["a", "a"],
            "occurred_at": pa.array([aware, None], pa.timestamp("ms", "America/New_York")),
            "type": ["visit", "visit"],
        },
    )
    dataset, report = read(
        None,
        leads_params={"path": "leads.parquet"},
        events_params={"path": "events.parquet"},
        time_zone="Asia/Shanghai",
    )
    assert dataset.leads.created_at is not None
    assert dataset.leads.created_at.tolist() == [us("2024-05-01T23:59:59.999999+08:00")]
    assert dataset.events is not None
    assert dataset.events.occurred_at.tolist() == [us("2024-05-01T10:00:00+00:00")]
    assert [(item.cause, item.rows) for item in report.tables["events"].rejected] == [
        ("occurred_at is missing", (3,))
    ]


def test_the_same_content_has_the_same_digest_as_csv(read: Reader, tmp_path: Path) -> None:
    for name, text in (("leads", LEADS), ("events", EVENTS)):
        header, *rows = (line.split(",") for line in text.splitlines())
        write(tmp_path / f"{name}.parquet", dict(zip(header, zip(*rows, strict=True), strict=True)))
    parquet = read(None, leads_params={"path": "leads.parquet"}, events_params={"path": "events.parquet"})[0]
    assert parquet.digests == read(LEADS, EVENTS)[0].digests


def test_parquet_is_known_by_its_content_not_its_name(read: Reader, tmp_path: Path) -> None:
    write(tmp_path / "export.csv", {"lead_id": ["a"], "created_at": ["2024-05-01"]})
    assert read(None, leads_params={"path": "export.csv"})[0].leads.lead_id == ("a",)


def test_a_parquet_file_without_rows_has_no_leads(read: Reader, tmp_path: Path) -> None:
    write(tmp_path / "leads.parquet", {"lead_id": pa.array([], pa.string())})
    with pytest.raises(InputError, match="no lead can be used: the table has a header but no rows"):
        read(None, leads_params={"path": "leads.parquet"})


@pytest.mark.parametrize("damage", ["cut", "garbage"])
def test_a_damaged_parquet_file_is_an_error_of_the_input(read: Reader, tmp_path: Path, damage: str) -> None:
    path = tmp_path / "leads.parquet"
    write(path, {"lead_id": [f"L{row}" for row in range(1000)]})
    content = path.read_bytes()
    path.write_bytes(
        content[:-20] if damage == "cut" else b"PAR1" + b"\x07" * 200 + struct.pack("<i", 180) + b"PAR1"
    )
    with pytest.raises(InputError, match=r"leads\.parquet: the Parquet file cannot be read"):
        read(None, leads_params={"path": "leads.parquet"})


def test_binary_text_that_is_not_utf8_is_an_error_of_the_input(read: Reader, tmp_path: Path) -> None:
    write(tmp_path / "leads.parquet", {"lead_id": pa.array([b"\xff\xfe"], pa.binary())})
    with pytest.raises(InputError, match="the Parquet file cannot be read"):
        read(None, leads_params={"path": "leads.parquet"})


def test_a_repeated_column_is_refused(read: Reader, tmp_path: Path) -> None:
    table = pa.table([pa.array(["a"]), pa.array(["b"])], names=["lead_id", "lead_id"])
    pq.write_table(table, tmp_path / "leads.parquet")
    with pytest.raises(InputError, match="the header has column lead_id more than once"):
        read(None, leads_params={"path": "leads.parquet"})


def test_missing_values_of_events_are_missing(read: Reader, tmp_path: Path) -> None:
    write(
        tmp_path / "events.parquet",
        {
            "lead_id": ["L1", "L1"],
            "occurred_at": ["2024-05-04", "2024-05-05"],
            "type": ["visit", "call"],
            "page": pa.array([None, None], pa.null()),
            "value": pa.array([np.nan, 2.5]),
        },
    )
    dataset, report = read(LEADS, events_params={"path": "events.parquet"})
    assert dataset.events is not None
    assert dataset.events.columns["page"].values() == [None, None]
    np.testing.assert_array_equal(dataset.events.value, [np.nan, 2.5])
    assert not any(note.startswith("value") for note in report.tables["events"].notes)
