"""Whatever the files contain, ``lead-ml check`` exits with 0 or 1 and prints a message that a person can act on."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from lead_ml.cli.app import app

UNEXPECTED = "LEAD_ML_DEBUG=1"  # every message about an unexpected error ends with it

EXAMPLES = int(os.environ.get("LEAD_ML_EXAMPLES", "100"))
FUZZ = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
ROWS = 24
Rows = list[list[str]]
Tables = dict[str, Rows]

SOUND: Tables = {
    "leads": [
        ["lead_id", "created_at", "source", "email"],
        *([f"L{k}", f"2024-05-{k % 28 + 1:02}T08:00:00Z", "web", f"p{k}@example.com"] for k in range(ROWS)),
    ],
    "events": [
        ["lead_id", "occurred_at", "type", "page"],
        *([f"L{k}", f"2024-05-{k % 28 + 1:02}T09:00:00Z", "page_view", "pricing"] for k in range(ROWS)),
    ],
    "outcomes": [
        ["lead_id", "occurred_at", "stage", "amount"],
        *([f"L{k}", "2024-06-02T09:00:00Z", "won", "120"] for k in range(ROWS)),
    ],
}
CELLS = st.sampled_from(
    [
        "", " ", "n/a", "无", "soon", "2024-13-45", "2024-02-30T00:00:00Z", "31/12/2024", "1e999", "-0", "NaN",
        "9999-12-31T23:59:59Z", "0001-01-01", "2024-05-01T08:00:00+99:00", "45413.5", "L1", "L2", "l1", " L1 ", "Ｌ１",
        "=HYPERLINK(1)", "[red]x[/red]", "[/]", "\x1b[31m", "\u202eabc", "\ud7ff", "a\nb", 'say "hi"', "a,b", "x" * 5_000,
        "123456789012345678901234567890",
    ]
)  # fmt: skip
HEADERS = st.sampled_from(
    [
        "",
        "lead_id",
        "created_at",
        "occurred_at",
        "type",
        "stage",
        "Lead ID",
        "ид",
        "source ",
        "[bold]",
        "x" * 300,
    ]
)
PIECES = st.sampled_from(
    [
        b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b'"', b'""', b"\r", b"\n", b"\r\n", b",", b";", b"\t", b"|", b"\xc4\xe3",
        b"\x1a", b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"<html>", b"SQLite format 3\x00", b"{", b"\x80" * 9, b"",
    ]
)  # fmt: skip
# Mostly what leaves a table that can still be read, since the others all end at once.
CHANGES = [*["cell"] * 9, *["twice"] * 3, "header", "drop", "all", "none"]
ENCODINGS = st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "gb18030", "utf-32"])


def written(rows: Rows, separator: str = ",") -> bytes:
    file = io.StringIO()
    csv.writer(file, delimiter=separator, lineterminator="\n").writerows(rows)
    return file.getvalue().encode("utf-8", "surrogatepass")


@st.composite
def odd_cells(draw: st.DrawFn) -> Tables:
    """Tables whose rows keep their number of cells: wrong dates, strange ids, duplicates, missing columns."""
    tables = {name: [list(row) for row in rows] for name, rows in SOUND.items()}
    for _ in range(draw(st.integers(1, 5))):
        rows = tables[draw(st.sampled_from(sorted(tables)))]
        column = draw(st.integers(0, len(rows[0]) - 1))
        change = draw(st.sampled_from(CHANGES))
        if change == "cell" and len(rows) > 1:
            rows[draw(st.integers(1, len(rows) - 1))][column] = draw(CELLS)
        elif change == "twice" and len(rows) > 1:
            rows.append(list(rows[draw(st.integers(1, len(rows) - 1))]))
        elif change == "header":
            rows[0][column] = draw(HEADERS)
        elif change == "drop" and len(rows[0]) > 1:
            for row in rows:
                del row[column]
        elif change == "all":
            for row in rows[1:]:
                row[column] = draw(CELLS)
        elif change == "none":
            del rows[1:]
    return tables


@st.composite
def damaged_bytes(draw: st.DrawFn) -> dict[str, bytes | None]:
    """Files that may not be valid CSV: other encodings, ragged rows, open quotes, NULs, other formats, missing files."""
    files: dict[str, bytes | None] = {
        name: written(rows) for name, rows in draw(st.just(SOUND) | odd_cells()).items()
    }
    for _ in range(draw(st.integers(1, 3))):
        name = draw(st.sampled_from(sorted(files)))
        text = files[name] or b""
        place, length = draw(st.integers(0, len(text))), draw(st.integers(0, 30))
        change = draw(
            st.sampled_from(
                ["piece", "piece", "piece", "cut", "encode", "magic", "separator", "empty", "gone"]
            )
        )
        if change == "piece":
            files[name] = text[:place] + draw(PIECES) + text[place + length :]
        elif change == "cut":
            files[name] = text[:place]
        elif change == "encode":
            files[name] = text.decode("utf-8", "replace").encode(draw(ENCODINGS), "replace")
        elif change == "magic":
            files[name] = draw(PIECES) + text
        elif change == "separator":
            files[name] = text.replace(b",", draw(st.sampled_from([b";", b"\t", b"|", b" "])))
        elif change == "empty":
            files[name] = b""
        else:
            files[name] = None
    return files


def checked(root: Path, files: dict[str, bytes | None]) -> Any:
    shutil.rmtree(root / "runs", ignore_errors=True)
    for name, content in files.items():
        path = root / f"{name}.csv"
        path.unlink(missing_ok=True)
        if content is not None:
            path.write_bytes(content)
    done = CliRunner().invoke(app, ["check", "-C", str(root), "--json"])
    assert done.exit_code in (0, 1), done.stderr
    if done.exit_code == 1:
        assert done.stdout == ""
        assert done.stderr.startswith("error "), done.stderr
        assert len(done.stderr.splitlines()) == 1, done.stderr
        assert UNEXPECTED not in done.stderr, done.stderr
        assert any(name in done.stderr for name in SOUND), done.stderr
    assert "Traceback" not in done.stderr
    return done


def accounted(root: Path, done: Any) -> dict[str, int]:
    """Check that every row is used or rejected, on paper and in the files; return the rows in by table."""
    found = json.loads(done.stdout)
    for name, table in found["intake"]["tables"].items():
        aside = sum(item["count"] for item in table["rejected"])
        assert table["rows_in"] == table["used"] + aside
        path = root / "runs" / "rejected" / f"rejected_{name}.csv"
        assert path.is_file() == (aside > 0)
        if aside:
            with path.open(encoding="utf-8", newline="") as file:
                assert sum(1 for _ in csv.reader(file)) == aside + 1
    return {name: table["rows_in"] for name, table in found["intake"]["tables"].items()}


@pytest.mark.slow
@FUZZ
@given(odd_cells())
def test_odd_cells_are_read_or_rejected_row_by_row(bare_project: Path, tables: Tables) -> None:
    done = checked(bare_project, {name: written(rows) for name, rows in tables.items()})
    if done.exit_code == 0:
        assert accounted(bare_project, done) == {name: len(rows) - 1 for name, rows in tables.items()}


@pytest.mark.slow
@FUZZ
@given(damaged_bytes())
def test_damaged_files_are_told_or_accounted_for(bare_project: Path, files: dict[str, bytes | None]) -> None:
    done = checked(bare_project, files)
    if done.exit_code == 0:
        accounted(bare_project, done)


@settings(FUZZ, max_examples=20)
@given(odd_cells())
def test_the_tables_for_people_survive_whatever_the_cells_hold(bare_project: Path, tables: Tables) -> None:
    for name, rows in tables.items():
        (bare_project / f"{name}.csv").write_bytes(written(rows))
    done = CliRunner().invoke(app, ["check", "-C", str(bare_project)])
    assert done.exit_code in (0, 1), done.stderr
    assert UNEXPECTED not in done.stderr, done.stderr


def test_an_unexpected_error_would_be_recognized(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise RuntimeError("of a library")

    monkeypatch.delenv("LEAD_ML_DEBUG", raising=False)
    monkeypatch.setattr("lead_ml.workflows.init.init_project", fails)
    assert UNEXPECTED in CliRunner().invoke(app, ["init", "x"]).stderr


def test_the_undamaged_tables_are_used_to_the_last_row(bare_project: Path) -> None:
    done = checked(bare_project, {name: written(rows) for name, rows in SOUND.items()})
    assert done.exit_code == 0, done.stderr
    assert accounted(bare_project, done) == dict.fromkeys(SOUND, ROWS)
    assert all(not table["rejected"] for table in json.loads(done.stdout)["intake"]["tables"].values())
