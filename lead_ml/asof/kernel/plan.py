"""Plans: the aggregates that one scan of one stream in one key order answers together."""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lead_ml.asof.kernel.parts import content, parts_of
from lead_ml.asof.kernel.program import (
    DECAYED,
    FIRST,
    FIRST_TEXT,
    LAST,
    LAST_TEXT,
    MAX,
    NEVER,
    OPERATIONS,
    UNSEEN,
    Program,
)
from lead_ml.clean import TRANSFORMS
from lead_ml.declare import Aggregate, Declaration, Range, Rate, Stream, operands
from lead_ml.errors import DeclarationError

MOST_BITS = 64
_ADDED = ("count", "sum")
_NO_WINDOW = ("days_since_first", "days_since_last", "decayed_sum")


class Filter(NamedTuple):
    """What a row must satisfy, sorted by column: texts that are allowed, and ranges of numbers."""

    texts: tuple[tuple[str, tuple[str, ...]], ...]
    ranges: tuple[tuple[str, Range], ...]


@dataclass(frozen=True, eq=False)
class Plan:
    """What one scan answers: F features over one stream by one key.

    The key is as declared: ``lead_id``, ``*`` for everyone, a lead column, or ``column:transform``.
    """

    stream: Stream
    key: str
    features: tuple[Aggregate, ...]  # what the kernel computes, see parts.py; the columns of every result
    filters: tuple[Filter, ...]  # at most 64: bit i of a row says that it passes filters[i]
    value_columns: tuple[str, ...]  # numbers that are summed or compared
    distinct_columns: tuple[str, ...]  # texts whose distinct values count; lead_id: the leads of a shared key
    shown_columns: tuple[str, ...]  # texts whose first or last value is shown
    program: Program  # the same as arrays, in the kernel's order
    ever: npt.NDArray[np.int64]  # (A,) the all-time features among those of the program

    @cached_property
    def digest(self) -> str:
        """SHA-256 of all that a history snapshot depends on; wording does not matter."""
        features = [content(item).decode() for item in self.features]
        return hashlib.sha256(json.dumps((self.stream, self.key, features)).encode()).hexdigest()

    @property
    def name(self) -> str:
        """Name of the plan within its declarations, as in ``leads by email:domain``."""
        first = self.features[0]
        to = f" to {'/'.join(first.stages)} within {first.within} us" if self.stream == "conversions" else ""
        return f"{self.stream}{to} by {self.key}"

    @property
    def text_columns(self) -> tuple[str, ...]:
        """Text columns of a row: those with distinct values, then those shown."""
        return self.distinct_columns + self.shown_columns

    @cached_property
    def shown(self) -> tuple[tuple[int, int], ...]:
        """The features that show a text, each with the place of its column among those shown."""
        return tuple(
            (k, self.shown_columns.index(item.of))
            for k, item in enumerate(self.features)
            if item.aggregation in _READ["shown"]
        )

    @cached_property
    def columns(self) -> frozenset[str]:
        """Columns of the stream that are filtered, added up or shown."""
        filtered = (column for item in self.filters for column, _ in (*item.texts, *item.ranges))
        return frozenset((*self.value_columns, *self.shown_columns, *filtered))

    @cached_property
    def text_bits(self) -> tuple[tuple[str, int, Mapping[str, int]], ...]:
        """Return for each text column of the filters, by name, those that leave it free and those that allow each value, as bits."""
        found = []
        for column in sorted({name for item in self.filters for name, _ in item.texts}):
            free, allowed = 0, dict[str, int]()
            for k, item in enumerate(self.filters):
                values = dict(item.texts).get(column)
                free |= (values is None) << k
                for value in values or ():
                    allowed[value] = allowed.get(value, 0) | 1 << k
            found.append((column, free, allowed))
        return tuple(found)

    @cached_property
    def longest_window(self) -> int:
        """The longest finite window in microseconds, 0 where there is none."""
        return int(self.program.windows.max(initial=0))

    @cached_property
    def order_matters(self) -> bool:
        """Whether the order of rows with equal instants can matter."""
        return bool(np.isin(self.program.operations, (DECAYED, FIRST_TEXT, LAST_TEXT)).any())


