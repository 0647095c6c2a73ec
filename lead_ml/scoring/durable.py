"""Files that no reader sees half written: replaced in one step, or grown by whole lines; writers do not meet."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def replacing(path: Path, mode: int = 0o666) -> Iterator[BinaryIO]:
    """Open a file that takes the place of `path` once it is written whole; each writer has a name of its own.

    Its `mode` is 0600 for personal data; the umask of the process may take more away.
    """
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            yield file
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def append_line(path: Path, line: bytes) -> None:
    """Append a line; one that a crash left unfinished before it stays a line of its own."""
    whole = not path.is_file() or path.read_bytes()[-1:] in (b"", b"\n")
    data = line + b"\n" if whole else b"\n" + line + b"\n"
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        if os.write(file, data) < len(data):
            raise OSError(f"{path} could not be written whole")
        os.fsync(file)
    finally:
        os.close(file)
