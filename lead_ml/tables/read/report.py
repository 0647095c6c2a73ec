"""What reading did: rows read, used and rejected for each table, and what the lead columns look like."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lead_ml.project.params import Params
from lead_ml.project.schema import KnownAt, known_at_of
from lead_ml.tables.dataset import Coded
from lead_ml.tables.read.column_kinds import ColumnKind, summarize
from lead_ml.tables.read.reject import RejectedRows, RejectedTable


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
    """A column of the leads used: what it holds, the share of rows filled, and the number of different values."""

    name: str
    kind: ColumnKind
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
    """Describe a lead column."""
    summary = summarize(name, column)
    return ColumnReport(
        name=name,
        kind=summary.kind,
        fill=summary.fill,
        distinct=summary.distinct,
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
