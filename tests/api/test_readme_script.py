"""The script of the README runs as printed, from three files to explained scores."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def script() -> str:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.search(
        r"<!-- script:begin -->\n```python\n(.*?)```\n<!-- script:end -->", text, flags=re.DOTALL
    )
    assert found is not None
    return found[1]


def test_the_script_has_at_most_twelve_lines() -> None:
    assert len([line for line in script().splitlines() if line.strip()]) <= 12


@pytest.mark.slow
def test_the_script_goes_from_data_frames_to_explained_scores(tmp_path: Path) -> None:
    from lead_ml.demo import generate, write

    write(generate(8_000, 7), tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", script()],
        cwd=tmp_path,
        env={**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"},
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    assert done.returncode == 0, done.stderr
    assert "log_loss" in done.stdout
    assert re.search(r"L\d+ +0\.\d", done.stdout)
    assert "points" in done.stdout
