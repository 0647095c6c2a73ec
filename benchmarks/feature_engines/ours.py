"""lead-ml: events cut into partitions by lead, in memory or in a layout on disk, each ordered and walked by itself."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from feature_engines.declared import FEATURES, FEW
from feature_engines.measured import Steps
from lead_ml.cluster.layout.columns import Texts, coded, writable

# Nobody asks for event_id.
COLUMNS = ("lead_id", "known_at", "occurred_at", *FEW, "session_id", "value")
BATCH_ROWS = 1 << 19


@dataclass(frozen=True)
class Found:
    """Snapshots by lead, and their features."""

    names: Any
    lead: Any
    as_of: Any
    columns: dict[str, Any]


def prepare() -> None:
    """Compile the kernel or load it from numba's cache."""
    import pyarrow.compute
    import pyarrow.parquet  # noqa: F401

    from lead_ml.asof.kernel import warm
    from lead_ml.cluster.layout import Scattered
    from lead_ml.cluster.layout.columns import arrow_coded, coded
    from lead_ml.cluster.layout.part import in_order
    from lead_ml.tables.dataset import Coded

    warm()
    lead = Coded(np.array([0, 1, 0], dtype=np.int32), ("first", "second"))
    time = np.array([1, 0, 1])
    columns = {"lead_id": lead, "known_at": time, "occurred_at": time}
    Scattered(2).add({**columns, "type": coded(arrow_coded(Coded.of(["a", None, "b"])))})
    in_order(columns)


def keep(folder: Path) -> None:
    """Write the layout: the events as they are, whatever is declared."""
    from lead_ml.cluster.layout import Intake, Layout, append, partitions_for

    shutil.rmtree(folder / "kept", ignore_errors=True)
    layout = Layout.create(folder / "kept", partitions_for(_rows(folder)))
    append(layout, ((batch, Intake()) for batch in _batches(folder)))


def features(folder: Path, layout: str, steps: Steps) -> Found:
    """Compute the features of every snapshot."""
    import pyarrow.parquet as pq

    from lead_ml.asof.join import features_at
    from lead_ml.asof.kernel import StoredDataset
    from lead_ml.asof.labels import Spine
    from lead_ml.cluster.layout import LayoutEvents, by_lead_and_time, lead_order
    from lead_ml.tables.dataset import Events, Leads

    with ExitStack() as stack:
        with steps("open" if layout == "kept" else "read and cut"):
            opened = stack.enter_context(_partitions(folder, layout))
        with steps("spine"):
            asked = pq.read_table(folder / "spine.parquet", use_threads=False)
            # Leads without events are asked about too.
            ids = asked["lead_id"].dictionary_encode().combine_chunks()
            leads = lead_order(Texts(ids.dictionary), opened.count)[0]
            names, place = ids.dictionary.take(leads), np.empty(len(leads), dtype=np.int64)
            place[leads] = np.arange(len(leads))
            lead, as_of = place[ids.indices.to_numpy()], asked["as_of"].to_numpy()
            order = by_lead_and_time(lead, as_of, len(names))[1]
            spine = Spine(lead, as_of) if order is None else Spine(lead[order], as_of[order])
            none = np.empty(0, dtype=np.int64)
            dataset = StoredDataset(
                Leads(tuple(names.to_pylist()), None),
                Events(none, none, none, {}, np.empty(0)),
                stored=LayoutEvents(opened),
            )
            del asked, ids, leads, place, lead, as_of, order
        with steps("features"):
            columns = dict(features_at(FEATURES, dataset, spine))
    return Found(names, spine.lead, spine.as_of, columns)


def table(found: Found) -> Any:
    import pyarrow as pa

    ids = pa.DictionaryArray.from_arrays(pa.array(found.lead), found.names).cast(pa.string())
    columns = {name: _arrow(column) for name, column in found.columns.items()}
    return pa.table({"lead_id": ids, "as_of": found.as_of, **columns})


def _arrow(column: Any) -> Any:
    import pyarrow as pa

    if isinstance(column, np.ndarray):
        return pa.array(column, from_pandas=True)
    return pa.array(column.levels, pa.string()).take(pa.array(column.codes, mask=column.codes < 0))


def _rows(folder: Path) -> int:
    import pyarrow.parquet as pq

    return int(pq.read_metadata(folder / "events.parquet").num_rows)


def _batches(folder: Path) -> Iterator[dict[str, Any]]:
    """Read the events as they are, a batch at a time: typed instants and texts need no rules of cells."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    texts = ["lead_id", *FEW, "session_id"]
    # Buffered ahead, the whole file would stay in memory until its end.
    with pq.ParquetFile(folder / "events.parquet", read_dictionary=texts, pre_buffer=False) as file:
        for batch in file.iter_batches(batch_size=BATCH_ROWS, columns=list(COLUMNS), use_threads=False):
            found = dict(zip(batch.schema.names, batch.columns, strict=True))
            yield {
                name: coded(array.cast(pa.dictionary(pa.int32(), pa.string())))
                if name in texts
                else writable(array)
                for name, array in found.items()
            }


@contextmanager
def _partitions(folder: Path, layout: str) -> Iterator[Any]:
    import pyarrow as pa

    from lead_ml.cluster.layout import Layout, Scattered, partitions_for
    from lead_ml.cluster.layout.memory import handed_on

    if layout == "kept":
        yield Layout.open(folder / "kept")
        return
    with handed_on(), closing(Scattered(partitions_for(_rows(folder)))) as cut:
        for batch in _batches(folder):
            cut.add(batch)
        pa.default_memory_pool().release_unused()
        yield cut
