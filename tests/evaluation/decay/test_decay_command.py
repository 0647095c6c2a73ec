"""`lead-ml decay` over the small synthetic project."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner


def run(*arguments: object) -> Any:
    from lead_ml.cli.app import app

    return CliRunner().invoke(app, [str(part) for part in arguments], env={"COLUMNS": "160"})


@pytest.fixture(scope="module")
def project(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(world, tmp_path_factory.mktemp("decay") / "project"))


def test_the_command_prints_its_half_lives_and_draws(project: Path) -> None:
    done = run("decay", "--project", project, "--type", "page_view", "--type", "email_reply")
    assert done.exit_code == 0, done.stderr
    assert "SYNTHETIC" in done.stdout
    assert "page_view" in done.stdout
    assert (project / "runs" / "decay.svg").read_text(encoding="utf-8").startswith("<svg ")


def test_the_json_is_what_was_learnt(project: Path, tmp_path: Path) -> None:
    picture = tmp_path / "curves.svg"
    done = run("decay", "--project", project, "--type", "page_view", "--picture", picture, "--json")
    assert done.exit_code == 0, done.stderr
    found = json.loads(done.stdout)
    (views,) = found["types"]
    assert views["type"] == "page_view"
    assert len(views["profile"]) == 24
    assert min(point["drop"] for point in views["profile"]) == 0
    assert found["fit_leads"] > 100
    assert picture.is_file()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--picture", "a.gif"), 2, ".svg or .png"),
        (("--type", "dance"), 1, "page_view"),
    ],
)
def test_a_wrong_call_says_why(project: Path, arguments: tuple[str, ...], code: int, said: str) -> None:
    done = run("decay", "--project", project, *arguments)
    assert done.exit_code == code
    assert said in " ".join(done.stderr.replace("│", " ").split())
