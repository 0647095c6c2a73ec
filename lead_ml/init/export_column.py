"""What a column of an export looks like, from its values: the summary of every profiler, and shares that reveal its role."""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from lead_ml.clean import as_number, as_text, clean
from lead_ml.init.words import missing_texts
from lead_ml.tables.dataset import Coded
from lead_ml.tables.read.column_kinds import ColumnSummary, Levels, summarize
from lead_ml.tables.read.raw import RawColumn
from lead_ml.tables.read.reshape import comma_number

_KEPT_VALUES = 400


@dataclass(frozen=True, kw_only=True)
class ExportColumn(ColumnSummary):
    """A column of the raw table: its place, from 1, and its text, coded.

    ``tags`` says how often each text that means missing occurs, ``values`` are the most frequent values with their counts, most
    frequent first, and ``length`` is the mean number of characters of a filled cell. ``shares`` are shares of the filled
    cells, 0 to 1, that look like ``decimal_comma``, ``decimal_point``, ``comma_number``, ``number``, ``email``,
    ``phone``, ``mobile``, ``ip`` or ``agent``.
    """

    name: str
    place: int
    text: Coded
    tags: Mapping[str, int]
    values: tuple[tuple[str, int], ...]
    shares: Mapping[str, float]
    length: float

    @property
    def texts(self) -> list[str]:
        """The most frequent values, most frequent first."""
        return [text for text, _ in self.values]


def export_column(name: str, column: RawColumn, place: int) -> ExportColumn:
    """Look at one column."""
    cleaned = Coded.of([as_text(level, missing_texts()) for level in column.levels])
    text = Coded(cleaned.codes[column.codes], cleaned.levels)
    tags: Counter[str] = Counter()
    rows = np.bincount(column.codes, minlength=len(column.levels)).tolist()
    for level, code, times in zip(column.levels, cleaned.codes, rows, strict=True):
        if code < 0 and times and isinstance(level, str) and clean(level):
            tags[clean(level)] += times
    levels = Levels(text)
    counts = list(zip(levels.values, levels.counts.tolist(), strict=True))
    characters = sum(len(value) * times for value, times in counts)
    summary = summarize(name, text)
    return ExportColumn(
        **vars(summary),
        name=name,
        place=place,
        text=text,
        tags=tags,
        values=tuple(sorted(counts, key=lambda item: -item[1])[:_KEPT_VALUES]),
        shares={what: levels.share(looks) for what, looks in _LOOKS.items()},
        length=characters / summary.filled if summary.filled else 0.0,
    )


def _ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _like(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern)
    return lambda text: compiled.fullmatch(text) is not None


_mobile = _like(r"(?:\+?86)?1[3-9]\d{9}|\+\d{8,15}|00\d{9,15}|0\d{9,12}")
_LOOKS: Mapping[str, Callable[[str], bool]] = {
    "number": lambda text: not np.isnan(as_number(text)),
    "comma_number": lambda text: comma_number(text) is not None,
    "decimal_comma": _like(
        r"[+-]?\d{1,3}(?:\.\d{3})*,(?:\d{1,2}|\d{4,})|[+-]?\d{1,3}(?:\.\d{3})+,\d+|[+-]?\d{4,},\d+"
    ),
    "decimal_point": _like(r"[+-]?\d+\.(?:\d{1,2}|\d{4,})"),
    "email": _like(r"[^@\s]+@[^@\s]+\.[^@\s]+"),
    "phone": _like(r"\+?[\d ()/.-]{7,20}"),
    "mobile": lambda text: _mobile(re.sub(r"[ ()/.-]", "", text)),
    "ip": _ip,
    "agent": lambda text: "mozilla" in text.casefold(),
}
