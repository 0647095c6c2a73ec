"""What reading needs to know about time and missing values, from the parameters."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from lead_ml.clean.text import missing_tags
from lead_ml.errors import ParamsError
from lead_ml.project.params import Params
from lead_ml.tables.cell_rules import CellRules
from lead_ml.tables.instants import from_datetime
from lead_ml.tables.read.mapping import MappedTable
from lead_ml.tables.read.raw import RawColumn
from lead_ml.tables.read.timestamps import EXPECTED, Timestamps, span_of, timestamps_of
from lead_ml.tables.summary import counted

FOREVER = 2**63 - 1
_ENOUGH_MIDNIGHTS = 20


@dataclass(frozen=True)
class ReadContext:
    """``now``, ``since`` and ``until`` are microseconds UTC: the declared start of the data, or 0, and its end, or FOREVER."""

    zone: ZoneInfo
    missing: frozenset[str]
    now: int
    since: int
    until: int
    sealed: CellRules | None = None

    def timestamps(self, table: MappedTable, column: str) -> Timestamps:
        """Parse a column of timestamps that the table has."""
        rules, raw = table.rules, table.columns[column]
        if rules.of(column).default is not None:
            raw = RawColumn(raw.codes, [rules.filled(column, level) for level in raw.levels])
        date_format = rules.of(column).date_format
        return timestamps_of(raw, self.zone, rules.tags, end_of_day=rules.end_of_day, date_format=date_format)


def context_of(params: Params, now: datetime, sealed: CellRules | None = None) -> ReadContext:
    """Return the context of a run, by the cell rules of a bundle where they are `sealed`; a date as ``data.since`` or ``data.until`` includes that day.

    Raises ParamsError if one of them is not a valid timestamp.
    """
    zone = ZoneInfo(params.time_zone)
    since, until = 0, FOREVER
    if params.data.since is not None:
        since = _declared("data.since", params.data.since, zone)[0]
    if params.data.until is not None:
        span = _declared("data.until", params.data.until, zone)
        until = span[0] if span[0] == span[1] else span[1] + 1
    return ReadContext(zone, missing_tags(params.missing), from_datetime(now), since, until, sealed)


def _declared(name: str, text: str, zone: ZoneInfo) -> tuple[int, int]:
    span = span_of(text.strip(), zone)
    if span is None:
        raise ParamsError(f"{name} is not a valid timestamp", value=text, expected=EXPECTED)
    return span


def timestamp_notes(table: MappedTable, column: str, found: Timestamps) -> list[str]:
    """Return notes on dates without a time of day."""
    if found.dates:
        side = "end" if table.rules.end_of_day else "start"
        return [f"{column}: {counted(found.dates, 'date')} without a time, known at the {side} of that day"]
    valid = int((~found.missing & ~found.bad).sum())
    note = (
        f"{column}: every time is 00:00:00, so these look like dates; they are known at the start of that day. "
        f"Export them as dates (2024-05-06), or declare dates: {{{column}: whole_day}}, to have them known at its end"
    )
    return [note] if found.midnights == valid >= _ENOUGH_MIDNIGHTS else []
