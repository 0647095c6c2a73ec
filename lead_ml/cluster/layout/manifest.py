"""What a layout consists of: one small JSON file that is checked before anything else is read."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import msgspec

from lead_ml.errors import InputError

NAME = "layout.json"
VERSION = 2
HASH = "fnv1a64-splitmix64"
TEXT, INSTANT, NUMBER, CODED, NUMBERED = "text", "instant", "number", "coded", "numbered"


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file: rows of one table and one partition, sorted by (lead_id, known_at, occurred_at, event_id).

    ``columns`` maps each column to ``text``, ``instant`` or ``number``, to ``coded`` for the codes of a text, or ``numbered`` for the texts of another column numbered
    within each lead; ``ties`` tells whether rows of a lead agree in both instants, so that the order of others may hang on their event_id.
    """

    file: str
    table: str
    partition: int
    columns: dict[str, str]
    rows: int
    bytes: int
    crc32: int
    ties: bool

    @property
    def standing_in(self) -> frozenset[str]:
        """The columns that are there to be read in the place of another one."""
        return frozenset(name for name, kind in self.columns.items() if kind in (CODED, NUMBERED))


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Partitions, tables that were given (with rows or without), parts as they were added, and how often it was written."""

    partitions: int
    tables: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    generation: int = 0
    until: int = 0
    version: int = VERSION
    hash: str = HASH
    checksum: str = ""

    def parts_of(self, partition: int, table: str) -> tuple[Part, ...]:
        """Return the parts of a partition's table, the oldest first."""
        return tuple(part for part in self.parts if (part.partition, part.table) == (partition, table))


def read_manifest(folder: Path) -> Manifest:
    """Read and check the manifest of a layout.

    Raises
    ------
    InputError
        Where there is none, it is damaged, or a newer version wrote it.
    """
    path = folder / NAME
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except FileNotFoundError as error:
        raise bad(folder, f"there is no {NAME}", "a folder that lay_out wrote") from error
    except (OSError, msgspec.DecodeError) as error:
        raise bad(folder, f"{NAME} cannot be read ({error})", "the manifest as it was written") from error
    if (manifest.version, manifest.hash) != (VERSION, HASH):
        raise bad(
            folder, f"it has version {manifest.version} ({manifest.hash})", f"version {VERSION} ({HASH})"
        )
    if manifest.checksum != _checksum(manifest):
        raise bad(folder, f"{NAME} does not have its checksum", "the manifest as it was written")
    return manifest


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Replace the manifest at once: before it stands the old content, after it the new."""
    sealed = msgspec.structs.replace(manifest, checksum=_checksum(manifest))
    replace_file(folder / NAME, msgspec.json.format(msgspec.json.encode(sealed)))


def replace_file(path: Path, content: bytes | memoryview) -> None:
    """Write a file under another name, see it on disk, then give it its own."""
    draft = path.with_name(path.name + ".tmp")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def bad(folder: Path, problem: str, expected: str, do: str = "") -> InputError:
    """Return the error of a layout that cannot be used."""
    return InputError(
        f"the layout cannot be used: {problem}",
        source=str(folder),
        expected=expected,
        do=do or "lay the tables out again, or restore the folder from a backup",
    )


def _checksum(manifest: Manifest) -> str:
    bare = msgspec.structs.replace(manifest, checksum="")
    return hashlib.sha256(msgspec.json.encode(bare)).hexdigest()
