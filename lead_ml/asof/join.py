"""The as-of join: declared features of any snapshots, from what was known strictly before each ``as_of``.

The same code builds the training table, the batch of open leads and the one lead of a request. Time is sliced in four
places, all by the same rule, ``known_at < as_of``:

- here and in :mod:`lead_ml.asof.kernel`, per snapshot, for features;
- in :mod:`lead_ml.asof.labels`, per snapshot, for what became of a lead, and by when it was known;
- in :meth:`lead_ml.tables.dataset.Dataset.as_known`, for a whole data set at one instant;
- in :mod:`lead_ml.tables.read`, where ``data.until`` ends the data and every row left out is reported.

``tests/asof/test_as_known.py`` shows that they agree.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lead_ml.asof.derived import FeatureColumn, derived_column
from lead_ml.asof.kernel import (
    Answered,
    HistorySnapshot,
    Plan,
    aggregate_coded,
    column_at,
    combined,
    compile_plans,
    content,
    parts_of,
)
from lead_ml.asof.labels import Spine
from lead_ml.asof.matrix import FeatureMatrix, RawColumns
from lead_ml.clean import TRANSFORMS, Transform
from lead_ml.clean.numbers import as_number
from lead_ml.declare import (
    MICROSECONDS_PER_DAY,
    Aggregate,
    Attribute,
    Clock,
    Declaration,
    Profile,
    Rate,
    operands,
    part_name,
    reads,
)
from lead_ml.errors import DeclarationError
from lead_ml.tables.cell_rules import CellRules, spelling_key
from lead_ml.tables.dataset import Coded, Dataset, Floats, Indices, Instants
from lead_ml.tables.instants import wall_clock

_HOUR = MICROSECONDS_PER_DAY // 24
_PLAIN = CellRules()
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_EPOCH_WEEKDAY = 3  # 1970-01-01 was a Thursday


@dataclass(frozen=True, eq=False)
class Compiled:
    """Declarations with the plans of their streams.

    ``places`` are the parts of each aggregate, as (plan, column), by the ``id`` of the declaration.
    """

    declarations: tuple[Declaration, ...]
    plans: tuple[Plan, ...]
    places: Mapping[int, tuple[tuple[int, int], ...]]

    @classmethod
    def of(cls, declarations: Sequence[Declaration]) -> Compiled:
        """Compile validated declarations; do it once where features are computed often."""
        declared = tuple(declarations)
        plans = compile_plans(declared)
        found = {
            content(part): (p, k) for p, plan in enumerate(plans) for k, part in enumerate(plan.features)
        }
        asked = [
            operand
            for item in declared
            for operand in operands(item) or (item,)
            if isinstance(operand, Aggregate | Rate)
        ]
        places = {id(item): tuple(found[content(part)] for part in parts_of(item)) for item in asked}
        return cls(declared, plans, places)


def features_at(
    declarations: Sequence[Declaration] | Compiled,
    dataset: Dataset,
    spine: Spine,
    *,
    reference: Mapping[str, HistorySnapshot] | None = None,
) -> RawColumns:
    """Compute validated declarations for every snapshot: a column (rows,) by feature, coded text or float64 with NaN.

    A customer profile is missing here, with its parts as columns of their own: their weights of evidence are learned with a
    model (:mod:`lead_ml.model.icp`). `reference` is the history of shared keys by plan name, for a dataset that holds only
    the leads of a request.
    """
    compiled = declarations if isinstance(declarations, Compiled) else Compiled.of(declarations)
    answers = [
        aggregate_coded(plan, dataset, spine.lead, spine.as_of, (reference or {}).get(plan.name))
        for plan in compiled.plans
    ]
    return from_answers(compiled, dataset, spine, answers)


def from_answers(
    compiled: Compiled, dataset: Dataset, spine: Spine, answers: Sequence[Answered]
) -> RawColumns:
    """Combine the answers of :func:`lead_ml.asof.kernel.aggregate_coded` for each plan, wherever it ran, into features."""
    given = compiled, dataset, spine, answers
    found = {item.name: _column(item, *given) for item in compiled.declarations}
    for item in (item for item in compiled.declarations if isinstance(item, Profile)):
        for part in item.of:
            name = part_name(item, part)
            found[name] = found[part.name] if part.name in found else _column(part, *given)
    return found


def _column(
    item: Declaration, compiled: Compiled, dataset: Dataset, spine: Spine, answers: Sequence[Answered]
) -> FeatureColumn:
    # A closure that calls itself would keep dataset and answers alive until the garbage collector runs.
    if isinstance(item, Aggregate | Rate):
        return _aggregated(item, compiled, answers)
    if isinstance(item, Profile):
        return np.full(len(spine), np.nan)
    if parts := operands(item):
        return derived_column(item, [_column(part, compiled, dataset, spine, answers) for part in parts])
    if isinstance(item, Attribute):
        return attribute(item, dataset, spine)
    if isinstance(item, Clock):
        return _clock(item, dataset, spine.lead)
    return _age(dataset, spine.lead, spine.as_of)


def _aggregated(item: Aggregate | Rate, compiled: Compiled, answers: Sequence[Answered]) -> FeatureColumn:
    (plan, k), *others = compiled.places[id(item)]
    if others:
        return combined(
            item, [np.ascontiguousarray(answers[p][0][:, c]) for p, c in compiled.places[id(item)]]
        )
    matrix = answers[plan][0]
    column = matrix.stored[k][0] if isinstance(matrix, FeatureMatrix) else np.ascontiguousarray(matrix[:, k])
    if isinstance(item, Rate) or item.aggregation not in ("first", "last"):
        return column
    shown = compiled.plans[plan].shown_columns.index(item.of)
    return Coded(np.where(np.isnan(column), -1.0, column).astype(np.int32), answers[plan][1][shown])


def attribute(item: Attribute, dataset: Dataset, spine: Spine) -> FeatureColumn:
    """Return the value of an attribute as of each snapshot (rows,): see :func:`lead_ml.asof.kernel.column_at`."""
    column = column_at(dataset, item.column, spine.lead, spine.as_of)
    if item.transform:
        column = column.map(transform_of(item.transform, item.name, dataset.rules))
    if item.kind == "category":
        return column
    if item.kind == "number":
        return column.numbers(as_number)
    rank = {spelling_key(level): float(k) for k, level in enumerate(item.levels)}
    return column.numbers(lambda level: rank.get(spelling_key(level), np.nan))


def transform_of(name: str, feature: str, rules: CellRules = _PLAIN) -> Transform:
    """Return a transform of :mod:`lead_ml.clean` by name, as the rules know it, or raise DeclarationError."""
    if name not in TRANSFORMS:
        raise DeclarationError(
            f"transform of {feature}", value=name, expected=f"one of {', '.join(TRANSFORMS)}"
        )
    return rules.transform(name)


def shared_plans(plans: Sequence[Plan]) -> tuple[Plan, ...]:
    """Return the plans whose keys many leads share: those that need history a request does not carry."""
    return tuple(plan for plan in plans if plan.key != "lead_id")


def column_names(declarations: Sequence[Declaration]) -> tuple[str, ...]:
    """Return the lead columns that the declarations read, sorted."""
    return tuple(sorted(set().union(*map(reads, declarations))))


def _age(dataset: Dataset, lead: Indices, as_of: Instants) -> Floats:
    created = dataset.leads.created_at
    if created is None:
        return np.full(len(lead), np.nan)
    return np.asarray((as_of - created[lead]) / MICROSECONDS_PER_DAY)


def _clock(item: Clock, dataset: Dataset, lead: Indices) -> FeatureColumn:
    created = dataset.leads.created_at
    if created is None and item.part == "hour":
        return np.full(len(lead), np.nan)
    if created is None:
        return Coded(np.full(len(lead), -1, dtype=np.int32), ())
    days, time = np.divmod(wall_clock(created[lead], item.zone), MICROSECONDS_PER_DAY)
    if item.part == "hour":
        return np.asarray(time // _HOUR, dtype=np.float64)
    return Coded(((days + _EPOCH_WEEKDAY) % 7).astype(np.int32), _WEEKDAYS)
