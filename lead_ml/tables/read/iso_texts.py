"""Timestamps in the usual form of ISO 8601, read all at once; those in any other form are left to :mod:`lead_ml.tables.read.timestamps`."""

from __future__ import annotations

from datetime import tzinfo
from typing import Any

import numpy as np

from lead_ml.tables.dataset import Instants, Mask
from lead_ml.tables.instants import from_wall_clock

_YEAR = r"(?:19[789]\d|2[01]\d\d|22[0-5]\d)"
_DAY = r"(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
_LEAP = (
    r"(?:19(?:[79][26]|8[048])|2000|2[01](?:0[48]|[2468][048]|[13579][26])|22(?:[024][48]|[24]0|[135][26]))"
)
_DATE = rf"(?:{_YEAR}-{_DAY}|{_LEAP}-02-29)"
_TIME = r"(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,6})?)?"
_SHORTEST, _LONGEST = len("2024-05-06 12:30"), len("2024-05-06 12:30:00.000000")
_FIRST, _END = (int(np.datetime64(f"{year}-01-01", "us").astype(np.int64)) for year in (1970, 2260))
_NAIVE = rf"^{_DATE}[T ]{_TIME}$"
_ZONED = rf"^{_DATE}[T ]{_TIME}(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)$"


def iso_instants(texts: Any, zone: tzinfo) -> tuple[Mask, Instants]:
    """Return which texts of an Arrow array are in the usual form, and what they mean in microseconds UTC, 0 for the others."""
    import pyarrow as pa
    import pyarrow.compute as pc

    def matching(pattern: str) -> Mask:
        return np.asarray(pc.match_substring_regex(texts, pattern).to_numpy(zero_copy_only=False), dtype=bool)

    def cast(rows: Mask, to: str | None) -> Instants:
        chosen = texts if rows.all() else texts.filter(pa.array(rows))
        return np.asarray(chosen.cast(pa.timestamp("us", to)).cast(pa.int64()).to_numpy(zero_copy_only=False))

    if (clock := _all_naive(texts)) is not None:
        return np.ones(len(texts), dtype=bool), np.maximum(from_wall_clock(clock, zone), 0)
    at = np.zeros(len(texts), dtype=np.int64)
    naive = matching(_NAIVE)
    at[naive] = from_wall_clock(cast(naive, None), zone)
    zoned = matching(_ZONED)
    at[zoned] = cast(zoned, "UTC")
    return naive | zoned, np.maximum(at, 0)


def _all_naive(texts: Any) -> Instants | None:
    """Return the microseconds of wall clocks if no text has a zone: Arrow reads other forms too, but none of them is as long."""
    import pyarrow as pa
    import pyarrow.compute as pc

    length = pc.min_max(pc.binary_length(texts)).as_py()
    if texts.null_count or not len(texts) or length["min"] < _SHORTEST or length["max"] > _LONGEST:
        return None
    try:
        clock = np.asarray(texts.cast(pa.timestamp("us")).cast(pa.int64()).to_numpy(zero_copy_only=False))
    except pa.ArrowInvalid:
        return None
    return clock if clock.min() >= _FIRST and clock.max() < _END else None
