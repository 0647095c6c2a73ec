"""A layout on disk: what it reads, how it grows, and what happens when something breaks in the middle."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lead_ml.asof.kernel.scatter import partitions_of
from lead_ml.asof.labels import Spine
from lead_ml.cluster.layout import Layout, append, features_of, lay_out, partitions_for, rows_of
from lead_ml.cluster.layout import layout as module
from lead_ml.cluster.layout.part import write_part
from lead_ml.errors import InputError
from lead_ml.tables.dataset import Coded, Dataset, Events, Leads

DAY = 86_400_000_000


def project(first: int = 0, rows: int = 30) -> Dataset:
    number = np.arange(first, first + rows)
    return Dataset(
        Leads(
            tuple(f"L{k}" for k in range(5)),
            np.arange(5) * DAY,
            {"city": Coded.of(["X", None, "Y", "X", "Y"])},
        ),
        Events(
            number % 5,
            number * DAY,
            number * DAY + 1,
            {"type": Coded.of([("view", "call")[k % 2] for k in number])},
            number / 4,
        ),
        until=int(number[-1] + 1) * DAY,
    )


def content(layout: Layout) -> list[object]:
    """Return all that a layout holds, as plain rows by lead."""
    rows: list[object] = []
    for k in range(layout.count):
        own = layout.partition(k)
        for column, text in own.leads.columns.items():
            rows += [
                (lead, column, value) for lead, value in zip(own.leads.lead_id, text.values(), strict=True)
            ]
        if own.events is not None:
            e = own.events
            types = e.columns["type"].values() if "type" in e.columns else [None] * len(e)
            ids = [own.leads.lead_id[lead] for lead in e.lead]
            rows += list(
                zip(ids, e.known_at.tolist(), e.occurred_at.tolist(), types, e.value.tolist(), strict=True)
            )
    return sorted(rows, key=repr)


def write_files(folder: Path) -> dict[str, str]:
    """Write the project as files: leads as CSV, events as two Parquet files with timestamps."""
    data = project()
    text = "lead_id,created_at,city\n" + "".join(
        f"L{k},1970-01-0{k + 1}T00:00:00Z,{city or ''}\n"
        for k, city in enumerate(data.leads.columns["city"].values())
    )
    (folder / "leads.csv").write_text(text, encoding="utf-8")
    for half in range(2):
        own = slice(15 * half, 15 * half + 15)
        events = data.events
        instants = {
            name: pa.array(getattr(events, name)[own], pa.timestamp("us", "UTC"))
            for name in ("occurred_at", "known_at")
        }
        table = {
            "lead_id": [f"L{k}" for k in events.lead[own]],
            **instants,
            "type": events.columns["type"].values()[own],
            "value": events.value[own],
        }
        pq.write_table(pa.table(table), folder / f"events-{half}.parquet", row_group_size=7)
    return {"leads": str(folder / "leads.csv"), "events": str(folder / "events-*.parquet")}


def test_files_and_a_dataset_are_laid_out_alike(tmp_path):
    files = write_files(tmp_path)
    from_files = lay_out(files, tmp_path / "files", partitions=3)
    assert content(from_files) == content(lay_out(project(), tmp_path / "dataset", partitions=3))
    assert (from_files.rows("leads"), from_files.rows("events")) == (5, 30)
    assert partitions_for(files) == 1


def test_events_as_csv_need_no_known_at_and_are_known_when_recorded(tmp_path):
    path = tmp_path / "events.csv"
    path.write_text(
        "lead_id,occurred_at,recorded_at,value\na,1970-01-02T00:00:00Z,1970-01-03T01:00:00+01:00,2.5\nb,1970-01-02T00:00:00Z,,\n"
    )
    layout = lay_out({"events": path}, tmp_path / "kept", partitions=1)
    events = layout.partition(0).events
    assert events.known_at.tolist() == [2 * DAY, DAY]
    np.testing.assert_array_equal(events.value, [2.5, np.nan])
    assert rows_of(layout, ["b", "a"]).tolist() == [1, 0]


def test_appending_in_pieces_and_past_the_budget_equals_the_whole(tmp_path):
    whole = content(lay_out(project(), tmp_path / "whole", partitions=3))
    layout = lay_out(project(rows=10), tmp_path / "grown", partitions=3)
    untouched = {path: path.read_bytes() for path in (tmp_path / "grown").glob("*.parquet")}
    layout = append(layout, replace(project(first=10, rows=20), leads=project().leads), budget=0)
    assert all(path.read_bytes() == before for path, before in untouched.items())
    assert content(layout) == whole
    compacted = layout.compacted()
    assert content(compacted) == whole
    assert len(compacted.manifest.parts) < len(layout.manifest.parts)
    assert {path.name for path in (tmp_path / "grown").iterdir()} == {
        "layout.json",
        *(part.file for part in compacted.manifest.parts),
    }
    assert compacted.manifest.until == 30 * DAY


@pytest.mark.parametrize("fail_at", [0, 3])
def test_an_interrupted_append_loses_and_adds_nothing(tmp_path, monkeypatch, fail_at):
    layout = lay_out(project(rows=10), tmp_path, partitions=3)
    before, written = content(layout), []

    def failing(*arguments):
        if len(written) == fail_at:
            raise KeyboardInterrupt
        written.append(arguments)
        return write_part(*arguments)

    monkeypatch.setattr(module, "write_part", failing)
    with pytest.raises(KeyboardInterrupt):
        append(layout, project(first=10, rows=20))
    assert content(Layout.open(tmp_path)) == before
    monkeypatch.undo()
    (tmp_path / "leads-00000-000009.parquet.tmp").write_bytes(b"half a fi")
    whole = append(Layout.open(tmp_path), project(first=10, rows=20))
    assert content(whole) == content(lay_out(project(), tmp_path / "whole", partitions=3))
    assert not list(tmp_path.glob("*.tmp"))


def test_an_interrupted_first_layout_can_be_begun_again(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "write_part", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        lay_out(project(), tmp_path, partitions=2)
    monkeypatch.undo()
    lay_out(project(), tmp_path, partitions=4)
    with pytest.raises(InputError, match="there is a layout already"):
        lay_out(project(), tmp_path)


def damaged(folder: Path, change) -> None:
    path = folder / "layout.json"
    path.write_bytes(change(path.read_bytes()))


DAMAGES = {
    "cannot be read": lambda old: old[: len(old) // 2],
    "does not have its checksum": lambda old: old.replace(b'"partitions": 2', b'"partitions": 3'),
    "it has version 9": lambda old: old.replace(b'"version": 2', b'"version": 9'),
}


@pytest.mark.parametrize("message", DAMAGES)
def test_a_damaged_manifest_is_one_clear_error(tmp_path, message):
    lay_out(project(), tmp_path, partitions=2)
    damaged(tmp_path, DAMAGES[message])
    with pytest.raises(InputError, match=f"the layout cannot be used: .*{message}"):
        Layout.open(tmp_path)


def test_a_folder_without_a_layout_is_one_clear_error(tmp_path):
    with pytest.raises(InputError, match=r"there is no layout\.json; expected a folder that lay_out wrote"):
        Layout.open(tmp_path)


def test_a_damaged_or_missing_part_is_one_clear_error(tmp_path):
    layout = lay_out(project(), tmp_path, partitions=1)
    path = tmp_path / next(part.file for part in layout.manifest.parts if part.table == "events")
    old = path.read_bytes()
    path.write_bytes(old[:200] + bytes([old[200] ^ 1]) + old[201:])
    with pytest.raises(InputError, match=r"events-.* is damaged; expected \d+ bytes with the CRC-32"):
        layout.partition(0)
    path.unlink()
    with pytest.raises(
        InputError, match=r"events-.* cannot be read.* Open the layout again if it was compacted"
    ):
        layout.partition(0)


def test_the_manifest_tells_what_the_layout_holds(tmp_path):
    lay_out(project(), tmp_path, partitions=1)
    told = json.loads((tmp_path / "layout.json").read_text())
    assert told["tables"] == ["events", "leads"]
    (events, _) = sorted(told["parts"], key=lambda part: part["table"])
    assert (events["rows"], events["ties"]) == (30, False)
    assert events["columns"] == {
        "lead_id": "text",
        "known_at": "instant",
        "occurred_at": "instant",
        "type": "text",
        "value": "number",
    }
    table = pq.read_table(tmp_path / events["file"])
    assert table["occurred_at"].type == pa.timestamp("us", "UTC")
    assert table["lead_id"].to_pylist() == sorted(table["lead_id"].to_pylist())


BAD_FILES = {
    "the events lack occurred_at": {"lead_id": ["a"], "value": [1.0]},
    "lead_id is missing": {"lead_id": ["a", None], "occurred_at": [1, 2]},
    "occurred_at is missing": {"lead_id": ["a", "b"], "occurred_at": [1, None]},
    "occurred_at has the type string": {"lead_id": ["a"], "occurred_at": ["2024-01-01"]},
    r"occurred_at has the type timestamp\[us\]": {
        "lead_id": ["a"],
        "occurred_at": pa.array([1], pa.timestamp("us")),
    },
}


@pytest.mark.parametrize("message", BAD_FILES)
def test_a_file_that_cannot_be_used_is_told_with_its_name(tmp_path, message):
    path = tmp_path / "events.parquet"
    pq.write_table(pa.table(BAD_FILES[message]), path)
    with pytest.raises(InputError, match=f"events.parquet.*{message}"):
        lay_out({"events": path}, tmp_path / "kept")


def test_unknown_tables_and_files_are_refused(tmp_path):
    with pytest.raises(
        InputError, match="there is no such table: got 'visits'; expected leads, events, outcomes"
    ):
        lay_out({"visits": tmp_path / "x.csv"}, tmp_path / "kept", partitions=1)
    with pytest.raises(InputError, match="no such file"):
        lay_out({"events": tmp_path / "x*.csv"}, tmp_path / "kept")
    (tmp_path / "x.parquet").write_bytes(b"PAR1 not really")
    with pytest.raises(InputError, match="the file cannot be read"):
        lay_out({"events": tmp_path / "x.parquet"}, tmp_path / "kept")


def test_events_of_unknown_leads_are_left_out_and_told(tmp_path, caplog):
    path = tmp_path / "more.parquet"
    pq.write_table(pa.table({"lead_id": ["nobody"], "occurred_at": [1], "value": [1.0]}), path)
    layout = append(lay_out(project(), tmp_path / "kept", partitions=1), {"events": path})
    assert len(layout.partition(0).events) == 30
    assert "events: 1 rows of unknown leads are left out" in caplog.text
    assert layout.rows("events") == 31


def test_snapshots_of_unknown_leads_are_refused(tmp_path):
    layout = lay_out(project(), tmp_path, partitions=2)
    with pytest.raises(InputError, match=r"snapshots of leads that the layout lacks; expected rows 0 to 4"):
        features_of([], layout, Spine(np.array([0, -1]), np.array([1, 1])))


def test_partitions_of_texts_never_change():
    """A layout is read by later versions: these numbers are part of its format."""
    text = ["", "a", "L0000001", "客户-1"]
    encoded = [one.encode() for one in text]
    ends = np.cumsum([0, *map(len, encoded)]).astype(np.int32)
    found = partitions_of(ends, np.frombuffer(b"".join(encoded), np.uint8).copy(), 1000)
    assert found.tolist() == [reckoned(one, 1000) for one in encoded]


def reckoned(text: bytes, partitions: int) -> int:
    """FNV-1a and the end of SplitMix64, in Python's whole numbers."""
    state, most = 14695981039346656037, 2**64
    for byte in text:
        state = (state ^ byte) * 1099511628211 % most
    state = (state ^ state >> 30) * 0xBF58476D1CE4E5B9 % most
    state = (state ^ state >> 27) * 0x94D049BB133111EB % most
    return (state ^ state >> 31) % partitions