def compile_plans(declarations: Sequence[Declaration]) -> tuple[Plan, ...]:
    """Group what the kernel computes for validated declarations by stream and key, in order of first appearance."""
    grouped: dict[tuple[object, ...], dict[bytes, Aggregate]] = {}
    for item in declarations:
        for operand in operands(item) or (item,):
            if isinstance(operand, Aggregate | Rate):
                _check_key(operand.key, item.name)
                for part in parts_of(operand):
                    place = (part.stream, part.key, part.stages, part.within)
                    grouped.setdefault(place, {}).setdefault(content(part), part)
    return tuple(_plan(tuple(parts.values())) for parts in grouped.values())


def _plan(features: tuple[Aggregate, ...]) -> Plan:
    stream, key = features[0].stream, features[0].key
    filters = tuple(dict.fromkeys(map(_filter, features)))
    windows = tuple(sorted({_window(item) for item in features} - {0}))
    for what, found in (("filters", filters), ("windows", windows)):
        if len(found) > MOST_BITS:
            raise DeclarationError(
                f"different {what} over {stream} by {key}",
                value=len(found),
                expected=f"at most {MOST_BITS}",
                do="drop features or let them share filters and windows",
            )
    read = {
        kind: tuple(dict.fromkeys(item.of for item in features if item.of and item.aggregation in kinds))
        for kind, kinds in _READ.items()
    }
    program = _program(features, filters, windows, read)
    return Plan(
        stream,
        key,
        features,
        filters,
        read["values"],
        read["codes"],
        read["shown"],
        program,
        np.flatnonzero(program.states >= 0),
    )


_READ = {
    "values": ("sum", "decayed_sum", "max"),
    "codes": ("distinct",),
    "shown": ("first", "last"),
}


def _program(
    features: tuple[Aggregate, ...],
    filters: tuple[Filter, ...],
    windows: tuple[int, ...],
    read: Mapping[str, tuple[str, ...]],
) -> Program:
    cells = [(filters.index(_filter(item)), _column(item, read)) for item in features]
    order = sorted(range(len(features)), key=lambda k: (_kind(features[k]), cells[k]))
    items = [features[k] for k in order]
    kinds, places = [_kind(item) for item in items], [cells[k] for k in order]
    ever = np.array([_window(item) == 0 for item in items])
    operations = np.array([OPERATIONS[item.aggregation] for item in items], dtype=np.int64)
    start = np.where(np.isin(operations, (FIRST, FIRST_TEXT)), NEVER, np.int64(0))
    start[np.isin(operations, (LAST, LAST_TEXT, DECAYED, MAX))] = UNSEEN
    return Program(
        operations=operations,
        filters=np.array([1 << cells[k][0] for k in order], dtype=np.uint64),
        columns=np.array([cells[k][1] for k in order], dtype=np.int64),
        slots=np.array([-1 if item else windows.index(_window(items[k])) for k, item in enumerate(ever)]),
        half_lives=np.array([item.half_life for item in items], dtype=np.int64),
        states=np.where(ever, np.cumsum(ever) - 1, -1).astype(np.int64),
        outputs=np.array(order, dtype=np.int64),
        cells=_starts(kinds, places, 0),
        sets=_starts(kinds, places, 1),
        windows=np.array(windows, dtype=np.int64),
        start=start[ever],
    )


def _kind(item: Aggregate) -> int:
    return 0 if item.aggregation in _ADDED else 1 if item.aggregation == "distinct" else 2


def _starts(kinds: Sequence[int], cells: Sequence[tuple[int, int]], kind: int) -> npt.NDArray[np.int64]:
    """Return where each cell of a kind begins among the features in the kernel's order, and where its last one ends."""
    first, end = bisect_left(kinds, kind), bisect_right(kinds, kind)
    return np.array([k for k in range(first, end) if k == first or cells[k] != cells[k - 1]] + [end])


def _column(item: Aggregate, read: Mapping[str, tuple[str, ...]]) -> int:
    kinds = [kind for kind, kinds in _READ.items() if item.of and item.aggregation in kinds]
    return read[kinds[0]].index(item.of) if kinds else -1


def _window(item: Aggregate) -> int:
    return 0 if item.aggregation in _NO_WINDOW else item.window


def _filter(item: Aggregate) -> Filter:
    texts = sorted((column, tuple(sorted(set(values)))) for column, values in item.where.items())
    return Filter(tuple(texts), tuple(sorted(item.ranges.items())))


def _check_key(key: str, feature: str) -> None:
    _, colon, transform = key.partition(":")
    if colon and transform not in TRANSFORMS:
        raise DeclarationError(
            f"transform in the key of feature {feature}",
            value=transform,
            expected=f"one of {', '.join(sorted(TRANSFORMS))}",
        )
