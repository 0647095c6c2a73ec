"""Which rows are rejected, and why: every row keeps its first cause, and every rejected row is counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from lead_ml.errors import InputError
from lead_ml.tables.dataset import Codes, Mask
from lead_ml.tables.read.mapping import MappedTable
from lead_ml.tables.read.raw import RawTable
from lead_ml.tables.read.timestamps import EXPECTED

_SHOWN = 5


@dataclass(frozen=True)
class Cause:
    """Why rows are rejected. ``column`` is the one whose value is shown.

    If one cause rejects more than half of a table, the table is probably misread and reading stops, unless the cause
    ``may_dominate``.
    """

    text: str
    column: str
    expected: str
    do: str
    may_dominate: bool = False


@dataclass(frozen=True)
class RejectedRows:
    """Rows rejected for one cause.

    ``count`` rows in all; ``rows`` are the first line numbers of those in ``source``, ``example`` is the value of
    ``column`` in the first.
    """

    cause: str
    count: int
    source: str
    rows: tuple[int, ...]
    column: str
    example: object


@dataclass(frozen=True)
class RejectedTable:
    """The original rows that were rejected, with the cause of each."""

    table: RawTable
    causes: tuple[str, ...]


def missing(column: str) -> Cause:
    """Cause: a required value is missing."""
    return Cause(f"{column} is missing", column, "a value in every row", f"check which column holds {column}")


def unparsable(column: str) -> Cause:
    """Cause: a text is not a valid timestamp."""
    return Cause(
        f"{column} is not a valid timestamp",
        column,
        EXPECTED,
        f"write {column} as ISO 8601, declare its date format under dates of this table, or map another column",
    )


def repeated(column: str) -> Cause:
    """Cause: an id is repeated."""
    return Cause(
        f"duplicate {column}; the first row is used",
        column,
        f"a unique {column} in every row",
        f"check which column holds {column}",
    )


def in_future(column: str) -> Cause:
    """Cause: a timestamp after the current time."""
    return Cause(
        f"{column} is in the future",
        column,
        "a timestamp up to now",
        "check time_zone and the order of day and month",
    )


def before_since(column: str) -> Cause:
    """Cause: created before the declared start of the data."""
    return Cause(
        "it was created before data.since",
        column,
        "a timestamp from data.since on",
        "change data.since",
        may_dominate=True,
    )


def after_until(column: str) -> Cause:
    """Cause: known only at or after the declared end of the data."""
    return Cause(
        "it became known at or after data.until",
        column,
        "a timestamp before data.until",
        "change data.until",
        may_dominate=True,
    )


UNKNOWN_LEAD = Cause(
    "its lead is not in the leads table",
    "lead_id",
    "a lead_id of the leads table",
    "check that both tables use the same ids and that the leads table is complete",
)
LEAD_REJECTED = Cause(
    "its lead was rejected",
    "lead_id",
    "a lead_id of a lead that is used",
    "look at the rejected leads",
    may_dominate=True,
)
BEFORE_CREATION = Cause(
    "it happened before its lead was created",
    "occurred_at",
    "occurred_at at or after created_at",
    "check time_zone, and which column holds created_at",
)


def at_one_instant(column: str) -> Cause:
    """Cause: another row of the same owner and timestamp is used."""
    return Cause(
        f"another row with the same {column} is used, the last in alphabetical order",
        column,
        f"at most one row per {column}",
        f"export {column} to the second, so that the last change is known",
    )


def not_history(fields: Sequence[str]) -> Cause:
    """Cause: a change of a field whose history nothing reads."""
    return Cause(
        "its field is not declared known_at: history",
        "field",
        f"one of {', '.join(fields)}" if fields else "a field declared known_at: history",
        "declare the field under known_at in params.yaml if it is to be used",
        may_dominate=True,
    )


@dataclass(frozen=True)
class Rejections:
    """A table with the cause of every row, -1 where it is used."""

    table: MappedTable
    codes: Codes
    causes: tuple[Cause, ...] = ()

    @classmethod
    def of(cls, table: MappedTable) -> Rejections:
        """Start with every row used."""
        return cls(table, np.full(len(table), -1, dtype=np.int32))

    @property
    def used(self) -> Mask:
        """Mask of the rows that are used so far."""
        mask: Mask = self.codes < 0
        return mask

    def reject(self, cause: Cause, mask: Mask) -> Rejections:
        """Reject the rows of a mask that are still used."""
        fresh = mask & self.used
        if not fresh.any():
            return self
        codes = np.where(fresh, np.int32(len(self.causes)), self.codes)
        return replace(self, codes=codes, causes=(*self.causes, cause))

    def reject_repeated(self, column: str, ids: Codes) -> Rejections:
        """Reject all rows of an id but the first that is used; a missing id (-1) is never a duplicate."""
        rows = np.flatnonzero(self.used & (ids >= 0))
        _, first = np.unique(ids[rows], return_index=True)
        mask = np.zeros(len(ids), dtype=np.bool_)
        mask[np.delete(rows, first)] = True
        return self.reject(repeated(column), mask)

    def by_cause(self) -> tuple[RejectedRows, ...]:
        """Return the rejected rows, by cause; raises InputError as :func:`check_dominant` does."""
        found = self.counted()
        for item, cause in zip(found, self.causes, strict=True):
            check_dominant(item, cause, len(self.table))
        return found

    def counted(self) -> tuple[RejectedRows, ...]:
        """Return the rejected rows, by cause, however many there are."""
        return tuple(self._of_cause(code, cause) for code, cause in enumerate(self.causes))

    def rejected_table(self) -> RejectedTable | None:
        """Return the original rows that were rejected, or None if there are none."""
        rows = np.flatnonzero(~self.used)
        if not len(rows):
            return None
        return RejectedTable(
            self.table.raw.take(rows), tuple(self.causes[code].text for code in self.codes[rows].tolist())
        )

    def _of_cause(self, code: int, cause: Cause) -> RejectedRows:
        rows = np.flatnonzero(self.codes == code)
        raw = self.table.raw
        same_file = rows[raw.source[rows] == raw.source[rows[0]]][:_SHOWN]
        return RejectedRows(
            cause=cause.text,
            count=len(rows),
            source=raw.sources[raw.source[rows[0]]],
            rows=tuple(raw.lines[same_file].tolist()),
            column=cause.column,
            example=self.table.columns[cause.column].value(int(rows[0])),
        )


def check_dominant(item: RejectedRows, cause: Cause, rows: int) -> None:
    """Raise InputError if one cause that must not dominate rejects more than half of the rows."""
    if 2 * item.count > rows and not cause.may_dominate:
        raise InputError(
            f"{item.count:,} of {rows:,} rows cannot be used: {cause.text}",
            source=item.source,
            rows=item.rows,
            count=item.count,
            value=item.example,
            expected=cause.expected,
            do=cause.do,
        )
