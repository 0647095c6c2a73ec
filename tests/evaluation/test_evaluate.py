"""The forward evaluation: who evaluates whom, what is said about it, and when it refuses."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from evaluate_kit import evaluated, made
from small import COLUMN, draw

from lead_ml.asof.labels import NEVER
from lead_ml.asof.matrix import take
from lead_ml.errors import TooLittleData
from lead_ml.evaluation import (
    Evaluation,
    backtest,
    calibrate,
    calibration_rows,
    fit_rows,
    for_fit,
)
from lead_ml.evaluation.backtest import _gap, _undrifted
from lead_ml.model import Calibration
from lead_ml.model.metrics import Known, evaluate, sigmoid
from lead_ml.workflows.training import recipes_of


def test_the_figures_are_those_of_the_probabilities_on_the_test_rows(small, forward) -> None:
    _, table, windows = small
    assert (forward.test == windows[-1].test).all()
    y, weight = table.labels.y[forward.test], table.weights(forward.test)
    for candidate, item in forward.evaluated.items():
        found = evaluate(y, item.probability, weight)
        record = forward.evaluation.of(candidate)
        for name in ("log_loss", "roc_auc", "brier"):
            if name in record.metrics:
                assert record.metrics[name].value == pytest.approx(found[name])
                assert record.metrics[name].lower <= found[name] <= record.metrics[name].upper


def test_every_kind_stands_beside_the_base_rate_and_a_random_split(forward) -> None:
    records = {record.candidate: record for record in forward.evaluation.candidates}
    assert set(records) == {"scorecard", "logistic", "lightgbm", "base rate"}
    base = records.pop("base rate")
    assert base.metrics["roc_auc"].value == 0.5
    assert base.random_split == {}
    for record in records.values():
        assert set(record.random_split) == {"roc_auc", "log_loss"}
    assert forward.evaluation.of("logistic").metrics["log_loss"].value < base.metrics["log_loss"].value


def test_slices_add_up_to_the_window(forward) -> None:
    evaluation = forward.evaluation
    for by in ("month", "age", "source"):
        parts = [part for part in evaluation.slices if part.by == by]
        assert sum(part.rows for part in parts) == evaluation.windows[-1].test_rows
        assert sum(part.positives for part in parts) == evaluation.windows[-1].test_positives
    ages = [part.value for part in evaluation.slices if part.by == "age"]
    assert ages == ["0 d", "3 d"]


def test_a_slice_of_one_class_has_no_auc(small, tmp_path: Path) -> None:
    project, table, windows = small
    forward = evaluated(project, table, windows, candidates=("scorecard",))
    from lead_ml.evaluation.slices import slices_of

    rows = windows[-1].test.copy()
    rows[np.nonzero(rows)[0][table.labels.y[rows] > 0]] = False
    parts = slices_of(table, rows, forward.chosen.probability[table.labels.y[windows[-1].test] == 0])
    assert {part.roc_auc for part in parts} == {None}


def test_windows_are_told_with_dates_and_counts(small, forward) -> None:
    _, table, windows = small
    for window, record in zip(windows, forward.evaluation.windows, strict=True):
        assert record.fit_rows == window.fit.sum()
        assert record.fit_positives == table.labels.as_known(window.start)[window.fit].sum()
        assert record.test_leads == len(np.unique(table.lead[window.test]))
        assert record.start < record.end


def test_an_evaluation_survives_the_disk(forward, tmp_path: Path) -> None:
    forward.evaluation.save(tmp_path / "evaluation.json")
    assert Evaluation.load(tmp_path / "evaluation.json") == forward.evaluation


def test_few_positives_are_warned_of(forward) -> None:
    assert any(text.startswith("Only ") for text in forward.evaluation.warnings)
    assert not forward.evaluation.optimistic


@pytest.mark.slow
def test_a_leak_is_suspected_before_it_is_believed(tmp_path: Path) -> None:
    project, table, windows = made(tmp_path, draw(600))
    leaking = dataclasses.replace(
        table, raw={**table.raw, "size": table.labels.y * 50 + table.raw["size"] / 100}
    )
    forward = evaluated(project, leaking, windows, candidates=("logistic",))
    assert any("is suspiciously high: check for leakage" in text for text in forward.evaluation.warnings)
    assert "Logistic regression is better than the base rate" in forward.evaluation.headline
    both = evaluated(project, leaking, windows, candidates=("scorecard", "logistic")).evaluation
    assert both.headline.endswith("the lowest log-loss there, by more than one standard error")


def test_undated_figures_are_marked_optimistic(tmp_path: Path) -> None:
    data = draw(300, column=True, dated=False)
    project, table, windows = made(tmp_path, data, model=COLUMN)
    forward = evaluated(project, table, windows)
    assert forward.evaluation.optimistic
    assert forward.test.all()
    assert forward.evaluation.warnings[0].startswith("The data has no dates")
    assert {record.start for record in forward.evaluation.windows} == {""}
    assert all(record.random_split == {} for record in forward.evaluation.candidates)
    assert {part.by for part in forward.evaluation.slices} == {"source"}


def test_a_forward_window_of_one_class_is_too_little(small) -> None:
    project, table, windows = small
    none = dataclasses.replace(table.labels, y=np.where(windows[-1].test, 0.0, table.labels.y))
    with pytest.raises(TooLittleData, match="the forward window has 0 positive"):
        evaluated(project, dataclasses.replace(table, labels=none), windows)


def test_each_window_is_judged_by_a_fit_on_its_own_fit_side(small) -> None:
    project, table, windows = small
    recipe = recipes_of(project.tasks["conversion"], ["logistic"])[0]
    scores = backtest(recipe, table, windows)
    for window in windows:
        own = fit_rows(recipe, table, window.fit, known_by=window.start)
        rows = take(table.raw, window.test)
        assert (scores.logit[window.test] == own.model.predict_logit(own.matrix(rows))).all()
    assert (scores.scored == np.logical_or.reduce([window.test for window in windows])).all()
    assert scores.recipe == recipe


def test_early_windows_without_wins_are_passed_over_and_the_last_may_not_be(small) -> None:
    project, table, windows = small
    recipe = recipes_of(project.tasks["conversion"], ["logistic"])[0]
    poor = dataclasses.replace(windows[0], fit=windows[0].fit & (table.labels.y == 0))
    scores = backtest(recipe, table, (poor, windows[-1]))
    assert not scores.scored[poor.test].any()
    last = dataclasses.replace(windows[-1], fit=windows[-1].fit & (table.labels.y == 0))
    with pytest.raises(TooLittleData, match=r"has 0 rows of the rarer class.*train the scorecard alone"):
        backtest(recipe, table, (last,))
    scorecard = recipes_of(project.tasks["conversion"], ["scorecard"])[0]
    assert backtest(scorecard, table, (last,)).scored.any()


def test_progress_names_target_kind_and_window(small) -> None:
    project, table, windows = small
    said: list[str] = []
    backtest(recipes_of(project.tasks["conversion"], ["scorecard"])[0], table, windows, said.append)
    assert said[-1] == "conversion scorecard: test"


def test_calibration_looks_only_at_what_was_known(small) -> None:
    project, table, windows = small
    recipe = recipes_of(project.tasks["conversion"], ["logistic"])[0]
    scores, start = backtest(recipe, table, windows), windows[-1].start
    horizon = project.tasks["conversion"].horizon_us
    rows = calibration_rows(scores, table, known_by=start, horizon_us=horizon)
    assert rows.any()
    assert (table.as_of[rows] + horizon <= start).all()
    assert (table.dataset.leads.created_at[table.lead[rows]] < start).all()
    assert scores.scored[rows].all()
    assert calibration_rows(scores, table, known_by=NEVER, horizon_us=0).sum() > rows.sum()


def test_calibration_takes_the_latest_leads_where_the_past_drifted(
    small, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["lead_ml.evaluation.backtest"], "CALIBRATION_LEADS", 60)
    monkeypatch.setattr(sys.modules["lead_ml.evaluation.backtest"], "CALIBRATION_WINS", 10)
    project, table, windows = small
    scores = backtest(recipes_of(project.tasks["conversion"], ["scorecard"])[0], table, windows)
    steady = calibration_rows(scores, table, known_by=NEVER, horizon_us=0)
    born = table.dataset.leads.created_at[table.lead]
    old = scores.scored & (born < np.median(born[scores.scored]))
    drifted = dataclasses.replace(scores, logit=np.where(old, scores.logit + 4, scores.logit))
    chosen = calibration_rows(drifted, table, known_by=NEVER, horizon_us=0)
    assert 0 < chosen.sum() < steady.sum()
    assert (chosen & old).sum() < (steady & old).sum() / 2
    assert born[chosen].min() > born[steady & ~chosen].max()


def test_a_drift_is_counted_in_standard_errors_of_the_difference() -> None:
    """100 leads win 10 more than the 20 of p = .2, 400 win as many: .1 over the root of .16 / 100 + .16 / 400."""
    late, early = np.array([10.0, 16.0, 100.0]), np.array([0.0, 64.0, 400.0])
    right = 0.1 / np.sqrt(0.2 * 0.8 / 100 + 0.2 * 0.8 / 400)
    assert _gap(late, early) == pytest.approx(right)
    assert _gap(early, late) == pytest.approx(right)


@pytest.mark.parametrize(("gap", "pooled"), [(2.2, True), (2.8, False), (-2.2, True), (-2.8, False)])
def test_earlier_leads_are_pooled_up_to_a_gap_of_two_and_a_half_standard_errors(
    gap: float, pooled: bool
) -> None:
    """2,000 leads, of whom 20% win as was said, before them 2,000 who won more or less often than the 20% said of them."""
    error = np.sqrt(2 * 0.2 * 0.8 / 2_000)
    rates = np.repeat([0.2, 0.2 + gap * error], 2_000)
    y = np.diff(np.floor(np.cumsum(rates) + 1e-9), prepend=0.0)
    known = Known(y, np.ones(4_000), np.arange(4_000))
    scores = SimpleNamespace(logit=np.full(4_000, np.log(0.2 / 0.8)))
    table = SimpleNamespace(known=lambda rows, known_by: known)
    assert _undrifted(scores, table, np.arange(4_000), NEVER) == (4_000 if pooled else 1_999)


def test_rows_of_one_class_calibrate_nothing(small) -> None:
    project, table, windows = small
    scores = backtest(recipes_of(project.tasks["conversion"], ["scorecard"])[0], table, windows)
    assert calibrate(scores, table, scores.scored & (table.labels.y == 0)) == Calibration.identity()
    assert calibrate(scores, table, scores.scored & (table.labels.y == 1)) == Calibration.identity()


def test_the_calibration_of_a_later_fit_gives_its_rows_their_observed_rate(small) -> None:
    project, table, windows = small
    scores = backtest(recipes_of(project.tasks["conversion"], ["logistic"])[0], table, windows)
    rows = scores.scored & table.labels.used
    refit = fit_rows(scores.recipe, table, table.labels.used)
    found = for_fit(Calibration("platt", 0.8, 2.0), refit, table, rows)
    shown = sigmoid(found.apply(refit.model.predict_logit(refit.matrix(take(table.raw, rows)))))
    weight = table.weights(rows)
    assert np.average(shown, weights=weight) == pytest.approx(
        np.average(table.labels.y[rows], weights=weight)
    )
    nothing = for_fit(Calibration.identity(), refit, table, np.zeros(len(rows), dtype=bool))
    assert nothing == Calibration.identity()
