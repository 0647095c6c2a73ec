"""The feature benchmark: every engine tells the same, and a difference would be found."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"
LIBRARIES = {
    "ours": "numba",
    "duckdb": "duckdb",
    "polars": "polars",
    "ibis": "ibis",
    "pandas": "pandas",
    "sort": "polars",
}


@pytest.mark.slow
def test_every_engine_computes_the_same_features_and_a_wrong_one_is_told(tmp_path: Path) -> None:
    engines = [name for name, library in LIBRARIES.items() if importlib.util.find_spec(library)]
    result = measured(tmp_path, engines)
    assert result["synthetic"] is True
    (small,) = result["results"]
    assert small["differences"] == []
    assert {row["engine"] for row in small["runs"]} == {*engines}
    assert all(row["cpu"] > 0 and row["peak"] > 0 for row in small["runs"])
    folder = next(tmp_path.glob("20000x*"))
    right = folder / "ours.raw.parquet"
    assert told_apart(right, right) == "[]"
    for name, change in CHANGES.items():
        wrong = tmp_path / "wrong.parquet"
        pq.write_table(change(pq.read_table(right)), wrong)
        assert name in told_apart(wrong, right)


def replaced(table: pa.Table, name: str, column: pa.ChunkedArray) -> pa.Table:
    return table.set_column(table.column_names.index(name), name, column)


def zero_for_missing(table: pa.Table) -> pa.Table:
    return replaced(table, "days_since_click", table["days_since_click"].fill_null(0.0))


def one_more(table: pa.Table) -> pa.Table:
    return replaced(table, "events_7d", pc.add(table["events_7d"], 1.0))


def another_text(table: pa.Table) -> pa.Table:
    return replaced(table, "last_page_30d", pc.utf8_upper(table["last_page_30d"]))


def slightly_more(table: pa.Table) -> pa.Table:
    return replaced(table, "heat_7d", pc.multiply(table["heat_7d"], 1 + 1e-8))


CHANGES = {
    "days_since_click": zero_for_missing,
    "events_7d": one_more,
    "last_page_30d": another_text,
    "heat_7d": slightly_more,
}


def measured(folder: Path, engines: list[str]) -> dict[str, object]:
    command = [str(BENCHMARKS / "features.py"), "--smoke", "--json", "--folder", str(folder)]
    done = subprocess.run(
        [sys.executable, *command, "--engines", ",".join(engines)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def told_apart(found: Path, expected: Path) -> str:
    """Run the comparison of the benchmark, whose folder stays off this process's path."""
    code = (
        "import sys; from pathlib import Path; sys.path.append(sys.argv[1]);"
        "from feature_engines.declared import FEATURES; from feature_engines.equal import differences;"
        "print(differences(Path(sys.argv[2]), Path(sys.argv[3]), FEATURES))"
    )
    arguments = [str(BENCHMARKS), str(found), str(expected)]
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()
