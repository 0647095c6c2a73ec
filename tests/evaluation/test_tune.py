"""Tuning: seeded, resumable, and blind to the window that judges."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

import msgspec
import numpy as np
import pytest
from small import draw, write_project

from lead_ml.errors import DeclarationError, MissingExtra, TooLittleData
from lead_ml.evaluation.split import groups_of
from lead_ml.evaluation.tune import best_of, loss_of, tune, with_params
from lead_ml.project.targets import Uniform
from lead_ml.workflows.training import build_table, recipes_of, windows_of

SEARCH = {"num_leaves": Uniform(2, 8, whole=True), "learning_rate": Uniform(0.02, 0.2, log=True)}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory):
    project, data = write_project(tmp_path_factory.mktemp("tune")), draw(500)
    groups = groups_of(data.leads)
    table = build_table(project.tasks["conversion"], data, project.declarations, groups)
    recipe = recipes_of(project.tasks["conversion"], ["lightgbm"])[0]
    return searching(recipe, SEARCH), table, windows_of(project.tasks["conversion"], table, groups)


def searching(recipe, search):
    return dataclasses.replace(recipe, spec=msgspec.structs.replace(recipe.spec, search=search))


def test_the_best_trial_is_never_worse_than_the_parameters_in_use(small, tmp_path: Path) -> None:
    recipe, table, windows = small
    said: list[tuple[int, float]] = []
    found = tune(recipe, table, windows, trials=4, journal=tmp_path / "j", progress=lambda *a: said.append(a))
    assert found.trials == 4
    assert set(found.params) == set(SEARCH)
    assert found.log_loss <= found.log_loss_now == loss_of(recipe, table, windows[:-1], windows[-1].fit)
    assert [number for number, _ in said] == [1, 2, 3, 4]
    tuned = with_params(recipe, found.params)
    assert loss_of(tuned, table, windows[:-1], windows[-1].fit) == pytest.approx(found.log_loss)
    assert tuned.params.lightgbm.num_leaves == found.params["num_leaves"]
    assert isinstance(tuned.params.lightgbm.num_leaves, int)
    assert not found.interrupted


def test_the_same_seed_repeats_and_the_journal_is_gone_on_with(small, tmp_path: Path) -> None:
    recipe, table, windows = small
    first = tune(recipe, table, windows, trials=3, journal=tmp_path / "a")
    again = tune(recipe, table, windows, trials=3, journal=tmp_path / "b")
    assert again == first
    assert tune(recipe, table, windows, trials=3, journal=tmp_path / "a") == first
    more = tune(recipe, table, windows, trials=5, journal=tmp_path / "a")
    assert more.trials == 5
    assert more.log_loss <= first.log_loss


def test_nothing_after_the_start_of_the_forward_window_is_looked_at(small, tmp_path: Path) -> None:
    recipe, table, windows = small
    flipped = dataclasses.replace(
        table.labels, y=np.where(windows[-1].fit, table.labels.y, 1 - table.labels.y)
    )
    other = dataclasses.replace(table, labels=flipped)
    first = tune(recipe, table, windows, trials=2, journal=tmp_path / "a")
    assert tune(recipe, other, windows, trials=2, journal=tmp_path / "b") == first


def test_a_search_without_ranges_or_of_strangers_is_told(small, tmp_path: Path) -> None:
    recipe, table, windows = small
    for search, message in (
        ({}, "has nothing to tune"),
        ({"depth": Uniform(1, 2)}, r"got \['depth'\]; expected some of rounds"),
    ):
        with pytest.raises(DeclarationError, match=message):
            tune(searching(recipe, search), table, windows, trials=1, journal=tmp_path / "j")


def test_tuning_needs_a_window_before_the_forward_window(small, tmp_path: Path) -> None:
    recipe, table, windows = small
    with pytest.raises(TooLittleData, match="no window before the forward window"):
        tune(recipe, table, windows[-1:], trials=1, journal=tmp_path / "j")
    blind = dataclasses.replace(windows[-1], fit=np.zeros(len(table.spine), dtype=bool))
    with pytest.raises(TooLittleData, match="no outcome of the rolling windows was known"):
        tune(recipe, table, (*windows[:-1], blind), trials=1, journal=tmp_path / "j")


def test_a_study_without_a_finished_trial_is_too_little(small) -> None:
    class Study:
        trials = ()

    with pytest.raises(TooLittleData, match="no trial was finished"):
        best_of(small[0], Study(), 0.5)


def test_without_optuna_the_extra_is_named(small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(
        MissingExtra, match=r"optuna is not installed. Install it with: pip install 'lead-ml\[train\]'"
    ):
        tune(*small, trials=1, journal=tmp_path / "j")


def test_ctrl_c_keeps_what_was_found(small, tmp_path: Path) -> None:
    recipe, table, windows = small

    def stop(number: int, best: float) -> None:
        if number == 2:
            raise KeyboardInterrupt

    found = tune(recipe, table, windows, trials=50, journal=tmp_path / "j", progress=stop)
    assert found.interrupted
    assert found.trials == 2
