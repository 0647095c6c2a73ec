"""Where memory comes from while partitions come and go."""

from __future__ import annotations

import ctypes
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt

_lock = Lock()
_before: list[Any] = []
# Of glibc's malloc.h: blocks of at most 32 MB come from the heap, the most that it admits, and the heap is cut when so much
# of its end is free. Left to itself it comes to the first figure, and to 64 MB, when blocks of that size are freed.
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _MOST_ARENAS = -1, -3, -8
_OWN_BLOCK = 1 << 20  # bytes from which memory is the system's own again when it is freed
_FROM_HEAP, _NEVER_CUT, _CUT = 32 << 20, 2**31 - 1, 64 << 20


@contextmanager
def handed_on() -> Iterator[None]:
    """Let Arrow and NumPy take memory from the C library, and let that hand it on from one partition to the next.

    Given back to the system in between, every page would be touched anew, which cost a quarter of all CPU time of features from a
    layout. What was allocated stays with its allocator. The first to enter changes this for the process, the last to leave gives
    back what is free.
    """
    import pyarrow as pa

    _give_back()
    with _lock:
        _before.append(pa.default_memory_pool())
        pa.set_memory_pool(pa.system_memory_pool())
        if len(_before) == 1:
            _tell_malloc(_MMAP_THRESHOLD, _FROM_HEAP)
            _tell_malloc(_TRIM_THRESHOLD, _NEVER_CUT)
    try:
        yield
    finally:
        with _lock:
            # Whoever else is inside found the C library's pool in use already, whichever of them leaves first.
            pool = _before.pop()
            if not _before:
                pa.set_memory_pool(pool)
                _tell_malloc(_TRIM_THRESHOLD, _CUT)
        _give_back()


def column_of(rows: int, kind: np.dtype[Any]) -> npt.NDArray[Any]:
    """Return memory (rows,) for a column of a large result, from Arrow.

    NumPy asks for huge pages. A virtual machine that returned them to its host waits for them up to six times as long as for
    small ones, and where it did not they save a thirtieth of a second per 100 MB.
    """
    import pyarrow as pa

    return np.frombuffer(pa.allocate_buffer(rows * kind.itemsize), dtype=kind)


def frugal() -> None:
    """Let this process keep little of what it frees: the client of a cluster, which only holds answers.

    Left to itself glibc takes arrays of up to 32 MB from heaps, one per thread, that holes keep from shrinking.
    """
    _tell_malloc(_MOST_ARENAS, 1)
    _tell_malloc(_MMAP_THRESHOLD, _OWN_BLOCK)


def give_back() -> None:
    """Return to the system what reading data or an audit left behind, which is as much as a table of a million rows."""
    gc.collect()
    _give_back()


def _give_back() -> None:
    import pyarrow as pa

    pa.default_memory_pool().release_unused()
    pa.system_memory_pool().release_unused()  # of glibc: malloc_trim


def _tell_malloc(setting: int, value: int) -> None:
    """Change a setting of the C library's allocator where it is glibc's."""
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
        if mallopt is not None:
            mallopt(setting, value)
