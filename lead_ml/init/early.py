"""What a draft may learn from outcomes: only what was known before the start of the test window that training will cut."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lead_ml.asof.labels import NEVER, first_known
from lead_ml.evaluation.split import UNDATED_FOLDS, groups_in, random_windows, test_start
from lead_ml.project.params import Params
from lead_ml.project.targets import Column, ModelSpec, Target, Won
from lead_ml.project.task import Task
from lead_ml.tables.dataset import Dataset, Mask


@dataclass(frozen=True)
class EarlyData:
    """The data as it was known before the test window: ``leads`` (leads,) are those outside it, ``won`` those known to have converted.

    ``settled`` are the leads whose horizon had passed by then.
    """

    dataset: Dataset
    leads: Mask
    won: Mask
    settled: Mask


def early_data(dataset: Dataset, params: Params, target: Target, since: int = 0) -> EarlyData:
    """Return what was known before the test window of a model of the conversion; leads created before `since` are in none.

    The window begins where :func:`lead_ml.evaluation.split.forward_windows` lets it begin; without dates it is the last
    random fold. If no lead is mature there is no test window, and everything is early.
    """
    task = Task.of(ModelSpec(name="conversion", target=target, groups=()), params)
    created = dataset.leads.created_at
    if created is None:
        early = _outside_the_last_fold(dataset, params, target)
        return EarlyData(dataset, early, early & converted(dataset, target), early)
    seen = created >= since
    cut = test_start(task, created[seen], dataset.until)
    known, early = dataset.as_known(cut), seen & (created < cut)
    settled = early & (created + (task.horizon_us or 0) <= cut)
    return EarlyData(known, early, early & converted(known, target), settled)


def target_of(column: str, positive: tuple[str, ...]) -> Target:
    """Return the target of a draft: an outcome column, or without one the stage won."""
    return Column(column=column, positive=positive) if column else Won()


def converted(dataset: Dataset, target: Target) -> Mask:
    """Return which leads (leads,) converted, as far as the data knows."""
    if isinstance(target, Column):
        text = dataset.leads.columns[target.column].map(str.casefold)
        return text.among({value.casefold() for value in target.positive})
    return np.asarray(first_known(dataset, target.stages if isinstance(target, Won) else ()) < NEVER)


def _outside_the_last_fold(dataset: Dataset, params: Params, target: Target) -> Mask:
    rows = np.arange(len(dataset.leads))
    if isinstance(target, Column):
        rows = np.flatnonzero(dataset.leads.columns[target.column].codes >= 0)
    group = groups_in(dataset)[rows]
    last = random_windows(np.ones(len(rows), dtype=bool), group, folds=UNDATED_FOLDS, seed=params.seed)[-1]
    early = np.zeros(len(dataset.leads), dtype=bool)
    early[rows[last.fit]] = True
    return early
