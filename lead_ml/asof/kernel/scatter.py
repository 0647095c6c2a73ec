"""Compiled pieces of cutting rows into partitions: a stable hash of texts, and codes over only the texts that occur."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from lead_ml.asof.kernel.program import Int32, Int64

Bytes = npt.NDArray[np.uint8]


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def partitions_of(ends: Int32, text: Bytes, partitions: int) -> Int64:
    """Return the partition of each text (n,), whose UTF-8 bytes are ``text[ends[i]:ends[i + 1]]``.

    FNV-1a in 64 bits, mixed as SplitMix64 ends: the same in every process, on every machine and in every version.
    """
    found = np.empty(len(ends) - 1, np.int64)
    for i in range(len(found)):
        state = np.uint64(14695981039346656037)
        for place in range(ends[i], ends[i + 1]):
            state = (state ^ np.uint64(text[place])) * np.uint64(1099511628211)
        state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        found[i] = np.int64((state ^ (state >> np.uint64(31))) % np.uint64(partitions))
    return found


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def renumbered(codes: Int32, order: Int64, number: Int32) -> tuple[Int32, Int32]:
    """Number the codes of the rows in `order` (n,) from 0 in order of appearance: new codes (n,), and the old code of each.

    `number` (levels,) is a scratch array of -1 and is left so. Missing stays -1.
    """
    found, old, count = np.empty(len(order), np.int32), np.empty(len(order), np.int32), 0
    for place in range(len(order)):
        code = codes[order[place]]
        if code >= 0 and number[code] < 0:
            number[code] = count
            old[count] = code
            count += 1
        found[place] = number[code] if code >= 0 else -1
    for k in range(count):
        number[old[k]] = -1
    return found, old[:count].copy()


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def mark_missing(codes: Int32, valid: Bytes, first: int) -> None:
    """Write -1 where bit ``first + i`` of an Arrow bitmap, least significant first, is not set."""
    for i in range(len(codes)):
        bit = first + i
        if not valid[bit >> 3] >> (bit & 7) & 1:
            codes[i] = -1
