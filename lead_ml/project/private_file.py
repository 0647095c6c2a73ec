"""Files with personal data: only their owner may read them, from their first byte on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


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
