"""One engine, one layout, one run, in a process of its own: CPU seconds, wall clock and peak memory."""

from __future__ import annotations

import importlib
import json
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class Steps:
    """CPU seconds and wall clock of named steps."""

    def __init__(self) -> None:
        self.cpu: dict[str, float] = {}
        self.wall: dict[str, float] = {}

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        cpu, wall = cpu_seconds(), time.perf_counter()
        yield
        self.cpu[name] = cpu_seconds() - cpu
        self.wall[name] = time.perf_counter() - wall


def cpu_seconds() -> float:
    """Return user and system time of this process, its threads and its ended children."""
    uses = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(use.ru_utime + use.ru_stime for use in uses)


def peak_bytes() -> int:
    """Return the peak of resident memory.

    Linux hands ``ru_maxrss`` of the parent down through exec, so the figure of the address space comes first.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def measure(engine: str, layout: str, folder: Path, result: Path | None) -> dict[str, Any]:
    """Run an engine once; imports and compiling stand apart, and so does writing the result."""
    module = importlib.import_module(f"feature_engines.{engine}")
    steps = Steps()
    with steps("prepare"):
        module.prepare()
    at_rest = peak_bytes()
    with steps("total"):
        if layout == "keep":
            module.keep(folder)
        else:
            found = module.features(folder, layout, steps)
    peak = peak_bytes()
    if result is not None and layout != "keep":
        import pyarrow.parquet as pq

        pq.write_table(module.table(found), result)
    cpu, wall = dict(steps.cpu), dict(steps.wall)
    return {
        "prepare": cpu.pop("prepare"),
        "cpu": cpu.pop("total"),
        "wall": wall["total"],
        "peak": peak,
        "at_rest": at_rest,
        "steps": cpu,
    }


if __name__ == "__main__":
    # Last, so that scripts beside this folder hide no library: Ibis needs one that is called public.
    sys.path.append(str(Path(__file__).parents[1]))
    _engine, _layout, _folder, _result = sys.argv[1:]
    print(json.dumps(measure(_engine, _layout, Path(_folder), Path(_result) if _result else None)))
