"""One engine, one layout, one run, in a process of its own: CPU seconds, wall clock and peak memory."""

from __future__ import annotations

import importlib
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_TOUCHED = 12  # times the size of the events
_TOUCH = """
import mmap, sys
block = mmap.mmap(-1, int(sys.argv[1]))
if hasattr(mmap, "MADV_HUGEPAGE"):
    block.madvise(mmap.MADV_HUGEPAGE)
block[::4096] = bytes(len(block[::4096]))
"""


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


def touch(folder: Path) -> None:
    """Touch memory in another process and give it back, just before the clock starts.

    A virtual machine may return free memory to its host, and pays up to 40 times for touching it again. Which engine that hits
    is chance, so all find memory that was used a moment ago: 12 times the file of events, at most a quarter of all there is.
    """
    most = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 4
    size = min(_TOUCHED * (folder / "events.parquet").stat().st_size, most)
    subprocess.run([sys.executable, "-S", "-c", _TOUCH, str(size)], check=True)


def measure(engine: str, layout: str, folder: Path, result: Path | None) -> dict[str, Any]:
    """Run an engine once; imports and compiling stand apart, and so does writing the result."""
    module = importlib.import_module(f"feature_engines.{engine}")
    steps = Steps()
    with steps("prepare"):
        module.prepare()
    at_rest = peak_bytes()
    touch(folder)
    before = resource.getrusage(resource.RUSAGE_SELF)
    with steps("total"):
        if layout == "keep":
            module.keep(folder)
        else:
            found = module.features(folder, layout, steps)
    after = resource.getrusage(resource.RUSAGE_SELF)
    peak = peak_bytes()
    if result is not None and layout != "keep":
        import pyarrow.parquet as pq

        pq.write_table(module.table(found), result)
    cpu, wall = dict(steps.cpu), dict(steps.wall)
    return {
        "prepare": cpu.pop("prepare"),
        "cpu": cpu.pop("total"),
        "system": after.ru_stime - before.ru_stime,
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
