"""The penalty of the logistic regression: chosen on the windows before the one that evaluates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from lead_ml.asof.labels import NEVER
from lead_ml.errors import TooLittleData
from lead_ml.evaluation.backtest import Backtest, Table
from lead_ml.evaluation.split import Window
from lead_ml.model.fit import Recipe
from lead_ml.model.metrics import log_loss, sigmoid


def penalties_of(recipe: Recipe) -> tuple[Recipe, ...]:
    """Return one recipe per penalty in ``l2_search``; the recipe itself where there is nothing to choose."""
    search = recipe.params.logistic.l2_search
    if recipe.kind != "logistic" or not search:
        return (recipe,)
    return tuple(_with_l2(recipe, l2) for l2 in sorted(search))


def choose_penalty(candidates: Sequence[Backtest], table: Table, last: Window) -> int:
    """Return the place of the lowest log-loss on the rolling windows, all of them together.

    The penalty is the precision of a prior, which does not depend on the number of leads, so early windows are as
    informative as late ones; one or two windows alone would choose it by chance.

    Parameters
    ----------
    candidates
        Backtests on the windows before the last.
    last
        The window that evaluates: only rows that it may fit on count, with the outcomes known before it began.

    Raises
    ------
    TooLittleData
        If no row of the rolling windows was known before the last window.
    """
    return int(np.argmin([_loss(scores, table, last) for scores in candidates]))


def _loss(scores: Backtest, table: Table, last: Window) -> float:
    rows = scores.scored & last.fit
    if not rows.any():
        raise TooLittleData("no row of the rolling windows was known before the forward window")
    y = table.labels.as_known(last.start or NEVER)[rows]
    return log_loss(y, sigmoid(scores.logit[rows]), table.weights(rows))


def _with_l2(recipe: Recipe, l2: float) -> Recipe:
    logistic = recipe.params.logistic.model_copy(update={"l2": l2, "l2_search": ()})
    return replace(recipe, params=recipe.params.model_copy(update={"logistic": logistic}))
