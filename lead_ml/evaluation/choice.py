"""Which candidate serves: chosen on the rolling windows before the test window, which only reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np

from lead_ml.asof.labels import NEVER
from lead_ml.evaluation.backtest import Backtest, Table, calibrate, log_loss_gap
from lead_ml.evaluation.records import Choice
from lead_ml.evaluation.split import Window
from lead_ml.model.metrics import Interval, log_loss, sigmoid
from lead_ml.project.targets import CANDIDATES, Candidate
from lead_ml.project.task import Task

ONE_ERROR = 0.6827  # the level of an interval that reaches one standard error to either side


def choose(
    task: Task, table: Table, windows: Sequence[Window], backtests: Mapping[Candidate, Backtest]
) -> Choice:
    """Choose the candidate with the lowest calibrated log-loss before the last window; a tie goes to the simpler.

    Two candidates are tied where their paired difference is within one standard error of 0, as in the rule of Breiman et al.
    (Classification and Regression Trees, 1984, section 3.4.3). Only candidates that scored a rolling window can be compared;
    where none did, or no outcome was known yet, the simplest is taken. Undated data has random folds and no window before
    the last: all of them choose, which is as optimistic as its figures.
    """
    dated = table.dataset.leads.created_at is not None
    allowed = windows[-1].fit if dated else np.ones(len(table.spine), dtype=bool)
    able = {name: found for name, found in backtests.items() if (found.scored & allowed).any()}
    simplest = min(able or backtests, key=CANDIDATES.index)
    rows = np.logical_and.reduce([allowed, *(found.scored for found in able.values())])
    start = windows[-1].start or NEVER  # random folds have no start
    known = table.known(rows, start)
    if not able or not 0 < known.y.sum() < len(known.y):
        return Choice(candidate=simplest)
    compared = able if len(able) > 1 else {}  # one alone needs no calibration here
    probability = {
        name: sigmoid(calibrate(found, table, rows, known_by=start).apply(found.logit[rows]))
        for name, found in compared.items()
    }
    best = min(
        probability, key=lambda name: log_loss(known.y, probability[name], known.weight), default=simplest
    )
    options = task.common.evaluation.model_copy(update={"level": ONE_ERROR})
    behind: dict[str, Interval] = {
        name: log_loss_gap(known, p, probability[best], options, task.common.seed)
        for name, p in probability.items()
        if name != best
    }
    found = Choice(
        candidate=best,
        best=best,
        behind=behind,
        leads=len(np.unique(table.lead[rows])),
        positives=len(np.unique(table.lead[rows][known.y > 0])),
    )
    return msgspec.structs.replace(found, candidate=min(found.tied, key=CANDIDATES.index))
