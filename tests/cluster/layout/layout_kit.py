"""Datasets with their events in a layout, or cut in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import fields
from pathlib import Path

import numpy as np

from lead_ml.asof.kernel import StoredDataset
from lead_ml.cluster.layout import Intake, Layout, LayoutEvents, Scattered
from lead_ml.cluster.layout.columns import Columns
from lead_ml.tables.dataset import Coded, Dataset, Events


def columns_of(project: Dataset) -> Columns:
    """Return the events of a dataset as a batch for a layout."""
    events = project.events
    assert events is not None
    return {
        "lead_id": Coded(events.lead.astype(np.int32), project.leads.lead_id),
        "known_at": events.known_at,
        "occurred_at": events.occurred_at,
        **events.columns,
        "value": events.value,
    }


def grown(layout: Layout, pieces: Iterable[Dataset], budget: int = 1 << 20) -> Layout:
    """Add the events of each dataset as parts of their own, repeated ids and all."""
    for piece in pieces:
        with closing(Scattered(layout.count, budget=budget)) as cut:
            cut.add(columns_of(piece))
            parts = [layout.write(k, cut.read(k)) for k in range(cut.count) if len(cut.read(k)["lead_id"])]
            layout = layout.add(parts, Intake())
    return layout


def laid_out(folder: str | Path, pieces: Iterable[Dataset], partitions: int) -> Layout:
    return grown(Layout.create(folder, partitions), pieces)


def stored(project: Dataset, partitions: Layout | Scattered, **options: object) -> StoredDataset:
    """Return the dataset with its events elsewhere."""
    none = np.empty(0, dtype=np.int64)
    own = {item.name: getattr(project, item.name) for item in fields(Dataset)}
    own["events"] = Events(none, none, none, {}, np.empty(0))
    return StoredDataset(**own, stored=LayoutEvents(partitions, **options))


@contextmanager
def cut_in_memory(project: Dataset, partitions: int, budget: int = 1 << 20) -> Iterator[Scattered]:
    with closing(Scattered(partitions, budget=budget)) as cut:
        cut.add(columns_of(project))
        yield cut
