"""The as-of join: declared features of any snapshots, from what was known strictly before each ``as_of``.

This is the only place that slices time, and the same code builds the training table, the batch of open leads and the
one lead of a request.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from lead_ml.clean import TRANSFORMS
from lead_ml.clean.text import as_number
from lead_ml.data import Coded, Dataset, Floats, Indices, Instants
from lead_ml.declare import MICROSECONDS_PER_DAY, Age, Aggregate, Attribute, Declaration
from lead_ml.encode import RawColumns
from lead_ml.errors import DeclarationError
from lead_ml.kernel import Kept, Plan, aggregate, compile_plans
from lead_ml.labels import Spine


def features_at(
    declarations: Sequence[Declaration],
    dataset: Dataset,
    spine: Spine,
    *,
    plans: Sequence[Plan] | None = None,
    kept: Mapping[str, Kept] | None = None,
) -> RawColumns:
    """Compute the declared features of every snapshot.

    Parameters
    ----------
    declarations
        Validated declarations.
    dataset
        Leads, events and outcomes.
    spine
        Snapshots (rows,).
    plans
        ``compile_plans(declarations)`` where the caller has it already.
    kept
        History of shared keys by plan name, for a dataset that holds only the leads of a request.

    Returns
    -------
    Mapping
        Feature name to a column of (rows,): :class:`Coded` for categories, float64 with NaN for the rest.
    """
    plans = compile_plans(declarations) if plans is None else plans
    columns: dict[str, Coded | Floats] = {}
    for plan in plans:
        matrix = aggregate(plan, dataset, spine.lead, spine.as_of, kept=(kept or {}).get(plan_name(plan)))
        for k, feature in enumerate(plan.features):
            columns[feature.name] = np.ascontiguousarray(matrix[:, k])
    for item in declarations:
        if isinstance(item, Attribute):
            columns[item.name] = attribute(item, dataset, spine.lead)
        elif isinstance(item, Age):
            columns[item.name] = _age(dataset, spine.lead, spine.as_of)
    return {item.name: columns[item.name] for item in declarations}


def plan_name(plan: Plan) -> str:
    """Name a plan by its stream and key, as in ``leads by email:domain``."""
    return f"{plan.stream} by {plan.key}"


def attribute(item: Attribute, dataset: Dataset, lead: Indices) -> Coded | Floats:
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
    read = {item.column for item in declarations if isinstance(item, Attribute)}
    for item in declarations:
        if isinstance(item, Aggregate):
            read.add(item.key.split(":")[0])
            if item.stream == "leads":
                read.update((*item.where, item.of))
    return tuple(sorted(read - {"lead_id", ""}))


def _age(dataset: Dataset, lead: Indices, as_of: Instants) -> Floats:
    created = dataset.leads.created_at
    if created is None:
        return np.full(len(lead), np.nan)
    return np.asarray((as_of - created[lead]) / MICROSECONDS_PER_DAY)
