"""The tables of a project in memory: columns as coded text, instants as microseconds UTC, rows by lead index.

This is the one shape that everything after the reading works on: the training table, the single lead of a request
(a table of one row) and a partition of a cluster. No pandas object and no Python loop over rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Instants = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int32]
Indices = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Coded:
    """A text column: ``levels[codes[i]]`` is the value of row i, code -1 is missing.

    Levels are unique strings in any order; they need not all occur.
    """

    codes: Codes
    levels: tuple[str, ...]

    @classmethod
    def of(cls, values: Sequence[str | None]) -> Coded:
        """Code a sequence of texts, ``None`` as missing.

        >>> Coded.of(["b", None, "b"]).codes.tolist()
        [0, -1, 0]
        """
        lookup: dict[str, int] = {}
        codes = [-1 if value is None else lookup.setdefault(value, len(lookup)) for value in values]
        return cls(np.array(codes, dtype=np.int32), tuple(lookup))

    def __len__(self) -> int:
        return len(self.codes)

    def take(self, rows: npt.NDArray[Any]) -> Coded:
        """Return the rows by position or mask, with the same levels."""
        return Coded(self.codes[rows], self.levels)

    def map(self, function: Callable[[str], str | None]) -> Coded:
        """Apply a function to every level; levels that fall together are merged, ``None`` becomes missing."""
        merged = Coded.of([function(level) for level in self.levels])
        lookup = np.append(merged.codes, np.int32(-1))
        return Coded(lookup[self.codes], merged.levels)

    def numbers(self, function: Callable[[str], float]) -> Floats:
        """Apply a function that returns a float to every level; missing rows become NaN."""
        lookup = np.array([*map(function, self.levels), np.nan], dtype=np.float64)
        return lookup[self.codes]

    def values(self) -> list[str | None]:
        """Return the rows as Python values."""
        levels: tuple[str | None, ...] = (*self.levels, None)
        return [levels[code] for code in self.codes]


@dataclass(frozen=True)
class Leads:
    """One row per lead. ``created_at`` is None for data without dates; ``columns`` holds every other column."""

    lead_id: tuple[str, ...]
    created_at: Instants | None
    columns: Mapping[str, Coded] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.lead_id)


@dataclass(frozen=True)
class Events:
    """One row per event; ``lead`` is the row of its lead in :class:`Leads`.

    ``columns`` holds ``type`` and, where supplied, ``channel``, ``page``, ``session_id`` and ``event_id``;
    ``value`` is NaN where missing.
    """

    lead: Indices
    occurred_at: Instants
    known_at: Instants
    columns: Mapping[str, Coded]
    value: Floats

    def __len__(self) -> int:
        return len(self.lead)


@dataclass(frozen=True)
class Outcomes:
    """One row per dated stage change; ``columns`` holds ``stage`` and, where supplied, ``reason``."""

    lead: Indices
    occurred_at: Instants
    known_at: Instants
    columns: Mapping[str, Coded]
    amount: Floats

    def __len__(self) -> int:
        return len(self.lead)


@dataclass(frozen=True)
class Dataset:
    """What a project knows: leads, and events and outcomes where they were supplied.

    ``until`` is the end of the data in microseconds UTC: nothing later is known. ``digests`` maps each table to the
    SHA-256 of its content in canonical form.
    """

    leads: Leads
    events: Events | None = None
    outcomes: Outcomes | None = None
    until: int = 0
    digests: Mapping[str, str] = field(default_factory=dict)
