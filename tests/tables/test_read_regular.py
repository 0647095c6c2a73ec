"""The fast reader of regular CSV files: it reads what the other one reads, it is taken where it can be, and leaves all errors to it."""

from __future__ import annotations

import csv
import io
import random
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from read_kit import NOW

from lead_ml.errors import LeadMLError
from lead_ml.project.params import TableParams, params_from
from lead_ml.tables.cell_rules import ColumnRules, TableRules
from lead_ml.tables.dataset import Dataset
from lead_ml.tables.instants import from_wall_clock
from lead_ml.tables.read import IntakeReport, files, read_dataset, regular_csv
from lead_ml.tables.read.csv_file import csv_batches
from lead_ml.tables.read.raw import RawColumn, RawTable, TextColumn
from lead_ml.tables.read.regular_csv import regular_table
from lead_ml.tables.read.timestamps import timestamps_of
from lead_ml.tables.texts import ArrowTexts

ZONES = ["UTC", "Asia/Shanghai", "America/New_York", "America/Sao_Paulo", "Australia/Lord_Howe"]
TIMES = [
    "2024-05-01 10:00:00",
    "2024-05-01T10:00:01",
    "2024-05-02 10:00",
    "2024-05-03 00:00:00",
    "2024-03-10 02:30:00",  # does not exist in New York
    "2023-11-05 01:30:00",  # occurs twice there
    "2017-10-15 00:00:00",  # does not exist in Sao Paulo
    "2024-02-29 10:00:00",
    "2024-05-04T10:00:00Z",
    "2024-05-04T10:00:00.25+05:45",
    "1970-01-01 00:30:00",
]
ODD_TIMES = [
    "2023-02-29 10:00:00",
    "2024-02-30 10:00:00",
    "2024-05-05",
    "5 May 2024",
    "",
    "soon",
    "2031-01-01 00:00:00",
    " 2024-05-06 10:00:00",
]
TEXTS = [
    "web",
    "Web",
    "fair",
    "",
    "N/A",
    "n/a",
    "-",
    "1,5",
    "12.50",
    "3.0",
    "3",
    "yes",
    "no",
    "a b",
    "Müller",
    "ＷＥＢ",
    "无",
    "e\u0301",
    "\u3000x",
    "$5",
]
HARD_TEXTS = [
    *TEXTS,
    " web",
    "web ",
    'say "hi"',
    '"',
    '""',
    "two\nlines",
    "two\r\nlines",
    "a\n\nb",
    "a, b",
    "x; y",
    "\ttab",
    "NaN",
    '" x"',
    '"" x',
    "=1",
]
times, texts = st.sampled_from(TIMES), st.sampled_from(TEXTS)
dialects = st.fixed_dictionaries(
    {
        "delimiter": st.sampled_from(",;\t|"),
        "quoting": st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
        "lineterminator": st.sampled_from(["\n", "\r\n"]),
    }
)


def written(rows: Sequence[Sequence[str]], dialect: dict[str, Any]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, **dialect).writerows([["lead_id", "created_at", "source", "notes", "cost"], *rows])
    return text.getvalue().encode()


@st.composite
def tables(
    draw: st.DrawFn, cells: Sequence[str], instants: Sequence[str], ids: Sequence[str] = ()
) -> list[list[str]]:
    count = draw(st.integers(1, 30))
    row = st.tuples(st.sampled_from(instants), *(st.sampled_from(cells) for _ in range(3)))
    rows = [[f"L{k}", *draw(row)] for k in range(count)]
    return [[draw(st.sampled_from(ids)) if ids else lead, *others] for lead, *others in rows]


def contents(data: Dataset, report: IntakeReport) -> dict[str, Any]:
    """Everything that reading gives, in values that can be compared."""
    leads, rejected = data.leads, report.rejected
    return {
        "ids": leads.lead_id,
        "created_at": None if leads.created_at is None else leads.created_at.tolist(),
        "columns": {name: (column.codes.tolist(), column.levels) for name, column in leads.columns.items()},
        "rest": (data.digests, data.rules, data.until, repr(data)),
        "report": report,
        "rejected": {name: (raw(item.table), item.causes) for name, item in rejected.items()},
    }


