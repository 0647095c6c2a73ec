"""What 49 event features cost: lead-ml beside DuckDB SQL, Polars, Ibis on DuckDB, and pandas on a slice. Data is SYNTHETIC.

A skewed stream is generated (`feature_engines/stream.py`), and every engine computes the declarations of
`feature_engines/declared.py` for all snapshots, each run in a fresh process: an event counts when known before as_of, windows
measure when it occurred. Twice: from the raw Parquet in the order of time, all sorting counted; and from the layout that
each engine likes best to keep, written beforehand, never knowing the declarations. Both start from the spine as
Parquet with string ids and end with the result in memory. Imports and JIT stand apart; writing the result for the comparison
is not timed. DuckDB has its default memory and threads. Engines take turns in every round; shown are medians of CPU seconds
(user and system, all threads; system also by itself), wall clock and peak memory. Before each run memory is touched once, since
a virtual machine would charge it to whoever comes first.

Results must be equal: counts and texts exactly, days to 1e-12, sums to 1e-9, missing apart from 0.

Usage: python benchmarks/features.py [--events 10000000] [--leads N/50] [--snapshots 5] [--rounds 3] [--engines ours,duckdb]
       [--layouts raw,kept] [--growth] [--folder DIR] [--json] [--smoke]
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from feature_engines.declared import FEATURES
from feature_engines.equal import differences
from rich.console import Console
from rich.progress import Progress, TextColumn
from rich.table import Table

HERE = Path(__file__).resolve().parent
FLOOR, REFERENCE = "sort", "duckdb"
GROWTH = (1_000_000, 2_500_000, 10_000_000, 25_000_000, 50_000_000)
Row = dict[str, Any]


class Engine(NamedTuple):
    module: str
    label: str


ENGINES = {
    "ours": Engine("ours", "lead-ml"),
    "duckdb": Engine("duckdb_sql", "DuckDB SQL"),
    "polars": Engine("polars_streaming", "Polars, streaming"),
    "ibis": Engine("ibis_duckdb", "Ibis on DuckDB"),
    "pandas": Engine("pandas_slice", "pandas, 1 lead in 20"),
    FLOOR: Engine("read_and_sort", "read and sort only (Polars)"),
}


class Size(NamedTuple):
    events: int
    leads: int
    snapshots: int

    @property
    def name(self) -> str:
        return f"{self.events}x{self.leads}x{self.snapshots}"


def fresh(module: str, *arguments: str) -> Any:
    """Run a module of feature_engines in a process of its own; what it prints is JSON."""
    script = HERE / "feature_engines" / f"{module}.py"
    environment = {**os.environ, "OMP_WAIT_POLICY": "PASSIVE"}
    done = subprocess.run(
        [sys.executable, "-P", str(script), *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    if done.returncode:
        raise RuntimeError(
            f"{script.name} {' '.join(arguments)} ended with {done.returncode}:\n{done.stderr}"
        )
    return json.loads(done.stdout)


def run(engine: str, layout: str, folder: Path, result: Path | None = None) -> Row:
    return fresh("measured", ENGINES[engine].module, layout, str(folder), str(result or ""))


def generated(root: Path, size: Size) -> Path:
    """Generate a stream where it is not there yet."""
    folder = root / size.name
    if not (folder / "done").exists():
        folder.mkdir(parents=True, exist_ok=True)
        fresh("stream", str(folder), *map(str, size))
        (folder / "done").touch()
    return folder


def turns(engines: Sequence[str], layouts: Sequence[str]) -> list[tuple[str, str]]:
    """Return every (engine, layout); what only reads and sorts has no kept layout."""
    return [(e, layout) for layout in layouts for e in engines if not (e == FLOOR and layout == "kept")]


def measured(
    folder: Path, engines: Sequence[str], layouts: Sequence[str], rounds: int, told: Any
) -> tuple[dict[tuple[str, str], Row], dict[str, Row]]:
    """Return the medians of interleaved runs by (engine, layout), and what laying out cost each engine once."""
    laid: dict[str, Row] = {}
    for engine in engines if "kept" in layouts else ():
        if engine != FLOOR:
            told(f"{ENGINES[engine].label} lays out")
            laid[engine] = run(engine, "keep", folder)
    found: dict[tuple[str, str], list[Row]] = {turn: [] for turn in turns(engines, layouts)}
    for number in range(rounds):
        for (engine, layout), rows in found.items():
            told(f"round {number + 1} of {rounds}: {ENGINES[engine].label}, {layout}")
            result = None if number or engine == FLOOR else folder / f"{engine}.{layout}.parquet"
            rows.append(run(engine, layout, folder, result))
    return {turn: _median(rows) for turn, rows in found.items()}, laid


def _median(rows: Sequence[Row]) -> Row:
    figures: Row = {
        name: statistics.median(row[name] for row in rows)
        for name in ("prepare", "cpu", "system", "wall", "peak")
    }
    figures["cpu_range"] = [min(row["cpu"] for row in rows), max(row["cpu"] for row in rows)]
    figures["steps"] = {
        step: statistics.median(row["steps"][step] for row in rows) for step in rows[0]["steps"]
    }
    return figures


def compared(folder: Path, engines: Sequence[str], layouts: Sequence[str]) -> list[str]:
    """Compare every result with the first one, and return what differs."""
    results = [turn for turn in turns(engines, layouts) if turn[0] != FLOOR]
    results.sort(key=lambda turn: turn[0] == "pandas")  # a slice is no reference for the others
    paths = [folder / f"{engine}.{layout}.parquet" for engine, layout in results]
    return [f"{path.stem}: {what}" for path in paths[1:] for what in differences(path, paths[0], FEATURES)]


def benchmark(root: Path, size: Size, arguments: argparse.Namespace, told: Any) -> dict[str, Any]:
    """Measure all engines on one size."""
    told(f"generating {size.events:,} events")
    folder = generated(root, size)
    figures, laid = measured(folder, arguments.engines, arguments.layouts, arguments.rounds, told)
    told("comparing the results")
    return {
        "size": size._asdict(),
        "runs": [{"engine": e, "layout": layout, **row} for (e, layout), row in figures.items()],
        "lay_out_once": {
            engine: {name: row[name] for name in ("cpu", "system", "peak")} for engine, row in laid.items()
        },
        "differences": compared(folder, arguments.engines, arguments.layouts),
    }


def shown(result: dict[str, Any], rounds: int) -> Table:
    """Return the table of one size."""
    size = Size(**result["size"])
    title = (
        f"SYNTHETIC: {size.events:,} events, {size.leads:,} leads x {size.snapshots} snapshots, "
        f"{len(FEATURES)} features; median of {rounds}"
    )
    table = Table(title=title)
    for column in (
        "from",
        "engine",
        "CPU s",
        "system",
        "x DuckDB",
        "peak GB",
        "x DuckDB",
        "wall s",
        "JIT/import s",
    ):
        table.add_column(column, justify="left" if column in ("from", "engine") else "right")
    table.add_column("CPU s by step")
    base = {row["layout"]: row for row in result["runs"] if row["engine"] == REFERENCE}
    for row in result["runs"]:
        other = base.get(row["layout"])
        times = [f"{row[k] / other[k]:.2f}" if other else "" for k in ("cpu", "peak")]
        steps = ", ".join(f"{name} {seconds:.2f}" for name, seconds in row["steps"].items())
        figures = (
            f"{row['cpu']:.2f}",
            f"{row['system']:.2f}",
            times[0],
            f"{row['peak'] / 1e9:.2f}",
            times[1],
        )
        ends = (f"{row['wall']:.2f}", f"{row['prepare']:.2f}", steps)
        table.add_row(row["layout"], ENGINES[row["engine"]].label, *figures, *ends)
    for engine, row in result["lay_out_once"].items():
        once = (f"{row['cpu']:.2f}", f"{row['system']:.2f}", "", f"{row['peak'] / 1e9:.2f}", "", "", "", "")
        table.add_row("(laying out once)", ENGINES[engine].label, *once)
    return table


def growth(results: Sequence[dict[str, Any]]) -> Table:
    """Return how CPU seconds a million events and memory grow."""
    table = Table(title="SYNTHETIC: growth, CPU seconds (a million events) and peak GB")
    table.add_column("engine, layout")
    for result in results:
        table.add_column(f"{result['size']['events']:,}", justify="right")
    for k, row in enumerate(results[0]["runs"]):
        cells = []
        for result in results:
            other, millions = result["runs"][k], result["size"]["events"] / 1e6
            cells.append(f"{other['cpu']:.1f} ({other['cpu'] / millions:.2f}), {other['peak'] / 1e9:.2f}")
        table.add_row(f"{ENGINES[row['engine']].label}, {row['layout']}", *cells)
    return table


@contextlib.contextmanager
def progress(console: Console) -> Iterator[Any]:
    """Yield a function that shows one line about what is being done."""
    start = time.perf_counter()
    with Progress(TextColumn("{task.description}"), console=console, transient=True) as line:
        task = line.add_task("")
        yield lambda text: line.update(task, description=f"[{time.perf_counter() - start:5.0f} s] {text}")


def parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--leads", type=int, default=0, help="a fiftieth of the events")
    parser.add_argument("--snapshots", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--engines", default=",".join(ENGINES))
    parser.add_argument("--layouts", default="raw,kept")
    parser.add_argument("--growth", action="store_true", help="the same engines from 1 M to --events")
    parser.add_argument("--folder", type=Path, help="keep the generated data here")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--smoke", action="store_true", help="20,000 events, one round")
    found = parser.parse_args(arguments)
    found.engines = [name for name in found.engines.split(",") if name]
    found.layouts = [name for name in found.layouts.split(",") if name]
    if unknown := {*found.engines} - {*ENGINES} | {*found.layouts} - {"raw", "kept"}:
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(ENGINES)}; raw, kept")
    if found.smoke:
        found.events, found.rounds = 20_000, 1
    return found


def sizes_of(arguments: argparse.Namespace) -> list[Size]:
    """Return the sizes to measure, ascending."""
    most = arguments.events
    counts = [n for n in GROWTH if n < most] if arguments.growth else []
    return [
        Size(n, arguments.leads * n // most or max(n // 50, 10), arguments.snapshots) for n in (*counts, most)
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    asked = parsed(arguments)
    console = Console(width=None if sys.stdout.isatty() else 190, stderr=asked.json)
    with contextlib.ExitStack() as stack:
        root = asked.folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        with progress(console) as told:
            results = [benchmark(root, size, asked, told) for size in sizes_of(asked)]
    if asked.json:
        machine = {
            "machine": platform.platform(),
            "cpus": os.cpu_count(),
            "python": platform.python_version(),
        }
        print(
            json.dumps({"synthetic": True, "rounds": asked.rounds, **machine, "results": results}, indent=1)
        )
    else:
        for result in results:
            console.print(shown(result, asked.rounds))
        if asked.growth:
            console.print(growth(results))
    found = [what for result in results for what in result["differences"]]
    print("\n".join(["results DIFFER:", *found]) if found else "results are equal", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
