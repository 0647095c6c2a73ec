"""What a column of an export looks like, from its values: the summary of every profiler, and shares that reveal its role."""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC
from functools import cache

import numpy as np

from lead_ml.clean import as_number, as_text, clean, missing_tags
from lead_ml.init.words import extra_missing
from lead_ml.project.params import DEFAULT_MISSING
from lead_ml.tables.read.column_kinds import MOST_PARSED, ColumnSummary, summarize_counts
from lead_ml.tables.read.raw import RawColumn, RawTable
from lead_ml.tables.read.reshape import comma_number
from lead_ml.tables.read.timestamps import span_of

_KEPT_VALUES = 400
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE = re.compile(r"\+?[\d ()/.-]{7,20}")
_MOBILE = re.compile(r"(?:\+?86)?1[3-9]\d{9}|\+\d{8,15}|00\d{9,15}|0\d{9,12}")
_DECIMAL_COMMA = re.compile(
    r"[+-]?\d{1,3}(?:\.\d{3})*,(?:\d{1,2}|\d{4,})|[+-]?\d{1,3}(?:\.\d{3})+,\d+|[+-]?\d{4,},\d+"
)
_DECIMAL_POINT = re.compile(r"[+-]?\d+\.(?:\d{1,2}|\d{4,})")


@cache
def missing_texts() -> frozenset[str]:
    """Return the texts that an export may write for a missing value."""
    return missing_tags(DEFAULT_MISSING) | extra_missing()


@dataclass(frozen=True)
class ExportColumn:
    """A column of the raw table.

    Attributes
    ----------
    place
        Position in the table, from 1.
    tags
        How often each text that means missing occurs.
    values
        The most frequent values with their counts, most frequent first.
    shares
        Shares of the filled cells, 0 to 1, that look like ``decimal_comma``, ``decimal_point``, ``comma_number``, ``number``,
        ``whole``, ``timed``, ``email``, ``phone``, ``mobile``, ``ip`` or ``agent``.
    length
        Mean number of characters of a filled cell.
    """

    name: str
    place: int
    summary: ColumnSummary
    tags: Mapping[str, int]
    values: tuple[tuple[str, int], ...]
    shares: Mapping[str, float]
    length: float

    @property
    def rows(self) -> int:
        """Number of rows."""
        return self.summary.rows

    @property
    def filled(self) -> int:
        """Number of cells that hold a value."""
        return self.summary.filled

    @property
    def distinct(self) -> int:
        """Number of different values."""
        return self.summary.distinct

    @property
    def fill(self) -> float:
        """Share of the rows that hold a value."""
        return self.summary.fill

    @property
    def unique(self) -> bool:
        """Whether nearly every row has a value of its own."""
        return self.summary.unique

    @property
    def numeric(self) -> bool:
        """Whether the values can be read as numbers, with a decimal point or comma."""
        return self.summary.numeric


def columns_of(table: RawTable) -> dict[str, ExportColumn]:
    """Return the columns of a table by name."""
    return {
        name: export_column(name, column, place)
        for place, (name, column) in enumerate(table.columns.items(), start=1)
    }


def export_column(name: str, column: RawColumn, place: int = 1) -> ExportColumn:
    """Look at one column."""
    rows = np.bincount(column.codes, minlength=len(column.levels)).tolist()
    counts: Counter[str] = Counter()
    tags: Counter[str] = Counter()
    for level, times in zip(column.levels, rows, strict=True):
        text = as_text(level, missing_texts())
        if text is not None:
            counts[text] += times
        elif isinstance(level, str) and clean(level):
            tags[clean(level)] += times
    counts = Counter({text: times for text, times in counts.items() if times})
    numbers = np.array(list(counts.values()), dtype=np.int64)
    return ExportColumn(
        name=name,
        place=place,
        summary=summarize_counts(name, list(counts), numbers, len(column.codes)),
        tags={tag: times for tag, times in tags.items() if times},
        values=tuple(sorted(counts.items(), key=lambda item: -item[1])[:_KEPT_VALUES]),
        shares=_shares(counts),
        length=_mean_length(counts),
    )


def _shares(counts: Mapping[str, int]) -> dict[str, float]:
    step = max(1, len(counts) // MOST_PARSED)
    seen = [item for k, item in enumerate(counts.items()) if k % step == 0]
    total = sum(times for _, times in seen)
    return {
        what: sum(times for text, times in seen if looks(text)) / total if total else 0.0
        for what, looks in _LOOKS.items()
    }


def _ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _timed(text: str) -> bool:
    span = span_of(text, UTC)
    return span is not None and span[0] == span[1]


_LOOKS: Mapping[str, Callable[[str], bool]] = {
    "number": lambda text: not np.isnan(as_number(text)),
    "comma_number": lambda text: comma_number(text) is not None,
    "decimal_comma": lambda text: bool(_DECIMAL_COMMA.fullmatch(text)),
    "decimal_point": lambda text: bool(_DECIMAL_POINT.fullmatch(text)),
    "whole": lambda text: text.isdigit(),
    "timed": _timed,
    "email": lambda text: bool(_EMAIL.fullmatch(text)),
    "phone": lambda text: bool(_PHONE.fullmatch(text)),
    "mobile": lambda text: bool(_MOBILE.fullmatch(re.sub(r"[ ()/.-]", "", text))),
    "ip": _ip,
    "agent": lambda text: "mozilla" in text.casefold(),
}


def _mean_length(counts: Mapping[str, int]) -> float:
    total = sum(counts.values())
    return sum(len(text) * times for text, times in counts.items()) / total if total else 0.0


def seen_tags(columns: Iterable[ExportColumn]) -> dict[str, dict[str, int]]:
    """Return the texts that mean missing, most frequent first, with the number of cells in each column."""
    found: dict[str, dict[str, int]] = {}
    for column in columns:
        for tag, times in column.tags.items():
            found.setdefault(tag, {})[column.name] = times
    return dict(sorted(found.items(), key=lambda item: -sum(item[1].values())))
