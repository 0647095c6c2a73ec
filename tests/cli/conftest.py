"""The command line in this process, over a copy of the trained world."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

Run = Callable[..., Any]


@pytest.fixture
def run() -> Run:
    """Run the command line; returns typer's result, whose ``exit_code`` is that of the process."""
    return lambda *arguments: CliRunner().invoke(_app(), [str(part) for part in arguments])


@pytest.fixture
def json_of(run: Run) -> Callable[..., Any]:
    """Run a command that must succeed with --json, and parse what it prints."""

    def parsed(*arguments: object) -> Any:
        done = run(*arguments, "--json")
        assert done.exit_code == 0, done.stderr
        return json.loads(done.stdout)

    return parsed


@pytest.fixture
def project(trained: Any, tmp_path: Path) -> Path:
    """A copy of the trained world that may be changed."""
    return Path(shutil.copytree(trained.root, tmp_path / "project"))


@pytest.fixture(scope="module")
def shared(trained: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the trained world for all tests of a module that change nothing of it."""
    return Path(shutil.copytree(trained.root, tmp_path_factory.mktemp("shared") / "project"))


def _app() -> Any:
    from lead_ml.cli.app import app

    return app
