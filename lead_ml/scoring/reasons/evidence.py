"""What history says about each value of a feature: the share that converts, beside that of all leads.

A category has a cell per level, a number five bins of equal size, one for zero where common, and both one for missing. A
cell of fewer than 30 leads is not kept at all: it proves nothing, and it could point at a person.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Mapping, Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from lead_ml.declare import Attribute, Declaration
from lead_ml.errors import InputError
from lead_ml.tables.dataset import Coded, Floats

LEAST_LEADS = 30
_BINS = 5
_COMMON_ZEROS = 0.10
_SOURCE = "evidence"


class Cell(msgspec.Struct, frozen=True):
    """Share of positives and number of leads with one value, or in one bin."""

    rate: float
    n: int


class Levels(msgspec.Struct, frozen=True, tag="levels"):
    """Evidence of a category: a cell per level that enough leads have, and one for missing."""

    cells: dict[str, Cell]
    missing: Cell | None


class Bins(msgspec.Struct, frozen=True, tag="bins"):
    """Evidence of a number: bin i holds ``edges[i-1] <= value < edges[i]``; ``zero`` holds exact zeros where common."""

    edges: tuple[float, ...]
    cells: tuple[Cell | None, ...]
    zero: Cell | None
    missing: Cell | None
    zero_apart: bool


class Evidence(msgspec.Struct, frozen=True):
    """Evidence per feature and the share of positives among all leads."""

    overall: float
    features: dict[str, Levels | Bins]

    def lookup(self, feature: str, value: str | float | None) -> tuple[float, float, int] | None:
        """Return (rate, overall rate, leads) of a value, or None where fewer than 30 leads had it; NaN is missing."""
        found = self.features.get(feature)
        if found is None:
            return None
        cell = _cell(found, value)
        return None if cell is None else (cell.rate, self.overall, cell.n)


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
    rest = column[given & ~zeros] if zero_apart else column[given]
    edges = np.unique(np.quantile(rest, np.arange(1, _BINS) / _BINS)) if len(rest) else np.zeros(0)
    size = len(edges) + 3  # the bins, then zero, then missing
    codes = np.searchsorted(edges, np.where(given, column, 0.0), side="right")
    codes = np.where(zeros & zero_apart, size - 2, codes)
    cells = _cells(np.where(given, codes, size - 1), size, y, weight)
    return Bins(tuple(edges.tolist()), tuple(cells[:-2]), cells[-2], cells[-1], zero_apart)


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
    return found.cells[bisect.bisect_right(found.edges, value)]
