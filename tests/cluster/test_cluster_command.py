"""``--dask`` from the command line: the same bytes, a clean standard output, and nothing left behind."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from benchmarked import ENV, smoke_of

psutil = pytest.importorskip("psutil")
pytest.importorskip("distributed")
pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "lead_ml", *words]


def ran(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*words), capture_output=True, text=True, check=False, timeout=300, env=ENV)


def test_score_writes_the_same_bytes_on_a_cluster(trained: Any, tmp_path: Path) -> None:
    wrote = {}
    for name, how in (("here", ()), ("there", ("--dask", "local:2"))):
        root = tmp_path / name
        shutil.copytree(trained.root, root)
        done = ran("score", "-C", str(root), "--json", "-o", str(tmp_path / f"{name}.csv"), *how)
        assert done.returncode == 0, done.stderr
        assert len(json.loads(done.stdout)) == 10
        assert ("Dask: 2 workers" in done.stderr) == bool(how)
        wrote[name] = (
            done.stdout,
            (tmp_path / f"{name}.csv").read_bytes(),
            (root / "runs" / "worklist.jsonl").read_bytes(),
        )
    assert wrote["here"] == wrote["there"]


def test_ctrl_c_closes_the_cluster(world: Path, tmp_path: Path) -> None:
    root = tmp_path / "demo"
    shutil.copytree(world, root, ignore=shutil.ignore_patterns("runs"))
    process = subprocess.Popen(
        command("train", "-C", str(root), "--no-track", "--dask", "local:2"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=ENV,
        start_new_session=True,
    )
    assert process.stderr is not None
    told = next(line for line in process.stderr if "Dask: 2 workers" in line)
    told += next(line for line in process.stderr if "data read" in line)
    children = psutil.Process(process.pid).children(recursive=True)
    os.killpg(process.pid, signal.SIGINT)  # a terminal sends it to the workers too
    _, rest = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in told + rest
    assert len(children) >= 2
    assert psutil.wait_procs(children, timeout=60)[1] == []


def test_the_benchmark_counts_every_process_and_finds_no_difference() -> None:
    result = smoke_of("spread.py")
    assert result["equal"] is True
    seconds = result["seconds"]
    assert set(seconds) == {"this process", "1 worker", "2 workers"}
    assert all(row["cpu"] > 0 and row["wall"] > 0 for row in seconds.values())
