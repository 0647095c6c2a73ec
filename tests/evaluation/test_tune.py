"""Tuning: seeded, resumable, and blind to the forward window."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

import msgspec
import numpy as np
import pytest
from small import draw, write_project

from lead_ml.errors import DeclarationError, MissingExtra, TooLittleData
from lead_ml.evaluation import backtest
from lead_ml.evaluation.penalty import choose_penalty, penalties_of
from lead_ml.evaluation.search_spaces import SPACES, parameters_of, space_of
from lead_ml.evaluation.split import groups_of
from lead_ml.evaluation.tune import Rolling, history_of, tune, with_params
from lead_ml.project.params import EvaluationParams
from lead_ml.project.targets import Uniform
from lead_ml.workflows.training import build_table, recipes_of, windows_of

SEARCH = {"num_leaves": Uniform(2, 8, whole=True), "learning_rate": Uniform(0.02, 0.2, log=True)}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory):
    project, data = write_project(tmp_path_factory.mktemp("tune")), draw(500)
    groups = groups_of(data.leads)
    table = build_table(project.tasks["conversion"], data, project.declarations, groups)
    recipe = recipes_of(project.tasks["conversion"], ["lightgbm"])[0]
    return searching(recipe, SEARCH), Rolling(table, windows_of(project.tasks["conversion"], table, groups))


@pytest.fixture(scope="module")
def logistic(small):
    recipe, rolling = small
    return dataclasses.replace(recipe, candidate="logistic"), rolling


def searching(recipe, search):
    return dataclasses.replace(recipe, spec=msgspec.structs.replace(recipe.spec, search=search))


def test_the_best_trial_is_never_worse_than_the_parameters_in_use(small, tmp_path: Path) -> None:
    recipe, rolling = small
    said: list[tuple[int, float]] = []
    found = tune(recipe, rolling, trials=4, journal=tmp_path / "j", progress=lambda *a: said.append(a))
    assert found.trials == 4
    assert set(found.params) == set(SEARCH)
    assert found.log_loss <= found.log_loss_now == rolling.loss(recipe)
    assert [number for number, _ in said] == [1, 2, 3, 4]
    tuned = with_params(recipe, found.params, space_of(recipe.spec, "lightgbm"))
    assert rolling.loss(tuned) == found.log_loss  # what is reported, and written, is what was evaluated
    assert tuned.params.lightgbm.num_leaves == found.params["num_leaves"]
    assert isinstance(tuned.params.lightgbm.num_leaves, int)
    assert not found.interrupted


def test_the_interval_is_that_of_the_paired_difference_on_the_rolling_windows(small, tmp_path: Path) -> None:
    recipe, rolling = small
    options = EvaluationParams(bootstrap=100, level=0.8)
    found = tune(recipe, rolling, trials=4, journal=tmp_path / "j", options=options)
    gap = found.difference
    assert gap.value == pytest.approx(found.log_loss - found.log_loss_now, abs=1e-12)
    assert gap.lower <= gap.value <= gap.upper
    wider = tune(recipe, rolling, trials=4, journal=tmp_path / "j").difference
    assert wider.value == gap.value
    if gap.value:
        assert wider.upper - wider.lower > gap.upper - gap.lower
    better = msgspec.structs.replace(found, log_loss=0.1, log_loss_now=0.2)
    for upper, significant in ((-0.01, True), (0.0, False), (0.01, False)):
        interval = msgspec.structs.replace(gap, upper=upper)
        assert msgspec.structs.replace(better, difference=interval).significant is significant


def test_a_logistic_is_tuned_against_the_penalty_that_training_chooses(logistic, tmp_path: Path) -> None:
    recipe, rolling = logistic
    found = tune(recipe, rolling, trials=3, journal=tmp_path / "j")
    tried = penalties_of(recipe)
    scores = [backtest(item, rolling.table, rolling.windows[:-1]) for item in tried]
    chosen = tried[choose_penalty(scores, rolling.table, rolling.windows[-1])]
    assert found.history[0].params == {"l2": chosen.params.logistic.l2}
    assert found.log_loss_now == rolling.loss(chosen) == found.history[0].log_loss
    assert found.fixed == {"l2_search": ()}
    best = with_params(recipe, found.params, space_of(recipe.spec, "logistic"))
    assert penalties_of(best) == (best,)  # nothing is searched any more


def test_candidates_and_other_data_are_studies_of_their_own(small, logistic, tmp_path: Path) -> None:
    recipe, rolling = small
    journal = tmp_path / "j"
    first = tune(recipe, rolling, trials=2, journal=journal)
    dataset = dataclasses.replace(rolling.table.dataset, digests={"leads": "new"})
    other = dataclasses.replace(rolling, table=dataclasses.replace(rolling.table, dataset=dataset))
    names = {
        first.study,
        tune(*logistic, trials=1, journal=journal).study,
        tune(recipe, other, trials=1, journal=journal).study,
        tune(dataclasses.replace(recipe, seed=99), rolling, trials=1, journal=journal).study,
    }
    assert len(names) == 4
    in_use = with_params(recipe, first.params, space_of(recipe.spec, "lightgbm"))  # as after --write
    again = tune(in_use, rolling, trials=2, journal=journal)
    assert (again.study, again.history) == (first.study, first.history)


def test_every_search_space_names_parameters_of_its_candidate() -> None:
    for candidate, space in SPACES.items():
        assert set(space.ranges) <= set(parameters_of(candidate))
        assert all(item.low < item.high for item in space.ranges.values())


def test_importance_adds_up_and_names_the_searched_parameters(small, tmp_path: Path) -> None:
    found = tune(*small, trials=5, journal=tmp_path / "j")
    assert set(found.importance) == set(SEARCH)
    assert sum(found.importance.values()) == pytest.approx(1)
    assert tune(*small, trials=1, journal=tmp_path / "one").importance == {}


def test_the_same_seed_repeats_and_the_journal_is_gone_on_with(small, tmp_path: Path) -> None:
    recipe, rolling = small
    first = tune(recipe, rolling, trials=3, journal=tmp_path / "a")
    again = tune(recipe, rolling, trials=3, journal=tmp_path / "b")
    assert again == first
    assert tune(recipe, rolling, trials=3, journal=tmp_path / "a") == first
    more = tune(recipe, rolling, trials=5, journal=tmp_path / "a")
    assert more.trials == 5
    assert more.log_loss <= first.log_loss


def test_nothing_after_the_start_of_the_forward_window_is_looked_at(small, tmp_path: Path) -> None:
    recipe, rolling = small
    table, last = rolling.table, rolling.windows[-1]
    flipped = dataclasses.replace(table.labels, y=np.where(last.fit, table.labels.y, 1 - table.labels.y))
    other = dataclasses.replace(rolling, table=dataclasses.replace(table, labels=flipped))
    first = tune(recipe, rolling, trials=2, journal=tmp_path / "a")
    assert tune(recipe, other, trials=2, journal=tmp_path / "b") == first


def test_a_model_without_ranges_of_its_own_gets_those_of_the_candidate(small) -> None:
    recipe, _ = small
    assert space_of(searching(recipe, {}).spec, "lightgbm") is SPACES["lightgbm"]
    assert space_of(recipe.spec, "lightgbm").ranges == SEARCH
    assert space_of(recipe.spec, "logistic") is SPACES["logistic"]  # SEARCH names nothing of it


def test_unknown_parameters_and_candidates_without_a_space_are_refused(small, tmp_path: Path) -> None:
    recipe, rolling = small
    for wrong, message in (
        (searching(recipe, {"depth": Uniform(1, 2)}), r"got \['depth'\]; expected .*lightgbm: rounds"),
        (
            dataclasses.replace(recipe, candidate="scorecard"),
            "scorecard of model conversion has no parameters",
        ),
    ):
        with pytest.raises(DeclarationError, match=message):
            tune(wrong, rolling, trials=1, journal=tmp_path / "j")


def test_tuning_needs_a_window_before_the_forward_window(small, tmp_path: Path) -> None:
    recipe, rolling = small
    with pytest.raises(TooLittleData, match="no window before the forward window"):
        tune(recipe, Rolling(rolling.table, rolling.windows[-1:]), trials=1, journal=tmp_path / "j")
    blind = dataclasses.replace(rolling.windows[-1], fit=np.zeros(len(rolling.table.spine), dtype=bool))
    with pytest.raises(TooLittleData, match="no outcome of the rolling windows was known"):
        tune(recipe, Rolling(rolling.table, (*rolling.windows[:-1], blind)), trials=1, journal=tmp_path / "j")


def test_a_study_without_a_finished_trial_is_too_little() -> None:
    class Study:
        trials = ()

    with pytest.raises(TooLittleData, match="no trial was finished"):
        history_of(Study())


def test_without_optuna_the_extra_is_named(small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(
        MissingExtra, match=r"optuna is not installed. Install it with: pip install 'lead-ml\[train\]'"
    ):
        tune(*small, trials=1, journal=tmp_path / "j")


def test_ctrl_c_keeps_what_was_found(small, tmp_path: Path) -> None:
    recipe, rolling = small

    def stop(number: int, best: float) -> None:
        if number == 2:
            raise KeyboardInterrupt

    found = tune(recipe, rolling, trials=50, journal=tmp_path / "j", progress=stop)
    assert found.interrupted
    assert found.trials == 2
