"""Laying tables out: from files or a dataset, a batch at a time, to a folder or to memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np

from lead_ml.cluster.layout.columns import Columns, arrow_coded, coded, rows_in, taken
from lead_ml.cluster.layout.layout import Layout
from lead_ml.cluster.layout.manifest import Part
from lead_ml.cluster.layout.memory import handed_on
from lead_ml.cluster.layout.part import in_order
from lead_ml.cluster.layout.scattered import BUDGET, Scattered
from lead_ml.cluster.layout.sources import BATCH_ROWS, batches, files_of
from lead_ml.cluster.layout.tables import EVENTS, shape_of, tables_of
from lead_ml.tables.dataset import Coded, Dataset

Files = str | Path | Sequence[str | Path]
Source = Dataset | Mapping[str, Files]

_ROWS_A_PARTITION = 600_000
_FEW_PARTITIONS = 16  # from here on they grow with the rows, as slowly as their number
_BYTES_A_CSV_ROW = 100


def lay_out(
    source: Source,
    folder: str | Path,
    *,
    partitions: int | None = None,
    columns: Mapping[str, Sequence[str]] | None = None,
    budget: int = BUDGET,
) -> Layout:
    """Lay tables out in a folder that has no layout yet, one part for each partition and table.

    Parameters
    ----------
    source
        A dataset, or the files of each table: ``{"leads": "leads.csv", "events": "events/*.parquet"}``, also ``outcomes``, and
        ``history:stage`` with ``lead_id``, ``at`` and ``stage`` for the changes of the lead column ``stage``. Without ``leads`` the leads are those that the streams name. See :func:`lead_ml.cluster.layout.sources.batches`
        for what the columns must be; rows are taken as they are, nothing is sifted.
    folder
        Made where it is not there.
    partitions
        By default 600,000 rows each, more where there are many. It stays: choose it for the data to come.
    columns
        Columns of a table to keep, all by default.
    budget
        Bytes of rows to hold in memory; past them rows wait in a temporary file in the folder.

    Raises
    ------
    InputError
        Where the folder holds a layout, or a file cannot be used.
    """
    count = partitions or partitions_for(source)
    layout = Layout.create(folder, count, until=source.until if isinstance(source, Dataset) else 0)
    return append(layout, source, columns=columns, budget=budget)


def append(
    layout: Layout,
    source: Source,
    *,
    columns: Mapping[str, Sequence[str]] | None = None,
    budget: int = BUDGET,
) -> Layout:
    """Add rows to the partitions that they belong to, as new parts; no other file is written.

    The order of appending changes no feature. Of rows that name a lead again the last one counts.
    :meth:`Layout.compacted` merges parts when there are many.

    Raises
    ------
    InputError
        Where a file cannot be used; what was added before stays.
    """
    layout = Layout.open(layout.folder)
    layout.sweep()
    with closing(Scattered(layout.count, budget=budget, folder=layout.folder)) as cut:
        _fill(cut, source, columns)
        parts = list[Part]()
        for k in range(cut.count):
            parts += layout.write(k, cut.tables(k))
            cut.release(k)
        tables = cut.names
    return layout.add(parts, tables, until=source.until if isinstance(source, Dataset) else 0)


@contextmanager
def partitioned(
    source: Source,
    *,
    partitions: int | None = None,
    columns: Mapping[str, Sequence[str]] | None = None,
    budget: int = BUDGET,
    folder: Path | None = None,
) -> Iterator[Scattered]:
    """Cut tables into partitions for one computation, without a folder to keep.

    Past the budget rows stand in a temporary file in `folder`, by default the system's; see that it is on a disk.
    """
    import pyarrow as pa

    scattered = Scattered(partitions or partitions_for(source), budget=budget, folder=folder)
    with handed_on(), closing(scattered) as cut:
        _fill(cut, source, columns)
        pa.default_memory_pool().release_unused()
        yield cut


def partitions_for(source: Source) -> int:
    """Return a number of partitions that fits the rows."""
    if isinstance(source, Dataset):
        rows = sum(rows_in(columns) for columns in tables_of(source).values())
    else:
        rows = sum(_rows_in_file(path) for files in source.values() for path in files_of(files))
    count = -(-rows // _ROWS_A_PARTITION)
    return max(min(count, int((_FEW_PARTITIONS * count) ** 0.5) + 1), 1)


def _rows_in_file(path: Path) -> int:
    import pyarrow as pa
    import pyarrow.parquet as pq

    if path.suffix == ".csv":
        return path.stat().st_size // _BYTES_A_CSV_ROW
    try:
        return int(pq.read_metadata(path).num_rows)
    except (pa.ArrowException, OSError):
        return 0  # reading the file itself tells what is wrong


def _fill(cut: Scattered, source: Source, columns: Mapping[str, Sequence[str]] | None) -> None:
    if isinstance(source, Dataset):
        for table, whole in tables_of(source).items():
            cut.begin(table)
            keep = (columns or {}).get(table, list(whole))
            own = {name: column for name, column in whole.items() if name in keep}
            for first in range(0, rows_in(own), BATCH_ROWS):
                cut.add(table, taken(own, np.arange(first, min(first + BATCH_ROWS, rows_in(own)))))
        return
    for table, files in source.items():
        shape_of(table)
        cut.begin(table)
        for path in files_of(files):
            for batch in batches(table, path, columns=(columns or {}).get(table)):
                cut.add(table, batch)


def warm() -> None:
    """Compile what cuts, orders and walks, or load it from numba's cache."""
    from lead_ml.asof.kernel import warm as warm_kernel

    warm_kernel()
    lead = Coded(np.array([0, 1, 0], dtype=np.int32), ("first", "second"))
    time = np.array([1, 0, 1])
    events: Columns = {"lead_id": lead, "known_at": time, "occurred_at": time}
    Scattered(2).add(EVENTS, {**events, "type": coded(arrow_coded(Coded.of(["a", None, "b"])))})
    in_order(events)
