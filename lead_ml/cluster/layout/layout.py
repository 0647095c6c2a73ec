"""A layout: the events of a project cut into partitions by lead, sorted inside, and grown without being written anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from lead_ml.cluster.layout.columns import Column, Columns, arrow_texts, stacked, taken
from lead_ml.cluster.layout.manifest import (
    NAME,
    TEXT,
    Intake,
    LayoutManifest,
    LayoutPart,
    bad,
    read_manifest,
    write_manifest,
)
from lead_ml.cluster.layout.need import Need
from lead_ml.cluster.layout.part import read_part, write_part
from lead_ml.cluster.layout.scattered import no_events
from lead_ml.cluster.layout.storage import Storage, storage_at
from lead_ml.errors import InputError
from lead_ml.tables.dataset import Coded


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
        """Open a layout after a check of its manifest.

        Parameters
        ----------
        place
            A folder, or a URL that fsspec knows.

        Raises
        ------
        InputError
            Where there is no layout, or its manifest is damaged or of another format.
        """
        storage = storage_at(place)
        return cls(storage, read_manifest(storage))

    @classmethod
    def create(cls, place: str | Path, partitions: int, *, project: str = "", reading: str = "") -> Layout:
        """Begin a layout without events where there is none, or none with events.

        Raises
        ------
        InputError
            Where there is a layout already.
        """
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
        """Return the events of partition `k` with the columns of `need`, all by default.

        Raises
        ------
        InputError
            Where a part is missing or damaged.
        """
        parts = self.manifest.parts_of(k)
        may_tie = len(parts) > 1 or any(part.ties for part in parts)
        pieces = []
        for part in parts:
            names = None
            if need is not None:
                names = need.of(
                    part.columns, may_tie=may_tie, whole=len(parts) == 1, standing_in=part.standing_in
                )
            pieces.append(read_part(self.storage, part, names))
        return stacked(pieces) if pieces else no_events()

    def add(self, parts: Sequence[LayoutPart], intake: Intake) -> Layout:
        """Return the layout with parts that :meth:`write` wrote: all of them or, where this is interrupted, none."""
        manifest = self.manifest
        return self._written(
            msgspec.structs.replace(
                manifest,
                parts=(*manifest.parts, *parts),
                generation=manifest.generation + 1,
                intake=manifest.intake.plus(intake),
            )
        )

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
        known = [
            _ids_of(self.storage, part) for part in self.manifest.parts_of(k) if "event_id" in part.columns
        ]
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
        """Return the layout with one part for each partition that has more than `most_parts`.

        One partition at a time is in memory.
        """
        layout = self
        for k in range(self.count):
            if len(layout.manifest.parts_of(k)) > most_parts:
                layout = layout._merged(k)
        return layout

    def _merged(self, k: int) -> Layout:
        old = self.manifest.parts_of(k)
        part = self.write(k, self.read(k))
        others = tuple(other for other in self.manifest.parts if other not in old)
        found = self._written(
            msgspec.structs.replace(
                self.manifest, parts=(*others, part), generation=self.manifest.generation + 1
            )
        )
        for other in old:
            self.storage.remove(other.file)
        return found

    def _written(self, manifest: LayoutManifest) -> Layout:
        if read_manifest(self.storage).generation != self.manifest.generation:
            raise bad(
                self.storage,
                "somebody else wrote to it meanwhile",
                "one writer at a time",
                "wait for the other one and repeat the command",
            )
        write_manifest(self.storage, manifest)
        return Layout(self.storage, read_manifest(self.storage))


def _ids_of(storage: Storage, part: LayoutPart) -> object:
    ids = read_part(storage, part, ["event_id"])["event_id"]
    assert isinstance(ids, Coded)
    return arrow_texts(ids.levels)


def partitions_for(rows: int) -> int:
    """Return a number of partitions that fits a number of events."""
    count = -(-rows // _ROWS_A_PARTITION)
    return max(min(count, int((_FEW_PARTITIONS * count) ** 0.5) + 1), 1)


_ROWS_A_PARTITION = 600_000
_FEW_PARTITIONS = 16  # from here on they grow with the rows, as slowly as their number
