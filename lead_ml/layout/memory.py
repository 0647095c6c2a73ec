"""Where Arrow takes its memory from while partitions come and go."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

_lock = Lock()
_before: list[Any] = []


@contextmanager
def handed_on() -> Iterator[None]:
    """Let Arrow take memory from the C library, which hands it on from one partition to the next.

    Arrow's own allocator gives it back to the system in between, and touching every page anew cost a sixth of all CPU time of
    features from a layout. What was allocated stays with its allocator. The first to enter changes the pool of the process, the
    last to leave puts it back.
    """
    import pyarrow as pa

    with _lock:
        _before.append(pa.default_memory_pool())
        pa.set_memory_pool(pa.system_memory_pool())
    try:
        yield
    finally:
        with _lock:
            # Whoever else is inside found the C library's pool in use already, whichever of them leaves first.
            pool = _before.pop()
            if not _before:
                pa.set_memory_pool(pool)
