"""What a layout consists of: one small JSON file that is checked before anything else is read."""

from __future__ import annotations

import hashlib

import msgspec

from lead_ml.cluster.layout.storage import Storage
from lead_ml.errors import InputError

NAME = "layout.json"
VERSION = 3
HASH = "fnv1a64-splitmix64"
TEXT, INSTANT, NUMBER, CODED, NUMBERED = "text", "instant", "number", "coded", "numbered"
# What ends the name of a column that numbers the texts of another one within each lead: enough to count distinct ones, and
# quick to read; and of one that codes a text within each part, -1 for missing: quicker to read where some are missing.
OF_LEAD, OF_PART = "@lead", "@part"
INSTANTS = ("occurred_at", "known_at")
VALUE = "value"  # the one number of an event; every column but the instants and this one is text


class LayoutPart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file: events of one partition, sorted by (lead_id, known_at, occurred_at, event_id).

    ``columns`` maps each column to ``text``, ``instant`` or ``number``, to ``coded`` for the codes of a text, or ``numbered`` for the
    texts of another column numbered within each lead. ``ties`` says whether events of a lead agree in both instants, so that the
    order of others may depend on their event_id.
    """

    file: str
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


class RejectionCount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Rows that were rejected for one cause: how many, the first few of a source, and the value in the first."""

    cause: str
    count: int
    source: str
    rows: tuple[int, ...]
    column: str
    example: str


class Intake(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was read into a layout: ``rows_in`` is the number of rows used and of those rejected."""

    sources: tuple[str, ...] = ()
    rows_in: int = 0
    rejected: tuple[RejectionCount, ...] = ()
    first: int | None = None
    last: int | None = None
    until: int = 0

    def plus(self, other: Intake) -> Intake:
        """Return both together."""
        causes = {item.cause: item for item in self.rejected}
        for item in other.rejected:
            before = causes[item.cause].count if item.cause in causes else 0
            causes[item.cause] = msgspec.structs.replace(
                causes.get(item.cause, item), count=before + item.count
            )
        firsts = [first for first in (self.first, other.first) if first is not None]
        lasts = [last for last in (self.last, other.last) if last is not None]
        return Intake(
            sources=tuple(dict.fromkeys((*self.sources, *other.sources))),
            rows_in=self.rows_in + other.rows_in,
            rejected=tuple(causes.values()),
            first=min(firsts, default=None),
            last=max(lasts, default=None),
            until=max(self.until, other.until),
        )


NO_INTAKE = Intake()


class LayoutManifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Partitions, parts as they were added, and how often the layout was written.

    ``project`` names whose events they are; ``reading`` is a digest of the settings that their files were read under.
    """

    partitions: int
    project: str = ""
    reading: str = ""
    parts: tuple[LayoutPart, ...] = ()
    generation: int = 0
    intake: Intake = NO_INTAKE
    version: int = VERSION
    hash: str = HASH
    checksum: str = ""

    def parts_of(self, partition: int) -> tuple[LayoutPart, ...]:
        """Return the parts of a partition, the oldest first."""
        return tuple(part for part in self.parts if part.partition == partition)


def read_manifest(storage: Storage) -> LayoutManifest:
    """Read and check the manifest of a layout."""
    try:
        content = bytes(storage.read(NAME))
        version = msgspec.json.decode(content, type=_Version).version
        if version != VERSION:
            raise bad(storage, f"it has format {version}", f"format {VERSION}", _BUILD)
        manifest = msgspec.json.decode(content, type=LayoutManifest)
    except FileNotFoundError as error:
        wanted = "a folder that lead-ml layout build wrote"
        raise bad(storage, f"there is no {NAME}", wanted, _BUILD) from error
    except (OSError, msgspec.DecodeError) as error:
        raise bad(storage, f"{NAME} cannot be read ({error})", "the manifest as it was written") from error
    if manifest.checksum != _checksum(manifest):
        raise bad(storage, f"{NAME} does not match its checksum", "the manifest as it was written")
    return manifest


def write_manifest(storage: Storage, manifest: LayoutManifest) -> None:
    """Replace the manifest in one step."""
    sealed = msgspec.structs.replace(manifest, checksum=_checksum(manifest))
    storage.write(NAME, msgspec.json.format(msgspec.json.encode(sealed)))


def bad(storage: Storage, problem: str, expected: str, do: str = "") -> InputError:
    """Return the error of a layout that cannot be used."""
    return InputError(
        f"the layout cannot be used: {problem}",
        source=storage.name,
        expected=expected,
        do=do or "run lead-ml layout build again, or restore the folder from a backup",
    )


class _Version(msgspec.Struct, frozen=True):
    version: int


_BUILD = "run lead-ml layout build"


def _checksum(manifest: LayoutManifest) -> str:
    bare = msgspec.structs.replace(manifest, checksum="")
    return hashlib.sha256(msgspec.json.encode(bare)).hexdigest()
