"""From raw feature columns to the float64 matrix that models see, by a fitted and versioned code book.

Categories become stable integers: 0 missing, 1 unseen, 2 rare, levels from 3 in alphabetical order. A value seen in
fewer than ``RARE_BELOW`` leads of the fit window shares the code of the rare ones and its text is not kept, so no rare
person speaks through a bundle; a value never seen is taken for a rare one wherever there were any.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from lead_ml.data import Coded, Floats, Indices
from lead_ml.declare import Attribute, Declaration

MISSING, UNSEEN, RARE, FIRST_LEVEL = 0, 1, 2, 3
RARE_BELOW = 10

RawColumns = Mapping[str, Coded | Floats]


class Codes(msgspec.Struct, frozen=True):
    """The code book of one category: ``levels[k]`` has code ``FIRST_LEVEL + k``."""

    levels: tuple[str, ...]
    has_rare: bool

    @property
    def n_codes(self) -> int:
        """Number of codes, with missing, unseen and rare."""
        return FIRST_LEVEL + len(self.levels)

    def code_of(self, value: str | None) -> int:
        """Return the code of one value."""
        if value is None:
            return MISSING
        try:
            return FIRST_LEVEL + self.levels.index(value)
        except ValueError:
            return RARE if self.has_rare else UNSEEN

    def level_of(self, code: int) -> str | None:
        """Return the text of a code, or None for missing, unseen and rare."""
        return self.levels[code - FIRST_LEVEL] if code >= FIRST_LEVEL else None


class Encoder(msgspec.Struct, frozen=True):
    """Code books by feature name, and the order of the columns of the matrix."""

    names: tuple[str, ...]
    categories: dict[str, Codes]

    def transform(self, raw: RawColumns) -> Floats:
        """Return the matrix, float64 (rows, features), C-contiguous; NaN is a missing number."""
        columns = [self._column(name, raw[name]) for name in self.names]
        return np.ascontiguousarray(np.column_stack(columns)) if columns else np.empty((0, 0))

    def _column(self, name: str, column: Coded | Floats) -> Floats:
        if not isinstance(column, Coded):
            return column
        book = self.categories[name]
        lookup_of = {level: FIRST_LEVEL + k for k, level in enumerate(book.levels)}
        other = RARE if book.has_rare else UNSEEN
        lookup = np.array(
            [lookup_of.get(level, other) for level in column.levels] + [MISSING], dtype=np.float64
        )
        return lookup[column.codes]


def fit_encoder(declarations: Sequence[Declaration], raw: RawColumns, lead: Indices) -> Encoder:
    """Learn the code books from the rows of the fit window.

    Parameters
    ----------
    declarations
        The features in the order of the matrix columns.
    raw
        Feature columns of the fit rows, by name.
    lead
        Lead of each row (rows,): a value counts once per lead.
    """
    first_rows = np.unique(lead, return_index=True)[1]
    categories = {
        item.name: _codes(raw[item.name], first_rows)  # type: ignore[arg-type]
        for item in declarations
        if isinstance(item, Attribute) and item.kind == "category"
    }
    return Encoder(tuple(item.name for item in declarations), categories)


def _codes(column: Coded, first_rows: npt.NDArray[np.intp]) -> Codes:
    codes = column.codes[first_rows]
    counts = np.bincount(codes[codes >= 0], minlength=len(column.levels))
    levels = sorted(level for level, count in zip(column.levels, counts, strict=True) if count >= RARE_BELOW)
    return Codes(tuple(levels), bool(((counts > 0) & (counts < RARE_BELOW)).any()))
