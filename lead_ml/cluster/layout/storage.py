"""Where the files of a layout are: a folder of this machine, or any place that fsspec reaches."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from lead_ml.errors import MissingExtra

Content = bytes | memoryview


class Storage(Protocol):
    """A flat folder of files. It can be sent to other processes, which then read the same place."""

    @property
    def name(self) -> str:
        """The place, as people write it."""

    @property
    def scratch(self) -> Path | None:
        """A folder for temporary files, None for that of the system."""

    def read(self, file: str) -> Any:
        """Return the content of a file as an Arrow buffer; raise OSError where it cannot be read."""

    def write(self, file: str, content: Content) -> None:
        """Write a file in one step: readers see the old content or the new one."""

    def files(self) -> list[str]:
        """Return the names of the files; none where the folder does not exist."""

    def remove(self, file: str) -> None:
        """Remove a file, if it is there."""


@dataclass(frozen=True)
class Folder:
    """A folder of this machine, or one that all machines of a cluster mount at the same path."""

    path: Path

    @property
    def name(self) -> str:
        """The path."""
        return str(self.path)

    @property
    def scratch(self) -> Path | None:
        """The folder itself: it has room for the layout."""
        self.path.mkdir(parents=True, exist_ok=True)
        return self.path

    def read(self, file: str) -> Any:
        """Map a file into memory."""
        import pyarrow as pa

        path = self.path / file
        if not path.stat().st_size:
            return pa.py_buffer(b"")
        with pa.memory_map(str(path)) as source:
            return source.read_buffer()

    def write(self, file: str, content: Content) -> None:
        """Write under another name, make sure that it is on disk, then rename."""
        self.path.mkdir(parents=True, exist_ok=True)
        draft = self.path / f"{file}.tmp"
        with draft.open("wb") as opened:
            opened.write(content)
            opened.flush()
            os.fsync(opened.fileno())
        draft.replace(self.path / file)

    def files(self) -> list[str]:
        """Return the names of the files."""
        return sorted(path.name for path in self.path.iterdir()) if self.path.is_dir() else []

    def remove(self, file: str) -> None:
        """Remove a file, if it is there."""
        (self.path / file).unlink(missing_ok=True)


@dataclass(frozen=True)
class Remote:
    """A folder behind a URL that fsspec knows, such as ``s3://bucket/layout``."""

    url: str

    @property
    def name(self) -> str:
        """The URL."""
        return self.url

    @property
    def scratch(self) -> Path | None:
        """Temporary files go to the system's folder."""
        return None

    def read(self, file: str) -> Any:
        """Fetch a file."""
        import pyarrow as pa

        system, path = self._opened()
        return pa.py_buffer(system.cat_file(f"{path}/{file}"))

    def write(self, file: str, content: Content) -> None:
        """Put a file; object stores show it whole or not at all."""
        system, path = self._opened()
        system.makedirs(path, exist_ok=True)
        system.pipe_file(f"{path}/{file}", bytes(content))

    def files(self) -> list[str]:
        """Return the names of the files."""
        system, path = self._opened()
        system.invalidate_cache()
        if not system.exists(path):
            return []
        return sorted(str(found).rsplit("/", 1)[-1] for found in system.ls(path, detail=False))

    def remove(self, file: str) -> None:
        """Remove a file, if it is there."""
        system, path = self._opened()
        if system.exists(f"{path}/{file}"):
            system.rm_file(f"{path}/{file}")

    def _opened(self) -> tuple[Any, str]:
        try:
            from fsspec.core import url_to_fs  # type: ignore[import-untyped]
        except ImportError as error:
            raise MissingExtra("fsspec", "dask") from error
        system, path = url_to_fs(self.url)
        return system, str(path).rstrip("/")


def storage_at(place: str | Path) -> Storage:
    """Return the storage of a path, or of a URL with a scheme."""
    return Remote(str(place)) if "://" in str(place) else Folder(Path(place).absolute())