def raw(table: RawTable) -> dict[str, Any]:
    return {
        "columns": {name: column.values() for name, column in table.columns.items()},
        "lines": table.lines.tolist(),
        "rest": (table.sources, table.source.tolist(), table.notes, table.footers),
    }


def result(folder: Path, **more: Any) -> Any:
    """What reading leads.csv gives: the data, also when it is read again by its own rules, or the error."""
    params = params_from(
        {"project": "p", "data": {"leads": {"path": "leads.csv", **more.pop("leads", {})}}, **more}
    )
    try:
        data, report = read_dataset(params, folder, now=NOW)
        again = read_dataset(params, folder, now=NOW, sealed=data.rules)
    except LeadMLError as error:
        return type(error), str(error)
    return contents(data, report), contents(*again)


@pytest.fixture(autouse=True)
def _small_files_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(regular_csv, "_SMALLEST", 0)


def both(content: bytes, block: int = 64, **more: Any) -> tuple[bool, Any]:
    """Read a file in the fast way where it can be, and in the other; assert that both give the same.

    Return whether the fast way was taken, and what it gave.
    """
    with tempfile.TemporaryDirectory() as name, mock.patch.object(regular_csv, "_BLOCK", block):
        folder = Path(name)
        (folder / "leads.csv").write_bytes(content)
        fast = result(folder, **more)
        taken = regular_table(
            folder / "leads.csv", "leads.csv", TableParams(path="leads.csv", **more.get("leads", {}))
        )
        with mock.patch.object(files, "regular_table", return_value=None):
            slow = result(folder, **more)
        assert fast == slow
        if taken is not None:
            by_rows = next(
                csv_batches(
                    folder / "leads.csv",
                    "leads.csv",
                    TableParams(path="leads.csv", **more.get("leads", {})),
                    None,
                )
            )
            assert raw(taken) == raw(by_rows)
    return taken is not None, fast


@given(tables(TEXTS, TIMES), dialects, st.sampled_from(ZONES), st.booleans(), st.booleans())
@settings(max_examples=60, deadline=None)
def test_a_regular_file_is_read_the_fast_way_and_alike(
    rows: list[list[str]], dialect: dict[str, Any], zone: str, mark: bool, cut: bool
) -> None:
    content = b"\xef\xbb\xbf" * mark + written(rows, dialect)
    taken, found = both(
        content.rstrip(b"\r\n") if cut else content, time_zone=zone, leads={"separator": dialect["delimiter"]}
    )
    assert taken
    assert len(found[0]["ids"]) == len(rows)


@given(
    tables(HARD_TEXTS, [*TIMES, *ODD_TIMES], ["L1", "L2", "L3", "", " L4", "Ｌ5", "n/a"]),
    dialects,
    st.sampled_from(ZONES),
)
@settings(max_examples=60, deadline=None)
def test_any_file_is_read_alike(rows: list[list[str]], dialect: dict[str, Any], zone: str) -> None:
    both(written(rows, dialect), time_zone=zone)


PIECES = [
    b'"',
    b'""',
    b",",
    b", ",
    b";",
    b"\n",
    b"\n\n",
    b"\r",
    b"\r\n",
    b" ",
    b"\x00",
    b"\xff",
    b"\xef\xbb\xbf",
    b"\x1a",
    b"\xc2\x85",
    b"Total,,,,7\n",
    b"",
]


@given(
    tables(HARD_TEXTS, [*TIMES, *ODD_TIMES]),
    dialects,
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 5), st.sampled_from(PIECES)), min_size=1, max_size=3),
)
@settings(max_examples=100, deadline=None)
def test_a_damaged_file_gives_the_same_data_or_the_same_error(
    rows: list[list[str]], dialect: dict[str, Any], damages: list[tuple[float, int, bytes]]
) -> None:
    content = written(rows, dialect)
    for share, length, piece in damages:
        place = round(share * len(content))
        content = content[:place] + piece + content[place + length :]
    both(content)


HEADER = "lead_id,created_at,source\n"
ROWS = "L1,2024-05-01 10:00,web\nL2,2024-05-02 10:00,fair\nL3,2024-05-03 10:00,web\n"


