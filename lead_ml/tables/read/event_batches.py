"""The events of a project a batch at a time, read by the rules of :func:`lead_ml.tables.read.read_dataset`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from lead_ml.errors import ParamsError
from lead_ml.project.params import Params, TableParams
from lead_ml.tables.dataset import Events
from lead_ml.tables.read.context import FOREVER, context_of
from lead_ml.tables.read.files import file_batches, paths_of
from lead_ml.tables.read.leads import read_leads
from lead_ml.tables.read.mapping import map_columns
from lead_ml.tables.read.raw import RawTable, check_same_columns
from lead_ml.tables.read.read import read_table
from lead_ml.tables.read.reject import Cause, RejectedRows, check_dominant
from lead_ml.tables.read.streams import read_some_events

BATCH_ROWS = 500_000
_BYTES_A_CSV_ROW = 100


@dataclass(frozen=True, eq=False)
class EventBatch:
    """Events that were read from one file, with the rows that were rejected on the way."""

    source: str
    rows_in: int
    events: Events
    rejected: tuple[RejectedRows, ...]


class EventFiles:
    """The event files of a project, or `files` in their place, for leads that are read at once.

    ``data.until`` is left out of account: what became known later is kept, and decided on when features are computed.
    Raises as :func:`lead_ml.tables.read.read_dataset`, and ParamsError where the project has no files of events.
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
        table = read_table("leads", params.data.leads, root, context)
        self.leads, self._index, _ = read_leads(table, context)
        self._context = context
        self.root = root
        self.paths = paths_of(self.params, root)

    def rows(self) -> int:
        """Return about how many rows the files have."""
        return sum(_rows_in(path) for path in self.paths)

    def batches(self) -> Iterator[EventBatch]:
        """Read the files in order; raises InputError where one cannot be read or lacks a column, and as :func:`check_dominant` at the end."""
        read, causes = 0, dict[str, tuple[Cause, RejectedRows]]()
        first: RawTable | None = None
        for path in self.paths:
            for raw in file_batches(path, self.root, self.params, BATCH_ROWS):
                if first is None:
                    first = raw.take(np.empty(0, dtype=np.int64))
                check_same_columns(first, raw)
                table = map_columns("events", raw, self.params, self._context.missing)
                events, rejections = read_some_events(table, self._index, self._context)
                yield EventBatch(raw.sources[0], len(table), events, rejections.counted())
                read += len(table)
                for cause, item in zip(rejections.causes, rejections.counted(), strict=True):
                    _, before = causes.get(cause.text, (cause, replace(item, count=0)))
                    causes[cause.text] = (cause, replace(before, count=before.count + item.count))
        for cause, item in causes.values():
            check_dominant(item, cause, read)


def _rows_in(path: Path) -> int:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return int(pq.read_metadata(path).num_rows)
    except (pa.ArrowException, OSError):
        return path.stat().st_size // _BYTES_A_CSV_ROW
