"""The tables of a project in memory: columns as coded text, instants as microseconds UTC, rows by lead index.

This is the one shape that everything after the reading works on: the training table, the single lead of a request
(a table of one row) and a partition of a cluster. No pandas object and no Python loop over rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

Instants = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int32]
Indices = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Coded:
    """A text column: ``levels[codes[i]]`` is the value of row i, code -1 is missing.

    Levels are unique strings in any order; they need not all occur.
    """

    codes: Codes
    levels: Sequence[str]

    @classmethod
    def of(cls, values: Sequence[str | None]) -> Coded:
        """Code a sequence of texts, ``None`` as missing.

        >>> Coded.of(["b", None, "b"]).codes.tolist()
        [0, -1, 0]
        """
        lookup: dict[str, int] = {}
        codes = [-1 if value is None else lookup.setdefault(value, len(lookup)) for value in values]
        return cls(np.array(codes, dtype=np.int32), tuple(lookup))

    def __len__(self) -> int:
        return len(self.codes)

    def take(self, rows: npt.NDArray[Any]) -> Coded:
        """Return the rows by position or mask, with the same levels."""
        return Coded(self.codes[rows], self.levels)

    def map(self, function: Callable[[str], str | None]) -> Coded:
        """Apply a function to every level; levels that fall together are merged, ``None`` becomes missing."""
        merged = Coded.of([function(level) for level in self.levels])
        lookup = np.append(merged.codes, np.int32(-1))
        return Coded(lookup[self.codes], merged.levels)

    def numbers(self, function: Callable[[str], float]) -> Floats:
        """Apply a function that returns a float to every level; missing rows become NaN."""
        lookup = np.array([*map(function, self.levels), np.nan], dtype=np.float64)
        return lookup[self.codes]

    def values(self) -> list[str | None]:
        """Return the rows as Python values."""
        levels: tuple[str | None, ...] = (*self.levels, None)
        return [levels[code] for code in self.codes]


@dataclass(frozen=True)
class Leads:
    """One row per lead. ``created_at`` is None for data without dates; ``columns`` holds every other column."""

    lead_id: tuple[str, ...]
    created_at: Instants | None
    columns: Mapping[str, Coded] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.lead_id)


@dataclass(frozen=True)
class Events:
    """One row per event; ``lead`` is the row of its lead in :class:`Leads`.

    ``columns`` holds ``type`` and, where supplied, ``channel``, ``page``, ``session_id`` and ``event_id``;
    ``value`` is NaN where missing.
    """

    lead: Indices
    occurred_at: Instants
    known_at: Instants
    columns: Mapping[str, Coded]
    value: Floats

    def __len__(self) -> int:
        return len(self.lead)


@dataclass(frozen=True)
class Outcomes:
    """One row per dated stage change; ``columns`` holds ``stage`` and, where supplied, ``reason``."""

    lead: Indices
    occurred_at: Instants
    known_at: Instants
    columns: Mapping[str, Coded]
    amount: Floats

    def __len__(self) -> int:
        return len(self.lead)


@dataclass(frozen=True, eq=False)
class Changes:
    """Values that change over time: from ``at[i]`` on, ``owner[i]`` has row i of every column.

    Rows stand by (owner, at), one at most of an owner at an instant; make them with :meth:`of`. Owners are rows of the leads
    table, or of ``Extra.keys``.
    """

    owner: Indices
    at: Instants
    columns: Mapping[str, Coded]

    def __len__(self) -> int:
        return len(self.owner)

    @classmethod
    def of(cls, owner: Indices, at: Instants, columns: Mapping[str, Coded]) -> Changes:
        """Put rows in order; see :func:`changes_in_order` for several of one owner at one instant."""
        return cls(owner, at, columns).take(changes_in_order(owner, at, columns)[0])

    def take(self, rows: npt.NDArray[Any]) -> Changes:
        """Return rows, by mask or by ascending position."""
        columns = {name: column.take(rows) for name, column in self.columns.items()}
        return Changes(self.owner[rows], self.at[rows], columns)

    def last_before(self, owner: Indices, as_of: Instants) -> Indices:
        """Return the row of each owner's last change strictly before `as_of`, -1 where there is none: (n,).

        Owner -1 has none. Takes O(n log N) by bisection of all questions at once.
        """
        first = np.searchsorted(self.owner, owner, side="left")
        low, high = first.copy(), np.searchsorted(self.owner, owner, side="right")
        while (low < high).any():
            middle = (low + high) // 2
            earlier = (low < high) & (self.at[np.minimum(middle, len(self) - 1)] < as_of)
            high = np.where((low < high) & ~earlier, middle, high)
            low = np.where(earlier, middle + 1, low)
        return np.where(low > first, low - 1, -1)

    def value(self, column: str, rows: Indices) -> Coded:
        """Return a column at rows of :meth:`last_before`; missing at -1, and everywhere where there is no such column."""
        found = self.columns.get(column)
        if found is None:
            return Coded(np.full(len(rows), -1, dtype=np.int32), ())
        return Coded(np.append(found.codes, np.int32(-1))[rows], found.levels)


def changes_in_order(owner: Indices, at: Instants, columns: Mapping[str, Coded]) -> tuple[Indices, Indices]:
    """Return the rows that count, by (owner, at), and those that another one of the same owner and instant hides.

    No file says which of two changes at one instant was the last, so their texts decide: the later in the order of text, column
    by column in the order of their names, a missing value before all. The order of rows thus changes nothing.
    """
    texts = [_text_rank(columns[name]) for name in sorted(columns, reverse=True)]
    order = np.lexsort((*texts, at, owner)).astype(np.int64)
    last = np.ones(len(order), dtype=np.bool_)
    last[:-1] = (np.diff(owner[order]) != 0) | (np.diff(at[order]) != 0)
    return order[last], np.sort(order[~last])


def _text_rank(column: Coded) -> Indices:
    ranks = np.full(len(column.levels) + 1, -1, dtype=np.int64)
    ranks[sorted(range(len(column.levels)), key=column.levels.__getitem__)] = np.arange(len(column.levels))
    return ranks[column.codes]


@dataclass(frozen=True, eq=False)
class Extra:
    """A table of third-party data: rows of a key, each known from an instant on.

    ``key`` is the lead column that finds a row, or ``column:transform`` with a transform of :mod:`lead_ml.clean`; ``keys``
    are the K texts, and ``rows.owner`` is a place among them.
    """

    key: str
    keys: tuple[str, ...]
    rows: Changes

    @cached_property
    def place(self) -> Mapping[str, int]:
        """Place of each key."""
        return {text: k for k, text in enumerate(self.keys)}

    def latest(self, until: int, columns: Sequence[str] | None = None) -> Extra:
        """Return the last row of each key known strictly before `until` (microseconds UTC), keys in order of text.

        That is what a bundle carries. For an ``as_of`` before such a row is known the key has none.
        """
        chosen = self.rows.columns if columns is None else columns
        everyone = np.arange(len(self.keys), dtype=np.int64)
        last = self.rows.last_before(everyone, np.full(len(everyone), until, dtype=np.int64))
        order = np.array(
            sorted(np.flatnonzero(last >= 0).tolist(), key=self.keys.__getitem__), dtype=np.int64
        )
        rows = last[order]
        found = {name: self.rows.value(name, rows) for name in sorted(chosen)}
        changes = Changes(np.arange(len(order)), self.rows.at[rows], found)
        return Extra(self.key, tuple(self.keys[k] for k in order.tolist()), changes)

    def owners(self, key: Coded) -> Indices:
        """Return the place of each row's key, -1 where it is missing or has no rows."""
        places = np.full(len(key.levels) + 1, -1, dtype=np.int64)
        for code in np.unique(key.codes[key.codes >= 0]).tolist():
            places[code] = self.place.get(key.levels[code], -1)
        return places[key.codes]


@dataclass(frozen=True)
class Dataset:
    """What a project knows: leads, and events and outcomes where they were supplied.

    ``until`` is the end of the data in microseconds UTC: nothing later is known. ``digests`` maps each table to the
    SHA-256 of its content in canonical form. ``history`` holds the changes of every lead column that is known as it stood
    (``known_at: history``), by its name, in a column of that name; what ``leads.columns`` has of it is then its value at
    the end. A request has no history: its values are those of now. ``extra`` are third-party tables by name.
    """

    leads: Leads
    events: Events | None = None
    outcomes: Outcomes | None = None
    until: int = 0
    digests: Mapping[str, str] = field(default_factory=dict)
    history: Mapping[str, Changes] = field(default_factory=dict)
    extra: Mapping[str, Extra] = field(default_factory=dict)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns that a feature may read of a lead: its own, then ``table.column`` of the extra tables."""
        extra = (f"{name}.{column}" for name, table in self.extra.items() for column in table.rows.columns)
        return (*self.leads.columns, *extra)
