"""The forward evaluation: who evaluates whom, what is said about it, and when it refuses."""

from __future__ import annotations

import dataclasses
import re
import sys
from pathlib import Path

import msgspec
import numpy as np
import pytest
from small import COLUMN, draw, write_project

from lead_ml.asof.labels import NEVER
from lead_ml.errors import TooLittleData
from lead_ml.evaluation import (
    Evaluation,
    backtest,
    calibrate,
    calibration_rows,
    evaluate_forward,
    fit_rows,
    for_fit,
)
from lead_ml.evaluation.backtest import Backtest, score_window
from lead_ml.evaluation.penalty import choose_penalty, penalties_of
from lead_ml.evaluation.split import groups_of
from lead_ml.evaluation.summary import headline, signal_of
from lead_ml.model import Calibration, Logistic
from lead_ml.model.fit import Recipe, take
from lead_ml.model.metrics import Interval, evaluate, sigmoid
from lead_ml.project.targets import CANDIDATES
from lead_ml.workflows.training import build_table, recipes_of, usable_features, windows_of


def made(root: Path, data, **options):
    project = write_project(root, **options)
    declarations, _ = usable_features(project, data)
    groups = groups_of(data.leads)
    table = build_table(project.tasks["conversion"], data, declarations, groups)
    return project, table, windows_of(project.tasks["conversion"], table, groups)


def evaluated(project, table, windows, candidates=("scorecard", "logistic"), **options):
    recipes = recipes_of(project.tasks["conversion"], candidates)
    return evaluate_forward(project.tasks["conversion"], table, windows, recipes, **options)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory):
    return made(tmp_path_factory.mktemp("evaluate"), draw(600))


@pytest.fixture(scope="module")
def forward(small):
    return evaluated(*small, candidates=("scorecard", "logistic", "lightgbm"))


def test_the_other_candidates_are_compared_with_the_chosen_on_the_test_window(forward) -> None:
    evaluation = forward.evaluation
    losses = {record.candidate: record.metrics["log_loss"].value for record in evaluation.candidates}
    candidates = {candidate: loss for candidate, loss in losses.items() if candidate != "base rate"}
    assert forward.chosen is forward.evaluated[evaluation.chosen]
    assert set(evaluation.lead_over) == set(candidates) - {evaluation.chosen}
    for candidate, gap in evaluation.lead_over.items():
        assert gap.value == pytest.approx(losses[candidate] - losses[evaluation.chosen])
    assert evaluation.over_base.value == pytest.approx(losses["base rate"] - losses[evaluation.chosen])


def test_nothing_after_the_fit_cut_chooses_the_candidate(small, forward) -> None:
    """Half of the wins of the test window undone change its figures, and neither the choice nor what it was made on."""
    project, table, windows = small
    y = table.labels.y.copy()
    y[np.flatnonzero(windows[-1].test & (y > 0))[::2]] = 0.0
    turned = dataclasses.replace(table, labels=dataclasses.replace(table.labels, y=y))
    found = evaluated(project, turned, windows, candidates=("scorecard", "logistic", "lightgbm"))
    assert found.evaluation.choice == forward.evaluation.choice
    assert found.evaluation.over_base != forward.evaluation.over_base


def test_a_tie_before_the_test_window_goes_to_the_simpler(forward) -> None:
    choice = forward.evaluation.choice
    near = {choice.best, *(name for name, gap in choice.behind.items() if gap.lower <= 0)}
    assert choice.candidate == min(near, key=CANDIDATES.index)
    assert set(choice.behind) | {choice.best} == {"scorecard", "logistic", "lightgbm"}
    assert 0 < choice.positives < choice.leads


