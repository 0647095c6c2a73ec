"""What the command line says about itself, and how it ends."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from lead_ml.cli import app as cli
from lead_ml.errors import InputError

COMMANDS = (
    "init",
    "check",
    "warm",
    "doctor",
    "audit",
    "channels",
    "decay",
    "match",
    "profile",
    "clean",
    "train",
    "tune",
    "evaluate",
    "report",
    "versions",
    "score",
    "explain",
    "thresholds",
    "serve",
    "promote",
    "rollback",
    "demo",
)
PRINT_TABLES = set(COMMANDS) - {"warm", "serve"}
ROOT = Path(__file__).resolve().parents[2]


def test_these_are_all_commands() -> None:
    assert sorted(found.callback.__name__ for found in cli.app.registered_commands) == sorted(COMMANDS)


def test_the_help_names_every_command(run: Any) -> None:
    done = run("--help")
    assert done.exit_code == 0
    assert all(re.search(rf"\b{name}\b", done.stdout) for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_help_has_an_example_of_that_command(run: Any, name: str) -> None:
    done = run(name, "--help")
    assert done.exit_code == 0
    assert f"Example: lead-ml {name}" in " ".join(done.stdout.split())


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_explained(run: Any, name: str) -> None:
    command = next(found for found in cli.app.registered_commands if found.callback.__name__ == name)
    assert command.callback.__doc__
    text = run(name, "--help").stdout
    assert ("--json" in text) == (name in PRINT_TABLES)
    for row in re.findall(r"^│[ *]+--.*│$", text, flags=re.MULTILINE):
        words = re.sub(r"--\S+|-\w\b|<[^>]*>|\[[^\]]*\]", "", row).strip("│ *")
        assert words, f"{name}: {row}"


@pytest.mark.parametrize("name", ["train", "tune", "evaluate", "demo"])
def test_whatever_trains_takes_a_seed(run: Any, name: str) -> None:
    assert "--seed" in run(name, "--help").stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_in_the_readme(name: str) -> None:
    assert f"`lead-ml {name}" in (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nosuch"], "No such command"),
        (["train", "--seed", "-1"], "--seed"),
        (["train", "--candidate", "forest"], "scorecard, logistic, lightgbm"),
        (["tune", "--target", "rain"], "conversion"),
        (["tune", "--trials", "0"], "--trials"),
        (["explain"], "LEAD_ID"),
        (["explain", "L1", "--lang", "fr"], "fr"),
        (["thresholds", "--accept", "luck"], "capacity"),
        (["thresholds", "--accept", "capacity", "--why", "x"], "--by"),
        (["thresholds", "--accept", "capacity", "--by", "Li", "--why", " "], "--why"),
        (["serve", "--port", "0"], "--port"),
        (["serve", "--no-auth", "--host", "0.0.0.0"], "only on this machine"),
        (["demo", "--leads", "10"], "500"),
        (["check", "--colour"], "--colour"),
    ],
)
def test_a_wrong_call_ends_with_2_and_says_why(run: Any, arguments: list[str], said: str) -> None:
    done = run(*arguments)
    assert done.exit_code == 2
    assert said.lower() in " ".join(done.stderr.replace("│", " ").split()).lower()
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (InputError("odd row", source="a.csv", rows=[3], value="[x]", do="fix it"), "a.csv, row 3: odd row"),
        (PermissionError(13, "Permission denied", "out.csv"), "out.csv: Permission denied"),
        (MemoryError(), "not enough"),
        (RuntimeError("of numpy"), "Unexpected error (RuntimeError: of numpy)"),
        (KeyError("x"), "Unexpected error (KeyError: 'x')"),
    ],
)
def test_any_error_is_one_paragraph_and_1(
    run: Any, monkeypatch: pytest.MonkeyPatch, error: Exception, said: str
) -> None:
    monkeypatch.delenv("LEAD_ML_DEBUG", raising=False)
    monkeypatch.setattr("lead_ml.workflows.init.init_project", _raiser(error))
    done = run("init", "x")
    assert done.exit_code == 1
    assert done.stdout == ""
    assert done.stderr.startswith("error ")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_with_debugging_an_unforeseen_error_keeps_its_traceback(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEAD_ML_DEBUG", "1")
    monkeypatch.setattr("lead_ml.workflows.init.init_project", _raiser(KeyError("x")))
    assert isinstance(run("init", "x").exception, KeyError)


def test_ctrl_c_ends_with_130(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lead_ml.workflows.init.init_project", _raiser(KeyboardInterrupt()))
    done = run("init", "x")
    assert done.exit_code == 130
    assert "Interrupted" in done.stderr


def _raiser(error: BaseException) -> Any:
    def raising(*_: object, **__: object) -> None:
        raise error

    return raising
