"""From raw feature columns to the float64 matrix that models see, by a fitted and versioned code book.

Categories become stable integers: 0 missing, 1 other, levels from 2 in alphabetical order. A value seen in fewer than
``RARE_BELOW`` leads of the fit window is *other* and its text is not kept, so that a bundle holds no rare personal value;
a value never seen is *other* too. New values come all the time (campaigns do), so a model must learn what *other* means: for
fitting, a share of the leads has each category replaced by it (:func:`fit_matrix`), and *other* means the average.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from lead_ml.asof.matrix import FeatureMatrix, RawColumns, RowsOf
from lead_ml.declare import Declaration, is_category
from lead_ml.tables.dataset import Coded, Floats, Indices

MISSING, OTHER, FIRST_LEVEL = 0, 1, 2
RARE_BELOW = 10
HIDDEN_SHARE = 0.05


class CodeBook(msgspec.Struct, frozen=True):
    """The code book of one category: ``levels[k]`` has code ``FIRST_LEVEL + k``."""

    levels: tuple[str, ...]

    @property
    def n_codes(self) -> int:
        """Number of codes, with missing and other."""
        return FIRST_LEVEL + len(self.levels)

    def code_of(self, value: str | None) -> int:
        """Return the code of one value."""
        if value is None:
            return MISSING
        return FIRST_LEVEL + self.levels.index(value) if value in self.levels else OTHER

    def level_of(self, code: int) -> str | None:
        """Return the text of a code, or None for missing and other."""
        return self.levels[code - FIRST_LEVEL] if code >= FIRST_LEVEL else None


class Encoder(msgspec.Struct, frozen=True):
    """Code books by feature name, and the order of the columns of the matrix."""

    names: tuple[str, ...]
    categories: dict[str, CodeBook]

    def transform(self, raw: RawColumns) -> Floats:
        """Return the matrix, float64 (rows, features), C-contiguous; NaN is a missing number."""
        columns = [raw[name] for name in self.names]
        X = np.empty((len(columns[0]) if columns else 0, len(columns)))
        for j, (name, column) in enumerate(zip(self.names, columns, strict=True)):
            X[:, j] = self.codes(name, column) if isinstance(column, Coded) else column
        return X

    def codes(self, name: str, column: Coded) -> Floats:
        """Return the codes of a category."""
        book = self.categories[name]
        code_of = {level: FIRST_LEVEL + k for k, level in enumerate(book.levels)}
        codes = [*(code_of.get(level, OTHER) for level in column.levels), MISSING]
        return np.array(codes, dtype=np.float64)[column.codes]


def fit_encoder(
    declarations: Sequence[Declaration],
    raw: RawColumns,
    lead: Indices,
    named: Mapping[str, frozenset[str]] | None = None,
) -> Encoder:
    """Learn the code books of `declarations` from the rows of the fit window; a value counts once per `lead`.

    The values in `named`, by feature, have a code even if they are rare, as the rules of a scorecard need: the project lists
    them itself, so no personal value is revealed.
    """
    first_rows = np.unique(lead, return_index=True)[1]
    categories = {}
    for item in declarations:
        column = raw.get(item.name) if is_category(item) else None
        if isinstance(column, Coded):
            codes = column.codes[first_rows]
            counts = np.bincount(codes[codes >= 0], minlength=len(column.levels))
            common = {
                level for level, count in zip(column.levels, counts, strict=True) if count >= RARE_BELOW
            }
            categories[item.name] = CodeBook(
                tuple(sorted(common | (named or {}).get(item.name, frozenset())))
            )
    return Encoder(tuple(item.name for item in declarations), categories)


def fit_matrix(encoder: Encoder, rows: RowsOf, lead: Indices, seed: int) -> FeatureMatrix:
    """Return the matrix of fit rows, in which each category column shows *other* for its own 5% of the leads, in all their rows."""
    rng = np.random.default_rng(seed)
    present = np.zeros(int(lead.max(initial=-1)) + 1, dtype=bool)
    present[lead] = True
    place = np.cumsum(present) - 1  # of each lead among those present

    def hidden(name: str) -> npt.NDArray[np.float32]:
        column = rows[name]
        assert isinstance(column, Coded)
        codes = encoder.codes(name, column).astype(np.float32)
        codes[(rng.random(int(present.sum())) < HIDDEN_SHARE)[place[lead]] & (codes != MISSING)] = OTHER
        return codes

    stored = [
        (hidden(name), None) if name in encoder.categories else rows.stored(name) for name in encoder.names
    ]
    return FeatureMatrix(stored, len(lead))
