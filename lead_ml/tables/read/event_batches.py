"""The events of a project a batch at a time, read by the rules of :func:`lead_ml.tables.read.read_dataset`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lead_ml.errors import InputError, ParamsError
from lead_ml.project.params import Params, TableParams
from lead_ml.tables.dataset import Events, Leads
from lead_ml.tables.read.context import FOREVER, ReadContext, context_of
from lead_ml.tables.read.csv_file import csv_batches
from lead_ml.tables.read.excel_file import read_excel
from lead_ml.tables.read.files import file_format, paths_of, shown
from lead_ml.tables.read.leads import LeadIndex, read_leads
from lead_ml.tables.read.mapping import MappedTable, map_columns, where_filled
from lead_ml.tables.read.parquet_file import parquet_batches
from lead_ml.tables.read.raw import RawTable
from lead_ml.tables.read.read import _open
from lead_ml.tables.read.reject import Cause, RejectedRows, Rejections, check_dominant
from lead_ml.tables.read.streams import read_some_events

BATCH_ROWS = 500_000


@dataclass(frozen=True, eq=False)
class EventBatch:
    """Events that were read from one file, with the rows that were rejected on the way."""

    source: str
    rows_in: int
    events: Events
    rejected: tuple[RejectedRows, ...]


class EventFiles:
    """The event files of a project, for leads that are read at once.

    ``data.until`` is left out of account: what became known later is kept, and decided on when features are computed.

    Parameters
    ----------
    params, root
        As for :func:`lead_ml.tables.read.read_dataset`.
    files
        Files to read in the place of ``data.events.path``.

    Raises
    ------
    InputError, ParamsError
        As :func:`lead_ml.tables.read.read_dataset`, and where the project has no files of events.
    """

    def __init__(self, params: Params, root: Path, files: list[str] | None = None) -> None:
        if params.data.events is None or (params.data.events.url is not None and files is None):
            raise ParamsError(
                "a layout is built from files of events",
                value=None if params.data.events is None else params.data.events.url,
                expected="data.events.path in params.yaml: CSV or Parquet files",
                do="export the events to files, Parquet is quickest",
            )
        context = replace(context_of(params, datetime.now(UTC)), until=FOREVER)
        self.params: TableParams = params.data.events
        if files is not None:
            self.params = self.params.model_copy(update={"path": files, "url": None})
        self.leads, self._index = _leads(params, root, context)
        self._context = context
        self.root = root
        self.paths = paths_of(self.params, root)

    def rows(self) -> int:
        """Return about how many rows the files have."""
        return sum(_rows_in(path) for path in self.paths)

    def batches(self) -> Iterator[EventBatch]:
        """Read the files in order.

        Raises
        ------
        InputError
            Where a file cannot be read or lacks a column; at the end, where more than half of all rows fall to one cause.
        """
        read, causes = 0, dict[str, tuple[Cause, RejectedRows]]()
        names: tuple[str, ...] | None = None
        for path in self.paths:
            for raw in _raw_tables(path, self.root, self.params, BATCH_ROWS):
                names = _same_columns(names, raw)
                events, rejections = self._read(raw)
                yield EventBatch(raw.sources[0], len(rejections.table), events, rejections.counted())
                read += len(rejections.table)
                _count(causes, rejections)
        for cause, item in causes.values():
            check_dominant(item, cause, read)

    def _read(self, raw: RawTable) -> tuple[Events, Rejections]:
        table: MappedTable = map_columns("events", raw, self.params, self._context.missing)
        if self.params.where_filled is not None:
            table = where_filled(table, self.params.where_filled, self._context.missing)
        return read_some_events(table, self._index, self._context, end_of_day=self.params.end_of_day)


def _leads(params: Params, root: Path, context: ReadContext) -> tuple[Leads, LeadIndex]:
    table = _open("leads", params.data.leads, root, context)
    leads, index, _, _ = read_leads(table, context, end_of_day=params.data.leads.end_of_day)
    return leads, index


def _count(causes: dict[str, tuple[Cause, RejectedRows]], rejections: Rejections) -> None:
    for cause, item in zip(rejections.causes, rejections.counted(), strict=True):
        before = causes.get(cause.text)
        causes[cause.text] = (
            cause,
            item if before is None else replace(before[1], count=before[1].count + item.count),
        )


def _same_columns(names: tuple[str, ...] | None, raw: RawTable) -> tuple[str, ...]:
    found = tuple(sorted(raw.columns))
    if names is not None and names != found:
        raise InputError(
            "its columns are not those of the files before",
            source=raw.sources[0],
            value=", ".join(found),
            expected=", ".join(names),
            do="bring the files to the same columns, or list only those that have them",
        )
    return found


def _raw_tables(path: Path, root: Path, params: TableParams, rows: int) -> Iterator[RawTable]:
    source = shown(path, root)
    try:
        found = file_format(path)
        if found == "excel":  # has no more than a million rows
            yield read_excel(path, source, params.sheet)
        elif found == "parquet":
            yield from parquet_batches(path, source, rows)
        else:
            yield from csv_batches(path, source, params, rows)
    except OSError as error:
        raise InputError(
            f"the file cannot be read ({error.strerror or error})", source=source, do="check its permissions"
        ) from error


def _rows_in(path: Path) -> int:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        found: Any = pq.read_metadata(path).num_rows
    except (pa.ArrowException, OSError):
        return path.stat().st_size // _BYTES_A_CSV_ROW
    return int(found)


_BYTES_A_CSV_ROW = 100
