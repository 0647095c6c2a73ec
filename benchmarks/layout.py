"""What a layout costs: memory and time to build it, train from it and score from it. Data is SYNTHETIC.

A world of leads, events and outcomes is generated as Parquet (`feature_engines/stream.py`), with a project whose 49 features are
those of `feature_engines/declared.py`. Then, each in a process of its own: `lead-ml layout build`, `train` and `score`, in one
process or on two Dask workers that read the layout themselves. Shown are the peak of resident memory of the process that was
started (with Dask the client, and the largest worker beside it), wall clock and CPU seconds of all its processes.

Usage: python benchmarks/layout.py [--events 5000000] [--leads N/100] [--candidates logistic,lightgbm] [--dask] [--folder DIR]
       [--json] [--smoke]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

HERE = Path(__file__).resolve().parent
Row = dict[str, Any]
DAY = 86_400_000_000

PARAMS = """
project: layout-benchmark
synthetic: true
data:
  leads: {{path: leads.parquet}}
  events: {{path: events.parquet, columns: {{recorded_at: known_at}}}}
  outcomes: {{path: outcomes.parquet}}
  layout: layout
time_zone: UTC
threads: 0
snapshots: {{scoring_delay: 1m, ages_days: [14, 45]}}
split: {{test_share: 0.2, folds: 2}}
evaluation: {{bootstrap: 50}}
conversion: {{horizon_days: 60, lightgbm: {{rounds: {rounds}}}}}
"""
FEATURES = """
import sys

sys.path.insert(0, {here!r})
from feature_engines import declared  # noqa: E402

GROUP, FEATURES = "engagement", list(declared.FEATURES)
"""
MODEL = """
from lead_ml.project.targets import ModelSpec, Won

SPEC = ModelSpec(name="conversion", target=Won(), groups=("engagement",))
"""


def generate(folder: Path, events: int, leads: int, rounds: int) -> None:
    """Write the tables and the project."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq
    from feature_engines import stream

    stream.generate(folder, events, leads, 1)
    rng = np.random.default_rng(5)
    names = stream.lead_names(leads)
    first, activity = np.full(leads, np.iinfo(np.int64).max), np.zeros(leads)
    with pq.ParquetFile(folder / "events.parquet") as file:
        for batch in file.iter_batches(batch_size=1 << 20, columns=["lead_id", "occurred_at"]):
            lead = pc.index_in(batch["lead_id"], value_set=names).to_numpy()
            np.minimum.at(first, lead, batch["occurred_at"].to_numpy())
            activity += np.bincount(lead, minlength=leads)
    created = np.minimum(first - 1, stream.START + rng.integers(0, 730 * DAY, leads))
    log_odds = -2.5 + 0.5 * np.log1p(activity) - 0.5 * np.log1p(activity).mean()
    won = rng.random(leads) < 1 / (1 + np.exp(-log_odds))
    lost = ~won & (rng.random(leads) < 0.4)  # the others are open, and are scored
    lead = np.concatenate([np.flatnonzero(won), np.flatnonzero(lost)])
    days = np.concatenate([rng.exponential(40, won.sum()), rng.exponential(90, lost.sum())])
    at = created[lead] + (days * DAY).astype(np.int64)
    utc = pa.timestamp("us", "UTC")
    pq.write_table(
        pa.table({"lead_id": names, "created_at": pa.array(created, utc)}), folder / "leads.parquet"
    )
    pq.write_table(
        pa.table(
            {
                "lead_id": names.take(pa.array(lead)),
                "occurred_at": pa.array(at, utc),
                "stage": pa.array(["won"] * int(won.sum()) + ["lost"] * int(lost.sum())),
            }
        ),
        folder / "outcomes.parquet",
    )
    _typed(folder / "events.parquet")
    (folder / "features").mkdir(exist_ok=True)
    (folder / "models").mkdir(exist_ok=True)
    (folder / "params.yaml").write_text(PARAMS.format(rounds=rounds))
    (folder / "features" / "engagement.py").write_text(FEATURES.format(here=str(HERE)))
    (folder / "models" / "conversion.py").write_text(MODEL)


