"""The penalty of the logistic regression is chosen before the test window, without repeating a fit."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from evaluate_kit import evaluated

from lead_ml.errors import TooLittleData
from lead_ml.evaluation import (
    backtest,
)
from lead_ml.evaluation.backtest import Backtest, score_window
from lead_ml.evaluation.penalty import choose_penalty, penalties_of
from lead_ml.evaluation.split import groups_of
from lead_ml.model import Logistic
from lead_ml.model.fit import Recipe
from lead_ml.workflows.training import recipes_of, windows_of


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


def test_recipes_fitted_together_equal_those_fitted_alone(small) -> None:
    project, table, windows = small
    recipes = recipes_of(project.tasks["conversion"], ("scorecard", "logistic", "lightgbm"))
    together = score_window([*penalties_of(recipes[1]), *recipes], table, windows[-1])
    for part, recipe in zip(together, [*penalties_of(recipes[1]), *recipes], strict=True):
        (alone,) = score_window([recipe], table, windows[-1])
        assert part is not None
        assert alone is not None
        assert part.logit.tobytes() == alone.logit.tobytes()
