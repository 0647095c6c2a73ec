"""Where the files of a layout are: a folder of this machine, or any place that fsspec reaches."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lead_ml.errors import MissingExtra


@dataclass(frozen=True)
class Folder:
    """A flat folder of files on this machine, or one that all machines of a cluster mount at the same path."""

    name: str

    @property
    def scratch(self) -> Path | None:
        """A folder for temporary files, None for that of the system: the folder itself has room for the layout."""
        Path(self.name).mkdir(parents=True, exist_ok=True)
        return Path(self.name)

    def read(self, file: str) -> Any:
        """Return the content of a file as an Arrow buffer, mapped into memory; raise OSError where it cannot be read."""
        import pyarrow as pa

        path = Path(self.name, file)
        if not path.stat().st_size:
            return pa.py_buffer(b"")
        with pa.memory_map(str(path)) as source:
            return source.read_buffer()

    def write(self, file: str, content: bytes | memoryview) -> None:
        """Write a file in one step: under another name, then, when it is on disk, renamed."""
        Path(self.name).mkdir(parents=True, exist_ok=True)
        draft = Path(self.name, f"{file}.tmp")
        with draft.open("wb") as opened:
            opened.write(content)
            opened.flush()
            os.fsync(opened.fileno())
        draft.replace(Path(self.name, file))

    def files(self) -> list[str]:
        """Return the names of the files; none where the folder does not exist."""
        folder = Path(self.name)
        return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []

    def remove(self, file: str) -> None:
        """Remove a file, if it is there."""
        Path(self.name, file).unlink(missing_ok=True)


@dataclass(frozen=True)
class Remote:
    """The same behind a URL that fsspec knows, such as ``s3://bucket/layout``."""

    name: str

    @property
    def scratch(self) -> Path | None:
        """Temporary files go to the system's folder."""
        return None

    def read(self, file: str) -> Any:
        """Fetch a file."""
        import pyarrow as pa

        system, path = self._opened()
        return pa.py_buffer(system.cat_file(f"{path}/{file}"))

    def write(self, file: str, content: bytes | memoryview) -> None:
        """Put a file; object stores show it whole or not at all."""
        system, path = self._opened()
        system.makedirs(path, exist_ok=True)
        system.pipe_file(f"{path}/{file}", bytes(content))

    def files(self) -> list[str]:
        """Return the names of the files."""
        system, path = self._opened()
        system.invalidate_cache()
        found = system.ls(path, detail=False) if system.exists(path) else []
        return sorted(str(one).rsplit("/", 1)[-1] for one in found)

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
        system, path = url_to_fs(self.name)
        return system, str(path).rstrip("/")


Storage = Folder | Remote


def storage_at(place: str | Path) -> Storage:
    """Return the storage of a path, or of a URL with a scheme."""
    return Remote(str(place)) if "://" in str(place) else Folder(str(Path(place).absolute()))