@pytest.mark.parametrize(
    ("gap", "auc", "positives", "signal"),
    [
        ((0.01, 0.002, 0.02), 0.6, 50, "signal"),
        ((0.01, 0.002, 0.02), 0.5, 900, "none"),  # follows the rate, ranks nothing
        ((0.01, -0.002, 0.02), 0.6, 400, "none"),
        ((0.01, -0.002, 0.02), 0.6, 399, "unknown"),
        ((0.0, 0.0, 0.0), 0.5, 400, "none"),
        ((-0.01, -0.02, -0.002), 0.6, 50, "worse"),
    ],
)
def test_the_signal_is_said_as_it_is(forward, gap, auc, positives, signal) -> None:
    assert signal_of(Interval(*gap), Interval(auc, auc, auc), positives) == signal
    found = msgspec.structs.replace(forward.evaluation, signal=signal, over_base=Interval(*gap))
    begins = {
        "signal": ("", "优于平均基准"),
        "none": ("No signal: ", "没有信号"),
        "unknown": ("Cannot tell yet ", "尚无法判断"),
        "worse": ("Worse than the base rate: ", "不如平均基准"),
    }[signal]
    assert headline(found).startswith(begins[0])
    assert begins[1] in headline(found, "zh")
    for lang in ("en", "zh"):
        assert f"{gap[0]:.4f}" in headline(found, lang).replace("−", "-")


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


def test_a_leak_is_suspected_before_it_is_believed(tmp_path: Path) -> None:
    project, table, windows = made(tmp_path, draw(600))
    leaking = dataclasses.replace(
        table, raw={**table.raw, "size": table.labels.y * 50 + table.raw["size"] / 100}
    )
    forward = evaluated(project, leaking, windows, candidates=("logistic",))
    assert any("is suspiciously high: check for leakage" in text for text in forward.evaluation.warnings)
    assert "Logistic regression is better than the base rate" in forward.evaluation.headline
    both = evaluated(project, leaking, windows, candidates=("scorecard", "logistic")).evaluation
    assert both.headline.endswith("clearly the lowest log-loss there")


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


def test_rows_of_one_class_calibrate_nothing(small) -> None:
    project, table, windows = small
    scores = backtest(recipes_of(project.tasks["conversion"], ["scorecard"])[0], table, windows)
    assert calibrate(scores, table, scores.scored & (table.labels.y == 0)) == Calibration.identity()
    assert calibrate(scores, table, scores.scored & (table.labels.y == 1)) == Calibration.identity()


def penalty_of(recipe: Recipe, table, windows) -> float:
    """The penalty that is chosen from backtests on the windows before the last."""
    scores = [backtest(candidate, table, windows[:-1]) for candidate in penalties_of(recipe)]
    return scores[choose_penalty(scores, table, windows[-1])].recipe.params.logistic.l2


def test_the_penalty_is_chosen_on_earlier_windows_only(small) -> None:
    project, table, windows = small
    recipe, scorecard = (
        recipes_of(project.tasks["conversion"], [candidate])[0] for candidate in ("logistic", "scorecard")
    )
    chosen = penalty_of(recipe, table, windows)
    assert chosen in recipe.params.logistic.l2_search
    test = windows[-1].test
    flipped = dataclasses.replace(table.labels, y=np.where(test, 1 - table.labels.y, table.labels.y))
    assert penalty_of(recipe, dataclasses.replace(table, labels=flipped), windows) == chosen
    assert penalties_of(scorecard) == (scorecard,)


