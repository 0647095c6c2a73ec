"""What history says about each value of a feature: the share that converts, beside that of all leads.

A category has a cell per level, a number bins between quantiles, one for zero where common, and both one for missing. A
cell of fewer than 30 leads is not kept at all: it proves nothing, and it could point at a person.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from lead_ml.declare import Attribute, Declaration
from lead_ml.errors import InputError
from lead_ml.tables.dataset import Coded, Floats

LEAST_LEADS = 30
_QUANTILES = (0.2, 0.4, 0.6, 0.8, 0.9, 0.97)  # finer at the top, where counts differ most
_DIGITS = 3  # of an edge that is not a whole number
_COMMON_ZEROS = 0.10
_SOURCE = "evidence"


class Finding(NamedTuple):
    """What history says about a value: ``rate`` of ``leads`` with it, beside ``overall``.

    The values counted together are [``low``, ``high``], None for no end. Both None is this very value, or missing.
    """

    rate: float
    overall: float
    leads: int
    low: float | None = None
    high: float | None = None


class Cell(msgspec.Struct, frozen=True):
    """Share of positives and number of leads with one value, or in one bin."""

    rate: float
    n: int


class Levels(msgspec.Struct, frozen=True, tag="levels"):
    """Evidence of a category: a cell per level that enough leads have, and one for missing."""

    cells: dict[str, Cell]
    missing: Cell | None


class Bins(msgspec.Struct, frozen=True, tag="bins"):
    """Evidence of a number: bin i holds ``edges[i-1] <= value < edges[i]``; ``zero`` holds exact zeros where common.

    ``whole``: all values were whole numbers, at least 0.
    """

    edges: tuple[float, ...]
    cells: tuple[Cell | None, ...]
    zero: Cell | None
    missing: Cell | None
    zero_apart: bool
    whole: bool = False

    def place(self, value: float) -> int:
        """Return the place of the bin of a value."""
        return bisect.bisect_right(self.edges, value)

    def ends(self, value: float) -> tuple[float | None, float | None]:
        """Return the least and the largest value that share the bin of a value; None for no end, both None for one value."""
        if value == 0 and self.zero_apart:
            return None, None
        place = self.place(value)
        low = self.edges[place - 1] if place else None
        high = self.edges[place] if place < len(self.edges) else None
        if not self.whole:
            return low, high
        low = float(self.zero_apart) if low is None else low
        high = None if high is None else high - 1
        return (None, None) if low == high else (low, high)


class Evidence(msgspec.Struct, frozen=True):
    """Evidence per feature and the share of positives among all leads."""

    overall: float
    features: dict[str, Levels | Bins]

    def lookup(self, feature: str, value: str | float | None) -> Finding | None:
        """Return what is known of a value, or None where fewer than 30 leads had it; NaN is missing."""
        found = self.features.get(feature)
        cell = None if found is None else _cell(found, value)
        if cell is None:
            return None
        number = isinstance(found, Bins) and isinstance(value, float | int) and not math.isnan(value)
        ends = found.ends(value) if number else (None, None)  # type: ignore[union-attr, arg-type]
        return Finding(cell.rate, self.overall, cell.n, *ends)


def fit_evidence(
    declarations: Sequence[Declaration],
    columns: Mapping[str, Coded | Floats],
    y: npt.ArrayLike,
    weight: npt.ArrayLike | None = None,
) -> Evidence:
    """Count, per declared feature and value, the leads and the share of positives among them.

    Columns (n,) are raw features, an ordinal as text or the number of its level; ``weight`` (n,) sums to 1 per lead.
    """
    target = np.asarray(y, dtype=np.float64)
    weights = np.ones(len(target)) if weight is None else np.asarray(weight, dtype=np.float64)
    if not weights.sum() > 0:
        raise InputError(
            "no rows to take evidence from", source=_SOURCE, expected="mature rows with a weight"
        )
    _check_length("weight", weights, len(target))
    features = {}
    for item in declarations:
        if item.name in columns:
            column = columns[item.name]
            _check_length(item.name, column, len(target))
            features[item.name] = _fit(item, column, target, weights)
    return Evidence(float((target * weights).sum() / weights.sum()), features)


def _check_length(name: str, column: Coded | Floats, rows: int) -> None:
    if len(column) != rows:
        raise InputError(
            f"{name} has the wrong length", source=_SOURCE, value=len(column), expected=f"{rows}"
        )


def _fit(declaration: Declaration, column: Coded | Floats, y: Floats, weight: Floats) -> Levels | Bins:
    if isinstance(column, Coded):
        return _fit_levels(column, y, weight)
    if isinstance(declaration, Attribute) and declaration.kind == "ordinal":
        codes = np.where(np.isnan(column), -1, column).astype(np.int32)
        return _fit_levels(Coded(codes, declaration.levels), y, weight)
    return _fit_bins(column, y, weight)


def _fit_levels(column: Coded, y: Floats, weight: Floats) -> Levels:
    size = len(column.levels) + 1
    codes = np.where(column.codes < 0, size - 1, column.codes)
    cells = _cells(codes, size, y, weight)
    kept = {level: cell for level, cell in zip(column.levels, cells, strict=False) if cell is not None}
    return Levels(kept, cells[-1])


def _fit_bins(column: Floats, y: Floats, weight: Floats) -> Bins:
    given = ~np.isnan(column)
    zeros = column == 0.0
    zero_apart = bool(given.any()) and float(zeros.sum()) >= _COMMON_ZEROS * float(given.sum())
    rest = given & ~zeros if zero_apart else given
    whole = bool(((column[given] % 1 == 0) & (column[given] >= 0)).all())
    edges = _edges(column[rest], weight[rest], whole)
    size = len(edges) + 3  # the bins, then zero, then missing
    codes = np.searchsorted(edges, np.where(given, column, 0.0), side="right")
    codes = np.where(zeros & zero_apart, size - 2, codes)
    cells = _cells(np.where(given, codes, size - 1), size, y, weight)
    return Bins(tuple(edges.tolist()), tuple(cells[:-2]), cells[-2], cells[-1], zero_apart, whole)


def _edges(values: Floats, weight: Floats, whole: bool) -> Floats:
    """Return edges that read well, each with enough leads from it on."""
    if not len(values):
        return np.zeros(0)
    found = np.quantile(values, _QUANTILES)
    rounded = np.ceil(found) if whole else np.array([float(f"{edge:.{_DIGITS}g}") for edge in found])
    edges = np.unique(rounded)
    counted = [edge for edge in edges if weight[values >= edge].sum() >= LEAST_LEADS]
    return np.asarray(counted, dtype=np.float64)


def _cells(codes: npt.NDArray[np.integer], size: int, y: Floats, weight: Floats) -> list[Cell | None]:
    leads = np.bincount(codes, weights=weight, minlength=size)
    positives = np.bincount(codes, weights=weight * y, minlength=size)
    counted = [round(n) for n in leads.tolist()]
    return [
        Cell(float(positives[i] / leads[i]), n) if n >= LEAST_LEADS else None for i, n in enumerate(counted)
    ]


def _cell(found: Levels | Bins, value: str | float | None) -> Cell | None:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return found.missing
    if isinstance(found, Levels):
        return found.cells.get(value) if isinstance(value, str) else None
    if isinstance(value, str):
        return None
    if value == 0 and found.zero_apart:
        return found.zero
    return found.cells[found.place(value)]
