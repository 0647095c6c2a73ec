"""Large feature tables in little memory: columns in the smallest type that holds them exactly, matrices that are made block by block.

Every value read from them is the float64 it was: narrow columns are widened where rows are taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from lead_ml.tables.dataset import Coded, Floats, Indices, Mask

BLOCK = 16_384  # rows of a matrix that is made to be used once
_KINDS: tuple[np.dtype[Any], ...] = tuple(map(np.dtype, (np.uint16, np.float32, np.float64)))

RawColumns = Mapping[str, Coded | Floats]
StoredColumn = tuple[npt.NDArray[Any], Indices | None]


def narrowed(values: Floats, least: np.dtype[Any] = _KINDS[0]) -> npt.NDArray[Any]:
    """Return numbers (n,) in the smallest type from `least` up that holds each of them exactly, sign of zero included.

    >>> [narrowed(np.array([3.0, found])).dtype.name for found in (4.0, np.nan, 0.1)]
    ['uint16', 'float32', 'float64']
    """
    for kind in _KINDS[_KINDS.index(least) : -1]:
        with np.errstate(over="ignore", invalid="ignore"):
            short = values.astype(kind)
        if _exact(short, values):
            return short
    return values


def _exact(short: npt.NDArray[Any], values: Floats) -> bool:
    same = short == values
    if short.dtype.kind == "u":
        return bool(same.all()) and not bool(np.signbit(values).any())
    return bool((same | np.isnan(values)).all())


def widened(values: npt.NDArray[Any]) -> Floats:
    """Return numbers as float64."""
    return np.asarray(values, dtype=np.float64)


@dataclass(frozen=True, eq=False)
class RowsOf(Mapping[str, Coded | Floats]):
    """Some rows of raw columns, taken column by column where one is asked for; ``own`` columns have these rows already."""

    raw: RawColumns
    rows: Indices
    own: Mapping[str, Floats] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Coded | Floats:
        if name in self.own:
            return self.own[name]
        column = self.raw[name]
        return column.take(self.rows) if isinstance(column, Coded) else widened(column[self.rows])

    def __iter__(self) -> Iterator[str]:
        return iter({**self.raw, **self.own})

    def __len__(self) -> int:
        return len({**self.raw, **self.own})

    def stored(self, name: str) -> StoredColumn:
        """Return a column of numbers as it is stored, with the positions of its rows."""
        if name in self.own:
            return self.own[name], None
        column = self.raw[name]
        assert not isinstance(column, Coded)
        return column, self.rows


def take(raw: RawColumns, rows: Indices | Mask) -> RawColumns:
    """Return the rows, by position or mask, of every raw column."""
    return dict(RowsOf(raw, np.arange(len(rows))[rows] if rows.dtype == np.bool_ else rows.astype(np.int64)))


def blocks(rows: int) -> Iterator[slice]:
    """Cut rows into blocks; at least one, be it empty."""
    for start in range(0, max(rows, 1), BLOCK):
        yield slice(start, start + BLOCK)


@dataclass(frozen=True, eq=False)
class FeatureMatrix:
    """A float64 matrix (n, d) that is made where it is read: ``X[rows]``, ``X[:, column]``, ``np.asarray(X)``.

    Columns are kept as they are stored, each (n,), or longer with the positions of the n rows.
    """

    stored: Sequence[StoredColumn]
    rows: int

    dtype = np.dtype(np.float64)
    ndim = 2

    def __len__(self) -> int:
        return self.rows

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.rows, len(self.stored)

    def __getitem__(self, key: Any) -> Floats:
        if isinstance(key, tuple):
            rows, column = key
            values, places = self.stored[column]
            return widened(values if places is None else values[places])[rows]
        numbers = np.arange(self.rows)[key]
        found = np.empty((len(numbers), len(self.stored)))
        for j, (values, places) in enumerate(self.stored):
            found[:, j] = values[key] if places is None else values[places[key]]
        return found

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> npt.NDArray[Any]:
        return self[:].astype(dtype or np.float64, copy=False)


Matrix = Floats | FeatureMatrix
