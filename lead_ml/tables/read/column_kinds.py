"""What a column holds, evaluated by its values: the one profiler behind ``lead-ml init``, ``lead-ml check`` and the leakage audit.

==============  =============================================================================================
kind            meaning, in the order in which the kinds are tried
==============  =============================================================================================
``empty``       no filled cell
``date``        dates or times, in any format that can be read
``constant``    the same value in every filled cell
``two_values``  two different values, such as yes and no
``id``          a different code in nearly every filled cell
``number``      numbers; codes with leading zeros are not
``category``    few different values, or values that are mostly common
``text``        anything else
==============  =============================================================================================
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Literal

import numpy as np

from lead_ml.clean import as_number
from lead_ml.clean.text import name_key
from lead_ml.clean.word_lists import pattern
from lead_ml.tables.dataset import Coded, Indices
from lead_ml.tables.read.reshape import comma_number
from lead_ml.tables.read.timestamps import span_of

ColumnKind = Literal["empty", "date", "constant", "two_values", "id", "number", "category", "text"]
DateFormat = Literal["", "day_first", "month_first", "excel", "unix"]
MOST_PARSED = 4_000  # distinct values that are parsed; a longer list is sampled evenly
READS_AS = 0.9  # share of the filled cells that must read as a date or a number
FEW_VALUES = 50
_UNIQUE = 0.98
_COMMON_ROWS, _COMMON_SHARE = 10, 0.6
_PADDED_SHARE = 0.01  # 1 in 10 postcodes starts with a zero, but in a column of numbers hardly a value does
_DIGIT = re.compile(r"\d")
_PADDED = re.compile(r"0\d+")
_CODE = re.compile(r"(?=.*[\d@])\S+")
_ORDERED = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](?:\d{4}|\d{2})\b.*")
_HALF_DAY = re.compile(r"[ap]\.?m\.?$", re.IGNORECASE)
_SERIAL = re.compile(r"\d{5}(?:[.,]\d+)?")
_EPOCH = re.compile(r"1\d{9}|1\d{12}")
_EXCEL_DAYS = (36_526, 54_789)  # the years 2000 to 2049, which a CRM can have recorded


@dataclass(frozen=True)
class ColumnSummary:
    """What a column holds.

    Attributes
    ----------
    rows, filled, distinct
        Number of rows, of filled cells and of different values.
    numeric
        Whether the values can be read as numbers by :func:`number_in`, whatever the kind: codes such as ``00123`` can.
    date_format
        How a date must be read; empty for formats that have only one meaning, and for other kinds.
    open_order
        Whether the values allow both day first and month first; ``date_format`` is a guess then.
    day_position
        Number of values whose first, and whose second number is more than 12, for dates such as ``31/12/2024``.
    """

    kind: ColumnKind
    rows: int
    filled: int
    distinct: int
    numeric: bool
    date_format: DateFormat = ""
    open_order: bool = False
    day_position: tuple[int, int] = (0, 0)

    @property
    def fill(self) -> float:
        """Share of the rows that are filled."""
        return self.filled / self.rows if self.rows else 0.0

    @property
    def unique(self) -> bool:
        """Whether nearly every row has a value of its own."""
        return self.rows > 1 and self.fill >= _UNIQUE and self.distinct >= _UNIQUE * self.filled


def summarize(name: str, column: Coded) -> ColumnSummary:
    """Summarize a column that was read.

    >>> summarize("zip", Coded.of(["01067", "80331", "20095", "80331"])).kind
    'category'
    """
    counts = np.bincount(column.codes[column.codes >= 0], minlength=len(column.levels))
    used = np.flatnonzero(counts)
    return summarize_counts(name, [column.levels[k] for k in used.tolist()], counts[used], len(column))


def summarize_counts(name: str, values: Sequence[str], counts: Indices, rows: int) -> ColumnSummary:
    """Summarize a column by its different values.

    Parameters
    ----------
    name
        Name of the column. It only decides whether numbers such as 45123 may be dates.
    values, counts
        Different values (n,), each cleaned, and the number of cells of each, at least 1.
    rows
        Number of rows, with empty cells.
    """
    filled, distinct = int(counts.sum()), len(values)
    if not filled:
        return ColumnSummary("empty", rows, 0, 0, numeric=False)
    shares = _Shares(values, counts)
    numeric = shares.of(_is_number) >= READS_AS
    date_format = _date_format(name, shares, numeric)
    if date_format is not None:
        first, second = shares.past_twelve() if date_format in ("day_first", "month_first") else (0, 0)
        open_order = date_format in ("day_first", "month_first") and bool(first) == bool(second)
        return ColumnSummary(
            "date", rows, filled, distinct, numeric, date_format, open_order, (first, second)
        )
    common = int(counts[counts >= _COMMON_ROWS].sum()) / filled
    kind = _kind(shares, ColumnSummary("text", rows, filled, distinct, numeric), common)
    return ColumnSummary(kind, rows, filled, distinct, numeric)


def number_in(text: str) -> float:
    """Return the number in a text, with a decimal point or else a decimal comma; NaN if it is not a number.

    >>> number_in("1,234.5"), number_in("3,5"), number_in("x")
    (1234.5, 3.5, nan)
    """
    number = as_number(text)
    comma = comma_number(text) if np.isnan(number) else None
    return number if comma is None else float(comma)


class _Shares:
    """Shares of the filled cells, measured on at most :data:`MOST_PARSED` different values."""

    def __init__(self, values: Sequence[str], counts: Indices) -> None:
        step = max(1, len(values) // MOST_PARSED)
        self.values, self.counts = values[::step], counts[::step]

    def of(self, test: Callable[[str], bool]) -> float:
        """Return the share of cells that pass a test."""
        passed = np.array([test(value) for value in self.values], dtype=bool)
        return float(self.counts[passed].sum() / self.counts.sum())

    def past_twelve(self) -> tuple[int, int]:
        """Return in how many values the first number is more than 12, and in how many the second."""
        pairs = [(int(m[1]), int(m[2])) for value in self.values if (m := _ORDERED.match(value))]
        return sum(a > 12 for a, _ in pairs), sum(b > 12 for _, b in pairs)


def _kind(shares: _Shares, column: ColumnSummary, common: float) -> ColumnKind:
    if column.distinct <= 2:
        return "constant" if column.distinct == 1 else "two_values"
    codes = column.numeric and shares.of(lambda text: bool(_PADDED.fullmatch(text))) >= _PADDED_SHARE
    number = column.numeric and not codes
    if column.distinct >= _UNIQUE * column.filled:
        whole = shares.of(str.isdigit) >= _UNIQUE
        if (
            column.unique and whole
            if number
            else shares.of(lambda text: bool(_CODE.fullmatch(text))) >= READS_AS
        ):
            return "id"
        return "number" if number else "text"
    if number:
        return "number"
    return "category" if column.distinct <= FEW_VALUES or common >= _COMMON_SHARE else "text"


def _date_format(name: str, shares: _Shares, numeric: bool) -> DateFormat | None:
    """Return how dates must be read, None if the column does not hold dates.

    Numbers are dates only if the name says so: a postcode or an income looks the same as a day in Excel.
    """
    named = pattern("date_column").search(name_key(name)) is not None
    if shares.of(lambda text: span_of(text, UTC) is not None) >= READS_AS and (named or not numeric):
        return ""
    if shares.of(lambda text: bool(_ORDERED.fullmatch(text))) >= READS_AS:
        return _order(shares)
    if named and shares.of(_is_excel_day) >= READS_AS:
        return "excel"
    return "unix" if named and shares.of(lambda text: bool(_EPOCH.fullmatch(text))) >= READS_AS else None


def _order(shares: _Shares) -> DateFormat:
    """Return the order of day and month: a number past 12 is a day; AM and PM with slashes are written in the United States."""
    first, second = shares.past_twelve()
    if first or second:
        return "day_first" if first >= second else "month_first"
    american = "/" in shares.values[0] and any(_HALF_DAY.search(text) for text in shares.values)
    return "month_first" if american else "day_first"


def _is_number(text: str) -> bool:
    return bool(_DIGIT.search(text)) and not np.isnan(number_in(text))


def _is_excel_day(text: str) -> bool:
    return bool(_SERIAL.fullmatch(text)) and _EXCEL_DAYS[0] <= float(text.replace(",", ".")) < _EXCEL_DAYS[1]
