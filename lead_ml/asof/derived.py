"""Columns derived from other columns: what a declaration computes from those of its operands."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lead_ml.asof.kernel import quotient
from lead_ml.asof.matrix import widened
from lead_ml.clean import COMPARISONS
from lead_ml.declare import AllOf, Declaration, Difference, Interest, Lookup, PairRule, Ratio, spelling
from lead_ml.errors import DeclarationError
from lead_ml.tables.dataset import Coded, Floats

FeatureColumn = Coded | Floats
_ANSWERS = ("false", "true")


def derived_column(item: Declaration, parts: Sequence[FeatureColumn]) -> FeatureColumn:
    """Return the column (rows,) of a declaration from those of its operands, each (rows,), in their order."""
    if isinstance(item, Ratio):
        return quotient(*map(_number, parts))
    if isinstance(item, Difference):
        first, second = map(_number, parts)
        return np.asarray(first - second)
    if isinstance(item, Interest):
        return _strongest(item, [_number(part) for part in parts])
    texts = [_text(part) for part in parts]
    if isinstance(item, PairRule):
        return _compared(item, *texts)
    return _labels(item, texts[0]) if isinstance(item, Lookup) else _all_of(item, texts)


def _labels(item: Lookup, column: Coded) -> Coded:
    return column.map(lambda level: item.table.get(spelling(level), item.otherwise) or None)


def _compared(item: PairRule, first: Coded, second: Coded) -> Coded:
    if item.rule not in COMPARISONS:
        raise DeclarationError(
            f"rule of {item.name}", value=item.rule, expected=f"one of {', '.join(COMPARISONS)}"
        )
    rule = COMPARISONS[item.rule]
    return first.paired(second, lambda one, other: None if other is None else rule(one, other))


def _all_of(item: Declaration, columns: Sequence[Coded]) -> Coded:
    """Decide as Kleene's logic does: false wins over missing, missing over true."""
    assert isinstance(item, AllOf)
    state = np.ones(len(columns[0]), dtype=np.int32)
    for column, values in zip(columns, item.values, strict=True):
        passes = [1 if not values or level in values else 0 for level in column.levels]
        answer = np.array([*passes, -1 if values else 0], dtype=np.int32)[column.codes]
        state = np.where((state == 0) | (answer == 0), np.int32(0), np.minimum(state, answer))
    return Coded(state, _ANSWERS)


def _strongest(item: Interest, weights: Sequence[Floats]) -> Coded:
    codes = np.full(len(weights[0]), -1, dtype=np.int32)
    most = np.zeros(len(codes))
    for k, weight in enumerate(weights):
        more = weight > most
        codes[more], most = k, np.where(more, weight, most)
    return Coded(codes, item.tags)


def _number(column: FeatureColumn) -> Floats:
    assert not isinstance(column, Coded), "validated declarations compute with numbers only"
    return widened(column)


def _text(column: FeatureColumn) -> Coded:
    assert isinstance(column, Coded), "validated declarations look up texts only"
    return column
