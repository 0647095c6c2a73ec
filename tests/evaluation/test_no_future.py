"""What became known after the cut changes no feature and no fit before it."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from lead_ml.asof.labels import NEVER
from lead_ml.evaluation import Table, backtest, calibrate, calibration_rows, fit_rows
from lead_ml.evaluation.split import DatedRows, Window, forward_windows, groups_of
from lead_ml.model.fit import Recipe
from lead_ml.tables.dataset import Coded, Dataset
from lead_ml.tables.instants import iso
from lead_ml.workflows.training import build_table, recipes_of, usable_features, windows_of


def table_of(project: Any, dataset: Dataset, target: str) -> Table:
    declarations, _ = usable_features(project, dataset)
    return build_table(project.tasks[target], dataset, declarations, groups_of(dataset.leads))


def with_other_future(dataset: Dataset, cut: int, how: str) -> Dataset:
    """Remove, or turn around, every outcome known at or after `cut`."""
    outcomes = dataset.outcomes
    assert outcomes is not None
    early = outcomes.known_at < cut
    assert 0.1 < early.mean() < 0.9
    if how == "removed":
        return dataclasses.replace(dataset, outcomes=outcomes.take(early))
    stage = outcomes.columns["stage"]
    turned = {"won": "lost", "lost": "won", "invalid": "won"}
    other = stage.map(lambda level: turned.get(level, level))
    values = [a if keep else b for keep, a, b in zip(early, stage.values(), other.values(), strict=True)]
    return dataclasses.replace(
        dataset,
        outcomes=dataclasses.replace(outcomes, columns={**outcomes.columns, "stage": Coded.of(values)}),
    )


@pytest.fixture(scope="module", params=["conversion", "fake"])
def cut(request: Any, trained: Any) -> tuple[str, Table, Window]:
    """A target, its table and its forward window."""
    table = table_of(trained.project, trained.dataset, request.param)
    groups = groups_of(trained.dataset.leads)
    return request.param, table, windows_of(trained.project.tasks[request.param], table, groups)[-1]


def same_rows(table: Table, fit: np.ndarray, other: Table) -> np.ndarray:
    """Find the fit rows in another table, as a mask."""
    wanted = set(zip(table.lead[fit].tolist(), table.as_of[fit].tolist(), strict=True))
    mask = np.array([row in wanted for row in zip(other.lead.tolist(), other.as_of.tolist(), strict=True)])
    assert mask.sum() == fit.sum(), "a row came or went with a later outcome"
    return mask


@pytest.mark.parametrize("how", ["removed", "turned"])
def test_later_outcomes_change_no_training_feature(trained: Any, cut: Any, how: str) -> None:
    target, table, window = cut
    other = table_of(trained.project, with_other_future(trained.dataset, window.start, how), target)
    mask = same_rows(table, window.fit, other)
    for name, column in table.raw.items():
        if isinstance(column, Coded):
            assert column.take(window.fit).values() == other.raw[name].take(mask).values(), name
        else:
            assert column[window.fit].tobytes() == other.raw[name][mask].tobytes(), name


@pytest.mark.parametrize("how", ["removed", "turned"])
def test_later_outcomes_change_no_fit(trained: Any, cut: Any, how: str) -> None:
    target, table, window = cut
    other = table_of(trained.project, with_other_future(trained.dataset, window.start, how), target)
    mask = same_rows(table, window.fit, other)
    for recipe in recipes_of(trained.project.tasks[target]):
        first = fit_rows(recipe, table, window.fit, known_by=window.start)
        second = fit_rows(recipe, other, mask, known_by=window.start)
        assert first.encoder == second.encoder
        X = first.matrix(table.raw)
        assert first.model.predict_logit(X).tobytes() == second.model.predict_logit(X).tobytes(), (
            recipe.candidate
        )


@pytest.mark.parametrize("how", ["removed", "turned"])
def test_later_outcomes_change_no_calibration(trained: Any, how: str) -> None:
    project, dataset = trained.project, trained.dataset
    table = table_of(project, dataset, "conversion")
    start = windows_of(project.tasks["conversion"], table, groups_of(dataset.leads))[-1].start
    recipe = recipes_of(project.tasks["conversion"], ["logistic"])[0]
    first = forward_calibration(project, table, recipe, start)
    other = table_of(project, with_other_future(dataset, start, how), "conversion")
    assert forward_calibration(project, other, recipe, start) == first


def forward_calibration(project: Any, table: Table, recipe: Recipe, start: int) -> Any:
    created = table.dataset.leads.created_at
    assert created is not None
    horizon = project.tasks["conversion"].horizon_us or 0
    dated = DatedRows(table.spine, created, groups_of(table.dataset.leads), horizon)
    scores = backtest(recipe, table, forward_windows(dated, test_share=0.25, folds=2, test_from=start))
    rows = calibration_rows(scores, table, known_by=start, horizon_us=horizon)
    return rows.sum(), calibrate(scores, table, rows, known_by=start)


def test_a_win_recorded_after_the_cut_is_no_win_to_the_fit_before_it(trained: Any) -> None:
    table = table_of(trained.project, trained.dataset, "conversion")
    late = int(table.labels.known_at[table.labels.y > 0].max())
    known, all_of_them = table.labels.as_known(late), table.labels.as_known(late + 1)
    assert all_of_them.tolist() == table.labels.y.tolist()
    assert 0 < known.sum() < all_of_them.sum()


@pytest.fixture(scope="module", params=["conversion", "fake"])
def late(request: Any, trained: Any) -> tuple[str, Any, Dataset, int]:
    """A target, a project that cuts at a fixed instant, the data with half of the wins recorded weeks late, and the cut."""
    dataset = trained.dataset
    table = table_of(trained.project, dataset, request.param)
    start = windows_of(trained.project.tasks[request.param], table, groups_of(dataset.leads))[-1].start
    split = trained.project.params.split.model_copy(update={"test_from": iso(start)})
    project = dataclasses.replace(
        trained.project, params=trained.project.params.model_copy(update={"split": split})
    )
    rng = np.random.default_rng(5)
    weeks = np.where(rng.random(len(dataset.outcomes)) < 0.5, rng.integers(1, 60, len(dataset.outcomes)), 0)
    slow = dataclasses.replace(
        dataset.outcomes,
        known_at=np.minimum(dataset.outcomes.known_at + weeks * 7 * 86_400_000_000, dataset.until - 1),
    )
    return request.param, project, dataclasses.replace(dataset, outcomes=slow), start


def fit_side(
    project: Any, dataset: Dataset, target: str
) -> tuple[Window, list[tuple[int, int, float, float]]]:
    table = table_of(project, dataset, target)
    window = windows_of(project.tasks[target], table, groups_of(dataset.leads))[-1]
    rows = np.flatnonzero(window.fit)
    y, weight = table.labels.as_known(window.start)[rows], table.weights(rows)
    found = zip(
        table.lead[rows].tolist(), table.as_of[rows].tolist(), y.tolist(), weight.tolist(), strict=True
    )
    return window, list(found)


@pytest.mark.parametrize("how", ["removed", "turned"])
def test_later_outcomes_change_no_row_no_label_and_no_weight_of_the_fit_side(late: Any, how: str) -> None:
    target, project, dataset, start = late
    window, rows = fit_side(project, dataset, target)
    assert window.start == start
    other, same = fit_side(project, with_other_future(dataset, start, how), target)
    assert other.start == start
    assert rows == same
    assert len(rows) > 500


def test_a_win_recorded_after_the_cut_leaves_its_later_rows_to_the_fit_as_open_leads(late: Any) -> None:
    target, project, dataset, start = late
    table = table_of(project, dataset, target)
    window = windows_of(project.tasks[target], table, groups_of(dataset.leads))[-1]
    unknown = window.fit & ~table.labels.used
    assert unknown.sum() > 10 or target == "fake", "a fake counts from when it is known: there are none"
    assert (table.labels.known_at[unknown] >= start).all()
    assert (table.labels.as_known(start)[unknown] == 0).all()
    assert not (window.test & ~table.labels.used).any()
    assert not table.labels.usable_by(NEVER)[unknown].any(), "at the end of the data the win is known"
