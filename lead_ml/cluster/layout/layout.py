"""A layout on disk: tables cut into partitions by lead, sorted inside, and grown without being written anew."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec

from lead_ml.cluster.layout.assemble import dataset_of, lead_ids_of
from lead_ml.cluster.layout.columns import Column, Columns, arrow_texts, stacked
from lead_ml.cluster.layout.manifest import NAME, Manifest, Part, read_manifest, write_manifest
from lead_ml.cluster.layout.need import Need
from lead_ml.cluster.layout.part import read_part, write_part
from lead_ml.cluster.layout.tables import EVENTS, LEADS, OUTCOMES, TABLES, empty
from lead_ml.errors import InputError
from lead_ml.tables.dataset import Coded, Dataset


@dataclass(frozen=True, eq=False)
class Layout:
    """Tables of a project in `count` partitions: every row of a lead stands in one, so each can be computed by itself.

    A folder has one writer at a time. What was written stays as it was until the new manifest stands, so an interrupted
    writer loses nothing; its files are swept by the next one. Readers keep the layout that they opened, until it is compacted.
    """

    folder: Path
    manifest: Manifest
    _ids: dict[int, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def open(cls, folder: str | Path) -> Layout:
        """Open a layout after a check of its manifest.

        Raises
        ------
        InputError
            Where the folder holds no layout, or its manifest is damaged or of another version.
        """
        return cls(Path(folder), read_manifest(Path(folder)))

    @classmethod
    def create(cls, folder: str | Path, partitions: int, *, until: int = 0) -> Layout:
        """Begin a layout without rows in a folder that has none, or none with rows.

        Raises
        ------
        InputError
            Where the folder holds a layout already.
        """
        path = Path(folder)
        path.mkdir(parents=True, exist_ok=True)
        if (path / NAME).exists() and read_manifest(path).generation:
            raise InputError(
                "there is a layout already", source=str(path), do="append to it, or choose another folder"
            )
        write_manifest(path, Manifest(partitions, until=until))
        return cls.open(path)

    @property
    def count(self) -> int:
        """Number of partitions."""
        return self.manifest.partitions

    def rows(self, table: str) -> int:
        """Return the number of rows of a table."""
        return sum(part.rows for part in self.manifest.parts if part.table == table)

    def lead_ids(self, k: int) -> Any:
        """Return the ids of the leads of partition `k` as an Arrow array, sorted."""
        if k not in self._ids:
            tables = (LEADS,) if LEADS in self.manifest.tables else (EVENTS, OUTCOMES)
            parts = {table: self.manifest.parts_of(k, table) for table in tables}
            self._ids[k] = lead_ids_of(
                {table: [self._lead_levels(part) for part in own] for table, own in parts.items()}
            )
        return self._ids[k]

    def partition(self, k: int, need: Need | None = None) -> Dataset:
        """Return partition `k`, rows by lead, with the columns of `need`, all by default.

        Raises
        ------
        InputError
            Where a part is missing or damaged.
        """
        found = {table: self._read(k, table, need) for table in self.manifest.tables}
        dataset = dataset_of(found, self.lead_ids(k))
        return replace(dataset, until=self.manifest.until)

    def release(self, k: int) -> None:
        """Do nothing: partitions are read when they are asked for."""

    def add(self, parts: Sequence[Part], tables: Sequence[str], *, until: int = 0) -> Layout:
        """Return the layout with parts of `tables` that :meth:`write` wrote: all of them or, where this is interrupted, none."""
        manifest = read_manifest(self.folder)
        grown = msgspec.structs.replace(
            manifest,
            tables=tuple(sorted({*manifest.tables, *tables})),
            parts=(*manifest.parts, *parts),
            generation=manifest.generation + 1,
            until=max(manifest.until, until),
        )
        return self._written(grown)

    def write(self, k: int, tables: Mapping[str, Columns]) -> list[Part]:
        """Write rows of partition `k` as parts that belong to no layout yet."""
        name = f"{k:05d}-{self.manifest.generation + 1:06d}.parquet"
        return [
            write_part(self.folder, f"{_file_name(table)}-{name}", table, k, own)
            for table, own in tables.items()
        ]

    def sweep(self) -> None:
        """Remove what an interrupted writer left."""
        named = {part.file for part in read_manifest(self.folder).parts}
        for path in self.folder.glob("*.parquet*"):
            if path.name not in named:
                path.unlink()

    def compacted(self, *, most_parts: int = 1) -> Layout:
        """Return the layout with one part for each table of a partition that has more than `most_parts`.

        In memory is one table of one partition at a time.
        """
        layout = Layout.open(self.folder)
        for k in range(self.count):
            for table in layout.manifest.tables:
                if len(layout.manifest.parts_of(k, table)) > most_parts:
                    layout = layout._merged(k, table)
        return layout

    def _merged(self, k: int, table: str) -> Layout:
        old = self.manifest.parts_of(k, table)
        parts = self.write(k, {table: self._read(k, table, None)})
        kept = tuple(other for other in self.manifest.parts if other not in old)
        found = self._written(
            msgspec.structs.replace(
                self.manifest, parts=(*kept, *parts), generation=self.manifest.generation + 1
            )
        )
        for other in old:
            (self.folder / other.file).unlink(missing_ok=True)
        return found

    def _read(self, k: int, table: str, need: Need | None) -> dict[str, Column]:
        parts = self.manifest.parts_of(k, table)
        may_tie = len(parts) > 1 or any(part.ties for part in parts)
        pieces = []
        for part in parts:
            names = None
            if need is not None:
                names = need.of(
                    table, part.columns, may_tie=may_tie, whole=len(parts) == 1, standing_in=part.standing_in
                )
            pieces.append(read_part(self.folder, part, names))
        return stacked(pieces) if pieces else empty(table)

    def _lead_levels(self, part: Part) -> Any:
        lead = read_part(self.folder, part, ["lead_id"])["lead_id"]
        assert isinstance(lead, Coded)
        return arrow_texts(lead.levels)

    def _written(self, manifest: Manifest) -> Layout:
        write_manifest(self.folder, manifest)
        return Layout.open(self.folder)


def _file_name(table: str) -> str:
    """Return how the files of a table begin: changes may be of a column that no file can be named after."""
    return table if table in TABLES else f"history{zlib.crc32(table.encode()):08x}"
