"""``lead-ml init --leads`` as a new user meets it: init, check, train."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner
from ugly import chinese, german

from lead_ml.init.source_text import YAML_LINE, width


@pytest.fixture
def run() -> Callable[..., Any]:
    from lead_ml.cli.app import app

    return lambda *arguments: CliRunner().invoke(app, [str(part) for part in arguments])


@pytest.mark.slow
def test_init_check_train_without_an_edit(run: Callable[..., Any], tmp_path: Path) -> None:
    leads = chinese(tmp_path, rows=400)["leads"]
    done = run("init", tmp_path / "mine", "--leads", leads)
    assert done.exit_code == 0, done.stderr
    assert "线索来源" in done.stdout
    assert "Question 1" in done.stdout
    assert "Counted as missing: 无 (" in done.stdout
    assert "lead-ml check --project" in done.stderr
    checked = run("check", "--project", tmp_path / "mine")
    assert checked.exit_code == 0, checked.stderr
    assert "created_at is read from 创建时间" in checked.stdout
    trained = run(
        "train",
        "--project",
        tmp_path / "mine",
        "--candidate",
        "scorecard",
        "--candidate",
        "logistic",
        "--no-track",
        "--json",
    )
    assert trained.exit_code == 0, trained.stderr
    evaluation = json.loads(trained.stdout)["evaluations"]["conversion"]
    assert evaluation["choice"]["candidate"] == "logistic"
    assert evaluation["horizon_days"] == 14


def test_json_tells_what_was_inferred(run: Callable[..., Any], tmp_path: Path) -> None:
    done = run("init", tmp_path / "mine", "--leads", german(tmp_path, rows=300)["leads"], "--json")
    assert done.exit_code == 0, done.stderr
    found = json.loads(done.stdout)
    roles = {item["column"]: item["role"] for item in found["columns"]}
    assert roles["Herkunft"] == "source"
    assert roles["Gewonnen"] == "outcome"
    assert found["missing"]["k.A."]["Branche"] > 50
    assert {"text", "guess", "change"} == set(found["questions"][0])
    assert all(Path(path).is_file() for path in found["files"])


def test_events_without_leads_are_refused(run: Callable[..., Any], tmp_path: Path) -> None:
    done = run("init", tmp_path / "mine", "--events", tmp_path / "events.csv")
    assert done.exit_code == 2
    assert "--leads" in done.stderr
    assert not (tmp_path / "mine").exists()


def test_a_file_that_is_not_there_is_told_in_one_paragraph(run: Callable[..., Any], tmp_path: Path) -> None:
    done = run("init", tmp_path / "mine", "--leads", tmp_path / "none.csv")
    assert done.exit_code == 1
    assert "there is no such file" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_project_near_its_data_can_be_moved_with_it(run: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    leads = german(tmp_path / "here", rows=300)["leads"]
    assert run("init", tmp_path / "here" / "mine", "--leads", leads).exit_code == 0
    (tmp_path / "here").rename(tmp_path / "there")
    assert run("check", "--project", tmp_path / "there" / "mine").exit_code == 0


def test_questions_and_comments_are_written_in_the_language_asked_for(
    run: Callable[..., Any], tmp_path: Path
) -> None:
    leads = chinese(tmp_path, rows=300)["leads"]
    assert run("init", tmp_path / "en", "--leads", leads).exit_code == 0
    assert run("init", tmp_path / "zh", "--leads", leads, "--lang", "zh").exit_code == 0
    english, other = ((tmp_path / name / "params.yaml").read_text(encoding="utf-8") for name in ("en", "zh"))
    assert "# 问题 1：" in other
    assert "QUESTION" not in other
    assert {**yaml.safe_load(english), "project": ""} == {**yaml.safe_load(other), "project": ""}
    for line in other.split("\n"):
        assert not line.startswith("#") or width(line) <= YAML_LINE
    folder = tmp_path / "zh"
    command = ["-m", "ruff", "format", "--check", "--isolated", "--line-length", "88", "features", "models"]
    done = subprocess.run([sys.executable, *command], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert run("check", "--project", folder).exit_code == 0


def test_an_unknown_language_is_refused(run: Callable[..., Any], tmp_path: Path) -> None:
    leads = german(tmp_path, rows=300)["leads"]
    done = run("init", tmp_path / "mine", "--leads", leads, "--lang", "xx")
    assert done.exit_code == 2
    assert "'xx' is not one of 'en', 'zh'" in done.stderr
    assert not (tmp_path / "mine").exists()
