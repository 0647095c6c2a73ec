"""A layout on disk or behind a URL: what it holds, how it grows, and what happens when something breaks in the middle."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from layout_kit import columns_of, laid_out

from lead_ml.asof.kernel.scatter import partitions_of
from lead_ml.cluster.layout import Intake, Layout, append, partitions_for
from lead_ml.cluster.layout import layout as module
from lead_ml.cluster.layout.part import write_part
from lead_ml.errors import InputError
from lead_ml.tables.dataset import Coded, Dataset, Events, Leads
from lead_ml.tables.read.reject import REPEATED

DAY = 86_400_000_000
IDS = tuple(f"L{k}" for k in range(5))


def project(first: int = 0, rows: int = 30) -> Dataset:
    number = np.arange(first, first + rows)
    types = Coded.of([("view", "call")[k % 2] for k in number])
    ids = Coded.of([f"e{k}" for k in number])
    columns = {"type": types, "event_id": ids}
    return Dataset(
        Leads(IDS, np.arange(5) * DAY),
        Events(number % 5, number * DAY, number * DAY + 1, columns, number / 4),
    )


def added(layout: Layout, *pieces: Dataset, budget: int = 1 << 20) -> Layout:
    """Append pieces as batches of one append."""
    batches = [(columns_of(p), Intake(sources=("x.csv",), rows_in=len(p.events))) for p in pieces]
    return append(layout, batches, budget=budget)[0]


def content(layout: Layout) -> list[object]:
    """Return all that a layout holds, as plain rows."""
    rows: list[object] = []
    for k in range(layout.count):
        own = layout.read(k)
        columns = [own[name].values() for name in ("lead_id", "type", "event_id") if name in own]
        numbers = [own[name].tolist() for name in ("known_at", "occurred_at", "value")]
        rows += list(zip(*columns, *numbers, strict=True))
    return sorted(rows, key=repr)


def test_appending_in_pieces_and_past_the_budget_equals_the_whole(tmp_path):
    whole = content(laid_out(tmp_path / "whole", [project()], 3))
    assert len(whole) == 30
    layout = laid_out(tmp_path / "grown", [project(rows=10)], 3)
    untouched = {path: path.read_bytes() for path in (tmp_path / "grown").glob("*.parquet")}
    layout = added(layout, project(first=10, rows=5), project(first=15, rows=15), budget=0)
    assert all(path.read_bytes() == before for path, before in untouched.items())
    assert content(layout) == whole
    assert layout.manifest.intake.rows_in == 20
    compacted = layout.compacted()
    assert content(compacted) == whole
    assert len(compacted.manifest.parts) < len(layout.manifest.parts)
    assert {path.name for path in (tmp_path / "grown").iterdir()} == {
        "layout.json",
        *(part.file for part in compacted.manifest.parts),
    }


def test_a_repeated_event_id_is_rejected_and_counted_and_events_without_one_are_kept(tmp_path):
    layout = laid_out(tmp_path, [project(rows=10)], 2)
    again = added(layout, project(first=5, rows=10), project(first=5, rows=10))
    assert content(again) == content(laid_out(tmp_path / "once", [project(rows=15)], 2))
    assert [(item.cause, item.count) for item in again.manifest.intake.rejected] == [
        (REPEATED.of("event_id").text, 15)
    ]
    nameless = project(rows=3)
    without = {**nameless.events.columns, "event_id": Coded(np.full(3, -1, np.int32), ())}
    nameless = replace(nameless, events=replace(nameless.events, columns=without))
    assert added(added(again, nameless), nameless).rows == 15 + 6


@pytest.mark.parametrize("fail_at", [0, 1])
def test_an_interrupted_append_loses_and_adds_nothing(tmp_path, monkeypatch, fail_at):
    layout = laid_out(tmp_path, [project(rows=10)], 3)
    before, written = content(layout), []

    def failing(*arguments):
        if len(written) == fail_at:
            raise KeyboardInterrupt
        written.append(arguments)
        return write_part(*arguments)

    monkeypatch.setattr(module, "write_part", failing)
    with pytest.raises(KeyboardInterrupt):
        added(layout, project(first=10, rows=20))
    assert content(Layout.open(tmp_path)) == before
    monkeypatch.undo()
    (tmp_path / "events-00000-000009.parquet.tmp").write_bytes(b"half a fi")
    whole = added(Layout.open(tmp_path), project(first=10, rows=20))
    assert content(whole) == content(laid_out(tmp_path / "whole", [project()], 3))
    assert not list(tmp_path.glob("*.tmp"))


def test_two_writers_at_a_time_are_refused(tmp_path):
    layout = laid_out(tmp_path, [project(rows=10)], 2)
    added(layout, project(first=10, rows=5))
    with pytest.raises(InputError, match="somebody else wrote to it meanwhile"):
        added(layout, project(first=15, rows=5))
    assert Layout.open(tmp_path).rows == 15


def test_an_interrupted_first_layout_can_be_begun_again(tmp_path):
    Layout.create(tmp_path, 2)
    laid_out(tmp_path, [project()], 4)
    with pytest.raises(InputError, match="there is a layout already"):
        Layout.create(tmp_path, 2)


DAMAGES = {
    "cannot be read": lambda old: old[: len(old) // 2],
    "does not match its checksum": lambda old: old.replace(b'"partitions": 2', b'"partitions": 3'),
    "it has format 9": lambda old: old.replace(b'"version": 3', b'"version": 9'),
}


@pytest.mark.parametrize("message", DAMAGES)
def test_a_damaged_manifest_is_one_clear_error(tmp_path, message):
    laid_out(tmp_path, [project()], 2)
    path = tmp_path / "layout.json"
    path.write_bytes(DAMAGES[message](path.read_bytes()))
    with pytest.raises(InputError, match=f"the layout cannot be used: .*{message}"):
        Layout.open(tmp_path)


def test_a_folder_without_a_layout_is_one_clear_error(tmp_path):
    with pytest.raises(InputError, match=r"there is no layout\.json; expected a folder that lead-ml layout"):
        Layout.open(tmp_path)


def test_a_damaged_or_missing_part_is_one_clear_error(tmp_path):
    layout = laid_out(tmp_path, [project()], 1)
    path = tmp_path / layout.manifest.parts[0].file
    old = path.read_bytes()
    path.write_bytes(old[:200] + bytes([old[200] ^ 1]) + old[201:])
    with pytest.raises(InputError, match=r"events-.* is damaged; expected \d+ bytes with the CRC-32"):
        layout.read(0)
    path.write_bytes(b"")
    with pytest.raises(InputError, match=r"events-.* is damaged"):
        layout.read(0)
    path.unlink()
    with pytest.raises(InputError, match=r"events-.* cannot be read.* Open the layout again if it was"):
        layout.read(0)


def test_the_manifest_and_the_parts_can_be_read_by_any_tool(tmp_path):
    laid_out(tmp_path, [project()], 1)
    manifest = json.loads((tmp_path / "layout.json").read_text())
    (part,) = manifest["parts"]
    assert (part["rows"], part["ties"]) == (30, False)
    assert part["columns"] == {
        "lead_id": "text",
        "known_at": "instant",
        "occurred_at": "instant",
        "type": "text",
        "event_id": "text",
        "value": "number",
    }
    table = pq.read_table(tmp_path / part["file"])
    assert table["occurred_at"].type == pa.timestamp("us", "UTC")
    assert table["lead_id"].to_pylist() == sorted(table["lead_id"].to_pylist())


def test_a_url_holds_the_same_as_a_folder(tmp_path):
    fsspec = pytest.importorskip("fsspec")
    layout = laid_out("memory://layouts/one", [project(rows=10)], 3)
    layout = added(layout, project(first=10, rows=20)).compacted()
    assert content(Layout.open("memory://layouts/one")) == content(laid_out(tmp_path, [project()], 3))
    system = fsspec.filesystem("memory")
    assert len(system.ls("/layouts/one")) == len(layout.manifest.parts) + 1
    system.rm(f"/layouts/one/{layout.manifest.parts[0].file}")
    with pytest.raises(InputError, match=r"events-.* cannot be read"):
        content(layout)
    with pytest.raises(InputError, match=r"there is no layout\.json"):
        Layout.open("memory://layouts/none")
    system.rm("/layouts", recursive=True)


def test_partitions_grow_with_the_events():
    assert [partitions_for(rows) for rows in (0, 600_000, 600_001, 50_000_000)] == [1, 1, 2, 37]


def test_partitions_of_texts_never_change():
    """A layout is read by later versions: these numbers are part of its format."""
    text = ["", "a", "L0000001", "客户-1"]
    encoded = [one.encode() for one in text]
    ends = np.cumsum([0, *map(len, encoded)]).astype(np.int32)
    found = partitions_of(ends, np.frombuffer(b"".join(encoded), np.uint8).copy(), 1000)
    assert found.tolist() == [reckoned(one, 1000) for one in encoded]


def reckoned(text: bytes, partitions: int) -> int:
    """FNV-1a and the end of SplitMix64, in Python's whole numbers."""
    state, most = 14695981039346656037, 2**64 - 1
    for byte in text:
        state = ((state ^ byte) * 1099511628211) & most
    state = ((state ^ state >> 30) * 0xBF58476D1CE4E5B9) & most
    state = ((state ^ state >> 27) * 0x94D049BB133111EB) & most
    return (state ^ state >> 31) % partitions
