"""From a project and its data to the training table, the windows and the recipes of one task."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np

from lead_ml.asof.labels import Labels, Spine, build_spine, label, leads_without_snapshot
from lead_ml.declare import Declaration, reads, without
from lead_ml.evaluation import Forward, Table, evaluate_forward
from lead_ml.evaluation.backtest import Progress
from lead_ml.evaluation.split import (
    UNDATED_FOLDS,
    DatedRows,
    Window,
    forward_windows,
    groups_in,
    random_windows,
    test_start,
)
from lead_ml.model.fit import Recipe, features_of
from lead_ml.project.load import Project, usable
from lead_ml.project.schema import sources_of
from lead_ml.project.targets import CANDIDATES, Candidate
from lead_ml.project.task import Task
from lead_ml.tables.dataset import Dataset, Indices
from lead_ml.tables.instants import parse_iso
from lead_ml.workflows.work import HERE, Work

__all__ = [
    "CANDIDATES",
    "Training",
    "build_table",
    "labelled_spine",
    "recipes_of",
    "usable_features",
    "windows_of",
    "without_outcomes",
]


@dataclass(frozen=True)
class Training:
    """What the training of every task shares: the data, the usable features, who belongs together, and where work is done.

    ``leaks`` are lead columns that an audit found to be leaks: features that read them stay out. ``candidates`` may compete;
    None stands for those of the model's own definition.
    """

    project: Project
    dataset: Dataset
    leaks: tuple[str, ...] = ()
    candidates: tuple[Candidate, ...] | None = None
    work: Work = HERE
    progress: Progress = lambda _: None

    @cached_property
    def _usable(self) -> tuple[tuple[Declaration, ...], tuple[str, ...]]:
        return usable_features(self.project, self.dataset, self.leaks)

    @property
    def declarations(self) -> tuple[Declaration, ...]:
        """The features that may be used with this data."""
        return self._usable[0]

    @property
    def left_out(self) -> tuple[str, ...]:
        """The names of the other declared features."""
        return self._usable[1]

    @property
    def flagged(self) -> tuple[str, ...]:
        """The features that are left out only because their columns are leaks."""
        overwritten = usable_features(self.project, self.dataset)[1]
        return tuple(name for name in self.left_out if name not in overwritten)

    @cached_property
    def groups(self) -> Indices:
        """Group of each lead (leads,): leads of one person or account share it."""
        return groups_in(self.dataset)

    @cached_property
    def tasks(self) -> Mapping[str, Task]:
        """The tasks of the project, without scorecard rules about features that are left out."""
        declared = self.project.declarations
        return {name: task.using(self.declarations, declared) for name, task in self.project.tasks.items()}

    def table(self, task: Task) -> Table:
        """Build the training table of a task; see :func:`build_table`."""
        return build_table(task, self.dataset, self.declarations, self.groups, self.work)

    def windows(self, task: Task, table: Table) -> tuple[Window, ...]:
        """Cut the windows of a training table; see :func:`windows_of`."""
        return windows_of(task, table, self.groups)

    def recipes(self, task: Task, candidates: Sequence[Candidate] | None = None) -> tuple[Recipe, ...]:
        """Return one recipe per candidate; see :func:`recipes_of`."""
        return recipes_of(task, candidates or self.candidates, self.work)

    def evaluate(self, task: Task, table: Table, windows: Sequence[Window]) -> Forward:
        """Evaluate the candidates of a task on the forward window."""
        return evaluate_forward(task, table, windows, self.recipes(task), progress=self.progress)


def usable_features(
    project: Project, dataset: Dataset, leaks: Collection[str] = ()
) -> tuple[tuple[Declaration, ...], tuple[str, ...]]:
    """Return the declarations that may be used with this data, and the names of those left out; `leaks` are not read."""
    known, left_out = usable(project.declarations, project.params, dataset.columns)

    def leaking(item: Declaration) -> bool:
        return any(name in leaks for column in reads(item) for name in sources_of(column, project.params))

    honest = tuple(kept for item in known if (kept := without(item, leaking)) is not None)
    names = {item.name for item in honest}
    return honest, (*left_out, *(item.name for item in known if item.name not in names))


def build_table(
    task: Task, dataset: Dataset, declarations: Sequence[Declaration], groups: Indices, work: Work = HERE
) -> Table:
    """Build the training table: labels and features of every snapshot that some fit may learn from; groups are per lead."""
    spine, labels = labelled_spine(task, dataset, late=True)
    seen = features_of(task.spec, declarations)
    return Table(seen, work.features_at(seen, dataset, spine), spine, labels, groups, dataset)


def labelled_spine(task: Task, dataset: Dataset, *, late: bool = False) -> tuple[Spine, Labels]:
    """Return the snapshots of a task that can be learned from, with their labels.

    Without a table of outcomes these are all snapshots, and none is positive. With `late`, snapshots that were won
    before ``as_of`` and recorded later are included: see :meth:`lead_ml.asof.labels.Labels.usable_by`.
    """
    delay = task.common.snapshots.scoring_delay_us
    spine = build_spine(dataset, delay, task.ages_days, task.closing_stages)
    if without_outcomes(task, dataset):
        return spine, Labels.none(len(spine))
    labels = label(task.spec.target, dataset, spine, task.horizon_us)
    absent = leads_without_snapshot(dataset, spine, delay)
    labels = replace(labels, left_out={**labels.counts(), **absent})
    kept = labels.usable_by(spine.as_of) if late else labels.used
    return spine.take(kept), labels.take(kept)


def without_outcomes(task: Task, dataset: Dataset) -> bool:
    """Return whether a task counts dated outcomes and the project has no such table yet."""
    return dataset.outcomes is None and task.needs_outcomes


def windows_of(task: Task, table: Table, groups: Indices) -> tuple[Window, ...]:
    """Cut the windows of a table: forward where leads are dated, otherwise random folds by group.

    Rows that were won before ``as_of`` and recorded later are fitted on where the record lies after the cut. They are
    scored where it lies after the start of the forward window, which they calibrate for, and evaluated nowhere.
    """
    created, params = table.dataset.leads.created_at, task.common
    if created is None:
        everything = np.ones(len(table.spine), dtype=bool)
        return random_windows(everything, table.group, folds=UNDATED_FOLDS, seed=params.seed)
    windows = forward_windows(
        DatedRows.of(task, table.spine, created, groups).whatever_became(task, table.dataset.until),
        test_share=params.split.test_share,
        folds=params.split.folds,
        test_from=_instant(params.split.test_from, params.time_zone),
    )
    return tuple(_as_known(window, windows[-1], table.labels) for window in windows)


def _as_known(window: Window, last: Window, labels: Labels) -> Window:
    evaluated = labels.used if window is last else labels.usable_by(last.start)
    return replace(window, fit=window.fit & labels.usable_by(window.start), test=window.test & evaluated)


def _instant(text: str | None, zone: str) -> int | None:
    if text is None:
        return None
    midnight = text if len(text) > len("2026-01-31") else f"{text}T00:00:00"
    return parse_iso(midnight, field="split.test_from", zone=ZoneInfo(zone))


def before_test(task: Task, dataset: Dataset) -> Dataset:
    """Return the data as it was known before the forward window of a task begins; undated data is returned whole."""
    created, params = dataset.leads.created_at, task.common
    if created is None:
        return dataset
    start = _instant(params.split.test_from, params.time_zone)
    if start is None:
        start = test_start(task, created, dataset.until)
    return dataset.as_known(start)


def recipes_of(
    task: Task, candidates: Sequence[Candidate] | None = None, work: Work = HERE
) -> tuple[Recipe, ...]:
    """Return one recipe per candidate, those of the definition by default; `work` says where trees are grown."""
    return tuple(
        Recipe(candidate, task.spec, task.params, task.common.seed, task.common.threads, work.train_booster)
        for candidate in (candidates or task.spec.candidates)
    )
