"""The installed command as a process of its own: real exit codes, clean streams, never a traceback."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

ENV = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true", "PYTHONWARNINGS": "ignore"}


def called(*arguments: object, **changes: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "lead_ml", *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=ENV,
        check=False,
        timeout=120,
        **changes,
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--version"], 0, ""),
        (["--help"], 0, ""),
        (["nosuch"], 2, "No such command"),
        (["check"], 1, "params.yaml does not exist"),
        (["serve"], 1, "no version serves yet"),
        (["rollback"], 1, "no version serves yet"),
        (["report"], 1, "nothing was trained yet"),
    ],
)
def test_exit_codes_are_those_of_the_contract(
    tmp_path: Path, arguments: list[str], code: int, said: str
) -> None:
    done = called(*arguments, cwd=tmp_path)
    assert done.returncode == code, done.stderr
    assert said in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_json_is_alone_on_standard_output(shared: Path) -> None:
    done = called("check", "-C", shared, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["intake"]["tables"]["leads"]["used"] > 0


@pytest.mark.slow
def test_a_reader_that_goes_away_is_no_traceback(shared: Path) -> None:
    command = f"{sys.executable} -m lead_ml check -C {shared} --json | head -c 10"
    done = subprocess.run(
        ["sh", "-c", command], capture_output=True, text=True, env=ENV, check=False, timeout=60
    )
    assert len(done.stdout) == 10
    assert "Traceback" not in done.stderr


def hear_ctrl_c() -> None:
    """Undo what a job in the background inherits: shells start it with the interrupt ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_ctrl_c_is_130_and_no_traceback(shared: Path) -> None:
    arguments = [sys.executable, "-m", "lead_ml", "evaluate", "-C", str(shared)]
    process = subprocess.Popen(
        arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENV, preexec_fn=hear_ctrl_c
    )
    assert process.stderr is not None
    assert "s  " in process.stderr.readline()  # the first step is done, so it is at work
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130, told
    assert "Traceback" not in told
    assert "Interrupted" in told


@pytest.mark.service
def test_serve_answers_until_it_is_told_to_stop(trained: Any, tmp_path: Path) -> None:
    root = Path(shutil.copytree(trained.root, tmp_path / "project"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    arguments = [sys.executable, "-m", "lead_ml", "serve", "-C", str(root), "--port", str(port), "--no-auth"]
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENV)
    try:
        assert _ready(f"http://127.0.0.1:{port}/readyz")
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/model", timeout=10) as answer:
            assert json.load(answer)["version"] == trained.run.record.version
    finally:
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=60)
    assert "Traceback" not in told
    assert f"http://127.0.0.1:{port}/review" in told


def _ready(url: str) -> bool:
    for _ in range(300):
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            time.sleep(0.1)
    return False
