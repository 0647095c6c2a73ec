"""What reading did: rows read, used and rejected for each table, and what the lead columns look like."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lead_ml.project.schema import KnownAt
from lead_ml.tables.durable import private_copy
from lead_ml.tables.read.column_kinds import ColumnKind
from lead_ml.tables.read.reject import RejectedRows, RejectedTable, Rejections
from lead_ml.tables.read.timestamps import Timestamps


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
    rejected_rows: RejectedTable | None = field(default=None, repr=False, compare=False)


def table_report(rejections: Rejections, notes: Iterable[str], times: Timestamps | None) -> TableReport:
    """Report a checked table; raises InputError as :meth:`Rejections.by_cause` does."""
    used = int(rejections.used.sum())
    at = times.at[rejections.used] if times is not None and used else None
    table = rejections.table
    return TableReport(
        table=table.name,
        sources=table.raw.sources,
        rows_in=len(table),
        used=used,
        rejected=rejections.by_cause(),
        mapped=table.mapped,
        ignored=table.ignored,
        notes=(*table.raw.notes, *notes),
        first=None if at is None else int(at.min()),
        last=None if at is None else int(at.max()),
        rejected_rows=rejections.rejected_table(),
    )


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

    @property
    def rejected(self) -> Mapping[str, RejectedTable]:
        """The rejected rows of every table that has some."""
        found = {name: table.rejected_rows for name, table in self.tables.items()}
        return {name: rows for name, rows in found.items() if rows is not None}


def write_rejected(report: IntakeReport, folder: Path) -> tuple[Path, ...]:
    """Write ``rejected_<table>.csv`` for every table with rejected rows; return the files written.

    Columns: ``rejected_source``, ``rejected_row`` (1-based, the header of a file is line 1), ``rejected_cause``, then
    the row as it was, under its own header. A file of an earlier run is removed if nothing is rejected any more.
    """
    written, rejected = [], report.rejected
    for table in report.tables:
        path = folder / f"rejected_{table}.csv"
        if table not in rejected:
            path.unlink(missing_ok=True)
            continue
        folder.mkdir(parents=True, exist_ok=True)
        _write(rejected[table], path)
        written.append(path)
    return tuple(written)


def _write(rejected: RejectedTable, path: Path) -> None:
    table = rejected.table
    sources = [table.sources[code] for code in table.source.tolist()]
    columns = [column.values() for column in table.columns.values()]
    with private_copy(path) as draft, draft.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["rejected_source", "rejected_row", "rejected_cause", *table.columns])
        writer.writerows(zip(sources, table.lines.tolist(), rejected.causes, *columns, strict=True))
