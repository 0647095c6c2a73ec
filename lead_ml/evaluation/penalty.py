"""Log-loss on the windows before the one that evaluates: it chooses the penalty of the logistic regression, and tunes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from lead_ml.asof.labels import NEVER
from lead_ml.errors import TooLittleData
from lead_ml.evaluation.backtest import Backtest, Table
from lead_ml.evaluation.split import Window
from lead_ml.model.fit import Recipe
from lead_ml.model.metrics import Known, log_loss, sigmoid
from lead_ml.tables.dataset import Floats


def penalties_of(recipe: Recipe) -> tuple[Recipe, ...]:
    """Return one recipe per penalty in ``l2_search``; the recipe itself where there is nothing to choose."""
    plain = recipe.params.logistic
    if recipe.candidate != "logistic" or not plain.l2_search:
        return (recipe,)
    searched = [plain.model_copy(update={"l2": l2, "l2_search": ()}) for l2 in sorted(plain.l2_search)]
    params = [recipe.params.model_copy(update={"logistic": section}) for section in searched]
    return tuple(replace(recipe, params=each) for each in params)


def choose_penalty(candidates: Sequence[Backtest], table: Table, last: Window) -> int:
    """Return the place of the lowest log-loss on the windows before the last, all of them together.

    The penalty is the precision of a prior, which does not depend on the number of leads, so early windows are as
    informative as late ones; one or two windows alone would choose it by chance.
    """
    return int(np.argmin([rolling_loss(scores, table, last) for scores in candidates]))


def rolling_loss(scores: Backtest, table: Table, last: Window) -> float:
    """Return the weighted log-loss on :func:`rolling` rows."""
    known, probability = rolling(scores, table, last)
    return log_loss(known.y, probability, known.weight)


def rolling(scores: Backtest, table: Table, last: Window) -> tuple[Known, Floats]:
    """Return the labels and probabilities of the scored rows that the last window may fit on, as known before it began."""
    rows = scores.scored & last.fit
    if not rows.any():
        raise TooLittleData(
            "no outcome of the rolling windows was known before the forward window",
            do="bring a longer history, or lower horizon_days",
        )
    return table.known(rows, last.start or NEVER), sigmoid(scores.logit[rows])