def _typed(path: Path) -> None:
    """Write the instants of the events as timestamps, as an export has them."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    fresh, utc = path.with_suffix(".new"), pa.timestamp("us", "UTC")
    with pq.ParquetFile(path) as file:
        fields = [
            pa.field(f.name, utc if f.name in ("occurred_at", "known_at") else f.type)
            for f in file.schema_arrow
        ]
        with pq.ParquetWriter(fresh, pa.schema(fields)) as writer:
            for batch in file.iter_batches(batch_size=1 << 20):
                writer.write_table(pa.Table.from_batches([batch]).cast(pa.schema(fields)))
    fresh.replace(path)


def measured(*arguments: str) -> Row:
    """Run a command; return its wall clock, the CPU time of all its processes, and the peaks of their memory."""
    begin = time.perf_counter()
    environment = {**os.environ, "OMP_WAIT_POLICY": "PASSIVE"}
    process = subprocess.Popen(
        [sys.executable, "-m", "lead_ml", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )
    peaks: dict[int, int] = {}
    ended = threading.Event()
    watcher = threading.Thread(target=_watch, args=(process.pid, peaks, ended))
    watcher.start()
    out, err = process.communicate()
    ended.set()
    watcher.join()
    if process.returncode:
        raise RuntimeError(f"lead-ml {' '.join(arguments)} ended with {process.returncode}:\n{err[-3000:]}")
    workers = [peak for pid, peak in peaks.items() if pid != process.pid]
    return {
        "wall": time.perf_counter() - begin,
        "peak": peaks.get(process.pid, 0),
        "largest_worker": max(workers, default=0),
        "log": err,
        "out": out,
    }


def _watch(pid: int, peaks: dict[int, int], ended: threading.Event) -> None:
    """Note the high-water mark of a process and its children, which the system keeps, until they end."""
    import psutil

    while not ended.wait(0.2):
        try:
            parent = psutil.Process(pid)
            for process in (parent, *parent.children(recursive=True)):
                status = Path(f"/proc/{process.pid}/status").read_text()
                mark = next(line for line in status.splitlines() if line.startswith("VmHWM"))
                peaks[process.pid] = int(mark.split()[1]) * 1024
        except (psutil.Error, OSError, StopIteration):
            continue


def benchmark(folder: Path, asked: argparse.Namespace) -> list[Row]:
    """Build the layout, train and score; one row per step."""
    how = (("--dask", "local:2"),) if asked.dask else ((),)
    steps: list[tuple[str, tuple[str, ...]]] = []
    if not (folder / "layout").exists():
        steps.append(("layout build", ("layout", "build")))
    for cluster in how:
        for candidate in asked.candidates:
            steps.append((f"train {candidate}", ("train", "--no-track", "--candidate", candidate, *cluster)))
            steps.append((f"score {candidate}", ("score", "--version", "latest", *cluster)))
    rows = []
    for name, arguments in steps:
        print(name, file=sys.stderr)
        rows.append({"step": name, **measured(*arguments, "-C", str(folder))})
        if name.startswith("score"):
            rows[-1]["scored"] = _scored(folder)
    return rows


def _scored(folder: Path) -> int:
    """Return how many leads the worklist holds; none would make the figures of scoring hollow."""
    with (folder / "runs" / "worklist.jsonl").open("rb") as file:
        found = sum(1 for _ in file)
    assert found, "no lead was scored"
    return found


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", type=int, default=5_000_000)
    parser.add_argument("--leads", type=int, help="by default a hundredth of the events")
    parser.add_argument(
        "--candidates", type=lambda text: tuple(text.split(",")), default=("logistic", "lightgbm")
    )
    parser.add_argument("--rounds", type=int, default=100, help="trees of lightgbm")
    parser.add_argument("--dask", action="store_true", help="on two workers that read the layout")
    parser.add_argument("--folder", type=Path, help="keep the data here")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--smoke", action="store_true", help="a small world, to see that it runs")
    asked = parser.parse_args()
    if asked.smoke:
        asked.events, asked.leads, asked.rounds, asked.candidates = 40_000, 2_000, 10, ("logistic",)
    leads = asked.leads or max(asked.events // 100, 1_000)
    root = Path(tempfile.mkdtemp()) if asked.folder is None else asked.folder
    try:
        folder = root / f"{asked.events}x{leads}"
        if not (folder / "params.yaml").exists():
            folder.mkdir(parents=True, exist_ok=True)
            generate(folder, asked.events, leads, asked.rounds)
        rows = benchmark(folder, asked)
    finally:
        if asked.folder is None:
            shutil.rmtree(root, ignore_errors=True)
    if asked.json:
        bare = [{k: v for k, v in row.items() if k not in ("log", "out")} for row in rows]
        print(
            json.dumps({"synthetic": True, "events": asked.events, "leads": leads, "steps": bare}, indent=1)
        )
        return 0
    title = f"SYNTHETIC: {asked.events:,} events of {leads:,} leads, {platform.python_version()}, {os.cpu_count()} cores"
    table = Table("step", "peak GB", "largest worker GB", "wall s", "leads scored", title=title)
    for row in rows:
        worker = f"{row['largest_worker'] / 1e9:.2f}" if row["largest_worker"] else "-"
        scored = f"{row['scored']:,}" if "scored" in row else "-"
        table.add_row(row["step"], f"{row['peak'] / 1e9:.2f}", worker, f"{row['wall']:.0f}", scored)
    Console().print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