@pytest.mark.parametrize(
    "content",
    [
        HEADER + 'L1,2024-05-01 10:00,say "hi"\n',
        HEADER + 'L1,2024-05-01 10:00, "web"\n',
        HEADER + 'L1,2024-05-01 10:00,"web" \n',
        HEADER + 'L1,2024-05-01 10:00,"web\n',
        HEADER + ROWS + "\nL4,2024-05-01 10:00,web\n",
        HEADER + "\n" + ROWS,
        "\n" + HEADER + ROWS,
        "sep=,\n" + HEADER + ROWS,
        "Leads of May\n" + HEADER + ROWS,
        HEADER + ROWS + "Total: 3 leads\n",
        HEADER + ROWS + "Total,,\n",
        HEADER + ROWS + "L4,2024-05-01 10:00\n",
        HEADER + ROWS + "L4,2024-05-01 10:00,web,\n",
        HEADER + ROWS + "L4,2024-05-01 10:00,a\0b\n",
        HEADER + ROWS + "L4,2024-05-01 10:00,a\rb\n",
        HEADER + ROWS + 'L4,2024-05-01 10:00,"' + "x" * 140_000 + '"\n',
        HEADER + ROWS + 'L4,2024-05-01 10:00, web\nL5,2024-05-01 10:00," fair"\n',
        'lead_id,created_at,"sou\nrce"\n' + ROWS,
        "lead_id,created_at,created_at\n" + ROWS,
        ROWS,
        HEADER,
        HEADER.rstrip(),
        "",
        (HEADER + ROWS).encode("utf-16"),
        (HEADER + ROWS).encode() + b"L4,2024-05-01 10:00,\xe4\n",
        "lead_id,\0created_at,source\n" + ROWS,
        "lead_id,created_at,so\rurce\n" + ROWS,
        "lead_id,created_at," + "x" * 70_000 + "\n" + ROWS,
        b"PK\x03\x04" + (HEADER + ROWS).encode(),
    ],
)
def test_an_irregular_file_is_left_to_the_other_reader(content: str | bytes) -> None:
    taken, _ = both(content.encode() if isinstance(content, str) else content)
    assert not taken


@pytest.mark.parametrize(
    ("content", "sources"),
    [
        (HEADER + 'L1,2024-05-01 10:00,"a, b"\nL2,2024-05-01 10:00,"say ""hi"""\n', ["a, b", 'say "hi"']),
        (HEADER + 'L1,2024-05-01 10:00,"two\n\nlines"\nL2,2024-05-01 10:00,web', ["two\n\nlines", "web"]),
        (HEADER + "L1,2024-05-01 10:00,  web\nL2,2024-05-01 10:00, \n", ["web", None]),
        (HEADER + 'L1,2024-05-01 10:00," web"\nL2,2024-05-01 10:00,""" "\n', ["web", '"']),
        ("\ufeff" + HEADER + "L1,2024-05-01 10:00,\ufeffweb\n", ["web"]),
        ('"lead_id","created_at","source"\r\n"L1","2024-05-01 10:00","web"\r\n', ["web"]),
        ("lead_id\nL1\nL2\n", []),
        (HEADER + "L1,soon,web\n" + ROWS.replace("L1", "L4"), ["web", "fair", "web"]),
        (HEADER + ROWS + ROWS, ["web", "fair", "web"]),
    ],
)
def test_a_regular_file_needs_not_be_a_simple_one(content: str, sources: list[str | None]) -> None:
    taken, found = both(content.encode())
    assert taken
    codes, levels = found[0]["columns"].get("source", ([], ()))
    assert [None if code < 0 else levels[code] for code in codes] == sources


def test_a_large_file_is_read_in_many_blocks_alike() -> None:
    rows = [
        [f"L{k}", TIMES[k % 4], HARD_TEXTS[k % 7], f'"quoted {k}"\n, {k}' + "z" * 200, str(k / 8)]
        for k in range(6_000)
    ]
    content = written(rows, {"lineterminator": "\n"})
    assert len(content) > 1 << 20  # more than a block of Arrow
    taken, _ = both(content, block=1 << 16)
    assert taken


