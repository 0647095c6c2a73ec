"""Plans: the aggregates that one walk over one stream in one key order answers together."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from lead_ml.clean import TRANSFORMS
from lead_ml.declare import Aggregate, Declaration, Stream
from lead_ml.errors import DeclarationError
from lead_ml.kernel.fold import DECAYED, FIRST, LAST, NEVER, OPERATIONS, UNSEEN, Program

MOST_BITS = 64

Filter = tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, eq=False)
class Plan:
    """What one walk answers: F features over one stream by one key.

    Attributes
    ----------
    stream, key
        The stream, and the key as declared: ``lead_id``, a lead column, or ``column:transform``.
    features
        The F aggregates, in declared order; the columns of every result.
    filters
        The distinct filters, at most 64; bit i of a row says that it passes ``filters[i]``. A filter is a sorted
        tuple of (column, sorted values).
    value_columns
        Numeric columns that are summed; ``""`` stands for 1 on every row.
    distinct_columns
        Text columns whose values are told apart; ``lead_id`` tells the leads of a shared key apart.
    program
        The same as arrays, in the kernel's order: all-time features first, then by window.
    start
        (A,) int64, the state of the A all-time features before any row.
    """

    stream: Stream
    key: str
    features: tuple[Aggregate, ...]
    filters: tuple[Filter, ...]
    value_columns: tuple[str, ...]
    distinct_columns: tuple[str, ...]
    program: Program
    start: npt.NDArray[np.int64]

    @cached_property
    def digest(self) -> str:
        """SHA-256 of all that kept history depends on; wording does not matter."""
        features = [
            (item.aggregation, item.of, _filter(item), item.window, item.half_life) for item in self.features
        ]
        content = (self.stream, self.key, features)
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()

    @property
    def longest_window(self) -> int:
        """The longest finite window in microseconds, 0 where there is none."""
        return int(self.program.windows.max(initial=0))

    @property
    def decays(self) -> bool:
        """Whether the order of rows with equal instants can matter."""
        return bool((self.program.operations == DECAYED).any())


def compile_plans(declarations: Sequence[Declaration]) -> tuple[Plan, ...]:
    """Group the aggregates among validated declarations by stream and key, in order of first appearance.

    Raises
    ------
    DeclarationError
        For a key with an unknown transform, or more than 64 different filters or windows over one stream and key.
    """
    grouped: dict[tuple[Stream, str], list[Aggregate]] = {}
    for item in declarations:
        if isinstance(item, Aggregate):
            grouped.setdefault((item.stream, item.key), []).append(item)
    return tuple(_plan(stream, key, tuple(items)) for (stream, key), items in grouped.items())


def _plan(stream: Stream, key: str, features: tuple[Aggregate, ...]) -> Plan:
    _check_key(key, features[0].name)
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
    values = tuple(dict.fromkeys(item.of for item in features if item.aggregation in ("sum", "decayed_sum")))
    texts = tuple(dict.fromkeys(item.of for item in features if item.aggregation == "distinct"))
    program = _program(features, filters, windows, values, texts)
    operations = program.operations[: program.groups[1]]
    return Plan(stream, key, features, filters, values, texts, program, _start(operations))


def _program(
    features: tuple[Aggregate, ...],
    filters: tuple[Filter, ...],
    windows: tuple[int, ...],
    values: tuple[str, ...],
    texts: tuple[str, ...],
) -> Program:
    order = sorted(range(len(features)), key=lambda k: _window(features[k]))
    items = [features[k] for k in order]
    spans = np.array([_window(item) for item in items], dtype=np.int64)
    told = np.cumsum([item.aggregation == "distinct" for item in items], dtype=np.int64) - 1
    columns = [
        texts.index(item.of)
        if item.aggregation == "distinct"
        else (values.index(item.of) if item.of in values else -1)
        for item in items
    ]
    return Program(
        operations=np.array([OPERATIONS[item.aggregation] for item in items], dtype=np.int64),
        filters=np.array([1 << filters.index(_filter(item)) for item in items], dtype=np.uint64),
        columns=np.array(columns, dtype=np.int64),
        tallies=told,
        half_lives=np.array([item.half_life for item in items], dtype=np.int64),
        groups=np.searchsorted(spans, np.array([0, *windows, NEVER])).astype(np.int64),
        windows=np.array(windows, dtype=np.int64),
        slots=np.array([1 << slot for slot in range(len(windows))], dtype=np.uint64),
        outputs=np.array(order, dtype=np.int64),
    )


def _start(operations: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    start = np.zeros(len(operations), dtype=np.int64)
    start[operations == FIRST] = NEVER
    start[(operations == LAST) | (operations == DECAYED)] = UNSEEN
    return start


def _window(item: Aggregate) -> int:
    return item.window if item.aggregation in ("count", "sum", "distinct") else 0


def _filter(item: Aggregate) -> Filter:
    return tuple(sorted((column, tuple(sorted(set(values)))) for column, values in item.where.items()))


def _check_key(key: str, feature: str) -> None:
    _, colon, transform = key.partition(":")
    if colon and transform not in TRANSFORMS:
        raise DeclarationError(
            f"transform in the key of feature {feature}",
            value=transform,
            expected=f"one of {', '.join(sorted(TRANSFORMS))}",
        )
