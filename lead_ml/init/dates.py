"""Which columns hold dates, and how they are written: decided by the whole column, not by its first row."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lead_ml.init.export_column import ExportColumn

_ZONED = re.compile(r"(?:Z|UTC|GMT|[+-]\d{2}:?\d{2})$", re.IGNORECASE)


@dataclass(frozen=True)
class DateColumn:
    """How the dates of a column are written.

    Attributes
    ----------
    spelling
        What ``dates`` of the table must say; empty for formats that have only one meaning.
    reason
        Key of the text that says why, in the catalog section ``init.dates``; empty without a spelling.
    count
        Number of values that show which number is the day.
    doubt
        Whether the values allow both orders of day and month, so that the spelling is a guess.
    local
        Whether there are times without a time zone.
    """

    spelling: str
    reason: str = ""
    count: int = 0
    doubt: bool = False
    local: bool = True


def date_column(column: ExportColumn) -> DateColumn | None:
    """Return how a column writes dates, None if it does not hold dates."""
    summary = column.summary
    if summary.kind != "date":
        return None
    texts = [text for text, _ in column.values]
    if summary.date_format == "":
        timed = column.shares["timed"] > 0
        return DateColumn("", local=timed and not all(_ZONED.search(text) for text in texts))
    if summary.date_format == "excel":
        return DateColumn("excel", "excel", local=not all(text.isdigit() for text in texts))
    if summary.date_format == "unix":
        return DateColumn("unix", "unix", local=False)
    first, second = summary.day_position
    local = any(":" in text for text in texts)
    if summary.open_order:
        return DateColumn(summary.date_format, "both" if first else "neither", doubt=True, local=local)
    return DateColumn(summary.date_format, summary.date_format, max(first, second), local=local)
