"""A file of the user: how it is read, and what each column looks like from its values. The file is only read."""

from __future__ import annotations

import ipaddress
import os
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path

import numpy as np

from lead_ml.clean import as_number, as_text, clean
from lead_ml.declare import MICROSECONDS_PER_DAY
from lead_ml.errors import InputError
from lead_ml.init.words import missing_texts
from lead_ml.project.params import TableParams
from lead_ml.tables.dataset import Coded
from lead_ml.tables.read.column_kinds import ColumnSummary, LevelCounts, summarize
from lead_ml.tables.read.csv_file import likely_separator
from lead_ml.tables.read.encoding import likely_encoding, text_encoding
from lead_ml.tables.read.files import file_format, read_files
from lead_ml.tables.read.raw import RawColumn
from lead_ml.tables.read.reshape import comma_number
from lead_ml.tables.read.timestamps import span_of

_KEPT_VALUES = 400
_ENOUGH_DAYS = 20
_MIDNIGHT = re.compile(r"\D0?0:00(:00(\.0+)?)?(?![:.\d])")
_MOST_STEPS_UP = 3  # folders between the project and the folder that it shares with the file
_USUAL = {"encoding": ("", "utf-8"), "separator": ("", ","), "decimal": (".",)}


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

    @property
    def only_days(self) -> bool:
        """Whether all times are midnights, in UTC or as written, so that they are dates."""
        if self.kind != "date" or self.date_format or self.distinct < _ENOUGH_DAYS:
            return False
        spans = [span_of(text, UTC) for text in self.text.levels]
        if any(span is None or span[0] != span[1] for span in spans):
            return False
        in_utc = all(span is not None and span[0] % MICROSECONDS_PER_DAY == 0 for span in spans)
        return in_utc or all(_MIDNIGHT.search(text) for text in self.text.levels)


def _export_column(name: str, column: RawColumn, place: int) -> ExportColumn:
    cleaned = Coded.of([as_text(level, missing_texts()) for level in column.levels])
    text = Coded(cleaned.codes[column.codes], cleaned.levels)
    tags: Counter[str] = Counter()
    rows = np.bincount(column.codes, minlength=len(column.levels)).tolist()
    for level, code, times in zip(column.levels, cleaned.codes, rows, strict=True):
        if code < 0 and times and isinstance(level, str) and clean(level):
            tags[clean(level)] += times
    levels = LevelCounts(text)
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
    "phone": _like(r"(?:tel:|p:)?\+?[\d ()/.-]{7,20}"),  # Meta writes p: in front
    "mobile": lambda text: _mobile(re.sub(r"[ ()/.-]", "", text)),
    "ip": _ip,
    "agent": lambda text: "mozilla" in text.casefold(),
}


@dataclass(frozen=True)
class ExportFile:
    """A file of the user. ``path`` is its name in ``params.yaml``; ``separator`` and ``encoding`` are empty for Excel and Parquet."""

    file: Path
    path: str
    encoding: str
    separator: str
    decimal: str
    columns: Mapping[str, ExportColumn]

    @property
    def dates(self) -> dict[str, ExportColumn]:
        """The columns that hold dates."""
        return {name: column for name, column in self.columns.items() if column.kind == "date"}

    def settings(self) -> dict[str, object]:
        """Return the settings of ``params.yaml`` that are needed to read the file, except its columns."""
        found = {"encoding": self.encoding, "separator": self.separator, "decimal": self.decimal}
        return {"path": self.path, **{key: text for key, text in found.items() if text not in _USUAL[key]}}


def open_export(file: Path, project: Path) -> ExportFile:
    """Read a file and summarize its columns; raises InputError if it cannot be read or has no rows."""
    if not file.is_file():
        raise InputError(
            "there is no such file",
            source=str(file),
            expected="a CSV, Excel or Parquet file",
            do="check its name",
        )
    is_text = file_format(file) == "csv"
    encoding = likely_encoding(file) if is_text else ""
    params = TableParams(path=str(file.absolute()), encoding=encoding or "utf-8")
    raw = read_files(params, file.absolute().parent)
    raw = raw.take(~raw.below) if raw.footers else raw
    if not len(raw):
        raise InputError(
            "the file has a header and no rows", source=str(file), expected="rows", do="export it again"
        )
    separator = likely_separator(file, text_encoding(file, file.name, encoding)) if is_text else ""
    numbered = enumerate(raw.columns.items(), start=1)
    columns = {name: _export_column(name, column, place) for place, (name, column) in numbered}
    return ExportFile(file, _named(file, project), encoding, separator, _decimal(columns), columns)


def _named(file: Path, project: Path) -> str:
    """Return the path of a file, relative to the project if they are near each other, so that both can be moved together."""
    file, project = file.resolve(), project.resolve()
    near = (project, *project.parents[:_MOST_STEPS_UP])
    shared = next((folder for folder in near if file.is_relative_to(folder)), Path(file.anchor))
    return (file if shared == Path(file.anchor) else Path(os.path.relpath(file, project))).as_posix()


def _decimal(columns: Mapping[str, ExportColumn]) -> str:
    """Return the decimal sign: a comma if columns of numbers need one, and no more columns need a point."""
    shares = [column.shares for column in columns.values()]
    commas = sum(p["comma_number"] >= 0.9 and p["decimal_comma"] > 0.05 for p in shares)
    points = sum(p["number"] >= 0.9 and p["decimal_point"] > 0.05 for p in shares)
    return "," if commas and commas >= points else "."
