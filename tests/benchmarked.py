"""A benchmark run small, as a person runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"
ENV = {**os.environ, "OMP_WAIT_POLICY": "PASSIVE"}


def smoke_of(name: str, timeout: float = 300) -> dict[str, Any]:
    """Run a benchmark with ``--smoke``; return what it found, which it says is of synthetic data."""
    done = subprocess.run(
        [sys.executable, str(BENCHMARKS / name), "--smoke", "--json"],
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout,
        env=ENV,
    )
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    assert result["synthetic"] is True
    return result
