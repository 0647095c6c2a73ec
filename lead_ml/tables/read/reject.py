"""Which rows are rejected, and why: every row keeps its first cause, and every rejected row is counted."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from lead_ml.errors import InputError
from lead_ml.tables.dataset import Codes, Mask
from lead_ml.tables.read.mapping import MappedTable
from lead_ml.tables.read.raw import RawTable
from lead_ml.tables.read.timestamps import EXPECTED, Timestamps

_SHOWN = 5


@dataclass(frozen=True)
class Cause:
    """Why rows are rejected; ``{column}`` stands for the column whose value is shown.

    If one cause rejects more than half of a table, the table is probably misread and reading stops. A cause without
    ``do`` may reject any number of rows.
    """

    text: str
    expected: str = ""
    do: str = ""
    column: str = ""

    def of(self, column: str) -> Cause:
        """Return the cause for a column."""
        text, expected, do = (part.format(column=column) for part in (self.text, self.expected, self.do))
        return Cause(text, expected, do, column)


MISSING = Cause("{column} is missing", "a value in every row", "check which column holds {column}")
UNPARSABLE = Cause(
    "{column} is not a valid timestamp",
    EXPECTED,
    "write {column} as ISO 8601, declare its date format under dates of this table, or map another column",
)
REPEATED = Cause(
    "duplicate {column}; the first row is used",
    "a unique {column} in every row",
    "check which column holds {column}",
)
REPEATED_LEAD = Cause(REPEATED.text, REPEATED.expected)  # an export may have a row for every change of a lead
IN_FUTURE = Cause(
    "{column} is in the future", "a timestamp up to now", "check time_zone and the order of day and month"
)
BEFORE_SINCE = Cause("it was created before data.since")
AFTER_UNTIL = Cause("it became known at or after data.until")
UNKNOWN_LEAD = Cause(
    "its lead is not in the leads table",
    "a lead_id of the leads table",
    "check that both tables use the same ids and that the leads table is complete",
)
LEAD_REJECTED = Cause("its lead was rejected")
BEFORE_CREATION = Cause(
    "it happened before its lead was created",
    "occurred_at at or after created_at",
    "check time_zone, and which column holds created_at",
)
AT_ONE_INSTANT = Cause(
    "another row with the same {column} is used, the last in alphabetical order",
    "at most one row per {column}",
    "export {column} to the second, so that the last change is known",
)
FOOTER = Cause("it stands below the table: a total or a remark, not a row")
NOT_HISTORY = Cause("its field is not declared known_at: history")


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


@dataclass(frozen=True)
class Rejections:
    """A table with the cause of every row, -1 where it is used."""

    table: MappedTable
    codes: Codes
    causes: tuple[Cause, ...] = ()

    @classmethod
    def of(cls, table: MappedTable) -> Rejections:
        """Start with every row used that does not stand below the table."""
        found = cls(table, np.full(len(table), -1, dtype=np.int32))
        return (
            found.reject(FOOTER, next(iter(table.columns)), table.raw.below) if table.raw.footers else found
        )

    @property
    def used(self) -> Mask:
        """Mask of the rows that are used so far."""
        mask: Mask = self.codes < 0
        return mask

    def reject(self, cause: Cause, column: str, mask: Mask) -> Rejections:
        """Reject the rows of a mask that are still used."""
        fresh = mask & self.used
        if not fresh.any():
            return self
        codes = np.where(fresh, np.int32(len(self.causes)), self.codes)
        return replace(self, codes=codes, causes=(*self.causes, cause.of(column)))

    def reject_times(self, column: str, times: Timestamps, now: int) -> Rejections:
        """Reject the rows whose time cannot be read or is in the future."""
        return self.reject(UNPARSABLE, column, times.bad).reject(IN_FUTURE, column, times.first > now)

    def reject_repeated(self, column: str, ids: Codes, cause: Cause = REPEATED) -> Rejections:
        """Reject all rows of an id but the first that is used; a missing id (-1) is never a duplicate."""
        rows = np.flatnonzero(self.used & (ids >= 0))
        if np.bincount(ids[rows]).max(initial=0) <= 1:
            return self
        _, first = np.unique(ids[rows], return_index=True)
        mask = np.zeros(len(ids), dtype=np.bool_)
        mask[np.delete(rows, first)] = True
        return self.reject(cause, column, mask)

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
        causes = tuple(self.causes[code].text for code in self.codes[rows].tolist())
        return RejectedTable(self.table.raw.take(rows), causes) if causes else None

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
    if 2 * item.count > rows and cause.do:
        raise InputError(
            f"{item.count:,} of {rows:,} rows cannot be used: {cause.text}",
            source=item.source,
            rows=item.rows,
            count=item.count,
            value=item.example,
            expected=cause.expected,
            do=cause.do,
        )
