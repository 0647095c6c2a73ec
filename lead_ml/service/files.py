"""Files that several processes share: whether one has changed, and how one is written for its owner alone."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

Stamp = tuple[int, int, int]


def stamp_of(path: Path) -> Stamp | None:
    """Return a stamp that changes with the file; None where there is no file."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size


def private_draft(path: Path, content: bytes) -> Path:
    """Write a file of mode 0600 beside `path`, to be moved there in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    return draft
