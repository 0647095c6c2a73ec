"""Rows of a stream as numbers: which key, when, which filters they pass, what they add."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from lead_ml.asof.kernel.attribute_history import FOREVER, column_at, entries, moves
from lead_ml.asof.kernel.order import keep_allowed, millionths
from lead_ml.asof.kernel.parts import DAY_COLUMN
from lead_ml.asof.kernel.plan import Plan
from lead_ml.asof.kernel.program import LARGEST_SUM
from lead_ml.asof.kernel.stored import stored_of
from lead_ml.clean.numbers import as_number
from lead_ml.declare import EVERYONE, LEAD_STREAMS, STREAM_NUMBERS, Range
from lead_ml.errors import DeclarationError, InputError
from lead_ml.tables.cell_rules import CellRules, spelling_key
from lead_ml.tables.dataset import Coded, Codes, Dataset, Events, Floats, Indices, Instants
from lead_ml.tables.instants import local_day

_FEW_DAYS = 4096
_PLAIN = CellRules()
_NOTHING = Coded(np.empty(0, dtype=np.int32), ())


@dataclass(frozen=True, eq=False)
class StreamRows:
    """N rows of a stream in any order, all with a key."""

    key: Indices  # (N,) codes
    known: Instants  # (N,) microseconds UTC
    occurred: Instants
    passes: npt.NDArray[np.uint64]  # (N,) bit i set where the row passes filter i of the plan
    values: npt.NDArray[np.int64]  # (V, N) millionths, missing as 0
    texts: tuple[Coded, ...]  # D columns whose values are distinguished, then L that are shown
    event_id: Coded | None  # settles the order of rows with equal instants

    def __len__(self) -> int:
        return len(self.key)

    def take(self, rows: npt.NDArray[np.int64] | npt.NDArray[np.bool_]) -> StreamRows:
        """Return the rows by position or mask."""
        rows = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows
        return StreamRows(
            self.key[rows],
            self.known[rows],
            self.occurred[rows],
            self.passes[rows],
            np.take(self.values, rows, axis=1),
            tuple(text.take(rows) for text in self.texts),
            None if self.event_id is None else self.event_id.take(rows),
        )


@dataclass(frozen=True, eq=False)
class _Table:
    """What the three streams have in common."""

    lead: Indices
    known: Instants
    occurred: Instants
    columns: Mapping[str, Coded]
    number: Callable[[str], Floats | None]


def lead_keys(plan: Plan, dataset: Dataset) -> Coded:
    """Return the key of every lead as coded text; a column that the data lacks is missing everywhere.

    Of a key that changes it is the last one; the levels are all that any lead ever had.
    """
    leads = dataset.leads
    if plan.key == EVERYONE:
        return Coded(np.zeros(len(leads), dtype=np.int32), (EVERYONE,))
    if plan.key == "lead_id":
        return Coded(np.arange(len(leads), dtype=np.int32), leads.lead_id)
    moved = moves(dataset, plan.key)
    if moved is not None:
        everybody = np.arange(len(leads), dtype=np.int64)
        return moved.value("key", moved.last_before(everybody, np.full(len(leads), FOREVER)))
    column, colon, transform = plan.key.partition(":")
    key = leads.columns.get(column)
    if key is None:
        return Coded(np.full(len(leads), -1, dtype=np.int32), ())
    return key.map(dataset.rules.transform(transform)) if colon else key


def collect(plan: Plan, dataset: Dataset, key: Coded) -> StreamRows | None:
    """Return the rows of the plan's stream whose lead has a key; None where the stream was not supplied.

    A row enters the stream of a shared key when it is known, its lead exists and has the key, whichever is last. A filter on
    a column that the stream lacks passes nothing; such a column adds up to 0 and has 0 different values.
    """
    _check_still(plan, dataset)
    table = _table(plan, dataset)
    if table is None:
        return None
    created = dataset.leads.created_at
    known = table.known
    if plan.key != "lead_id" and created is not None:
        known = np.maximum(known, created[table.lead])
    codes = table.lead if plan.key == "lead_id" else key.codes[table.lead].astype(np.int64)
    moved = moves(dataset, plan.key)
    if moved is not None:
        codes = np.zeros_like(codes)  # whatever keys a row enters, no sum of one exceeds that of all rows
    rows = StreamRows(
        codes,
        known,
        table.occurred,
        _passes(plan, table, len(codes), dataset.rules if plan.stream in LEAD_STREAMS else _PLAIN),
        _values(plan, table, codes),
        tuple(_text(column, table, dataset) for column in plan.text_columns),
        table.columns.get("event_id"),
    )
    if moved is not None:
        row, key_of, enters = entries(moved, table.lead, known)
        return replace(rows.take(row), key=key_of, known=enters)
    return rows if bool((codes >= 0).all()) else rows.take(codes >= 0)


def _check_still(plan: Plan, dataset: Dataset) -> None:
    if plan.key.partition(".")[0] in dataset.extra:
        raise DeclarationError(
            f"the key of {plan.name} is a column of an extra table",
            value=plan.key,
            expected="a column of the leads, or column:transform",
            do="put the column into the leads, or its changes into lead_history",
        )
    if plan.stream not in LEAD_STREAMS or not dataset.history:
        return
    changing = set(dataset.history) - dataset.merged_columns
    for column in sorted(plan.columns.union(plan.distinct_columns) & changing):
        raise DeclarationError(
            f"a feature over {plan.name} filters or shows a lead column that changes",
            value=column,
            expected="columns known at creation: a lead enters a stream once, as it was",
            do="use the column as an attribute or as the key, or declare it known_at: creation",
        )


def no_rows(plan: Plan) -> StreamRows:
    """Return no rows, in the shape of the plan."""
    none = np.empty(0, dtype=np.int64)
    return StreamRows(
        none,
        none,
        none,
        np.empty(0, dtype=np.uint64),
        np.empty((len(plan.value_columns), 0), dtype=np.int64),
        (_NOTHING,) * len(plan.text_columns),
        None,
    )


def _table(plan: Plan, dataset: Dataset) -> _Table | None:
    if plan.stream == "leads":
        return _leads_table(dataset)
    if plan.stream == "conversions":
        return _conversions_table(plan, dataset)
    if plan.stream == "events" and stored_of(dataset) is not None:
        raise InputError(
            "the events of this dataset are stored elsewhere, and were asked for in memory", source=plan.name
        )
    source = dataset.events if plan.stream == "events" else dataset.outcomes
    if source is None:
        return None
    numbers = {STREAM_NUMBERS[plan.stream]: source.value if isinstance(source, Events) else source.amount}
    return _Table(source.lead, source.known_at, source.occurred_at, source.columns, numbers.get)


def _conversions_table(plan: Plan, dataset: Dataset) -> _Table | None:
    """Return a row per lead that reached a stage soon enough: it occurred at creation, known from the first such record."""
    leads, outcomes = _leads_table(dataset), dataset.outcomes
    if leads is None or outcomes is None:
        return None
    stages, within = plan.features[0].stages, plan.features[0].within
    stage = outcomes.columns["stage"]
    wanted = np.array([*(level in stages for level in stage.levels), False])[stage.codes]
    created = leads.known[outcomes.lead]
    rows = np.flatnonzero(wanted & (outcomes.occurred_at - created < within))
    known = np.full(len(leads.lead), np.iinfo(np.int64).max)
    np.minimum.at(known, outcomes.lead[rows], np.maximum(outcomes.known_at, created)[rows])
    lead = np.unique(outcomes.lead[rows])
    return _Table(
        lead,
        known[lead],
        leads.known[lead],
        {column: text.take(lead) for column, text in leads.columns.items()},
        lambda column: None if (numbers := leads.number(column)) is None else numbers[lead],
    )


def _leads_table(dataset: Dataset) -> _Table | None:
    leads = dataset.leads
    if leads.created_at is None:
        return None
    everybody = np.arange(len(leads), dtype=np.int64)
    # A lead enters a stream once, as it was: a person as its first member.
    merged = {name: column_at(dataset, name, everybody, leads.created_at) for name in dataset.merged_columns}
    columns = {**leads.columns, **merged}
    return _Table(
        everybody,
        leads.created_at,
        leads.created_at,
        columns,
        lambda column: columns[column].numbers(as_number) if column in columns else None,
    )


def _text(column: str, table: _Table, dataset: Dataset) -> Coded:
    if column.startswith(DAY_COLUMN):
        return _days(local_day(table.occurred, column.removeprefix(DAY_COLUMN)))
    if column == "lead_id":
        return Coded(table.lead.astype(np.int32), dataset.leads.lead_id)
    text = table.columns.get(column)
    return Coded(np.full(len(table.lead), -1, dtype=np.int32), ()) if text is None else text


def _days(days: Indices) -> Coded:
    """Code calendar days: every day of the span is a level, written only where it is read, unless most would be empty."""
    if not len(days):
        return _NOTHING
    first = int(days.min())
    count = int(days.max()) - first + 1
    if count <= max(_FEW_DAYS, len(days)):
        return Coded((days - first).astype(np.int32), NumberTexts(first, count))
    levels, codes = np.unique(days, return_inverse=True)
    return Coded(codes.astype(np.int32), tuple(map(str, levels.tolist())))


class NumberTexts(Sequence[str]):
    """The `count` whole numbers from `first` as texts, written only where they are read."""

    def __init__(self, first: int, count: int) -> None:
        self._numbers = range(first, first + count)

    def __len__(self) -> int:
        return len(self._numbers)

    def __getitem__(self, place: Any) -> Any:
        """Return one number, or a part of them."""
        return (
            tuple(map(str, self._numbers[place])) if isinstance(place, slice) else str(self._numbers[place])
        )


def _passes(plan: Plan, table: _Table, rows: int, rules: CellRules) -> npt.NDArray[np.uint64]:
    """Return which filters each row passes; a value that a filter names stands for all its spellings."""
    passes = np.full(rows, (1 << len(plan.filters)) - 1, dtype=np.uint64)
    for column, free, allowed in plan.text_bits:
        text = table.columns.get(column, _NOTHING)
        key = partial(spelling_key, yes_no=rules.leads.of(column).yes_no)
        folded: dict[str, int] = {}
        for level, passed in allowed.items():
            folded[key(level)] = folded.get(key(level), 0) | passed
        bits = np.array(
            [*(free | allowed.get(level, folded.get(key(level), 0)) for level in text.levels), free],
            dtype=np.uint64,
        )
        if len(text):
            keep_allowed(passes, np.require(text.codes, np.int32, ("C", "W")), bits)
        else:
            passes &= bits[-1]
    for k, item in enumerate(plan.filters):
        for column, allowed_range in item.ranges:
            outside = ~_within(table.number(column), allowed_range, rows)
            passes &= ~(outside.astype(np.uint64) << np.uint64(k))
    return passes


def _within(numbers: Floats | None, allowed: Range, rows: int) -> npt.NDArray[np.bool_]:
    if numbers is None:
        return np.zeros(rows, dtype=np.bool_)
    least = -np.inf if allowed.at_least is None else allowed.at_least
    inside = numbers >= least  # never where it is missing
    return inside if allowed.below is None else inside & (numbers < allowed.below)


def _values(plan: Plan, table: _Table, key: Codes | Indices) -> npt.NDArray[np.int64]:
    values = np.zeros((len(plan.value_columns), len(key)), dtype=np.int64)
    for k, column in enumerate(plan.value_columns):
        numbers = table.number(column)
        if numbers is not None and not millionths(numbers, values[k]) < LARGEST_SUM:
            _check_size(plan, column, numbers, key)
    return values


def _check_size(plan: Plan, column: str, numbers: Floats, key: Codes | Indices) -> None:
    with np.errstate(invalid="ignore"):
        sizes = np.where(np.isnan(numbers), 0.0, np.abs(numbers))
        largest = np.bincount(key + 1, weights=sizes)[1:].max(initial=0.0)
    if not largest < LARGEST_SUM:
        raise InputError(
            f"the column {column} adds up to too much for one {plan.key}",
            source=plan.stream,
            value=float(largest),
            expected=f"less than {LARGEST_SUM:.1e} in absolute value",
            do="look for absurd values, or express the column in thousands",
        )
