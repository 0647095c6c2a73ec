"""The layout of a project: its events written to partitions on disk, and read from there in place of their files."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, replace
from pathlib import Path

import msgspec
import numpy as np

from lead_ml.asof.kernel import StoredDataset
from lead_ml.cluster.layout import (
    Intake,
    Layout,
    LayoutEvents,
    RejectionCount,
    append,
    partitions_for,
)
from lead_ml.cluster.layout.columns import Columns, Texts, arrow_texts
from lead_ml.errors import InputError, ParamsError
from lead_ml.project.load import Project, load_project
from lead_ml.project.params import Params
from lead_ml.tables.dataset import Coded, Dataset, Events
from lead_ml.tables.read import RejectedRows, TableReport
from lead_ml.tables.read.event_batches import EventBatch, EventFiles

Progress = Callable[[str], None]
_ELSEWHERE = {"path", "url", "table", "query"}  # where events are, not how they are read


class LayoutSummary(msgspec.Struct, frozen=True, kw_only=True):
    """What a layout holds, and what the last command read into it."""

    place: str
    partitions: int
    parts: int
    events: int
    bytes: int
    read: Intake


def build_layout(
    root: Path,
    data: Path | None = None,
    *,
    partitions: int | None = None,
    progress: Progress = lambda _: None,
) -> LayoutSummary:
    """Write the events of a project to its layout, a batch at a time.

    The number of partitions, by default one for 600,000 events and fewer than that for very many, stays: choose it for the data to
    come.
    """
    project, base = load_project(root), data or root
    place = _place(project, base)
    files = EventFiles(project.params, base)
    count = partitions or partitions_for(files.rows())
    layout = Layout.create(
        place, count, project=project.params.project, reading=_reading(project.params) or ""
    )
    return _filled(layout, files, progress)


def append_layout(
    root: Path, files: Sequence[str], data: Path | None = None, *, progress: Progress = lambda _: None
) -> LayoutSummary:
    """Add new files of events to the layout of a project; events whose event_id it has already are rejected."""
    project, base = load_project(root), data or root
    return _filled(open_layout(project, base), EventFiles(project.params, base, list(files)), progress)


def open_layout(project: Project, base: Path) -> Layout:
    """Open the layout of a project and check that it is its own, built under the settings of today."""
    layout = Layout.open(_place(project, base))
    manifest, source = layout.manifest, layout.storage.name
    if manifest.project != project.params.project:
        raise InputError(
            "the layout belongs to another project",
            source=source,
            value=manifest.project,
            expected=project.params.project,
            do="correct data.layout in params.yaml, or run lead-ml layout build into a new folder",
        )
    if _reading(project.params) not in (None, manifest.reading):
        raise InputError(
            "the layout was built under other settings of data.events, data.since, missing or time_zone",
            source=source,
            expected="the settings of params.yaml today",
            do="remove the folder and run lead-ml layout build",
        )
    if not manifest.generation:
        raise InputError(
            "the layout has no events: lead-ml layout build was interrupted",
            source=source,
            do="run lead-ml layout build again",
        )
    return layout


def with_layout(project: Project, base: Path, dataset: Dataset) -> tuple[Dataset, TableReport]:
    """Return a dataset read without events whose events are in the project's layout, and what was read into that."""
    layout = open_layout(project, base)
    if dataset.leads.created_at is None:
        raise InputError(
            "there is a layout of events, but the leads have no created_at",
            source=layout.storage.name,
            expected="created_at in the leads table, because nothing can be known as of a moment without it",
            do="map data.leads.columns.created_at, or remove data.layout from params.yaml",
        )
    none, manifest = np.empty(0, dtype=np.int64), layout.manifest
    texts = {name: Coded(none.astype(np.int32), ()) for name in layout.texts}
    own = {
        **{item.name: getattr(dataset, item.name) for item in fields(Dataset)},
        "leads": replace(dataset.leads, lead_id=Texts(arrow_texts(dataset.leads.lead_id))),
        "events": Events(none, none, none, texts, np.empty(0)),
        "digests": {**dataset.digests, "events": manifest.checksum},
    }
    if not project.params.data.until:
        own["until"] = max(dataset.until, manifest.intake.until)
    return StoredDataset(**own, stored=LayoutEvents(layout)), _table_report(layout)


def _place(project: Project, base: Path) -> str:
    place = project.params.data.layout
    if place is None:
        raise ParamsError(
            "data.layout is not set",
            expected="a folder or a URL that the events are laid out in",
            do="add layout: layout under data in params.yaml",
        )
    return place if "://" in place else str(base / place)


def _reading(params: Params) -> str | None:
    """Return a digest of all that decides how a row of events is read, None where the project names no events."""
    if params.data.events is None:
        return None
    own = params.data.events.model_dump(mode="json", exclude=_ELSEWHERE)
    content = {"events": own, "since": params.data.since, "zone": params.time_zone, "missing": params.missing}
    return hashlib.sha256(msgspec.json.encode(content, order="deterministic")).hexdigest()


def _filled(layout: Layout, files: EventFiles, progress: Progress) -> LayoutSummary:
    layout, read = append(layout, _batches(files, progress))
    manifest = layout.manifest
    return LayoutSummary(
        place=layout.storage.name,
        partitions=layout.count,
        parts=len(manifest.parts),
        events=layout.rows,
        bytes=sum(part.bytes for part in manifest.parts),
        read=read,
    )


def _batches(files: EventFiles, progress: Progress) -> Iterator[tuple[Columns, Intake]]:
    total, ids, done = files.rows(), Texts(arrow_texts(files.leads.lead_id)), 0
    for batch in files.batches():
        events = batch.events
        columns: Columns = {
            "lead_id": Coded(events.lead.astype(np.int32), ids),
            "occurred_at": events.occurred_at,
            "known_at": events.known_at,
            **events.columns,
            "value": events.value,
        }
        yield columns, _intake(batch)
        done += batch.rows_in
        progress(f"{done:,} of about {max(done, total):,} rows read")
    progress("writing the partitions")


def _intake(batch: EventBatch) -> Intake:
    events = batch.events
    some = bool(len(events))
    return Intake(
        sources=(batch.source,),
        rows_in=batch.rows_in,
        rejected=tuple(
            RejectionCount(**{**vars(item), "example": str(item.example)}) for item in batch.rejected
        ),
        first=int(events.occurred_at.min()) if some else None,
        last=int(events.occurred_at.max()) if some else None,
        until=int(events.known_at.max()) + 1 if some else 0,
    )


def _table_report(layout: Layout) -> TableReport:
    intake = layout.manifest.intake
    return TableReport(
        table="events",
        sources=intake.sources,
        rows_in=intake.rows_in,
        used=layout.rows,
        rejected=tuple(RejectedRows(**msgspec.structs.asdict(item)) for item in intake.rejected),
        mapped={},
        ignored=(),
        notes=(f"read from the layout in {layout.storage.name}",),
        first=intake.first,
        last=intake.last,
    )
