"""What the audit looks at: every lead once, at its first snapshot, with its label and its person."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from lead_ml.asof.kernel import column_at
from lead_ml.asof.labels import Spine, build_spine, first_occurred, label
from lead_ml.declare import Declaration
from lead_ml.evaluation.split import groups_in
from lead_ml.project.schema import known_at_of
from lead_ml.project.targets import CLOSING_STAGES, Column, Won
from lead_ml.project.task import Task
from lead_ml.tables.dataset import Coded, Dataset, Floats, Indices, Instants

FOLDS = 4
MOST_ROWS = 30_000  # more leads sharpen no verdict, they only cost time
FEWEST = 30  # of the rarer class; below, the checks that measure are skipped


@dataclass(frozen=True)
class AuditSample:
    """Audited leads, one row each.

    ``person`` (leads,) is the person or account of every lead of the data. The other arrays are (rows,): row of the leads table,
    snapshot in microseconds UTC (0 for undated leads), label, person numbered from 0, and random fold, one for all leads of a person.
    """

    dataset: Dataset
    task: Task
    declarations: tuple[Declaration, ...]
    person: Indices
    lead: Indices
    as_of: Instants
    y: Floats
    group: Indices
    fold: Indices
    seed: int

    def __len__(self) -> int:
        return len(self.lead)

    @property
    def created_at(self) -> Instants | None:
        """Creation of each row's lead, None for undated leads."""
        created = self.dataset.leads.created_at
        return None if created is None else created[self.lead]

    @property
    def measurable(self) -> bool:
        """Whether both classes are large enough to measure anything."""
        return bool(min(self.y.sum(), len(self.y) - self.y.sum()) >= FEWEST)

    @property
    def ever(self) -> Floats:
        """Whether each lead ever reached the target by the end of the data, (rows,): y where only a horizon decides.

        People who know the outcome fill columns in whenever it comes, be it after the horizon.
        """
        target = self.task.spec.target
        if not isinstance(target, Won):
            return self.y
        reached = first_occurred(self.dataset, target.stages)[self.lead]
        return (reached < self.dataset.until).astype(np.float64)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the lead columns that are audited: all but the outcome itself, sorted."""
        target = self.task.spec.target
        own = target.column if isinstance(target, Column) else None
        return tuple(sorted(set(self.dataset.leads.columns) - {own}))

    def raw(self, name: str) -> Coded:
        """Return a lead column, row by row of the sample; one with history as of the snapshot."""
        return column_at(self.dataset, name, self.lead, self.as_of)

    def trusted(self, name: str) -> bool:
        """Tell whether a column is taken as known at creation: a known role, ``known_at`` creation or history, or trusted by name."""
        return name in self.task.common.trust or known_at_of(name, self.task.common) != "current"

    def on(self, spine: Spine, y: Floats, most: int | None = None) -> AuditSample:
        """Return the sample on other snapshots, at most `most` of them: whole groups at random."""
        group = np.unique(self.person[spine.lead], return_inverse=True)[1].astype(np.int64)
        order = np.random.default_rng(self.seed).permutation(int(group.max(initial=-1)) + 1)
        place = order[group]
        rows = np.cumsum(np.bincount(place, minlength=len(order)))
        kept = place < (len(order) if most is None else np.searchsorted(rows, most, side="right"))
        return replace(
            self,
            lead=spine.lead[kept],
            as_of=spine.as_of[kept],
            y=y[kept],
            group=group[kept],
            fold=place[kept] % FOLDS,
        )


def take_sample(
    dataset: Dataset, task: Task, declarations: tuple[Declaration, ...], seed: int
) -> AuditSample:
    """Take each lead's first snapshot with a label, at most ``MOST_ROWS`` of them."""
    none, person = np.empty(0, dtype=np.int64), groups_in(dataset)
    empty = AuditSample(
        dataset, task, declarations, person, none, none, none.astype(np.float64), none, none, seed
    )
    return empty.on(*labeled(dataset, task, ()), MOST_ROWS)


def labeled(dataset: Dataset, task: Task, ages_days: tuple[int, ...]) -> tuple[Spine, Floats]:
    """Return the snapshots at the scoring delay and at some ages that have a label, and their labels."""
    spine = build_spine(dataset, task.common.snapshots.scoring_delay_us, ages_days, CLOSING_STAGES)
    labels = label(task.spec.target, dataset, spine, task.horizon_us or None)
    return spine.take(labels.used), labels.y[labels.used]
