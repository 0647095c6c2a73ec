"""What reading did: rows read, used and rejected for each table, and what the lead columns look like."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path

import numpy as np

from lead_ml.clean.text import as_number
from lead_ml.project.params import Params
from lead_ml.project.schema import ColumnType, KnownAt, known_at_of
from lead_ml.tables.dataset import Coded
from lead_ml.tables.read.reject import RejectedRows, RejectedTable
from lead_ml.tables.read.timestamps import span_of

_GUESS_LEVELS = 1_000
_GUESS_SHARE = 0.9
_ID_SHARE = 0.95


@dataclass(frozen=True)
class TableReport:
    """How one table was read.

    ``rows_in`` is ``used`` plus the rows rejected. ``mapped`` maps our names to theirs, ``ignored`` are their unused columns.
    ``first`` and ``last`` bound ``created_at`` or ``occurred_at`` of the rows used, microseconds UTC; None without
    rows or dates.
    """

    table: str
    sources: tuple[str, ...]
    rows_in: int
    used: int
    rejected: tuple[RejectedRows, ...]
    mapped: Mapping[str, str]
    ignored: tuple[str, ...]
    notes: tuple[str, ...]
    first: int | None
    last: int | None


@dataclass(frozen=True)
class ColumnReport:
    """A column of the leads used: what it seems to hold, the share of rows filled, and how many values differ."""

    name: str
    kind: ColumnType
    fill: float
    distinct: int
    known_at: KnownAt
    trusted: bool


@dataclass(frozen=True)
class IntakeReport:
    """The report of every table read, in the order leads, events, outcomes, lead_history and extra tables, and of every lead column."""

    tables: Mapping[str, TableReport]
    columns: tuple[ColumnReport, ...]
    rejected: Mapping[str, RejectedTable] = field(default_factory=dict, repr=False, compare=False)


def column_report(name: str, column: Coded, params: Params) -> ColumnReport:
    """Describe a lead column; its kind is guessed from up to 1,000 of its values."""
    filled = column.codes[column.codes >= 0]
    used = np.unique(filled)
    levels = [column.levels[code] for code in used[:_GUESS_LEVELS].tolist()]
    return ColumnReport(
        name=name,
        kind=_kind(levels, len(used), len(filled)),
        fill=len(filled) / len(column) if len(column) else 0.0,
        distinct=len(used),
        known_at=known_at_of(name, params),
        trusted=name in params.trust,
    )


def write_rejected(report: IntakeReport, folder: Path) -> tuple[Path, ...]:
    """Write ``rejected_<table>.csv`` for every table with rejected rows; return the files written.

    Columns: ``rejected_source``, ``rejected_row`` (1-based, the header of a file is line 1), ``rejected_cause``, then
    the row as it was, under its own header. A file of an earlier run is removed if nothing is rejected any more.
    """
    written = []
    for table in report.tables:
        path = folder / f"rejected_{table}.csv"
        rejected = report.rejected.get(table)
        if rejected is None:
            path.unlink(missing_ok=True)
            continue
        folder.mkdir(parents=True, exist_ok=True)
        _write(rejected, path)
        written.append(path)
    return tuple(written)


def _write(rejected: RejectedTable, path: Path) -> None:
    table = rejected.table
    sources = [table.sources[code] for code in table.source.tolist()]
    columns = [column.values() for column in table.columns.values()]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["rejected_source", "rejected_row", "rejected_cause", *table.columns])
        writer.writerows(zip(sources, table.lines.tolist(), rejected.causes, *columns, strict=True))


def _kind(levels: list[str], distinct: int, filled: int) -> ColumnType:
    enough = _GUESS_SHARE * len(levels)
    if levels and sum(not np.isnan(as_number(level)) for level in levels) >= enough:
        return "number"
    if levels and sum(span_of(level, UTC) is not None for level in levels) >= enough:
        return "instant"
    return "id" if filled > 1 and distinct >= _ID_SHARE * filled else "text"
