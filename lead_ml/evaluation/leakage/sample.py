"""What the audit looks at: every lead once, at its first snapshot, with its label and its person."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from lead_ml.asof.kernel import column_at
from lead_ml.asof.labels import Spine, build_spine, first_occurred, label
from lead_ml.declare import MICROSECONDS_PER_DAY, Declaration
from lead_ml.evaluation.split import groups_of
from lead_ml.project.params import Params, TargetParams
from lead_ml.project.schema import known_at_of
from lead_ml.project.targets import CLOSING_STAGES, Column, ModelSpec, Won
from lead_ml.tables.dataset import Coded, Dataset, Floats, Indices, Instants

FOLDS = 4
MOST_ROWS = 30_000  # more leads sharpen no verdict, they only cost time
FEWEST = 30  # of the rarer class; below, the checks that measure are skipped


@dataclass(frozen=True)
class AuditSample:
    """Audited leads, one row each.

    Attributes
    ----------
    person
        (leads,): person or account of every lead of the data, of :func:`lead_ml.evaluation.split.groups_of`.
    lead, as_of, y, group, fold
        (rows,): row of the leads table, first snapshot in microseconds UTC (0 for undated leads), label, person
        numbered from 0, and random fold: all leads of a person are in one.
    horizon_us
        Microseconds; 0 for an outcome column.
    """

    dataset: Dataset
    spec: ModelSpec
    params: Params
    declarations: tuple[Declaration, ...]
    person: Indices
    lead: Indices
    as_of: Instants
    y: Floats
    group: Indices
    fold: Indices
    horizon_us: int
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
        target = self.spec.target
        if not isinstance(target, Won):
            return self.y
        return (first_occurred(self.dataset, target.stages)[self.lead] < self.dataset.until).astype(
            np.float64
        )

    @property
    def zone(self) -> ZoneInfo:
        """Zone of dates without an offset."""
        return ZoneInfo(self.params.time_zone)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the lead columns that are audited: all but the outcome itself, sorted."""
        own = self.spec.target.column if isinstance(self.spec.target, Column) else None
        return tuple(sorted(set(self.dataset.leads.columns) - {own}))

    def raw(self, name: str) -> Coded:
        """Return a lead column, row by row of the sample; one with history as of the snapshot."""
        return column_at(self.dataset, name, self.lead, self.as_of)

    def trusted(self, name: str) -> bool:
        """Tell whether a column is taken as known at creation: a known role, ``known_at`` creation or history, or trusted by name."""
        return name in self.params.trust or known_at_of(name, self.params) != "current"


def take_sample(
    dataset: Dataset, spec: ModelSpec, params: Params, declarations: tuple[Declaration, ...], seed: int
) -> AuditSample:
    """Take each lead's first snapshot with a label, at most ``MOST_ROWS`` of them, whole groups at random.

    Raises
    ------
    InputError
        If the target needs outcomes, or a column, that the data lacks.
    """
    horizon = _horizon_us(spec, params)
    everybody = groups_of(dataset.leads)
    spine, y = labeled(dataset, spec, params, (), horizon)
    group = np.unique(everybody[spine.lead], return_inverse=True)[1].astype(np.int64)
    order = np.random.default_rng(seed).permutation(int(group.max(initial=-1)) + 1)
    kept = order[group] < _groups_within(group, order, MOST_ROWS)
    return AuditSample(
        dataset=dataset,
        spec=spec,
        params=params,
        declarations=declarations,
        person=everybody,
        lead=spine.lead[kept],
        as_of=spine.as_of[kept],
        y=y[kept],
        group=group[kept],
        fold=order[group[kept]] % FOLDS,
        horizon_us=horizon,
        seed=seed,
    )


def labeled(
    dataset: Dataset, spec: ModelSpec, params: Params, ages_days: tuple[int, ...], horizon_us: int
) -> tuple[Spine, Floats]:
    """Return the snapshots at the scoring delay and at some ages that have a label, and their labels."""
    spine = build_spine(dataset, params.snapshots.scoring_delay_us, ages_days, CLOSING_STAGES)
    labels = label(spec.target, dataset, spine, horizon_us or None)
    return spine.take(labels.used), labels.y[labels.used]


def _horizon_us(spec: ModelSpec, params: Params) -> int:
    numbers: TargetParams = getattr(params, spec.name)
    counts_days = not isinstance(spec.target, Column)
    return round((numbers.horizon_days or 0) * MICROSECONDS_PER_DAY) if counts_days else 0


def _groups_within(group: Indices, order: npt.NDArray[np.int64], most: int) -> int:
    """Return how many groups, in the drawn order, hold at most `most` rows."""
    sizes = np.bincount(order[group], minlength=len(order))
    return int(np.searchsorted(np.cumsum(sizes), most, side="right"))
