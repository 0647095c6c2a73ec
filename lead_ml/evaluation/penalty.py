"""How strongly the logistic regression is held back: chosen on the windows before the one that judges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from lead_ml.asof.labels import NEVER
from lead_ml.errors import TooLittleData
from lead_ml.evaluation.backtest import Progress, Table, backtest
from lead_ml.evaluation.split import Window
from lead_ml.model.fit import Recipe
from lead_ml.model.metrics import log_loss, sigmoid


def choose_penalty(
    recipe: Recipe, table: Table, windows: Sequence[Window], progress: Progress = lambda _: None
) -> Recipe:
    """Return the recipe with the ``l2`` of the lowest log-loss on the rolling windows, all of them together.

    The penalty is the precision of a prior, which the number of leads does not move, so early windows tell of it as well as
    late ones do; one or two alone choose it by chance.

    Parameters
    ----------
    recipe
        Any kind; only a logistic one with several values in ``l2_search`` changes.
    windows
        All windows; the last, which judges, is never looked at. Without others the recipe stays as it is.
    """
    search = recipe.params.logistic.l2_search
    rolling = tuple(windows[:-1])
    if recipe.kind != "logistic" or not search or not rolling:
        return recipe
    candidates = [_with_l2(recipe, l2) for l2 in sorted(search)]
    losses = []
    for candidate in candidates:
        losses.append(_loss(candidate, table, rolling, windows[-1]))
        progress(f"{recipe.spec.name} {recipe.kind}: penalty {candidate.params.logistic.l2:g}")
    return candidates[int(np.argmin(losses))]


def _loss(recipe: Recipe, table: Table, windows: Sequence[Window], last: Window) -> float:
    """Judge on the rows that the last window may fit on, with the outcomes known before it began."""
    scores = backtest(recipe, table, windows)
    rows = scores.scored & last.fit
    if not rows.any():
        raise TooLittleData("no row of the rolling windows was known before the forward window")
    y = table.labels.as_known(last.start or NEVER)[rows]
    return log_loss(y, sigmoid(scores.logit[rows]), table.weights(rows))


def _with_l2(recipe: Recipe, l2: float) -> Recipe:
    logistic = recipe.params.logistic.model_copy(update={"l2": l2, "l2_search": ()})
    return replace(recipe, params=recipe.params.model_copy(update={"logistic": logistic}))
