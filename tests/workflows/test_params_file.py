"""Writing into params.yaml: only the values asked for change."""

from __future__ import annotations

import difflib
import re
import sys
from pathlib import Path

import pytest
import yaml

from lead_ml.errors import MissingExtra, ParamsError
from lead_ml.project.params import load_params
from lead_ml.workflows.params_file import set_params

ROOT = Path(__file__).parents[2]
PLACE = ("conversion", "lightgbm")


@pytest.fixture
def params(tmp_path: Path) -> Path:
    """A copy of the reference project's file, with its comments, quotes and lists."""
    path = tmp_path / "params.yaml"
    path.write_text((ROOT / "params.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    return path


def changed(before: str, after: str) -> list[str]:
    return [line[2:] for line in difflib.ndiff(before.splitlines(), after.splitlines()) if line[0] in "+-"]


def test_only_the_line_of_the_section_changes(params: Path) -> None:
    before = params.read_text(encoding="utf-8")
    set_params(params, PLACE, {"rounds": 217, "learning_rate": 0.01234})
    set_params(params, ("conversion", "logistic"), {"l2": 42.5, "l2_search": ()})
    after = params.read_text(encoding="utf-8")
    lines = changed(before, after)
    assert len(lines) == 4, lines
    assert all("lightgbm:" in line or "logistic:" in line for line in lines)
    assert "# [] and l2: 10 for a penalty of your own" in after
    assert re.findall("#.*", after) == re.findall("#.*", before)
    found = load_params(params)
    assert (found.conversion.lightgbm.rounds, found.conversion.lightgbm.learning_rate) == (217, 0.01234)
    assert (
        found.conversion.lightgbm.num_leaves
        == load_params(ROOT / "params.yaml").conversion.lightgbm.num_leaves
    )
    assert (found.conversion.logistic.l2, found.conversion.logistic.l2_search) == (42.5, ())
    then, now = yaml.safe_load(before), yaml.safe_load(after)
    assert list(now) == list(then)
    assert list(now["conversion"]) == list(then["conversion"])
    assert list(now["conversion"]["lightgbm"]) == list(then["conversion"]["lightgbm"])


def test_writing_what_is_there_changes_nothing(params: Path) -> None:
    before = params.read_bytes()
    rounds = load_params(params).conversion.lightgbm.rounds
    set_params(params, PLACE, {"rounds": rounds})
    assert params.read_bytes() == before


@pytest.mark.parametrize(
    "lists", ["rules:\n- a   # one\n- b\n", "rules:\n    - a   # one\n    - b\n", "# no list\n"]
)
def test_the_layout_of_lists_is_kept_and_missing_sections_are_added(tmp_path: Path, lists: str) -> None:
    path = tmp_path / "params.yaml"
    text = f"# 说明: numbers\nproject: 'demo'  # quoted\n{lists}long: {'x ' * 80}y\n"
    path.write_text(text, encoding="utf-8")
    set_params(path, PLACE, {"rounds": 80})
    after = path.read_text(encoding="utf-8")
    assert after.startswith(text)
    assert yaml.safe_load(after)["conversion"] == {"lightgbm": {"rounds": 80}}


def test_a_value_where_a_section_should_be_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    path.write_text("conversion: 3\n", encoding="utf-8")
    with pytest.raises(ParamsError, match=r"params.yaml: conversion: got 3; expected a section with keys"):
        set_params(path, PLACE, {"rounds": 80})
    assert path.read_text(encoding="utf-8") == "conversion: 3\n"


def test_without_ruamel_the_extra_is_named(params: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ruamel.yaml", None)
    with pytest.raises(MissingExtra, match=r"ruamel.yaml is not installed.*lead-ml\[train\]"):
        set_params(params, PLACE, {"rounds": 80})
