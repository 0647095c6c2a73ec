"""The as-of join: declared features of any snapshots, from what was known strictly before each ``as_of``.

This is the only place that slices time, and the same code builds the training table, the batch of open leads and the
one lead of a request.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lead_ml.clean import TRANSFORMS
from lead_ml.clean.text import as_number
from lead_ml.data import Coded, Dataset, Floats, Indices, Instants
from lead_ml.declare import (
    MICROSECONDS_PER_DAY,
    Aggregate,
    Attribute,
    Clock,
    Declaration,
    Rate,
    Ratio,
    is_category,
    operands,
    reads,
)
from lead_ml.encode import RawColumns
from lead_ml.errors import DeclarationError
from lead_ml.instants import wall_clock
from lead_ml.kernel import (
    Kept,
    Plan,
    aggregate_coded,
    combined,
    compile_plans,
    content,
    parts_of,
    quotient,
)
from lead_ml.labels import Spine

_HOUR = MICROSECONDS_PER_DAY // 24
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_EPOCH_WEEKDAY = 3  # 1970-01-01 was a Thursday

Column = Coded | Floats
_Answer = tuple[Floats, tuple[tuple[str, ...], ...]]


@dataclass(frozen=True, eq=False)
class Compiled:
    """Declarations with the plans of their streams, and where each aggregate finds its parts: (plan, column)."""

    declarations: tuple[Declaration, ...]
    plans: tuple[Plan, ...]
    places: Mapping[int, tuple[tuple[int, int], ...]]

    @classmethod
    def of(cls, declarations: Sequence[Declaration]) -> Compiled:
        """Compile validated declarations: to be done once, where features are computed often."""
        kept = tuple(declarations)
        plans = compile_plans(kept)
        found = {
            content(part): (p, k) for p, plan in enumerate(plans) for k, part in enumerate(plan.features)
        }
        places = {
            id(operand): tuple(found[content(part)] for part in parts_of(operand))
            for item in kept
            for operand in operands(item) or (item,)
            if isinstance(operand, Aggregate | Rate)
        }
        return cls(kept, plans, places)


def features_at(
    declarations: Sequence[Declaration] | Compiled,
    dataset: Dataset,
    spine: Spine,
    *,
    kept: Mapping[str, Kept] | None = None,
) -> RawColumns:
    """Compute the declared features of every snapshot.

    Parameters
    ----------
    declarations
        Validated declarations, compiled where the caller has them so.
    dataset
        Leads, events and outcomes.
    spine
        Snapshots (rows,).
    kept
        History of shared keys by plan name, for a dataset that holds only the leads of a request.

    Returns
    -------
    Mapping
        Feature name to a column of (rows,): :class:`Coded` for categories, float64 with NaN for the rest.
    """
    compiled = declarations if isinstance(declarations, Compiled) else Compiled.of(declarations)
    answers = [
        aggregate_coded(plan, dataset, spine.lead, spine.as_of, kept=(kept or {}).get(plan.name))
        for plan in compiled.plans
    ]

    def column(item: Declaration) -> Column:
        pair = operands(item)
        if pair:
            first, second = (_number(column(operand)) for operand in pair)
            return quotient(first, second) if isinstance(item, Ratio) else np.asarray(first - second)
        if isinstance(item, Aggregate | Rate):
            return _aggregated(item, compiled, answers)
        return _own(item, dataset, spine)

    return {item.name: column(item) for item in compiled.declarations}


def _aggregated(item: Aggregate | Rate, compiled: Compiled, answers: Sequence[_Answer]) -> Column:
    places = compiled.places[id(item)]
    if not is_category(item):
        return combined(item, [np.ascontiguousarray(answers[plan][0][:, k]) for plan, k in places])
    assert isinstance(item, Aggregate)
    (plan, k), *_ = places
    matrix, texts = answers[plan]
    codes = np.where(np.isnan(matrix[:, k]), -1.0, matrix[:, k]).astype(np.int32)
    return Coded(codes, texts[compiled.plans[plan].shown_columns.index(item.of)])


def _own(item: Declaration, dataset: Dataset, spine: Spine) -> Column:
    """Return what the lead is by itself."""
    if isinstance(item, Attribute):
        return attribute(item, dataset, spine.lead)
    if isinstance(item, Clock):
        return _clock(item, dataset, spine.lead)
    return _age(dataset, spine.lead, spine.as_of)


def attribute(item: Attribute, dataset: Dataset, lead: Indices) -> Column:
    """Return an attribute of the leads in `lead` (rows,); a column the data lacks is missing everywhere."""
    column = dataset.leads.columns.get(item.column)
    if column is None:
        column = Coded(np.full(len(dataset.leads), -1, dtype=np.int32), ())
    if item.transform:
        column = column.map(transform_of(item.transform, item.name))
    if item.kind == "category":
        return column.take(lead)
    if item.kind == "number":
        return column.numbers(as_number)[lead]
    rank = {level: float(k) for k, level in enumerate(item.levels)}
    return column.numbers(lambda level: rank.get(level, np.nan))[lead]


def transform_of(name: str, feature: str):  # type: ignore[no-untyped-def]
    """Return a transform of :mod:`lead_ml.clean` by name, or say which there are."""
    if name not in TRANSFORMS:
        raise DeclarationError(
            f"transform of {feature}", value=name, expected=f"one of {', '.join(TRANSFORMS)}"
        )
    return TRANSFORMS[name]


def shared_plans(plans: Sequence[Plan]) -> tuple[Plan, ...]:
    """Return the plans whose keys many leads share: those that need history a request does not carry."""
    return tuple(plan for plan in plans if plan.key != "lead_id")


def column_names(declarations: Sequence[Declaration]) -> tuple[str, ...]:
    """Return the lead columns that the declarations read, sorted."""
    return tuple(sorted(set().union(*map(reads, declarations))))


def _number(column: Column) -> Floats:
    assert not isinstance(column, Coded), "validated declarations compute with numbers only"
    return column


def _age(dataset: Dataset, lead: Indices, as_of: Instants) -> Floats:
    created = dataset.leads.created_at
    if created is None:
        return np.full(len(lead), np.nan)
    return np.asarray((as_of - created[lead]) / MICROSECONDS_PER_DAY)


def _clock(item: Clock, dataset: Dataset, lead: Indices) -> Column:
    created = dataset.leads.created_at
    if created is None:
        nothing = np.full(len(lead), -1, dtype=np.int32)
        return np.full(len(lead), np.nan) if item.part == "hour" else Coded(nothing, ())
    shown = wall_clock(created[lead], item.zone)
    if item.part == "hour":
        return np.asarray(shown % MICROSECONDS_PER_DAY // _HOUR, dtype=np.float64)
    weekday = (shown // MICROSECONDS_PER_DAY + _EPOCH_WEEKDAY) % 7
    return Coded(weekday.astype(np.int32), _WEEKDAYS)
