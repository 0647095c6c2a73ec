"""Values that change over time: changes of lead columns, and rows of third-party tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from lead_ml.tables.columns import Coded, Indices, Instants
from lead_ml.tables.summary import counted, one_line


@dataclass(frozen=True, eq=False)
class Changes:
    """Values that change over time: from ``at[i]`` (microseconds UTC) on, ``owner[i]`` has row i of every one of the ``columns``.

    Owners are rows of the leads table, or places in ``Extra.keys``. Rows are in order of (owner, at), with at most one row
    of an owner at an instant; :meth:`of` puts them in this order.

    >>> changes = Changes.of(np.array([0, 0]), np.array([50, 20]), {"owner": Coded.of(["Li", "Wang"])})
    >>> rows = changes.last_before(np.array([0, 0, 0]), np.array([20, 21, 60]))
    >>> changes.value("owner", rows).values()
    [None, 'Wang', 'Li']
    """

    owner: Indices
    at: Instants
    columns: Mapping[str, Coded]

    def __len__(self) -> int:
        return len(self.owner)

    def __repr__(self) -> str:
        return f"Changes({one_line(len(self), self.columns, self.at)})"

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

    def before(self, at: int) -> Changes:
        """Return the changes strictly before an instant, microseconds UTC."""
        early = self.at < at
        return self if early.all() else self.take(early)

    def latest(self, column: str, owners: int) -> Coded:
        """Return the last value that each of the owners 0 to `owners` - 1 has, (owners,)."""
        everybody = np.arange(owners, dtype=np.int64)
        end = np.full(owners, np.iinfo(np.int64).max)
        return self.value(column, self.last_before(everybody, end))

    def value(self, column: str, rows: Indices) -> Coded:
        """Return a column at rows of :meth:`last_before`; missing at -1, and everywhere where there is no such column."""
        found = self.columns.get(column)
        if found is None:
            return Coded(np.full(len(rows), -1, dtype=np.int32), ())
        return Coded(np.append(found.codes, np.int32(-1))[rows], found.levels)


def changes_in_order(owner: Indices, at: Instants, columns: Mapping[str, Coded]) -> tuple[Indices, Indices]:
    """Return the rows that count, by (owner, at), and those that another one of the same owner and instant hides.

    The order of two changes at the same time is unknown, so their texts decide: the later in alphabetical order, column
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
    pseudonym: Callable[[str], str] | None = None  # what the keys are stored under

    def __repr__(self) -> str:
        rows = one_line(len(self.rows), self.rows.columns, self.rows.at)
        return f"Extra(key {self.key}, {counted(len(self.keys), 'value')}, {rows})"

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
        order = sorted(np.flatnonzero(last >= 0).tolist(), key=self.keys.__getitem__)
        rows = last[np.array(order, dtype=np.int64)]
        found = {name: self.rows.value(name, rows) for name in sorted(chosen)}
        changes = Changes(np.arange(len(order)), self.rows.at[rows], found)
        return Extra(self.key, tuple(self.keys[k] for k in order), changes)

    def owners(self, key: Coded) -> Indices:
        """Return the place of each row's key, -1 where it is missing or has no rows."""
        places = np.full(len(key.levels) + 1, -1, dtype=np.int64)
        for code in np.unique(key.codes[key.codes >= 0]).tolist():
            name = key.levels[code]
            places[code] = self.place.get(self.pseudonym(name) if self.pseudonym else name, -1)
        return places[key.codes]

    def under_pseudonyms(self, pseudonym: Callable[[str], str]) -> Extra:
        """Return a table of :meth:`latest` that holds pseudonyms for its keys, in their order."""
        names = [pseudonym(key) for key in self.keys]
        order = np.array(sorted(range(len(names)), key=names.__getitem__), dtype=np.int64)
        columns = {name: column.take(order) for name, column in self.rows.columns.items()}
        rows = Changes(np.arange(len(order)), self.rows.at[order], columns)
        return Extra(self.key, tuple(names[k] for k in order.tolist()), rows, pseudonym)
