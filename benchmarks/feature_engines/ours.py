"""lead-ml: events cut into partitions by lead, in memory or in a layout on disk, each ordered and walked by itself."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from feature_engines.declared import FEATURES, FEW
from feature_engines.measured import Steps

# Leads without events are asked about too, so the leads are those of the spine; nobody asks for event_id.
COLUMNS = {
    "leads": ("lead_id",),
    "events": ("lead_id", "known_at", "occurred_at", *FEW, "session_id", "value"),
}


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
    import pyarrow.csv
    import pyarrow.dataset
    import pyarrow.parquet  # noqa: F401

    from lead_ml.cluster.layout import warm

    warm()


def keep(folder: Path) -> None:
    """Write the layout: the tables as they are, whatever is declared."""
    from lead_ml.cluster.layout import lay_out

    shutil.rmtree(folder / "kept", ignore_errors=True)
    lay_out(_source(folder), folder / "kept", columns=COLUMNS)


def features(folder: Path, layout: str, steps: Steps) -> Found:
    """Compute the features of every snapshot."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from lead_ml.asof.labels import Spine
    from lead_ml.cluster.layout import by_lead, features_of, rows_of

    with ExitStack() as stack:
        with steps("open" if layout == "kept" else "read and cut"):
            opened = stack.enter_context(_partitions(folder, layout))
        with steps("spine"):
            asked = pq.read_table(folder / "spine.parquet", use_threads=False)
            lead, as_of = rows_of(opened, asked["lead_id"]), asked["as_of"].to_numpy()
            order = by_lead(Spine(lead, as_of))
            spine = Spine(lead[order], as_of[order])
            names = pa.concat_arrays([opened.lead_ids(k) for k in range(opened.count)])
            del asked, lead, as_of, order
        with steps("features"):
            columns = dict(features_of(FEATURES, opened, spine))
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


def _source(folder: Path) -> dict[str, Path]:
    return {"leads": folder / "spine.parquet", "events": folder / "events.parquet"}


@contextmanager
def _partitions(folder: Path, layout: str) -> Iterator[Any]:
    from lead_ml.cluster.layout import Layout, partitioned

    if layout == "kept":
        yield Layout.open(folder / "kept")
        return
    with partitioned(_source(folder), columns=COLUMNS) as cut:
        yield cut
