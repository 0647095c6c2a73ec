"""A layout: the events of a project cut into partitions by lead, sorted inside, and grown without being written anew."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from lead_ml.cluster.layout.columns import Column, Columns, arrow_texts, rows_in, stacked, taken
from lead_ml.cluster.layout.manifest import (
    NAME,
    NO_INTAKE,
    TEXT,
    Intake,
    LayoutManifest,
    LayoutPart,
    RejectionCount,
    bad,
    read_manifest,
    write_manifest,
)
from lead_ml.cluster.layout.need import Need
from lead_ml.cluster.layout.part import read_part, write_part
from lead_ml.cluster.layout.scattered import BUDGET, Scattered
from lead_ml.cluster.layout.storage import Storage, storage_at
from lead_ml.errors import InputError
from lead_ml.tables.dataset import Coded
from lead_ml.tables.read.reject import REPEATED

_ROWS_A_PARTITION = 600_000
_FEW_PARTITIONS = 16  # from here on they grow with the rows, as slowly as their number
_MOST_PARTS = 8  # of a partition, before they are merged
Batch = tuple[Columns, Intake]  # events as Scattered.add takes them, and what was read for them


@dataclass(frozen=True, eq=False)
class Layout:
    """The events of a project in `count` partitions: all events of a lead are in one, so each is computed by itself.

    A layout has one writer at a time. What was written stays valid until the new manifest is there, so an interrupted
    writer loses nothing; the next writer removes its files. Readers keep the layout that they opened, until it is compacted.
    """

    storage: Storage
    manifest: LayoutManifest

    @classmethod
    def open(cls, place: str | Path) -> Layout:
        """Open a layout, in a folder or behind a URL that fsspec knows, after a check of its manifest."""
        storage = storage_at(place)
        return cls(storage, read_manifest(storage))

    @classmethod
    def create(cls, place: str | Path, partitions: int, *, project: str = "", reading: str = "") -> Layout:
        """Begin a layout without events where there is none, or none with events."""
        storage = storage_at(place)
        if NAME in storage.files() and read_manifest(storage).generation:
            raise InputError(
                "there is a layout already",
                source=storage.name,
                do="run lead-ml layout append for new files, or remove the folder to build it anew",
            )
        write_manifest(storage, LayoutManifest(partitions, project=project, reading=reading))
        return cls(storage, read_manifest(storage))

    @property
    def count(self) -> int:
        """Number of partitions."""
        return self.manifest.partitions

    @property
    def rows(self) -> int:
        """Number of events."""
        return sum(part.rows for part in self.manifest.parts)

    @property
    def texts(self) -> tuple[str, ...]:
        """Names of the text columns, beside the lead."""
        names = {name for part in self.manifest.parts for name, kind in part.columns.items() if kind == TEXT}
        return tuple(sorted(names - {"lead_id"}))

    def read(self, k: int, need: Need | None = None) -> dict[str, Column]:
        """Return the events of partition `k` with the columns of `need`, all by default."""
        parts = self.manifest.parts_of(k)
        names: list[list[str] | None] = [None] * len(parts)
        if need is not None:
            tie, whole = len(parts) > 1 or any(part.ties for part in parts), len(parts) == 1
            names = [need.of(part.columns, tie, whole, part.standing_in) for part in parts]
        return stacked([read_part(self.storage, *asked) for asked in zip(parts, names, strict=True)])

    def add(self, parts: Sequence[LayoutPart], intake: Intake) -> Layout:
        """Return the layout with parts that :meth:`write` wrote: all of them or, where this is interrupted, none."""
        return self._written((*self.manifest.parts, *parts), intake)

    def write(self, k: int, columns: Columns) -> LayoutPart:
        """Write events of partition `k` as a part that belongs to no layout yet."""
        file = f"events-{k:05d}-{self.manifest.generation + 1:06d}.parquet"
        return write_part(self.storage, file, k, columns)

    def first_of_each_id(self, k: int, columns: Columns) -> dict[str, Column]:
        """Return the events whose event_id is neither in partition `k` nor earlier among them, and those that have none."""
        import pyarrow as pa
        import pyarrow.compute as pc

        ids = columns.get("event_id")
        if not isinstance(ids, Coded):
            return dict(columns)
        levels = arrow_texts(ids.levels)
        parts = [part for part in self.manifest.parts_of(k) if "event_id" in part.columns]
        found = [read_part(self.storage, part, ["event_id"])["event_id"] for part in parts]
        known = [arrow_texts(column.levels) for column in found if isinstance(column, Coded)]
        new = np.ones(len(levels), dtype=np.bool_)
        if known:
            new = ~pc.is_in(levels, value_set=pa.concat_arrays(known)).to_numpy(zero_copy_only=False)
        rows = np.flatnonzero(ids.codes >= 0)
        first = rows[np.unique(ids.codes[rows], return_index=True)[1]]
        kept = ids.codes < 0
        kept[first] = new[ids.codes[first]]
        return dict(columns) if kept.all() else taken(columns, kept)

    def sweep(self) -> None:
        """Remove what an interrupted writer left."""
        named = {part.file for part in self.manifest.parts}
        for file in self.storage.files():
            if ".parquet" in file and file not in named:
                self.storage.remove(file)

    def compacted(self, *, most_parts: int = 1) -> Layout:
        """Return the layout with one part for each partition that has more than `most_parts`, one at a time in memory."""
        layout = self
        for k in range(self.count):
            old = layout.manifest.parts_of(k)
            if len(old) > most_parts:
                others = (part for part in layout.manifest.parts if part not in old)
                layout = layout._written((*others, layout.write(k, layout.read(k))))
                for part in old:
                    self.storage.remove(part.file)
        return layout

    def _written(self, parts: tuple[LayoutPart, ...], intake: Intake = NO_INTAKE) -> Layout:
        manifest = msgspec.structs.replace(
            self.manifest,
            parts=parts,
            generation=self.manifest.generation + 1,
            intake=self.manifest.intake.plus(intake),
        )
        if read_manifest(self.storage).generation != self.manifest.generation:
            raise bad(
                self.storage,
                "somebody else wrote to it meanwhile",
                "one writer at a time",
                "wait for the other one and repeat the command",
            )
        write_manifest(self.storage, manifest)
        return Layout(self.storage, read_manifest(self.storage))


def partitions_for(rows: int) -> int:
    """Return a number of partitions that fits a number of events."""
    count = -(-rows // _ROWS_A_PARTITION)
    return max(min(count, int((_FEW_PARTITIONS * count) ** 0.5) + 1), 1)


def append(layout: Layout, batches: Iterable[Batch], *, budget: int = BUDGET) -> tuple[Layout, Intake]:
    """Add events to the partitions that they belong to, as new parts; return the layout, and what was read and rejected.

    No other file is written, unless parts become many. The order of appending changes no feature. An event whose event_id its
    partition has already is rejected and counted. All that is read must have been read before the first part is written, so
    nothing is added where reading fails; past `budget` bytes events wait in a temporary file.
    """
    layout.sweep()
    with closing(Scattered(layout.count, budget=budget, folder=layout.storage.scratch)) as cut:
        intake = NO_INTAKE
        for columns, read in batches:
            cut.add(columns)
            intake = intake.plus(read)
        parts, repeated = [], 0
        for k in range(cut.count):
            columns = cut.read(k)
            fresh = layout.first_of_each_id(k, columns)
            repeated += rows_in(columns) - rows_in(fresh)
            if rows_in(fresh):
                parts.append(layout.write(k, fresh))
    if repeated:
        cause, source = REPEATED.of("event_id").text, next(iter(intake.sources), "")
        again = RejectionCount(cause, repeated, source, (), "event_id", "")
        intake = intake.plus(Intake(rejected=(again,)))
    return layout.add(parts, intake).compacted(most_parts=_MOST_PARTS), intake
