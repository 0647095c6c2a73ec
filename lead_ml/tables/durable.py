"""Files that no reader sees half written: replaced in one step, or grown by whole lines; writers do not meet, or hold a lock."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import BinaryIO

from lead_ml.errors import InputError

_BINARY: int = getattr(os, "O_BINARY", 0)  # on Windows
_LOCK_SECONDS = 10.0


@contextmanager
def replacing(path: Path, mode: int = 0o666) -> Iterator[BinaryIO]:
    """Open a file that takes the place of `path` once it is on disk whole; each writer has a name of its own."""
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, mode), "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


@contextmanager
def private_copy(path: Path) -> Iterator[Path]:
    """Yield an empty file of mode 0600 beside `path`, which takes its place when all is written, and vanishes after an error."""
    draft = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
    try:
        draft.chmod(0o600)
        yield draft
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def locked(path: Path, seconds: float = _LOCK_SECONDS) -> Iterator[None]:
    """Hold a lock file for the length of a ``with`` block; the system releases it when its process ends, however it ends.

    Raises InputError where another process still holds it after some `seconds`.
    """
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        end = monotonic() + seconds
        while not _try_lock(file):
            if monotonic() > end:
                raise InputError(
                    "another process is writing",
                    source=str(path.parent),
                    do="wait for it and run the command again",
                )
            sleep(0.05)
        yield
    finally:
        os.close(file)


def _try_lock(file: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


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
