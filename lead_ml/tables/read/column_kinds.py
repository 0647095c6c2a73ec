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
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC
from typing import Literal

import numpy as np

from lead_ml.clean import as_number
from lead_ml.clean.text import name_key
from lead_ml.clean.word_lists import pattern
from lead_ml.tables.dataset import Coded
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
    """What a column holds, and its number of rows, of filled cells and of different values.

    ``numeric`` says whether the values can be read as numbers by :func:`number_in`, whatever the kind: codes such as ``00123`` can.
    ``date_format`` is how a date must be read; empty for formats that have only one meaning, and for other kinds. It is a
    guess with ``open_order``, where the values allow both day first and month first. ``day_position`` are the numbers of
    values whose first, and whose second number is more than 12, for dates such as ``31/12/2024``.
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


class LevelCounts:
    """The different values of a column that occur, with the number of cells of each; at most :data:`MOST_PARSED` are measured."""

    def __init__(self, column: Coded) -> None:
        counts, levels = column.counts(), tuple(column.levels)
        used = np.flatnonzero(counts)
        self.values, self.counts = [levels[k] for k in used.tolist()], counts[used]
        step = max(1, len(used) // MOST_PARSED)
        self.measured, self._weights = self.values[::step], self.counts[::step]

    def share(self, test: Callable[[str], object]) -> float:
        """Return the share of the filled cells that pass a test."""
        passed = np.array([bool(test(value)) for value in self.measured], dtype=bool)
        return float(self._weights[passed].sum() / self._weights.sum()) if len(passed) else 0.0

    def past_twelve(self) -> tuple[int, int]:
        """Return in how many values the first number is more than 12, and in how many the second."""
        pairs = [(int(m[1]), int(m[2])) for value in self.measured if (m := _ORDERED.match(value))]
        return sum(a > 12 for a, _ in pairs), sum(b > 12 for _, b in pairs)


def summarize(name: str, column: Coded) -> ColumnSummary:
    """Summarize a column by its different values; its name only decides whether numbers such as 45123 may be dates.

    >>> summarize("zip", Coded.of(["01067", "80331", "20095", "80331"])).kind
    'category'
    """
    levels = LevelCounts(column)
    found = ColumnSummary("empty", len(column), int(levels.counts.sum()), len(levels.values), numeric=False)
    if not found.filled:
        return found
    found = replace(found, numeric=levels.share(_is_number) >= READS_AS)
    date_format = _date_format(name, levels, found.numeric)
    if date_format is None:
        return replace(found, kind=_kind(levels, found))
    found = replace(found, kind="date", date_format=date_format)
    if date_format not in ("day_first", "month_first"):
        return found
    first, second = levels.past_twelve()
    return replace(found, open_order=bool(first) == bool(second), day_position=(first, second))


def number_in(text: str) -> float:
    """Return the number in a text, with a decimal point or else a decimal comma; NaN if it is not a number.

    >>> number_in("1,234.5"), number_in("3,5"), number_in("x")
    (1234.5, 3.5, nan)
    """
    number = as_number(text)
    comma = comma_number(text) if np.isnan(number) else None
    return number if comma is None else float(comma)


def _kind(levels: LevelCounts, column: ColumnSummary) -> ColumnKind:
    if column.distinct <= 2:
        return "constant" if column.distinct == 1 else "two_values"
    number = column.numeric and levels.share(_PADDED.fullmatch) < _PADDED_SHARE
    if column.distinct >= _UNIQUE * column.filled:
        whole = column.unique and levels.share(str.isdigit) >= _UNIQUE
        if whole if number else levels.share(_CODE.fullmatch) >= READS_AS:
            return "id"
        return "number" if number else "text"
    if number:
        return "number"
    common = int(levels.counts[levels.counts >= _COMMON_ROWS].sum()) / column.filled
    return "category" if column.distinct <= FEW_VALUES or common >= _COMMON_SHARE else "text"


def _date_format(name: str, levels: LevelCounts, numeric: bool) -> DateFormat | None:
    """Return how dates must be read, None if the column does not hold dates.

    Numbers are dates only if the name says so: a postcode or an income looks the same as a day in Excel.
    """
    named = pattern("date_column").search(name_key(name)) is not None
    if (named or not numeric) and levels.share(lambda text: span_of(text, UTC) is not None) >= READS_AS:
        return ""
    if levels.share(_ORDERED.fullmatch) >= READS_AS:
        return _order(levels)
    if named and levels.share(_is_excel_day) >= READS_AS:
        return "excel"
    return "unix" if named and levels.share(_EPOCH.fullmatch) >= READS_AS else None


def _order(levels: LevelCounts) -> DateFormat:
    """Return the order of day and month: a number past 12 is a day; AM and PM with slashes are written in the United States."""
    first, second = levels.past_twelve()
    if first or second:
        return "day_first" if first >= second else "month_first"
    american = "/" in levels.measured[0] and any(_HALF_DAY.search(text) for text in levels.measured)
    return "month_first" if american else "day_first"


def _is_number(text: str) -> bool:
    return bool(_DIGIT.search(text)) and not np.isnan(number_in(text))


def _is_excel_day(text: str) -> bool:
    return bool(_SERIAL.fullmatch(text)) and _EXCEL_DAYS[0] <= float(text.replace(",", ".")) < _EXCEL_DAYS[1]
