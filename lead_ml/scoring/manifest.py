"""The seal of a bundle: sizes and SHA-256 of every file, checked before anything is parsed."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec

from lead_ml.errors import BundleError

FORMAT = 4
NAME = "manifest.json"
UNSEALED = frozenset({NAME, "thresholds.jsonl"})  # accepted thresholds change without a new model


class FileSeal(msgspec.Struct, frozen=True):
    """Size in bytes and SHA-256 of a file."""

    size: int
    sha256: str


class BundleManifest(msgspec.Struct, frozen=True, kw_only=True):
    """Every file of a bundle by its relative path, the format of the whole, and the id of the key of its pseudonyms, if it has any."""

    format: int
    key: str = ""
    files: dict[str, FileSeal]

    @property
    def version(self) -> str:
        """The name of the bundle: twelve hex digits of the digest of all its seals."""
        return hashlib.sha256(msgspec.json.encode(self, order="sorted")).hexdigest()[:12]


def seal(folder: Path, key_id: str = "") -> BundleManifest:
    """Write ``manifest.json`` over every file in a folder and return it."""
    files = {name: _seal(folder / name) for name in _names(folder)}
    manifest = BundleManifest(format=FORMAT, key=key_id, files=files)
    data = msgspec.json.format(msgspec.json.encode(manifest, order="sorted"), indent=1)
    (folder / NAME).write_bytes(data)
    return manifest


def verify(folder: Path) -> BundleManifest:
    """Check a folder against its manifest, without parsing any other file.

    Raises BundleError where the manifest is absent, unreadable or too new, or a file is missing, added or different.
    """
    path = folder / NAME
    if not path.is_file():
        raise BundleError(
            f"{folder} is no bundle: {NAME} is missing", do="run lead-ml train, or name another folder"
        )
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=BundleManifest)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BundleError(
            f"{path} cannot be read: {error}", do="restore the bundle from the registry"
        ) from error
    if manifest.format != FORMAT:
        do = "upgrade lead-ml" if manifest.format > FORMAT else "train and promote again: lead-ml train"
        raise BundleError("format of the bundle", value=manifest.format, expected=str(FORMAT), do=do)
    present = set(_names(folder))
    for name, expected in manifest.files.items():
        if name not in present or _seal(folder / name) != expected:
            raise BundleError(
                f"{folder / name} is missing or damaged", do="restore the bundle from the registry"
            )
    if present - set(manifest.files):
        raise BundleError(
            f"{folder} holds files that its manifest does not know",
            value=sorted(present - set(manifest.files)),
        )
    return manifest


def _names(folder: Path) -> list[str]:
    paths = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return sorted(name for name in paths if name not in UNSEALED)


def _seal(path: Path) -> FileSeal:
    data = path.read_bytes()
    return FileSeal(len(data), hashlib.sha256(data).hexdigest())
