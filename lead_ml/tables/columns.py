"""Columns in memory: text coded over its distinct values, and the array types that everything shares."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, cast

import numpy as np
import numpy.typing as npt

Instants = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int32]
Indices = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
_SHOWN_LEVELS = 3


@dataclass(frozen=True)
class Coded:
    """A text column: ``levels[codes[i]]`` is the value of row i, code -1 is missing; unique levels, which need not all occur.

    >>> source = Coded.of(["web", None, "fair", "web"])
    >>> source
    Coded(4 rows, 1 missing, levels 'web', 'fair')
    >>> source.take(source.codes >= 0).values()
    ['web', 'fair', 'web']
    """

    codes: Codes
    levels: Sequence[str]

    @classmethod
    def of(cls, values: Sequence[str | None]) -> Coded:
        """Code a sequence of texts, ``None`` as missing.

        >>> Coded.of(["b", None, "b"]).codes.tolist()
        [0, -1, 0]
        """
        lookup = defaultdict[str | None, int](count().__next__, {None: -1})
        codes = np.fromiter(map(lookup.__getitem__, values), np.int32, len(values))
        return cls(codes, cast("tuple[str, ...]", tuple(lookup)[1:]))

    def __len__(self) -> int:
        return len(self.codes)

    def __repr__(self) -> str:
        shown = ", ".join(map(repr, self.levels[:_SHOWN_LEVELS]))
        more = ", ..." if len(self.levels) > _SHOWN_LEVELS else ""
        missing = int((self.codes < 0).sum())
        rows = f"{len(self):,} row" + ("" if len(self) == 1 else "s")
        return f"Coded({rows}, {missing:,} missing, levels {shown or 'none'}{more})"

    def take(self, rows: npt.NDArray[Any]) -> Coded:
        """Return the rows by position or mask, with the same levels."""
        return Coded(self.codes[rows], self.levels)

    def map(self, function: Callable[[str], str | None]) -> Coded:
        """Apply a function to every level; levels that fall together are merged, ``None`` becomes missing."""
        return Coded.of([function(level) for level in self.levels]).coding(self.codes)

    def paired(self, other: Coded, function: Callable[[str, str | None], str | None]) -> Coded:
        """Apply a function to every pair of a value and that of another column, None where the other is missing.

        >>> Coded.of(["a", "b", None]).paired(Coded.of(["x", None, "x"]), lambda one, two: f"{one}{two}").values()
        ['ax', 'bNone', None]
        """
        pairs, inverse = np.unique(np.stack([self.codes, other.codes]), axis=1, return_inverse=True)
        others = (*other.levels, None)
        found = [
            None if one < 0 else function(self.levels[one], others[two]) for one, two in pairs.T.tolist()
        ]
        return Coded.of(found).coding(inverse.ravel().astype(np.int32))

    def coding(self, codes: Codes) -> Coded:
        """Return rows by the positions of their values in this column, -1 for missing."""
        if np.array_equal(self.codes, np.arange(len(self.levels))):  # the positions are the codes
            return Coded(codes, self.levels)
        return Coded(np.append(self.codes, np.int32(-1))[codes], self.levels)

    def counts(self) -> Indices:
        """Return the number of rows of each level.

        >>> Coded.of(["b", None, "a", "b"]).counts().tolist()
        [2, 1]
        """
        found: Indices = np.bincount(self.codes + 1, minlength=len(self.levels) + 1)[1:]
        return found

    def among(self, values: Container[str]) -> Mask:
        """Return which rows hold one of the values."""
        mask: Mask = np.array([*(level in values for level in self.levels), False])[self.codes]
        return mask

    def numbers(self, function: Callable[[str], float]) -> Floats:
        """Apply a function that returns a float to every level; missing rows become NaN."""
        lookup = np.array([*map(function, self.levels), np.nan], dtype=np.float64)
        return lookup[self.codes]

    def values(self) -> list[str | None]:
        """Return the rows as Python values."""
        levels: tuple[str | None, ...] = (*self.levels, None)
        return [levels[code] for code in self.codes]