def test_the_evaluation_takes_the_chosen_penalty_and_fits_every_candidate_once(
    small, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, table, windows = small
    recipe = recipes_of(project.tasks["conversion"], ["logistic"])[0]
    chosen = penalty_of(recipe, table, windows)
    fits: list[float] = []
    plain = Logistic.fit_design
    monkeypatch.setattr(
        Logistic, "fit_design", lambda self, design: fits.append(self.l2) or plain(self, design)
    )
    forward = evaluated(project, table, windows, candidates=("logistic",), by_chance=False)
    scores = forward.evaluated["logistic"].scores
    assert scores.recipe.params.logistic.l2 == chosen
    assert sorted(fits) == sorted([*recipe.params.logistic.l2_search * (len(windows) - 1), chosen])
    again = backtest(scores.recipe, table, windows)
    assert scores.logit.tobytes() == again.logit.tobytes()
    assert (scores.mature == again.mature).all()


def test_without_earlier_windows_the_penalty_of_the_params_is_used(small) -> None:
    project, table, windows = small
    forward = evaluated(project, table, windows[-1:], candidates=("logistic",))
    assert (
        forward.evaluated["logistic"].scores.recipe
        == recipes_of(project.tasks["conversion"], ["logistic"])[0]
    )


def test_recipes_fitted_together_equal_those_fitted_alone(small) -> None:
    project, table, windows = small
    recipes = recipes_of(project.tasks["conversion"], ("scorecard", "logistic", "lightgbm"))
    together = score_window([*penalties_of(recipes[1]), *recipes], table, windows[-1])
    for part, recipe in zip(together, [*penalties_of(recipes[1]), *recipes], strict=True):
        (alone,) = score_window([recipe], table, windows[-1])
        assert part is not None
        assert alone is not None
        assert part.logit.tobytes() == alone.logit.tobytes()


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


def test_early_windows_choose_the_penalty_too(small) -> None:
    project, table, _ = small
    split = project.params.split.model_copy(update={"folds": 4})
    project = dataclasses.replace(project, params=project.params.model_copy(update={"split": split}))
    windows = windows_of(project.tasks["conversion"], table, groups_of(table.dataset.leads))
    recipe = recipes_of(project.tasks["conversion"], ["logistic"])[0]
    late_only = recipe.params.logistic.l2_search[0]
    truth = np.where(table.labels.y == 1, 1.0, -1.0)
    early = windows[0].test | windows[1].test

    def scores(candidate: Recipe, rolling) -> Backtest:
        """One penalty is right in late windows and badly wrong in early ones, the others are nowhere very wrong."""
        sharp = np.where(early, -4.0, 4.0) * truth
        logit = sharp if candidate.params.logistic.l2 == late_only else 0.5 * truth
        seen = np.logical_or.reduce([window.test for window in rolling])
        return Backtest(candidate, np.where(seen, logit, np.nan), seen, None)  # type: ignore[arg-type]

    def chosen(some) -> float:
        found = [scores(candidate, some[:-1]) for candidate in penalties_of(recipe)]
        return found[choose_penalty(found, table, some[-1])].recipe.params.logistic.l2

    assert chosen(windows) != late_only
    assert chosen(windows[2:]) == late_only


def test_the_penalty_does_not_look_at_wins_after_the_forward_window_began(small) -> None:
    project, table, windows = small
    recipe = recipes_of(project.tasks["conversion"], ["logistic"])[0]
    late = ~windows[-1].fit
    flipped = dataclasses.replace(table.labels, y=np.where(late, 1 - table.labels.y, table.labels.y))
    first, second = (
        penalty_of(recipe, one, windows) for one in (table, dataclasses.replace(table, labels=flipped))
    )
    assert first == second


def test_without_known_rows_in_the_rolling_windows_the_penalty_of_the_params_stands(small) -> None:
    project, table, windows = small
    recipe = recipes_of(project.tasks["conversion"], ["logistic"])[0]
    blind = (
        *windows[:-1],
        dataclasses.replace(windows[-1], fit=windows[-1].fit & ~windows[0].test & ~windows[1].test),
    )
    with pytest.raises(TooLittleData, match="no outcome of the rolling windows was known"):
        penalty_of(recipe, table, blind)
    forward = evaluated(project, table, blind, candidates=("logistic",))
    assert forward.evaluated["logistic"].scores.recipe == recipe


def test_the_headline_compares_with_the_base_rate(tmp_path: Path) -> None:
    project, table, windows = made(tmp_path, draw(600))
    rng = np.random.default_rng(8)
    noise = dataclasses.replace(
        table,
        raw={
            **table.raw,
            "size": rng.random(len(table.spine)),
            "source": table.raw["source"].take(rng.permutation(len(table.spine))),
        },
    )
    forward = evaluated(project, noise, windows, candidates=("lightgbm",))
    assert re.match(
        r"(Worse than the base rate|Cannot tell yet whether LightGBM)", forward.evaluation.headline
    )
    assert forward.evaluation.headline.endswith("No other candidate was trained")