def test_files_of_both_kinds_are_one_table(tmp_path: Path) -> None:
    regular = HEADER + ROWS
    (tmp_path / "1.csv").write_text(regular)
    (tmp_path / "2.csv").write_text(
        regular.replace("L", "M").replace("web", '"fair"') + "\nN1,2024-05-04 10:00,\n"
    )
    (tmp_path / "3.csv").write_text(regular.replace("L", "O") + "O9,soon,web\nL1,2024-05-05 10:00,web\n")
    params = params_from({"project": "p", "data": {"leads": {"path": "*.csv"}}})
    fast = read_dataset(params, tmp_path, now=NOW)
    with mock.patch.object(files, "regular_table", return_value=None):
        assert contents(*fast) == contents(*read_dataset(params, tmp_path, now=NOW))
    assert fast[0].leads.columns["source"].values() == [
        "web",
        "fair",
        "web",
        "fair",
        "fair",
        "fair",
        None,
        "web",
        "fair",
        "web",
    ]
    assert [item.source for item in fast[1].tables["leads"].rejected] == ["3.csv", "3.csv"]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_line_break_inside_a_value_is_kept_wherever_a_block_of_arrow_ends(
    mark: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its reader takes a return at the end of a block and a newline at the start of the next one for one line break."""
    monkeypatch.setattr(regular_csv, "_ARROW_BLOCK", 1 << 10)
    head = mark + HEADER.replace("\n", "\r\n").encode() + b"L0,2024-05-01 10:00,web\r\n"
    taken = []
    for padding in range(6):
        first = b'L1,2024-05-01 10:00,"'
        filled = first + b"x" * ((1 << 10) - len(head) - len(first) - 3 + padding)
        for value in (b"\r\ny", b"\n\r\ny"):
            content = head + filled + value + b'"\r\nL2,2024-05-01 10:00,fair\r\n'
            taken.append(both(content)[0])
        plain = head + filled + b'"\r\nL2,2024-05-01 10:00,fair\r\n'
        assert both(plain)[0]
    assert sorted(taken) == [False] * 2 + [True] * 10


def test_a_small_file_is_not_worth_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "leads.csv").write_text(HEADER + ROWS)
    assert regular_table(tmp_path / "leads.csv", "leads.csv", TableParams(path="leads.csv")) is not None
    monkeypatch.setattr(regular_csv, "_SMALLEST", 1_000)
    assert regular_table(tmp_path / "leads.csv", "leads.csv", TableParams(path="leads.csv")) is None


@pytest.mark.parametrize("name", ["leads", "events", "outcomes"])
def test_every_table_is_read_alike_with_its_rejected_rows(tmp_path: Path, name: str) -> None:
    rng = random.Random(name)
    ids = [*(f"L{k}" for k in range(60)), "", "L3 "]

    def rows(count: int, *pools: Sequence[str]) -> list[list[str]]:
        return [[rng.choice(pool) for pool in pools] for _ in range(count)]

    late = [f"2024-06-{day:02d} 10:{minute:02d}:00" for day in range(1, 29) for minute in range(60)]
    odd = late[:200] + ODD_TIMES
    unique = [f"E{k}" for k in range(900)]
    numbers = ["1", "2.50", "$3", "1,5", "x", ""]
    content = {
        "leads": [
            ["lead_id", "created_at", "source"],
            *([f"L{k}", rng.choice(odd), rng.choice(TEXTS)] for k in range(70)),
        ],
        "events": [
            ["lead_id", "occurred_at", "type", "event_id", "recorded_at", "value"],
            *rows(800, ids, late, ["call", "visit", "call", " Call"], unique, odd, numbers),
        ],
        "outcomes": [
            ["lead_id", "occurred_at", "stage", "reason", "amount"],
            *rows(90, ids, late, ["won", "lost", "won", "Ｗon"], HARD_TEXTS, numbers),
        ],
    }
    for table, lines in content.items():
        with (tmp_path / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(lines)
    params = params_from({"project": "p", "data": {table: {"path": f"{table}.csv"} for table in content}})
    fast = read_dataset(params, tmp_path, now=NOW)
    assert regular_table(tmp_path / f"{name}.csv", name, TableParams(path=f"{name}.csv")) is not None
    with mock.patch.object(files, "regular_table", return_value=None):
        slow = read_dataset(params, tmp_path, now=NOW)
    assert fast[1].tables[name].rejected
    assert contents(*fast) == contents(*slow)
    stream = {"leads": None, "events": fast[0].events, "outcomes": fast[0].outcomes}[name]
    assert stream is None or len(stream) > 0


tags = st.frozensets(st.sampled_from(["n/a", "-", "web", "无", "3"]))
plain = st.sampled_from(HARD_TEXTS) | st.text(max_size=8) | st.text("ab-/.13 \t\x1f\u00a0Ａ", max_size=4)


@given(
    st.lists(plain, unique=True),
    tags,
    st.none() | st.just("0"),
    st.booleans(),
    st.booleans(),
    st.dictionaries(st.sampled_from(["web", "yes", "3"]), st.just("Web")),
)
@settings(max_examples=150, deadline=None)
def test_texts_are_read_at_once_as_one_by_one(
    levels: list[str],
    missing: frozenset[str],
    default: str | None,
    comma: bool,
    yes_no: bool,
    usual: dict[str, str],
) -> None:
    rule = ColumnRules(default=default, comma=comma, yes_no=yes_no, usual=usual)
    rules = TableRules(missing=tuple(missing), columns={"x": rule})
    at_once = rules.texts("x", ArrowTexts(pa.array(levels, pa.utf8())))
    one_by_one = rules.texts("x", levels)
    assert at_once.codes.tolist() == one_by_one.codes.tolist()
    assert tuple(at_once.levels) == tuple(one_by_one.levels)
    assert at_once.values() == [rules.text("x", level) for level in levels]


moments = st.datetimes(datetime(1970, 1, 1), datetime(2262, 1, 1)).map(lambda moment: moment.replace(fold=0))
written_times = st.builds(
    lambda moment, mark, seconds, zone: moment.isoformat(mark, seconds) + zone,
    moments,
    st.sampled_from("T "),
    st.sampled_from(["minutes", "seconds", "milliseconds", "microseconds"]),
    st.sampled_from(["", "", "Z", "+08:00", "-03:30", "+14:59", "+15:00", "+0800", " UTC"]),
)


@given(
    st.lists(
        written_times | st.sampled_from([*TIMES, *ODD_TIMES, "2024-01-01 24:00:00", "2024-01-01 10:00:60"]),
        min_size=1,
    ),
    st.sampled_from(ZONES),
    st.booleans(),
)
@settings(max_examples=150, deadline=None)
def test_timestamps_are_read_at_once_as_one_by_one(values: list[str], zone: str, end_of_day: bool) -> None:
    at_once = TextColumn(pa.chunked_array([pa.array(values[:2]), pa.array(values[2:], pa.utf8())]))
    one_by_one = RawColumn(np.arange(len(values), dtype=np.int32), values)
    found, expected = (
        timestamps_of(column, ZoneInfo(zone), frozenset({"n/a"}), end_of_day=end_of_day)
        for column in (at_once, one_by_one)
    )
    for name in ("at", "first", "last", "missing", "bad", "dates", "midnights"):
        assert np.array_equal(getattr(found, name), getattr(expected, name)), name


@given(
    st.lists(moments, min_size=1),
    st.sampled_from([*ZONES, "Africa/Casablanca", "Pacific/Apia", "Asia/Kathmandu"]),
)
def test_wall_clock_times_are_placed_at_once_as_one_by_one(values: list[datetime], zone: str) -> None:
    epoch, there = datetime(1970, 1, 1), ZoneInfo(zone)
    wall = np.array([(value - epoch) // timedelta(microseconds=1) for value in values], dtype=np.int64)
    expected = [
        (value.replace(tzinfo=there) - epoch.replace(tzinfo=UTC)) // timedelta(microseconds=1)
        for value in values
    ]
    assert from_wall_clock(wall, there).tolist() == expected


def test_a_time_that_means_missing_is_missing() -> None:
    rows = ["L1,1970-01-01 00:00:00,web", "L2,2024-05-01 10:00:00,fair", "L3,2024-05-02 10:00:00,web"]
    _, found = both(
        (HEADER + "\n".join(rows) + "\n").encode(), missing=["1970-01-01 00:00:00", "1970-01-01t00:00:00"]
    )
    assert found[0]["ids"] == ("L2", "L3")
    every = "".join(f"L{k},1970-01-01T00:00:00,web\n" for k in range(3)) + rows[1] + "\n"
    _, (_, said) = both((HEADER + every).encode(), missing=["1970-01-01t00:00:00"])
    assert "created_at" in said
