"""The quality of the columns of leads: how many cells are filled, valid and changed, in all, by source and by month."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from lead_ml.lead_data.standardize import StandardColumn
from lead_ml.tables.columns import Coded, Instants, Mask

MOST_SOURCES = 12
OTHER = ""  # name of all sources with fewer leads, and of leads without a source


class ColumnQuality(msgspec.Struct, frozen=True):
    """Counts of cells of one column: filled, valid of those, and changed of those; ``added`` are its new columns."""

    role: str
    column: str
    rows: int
    filled: int
    valid: int
    changed: int
    added: tuple[str, ...]

    @property
    def valid_share(self) -> float:
        """Valid cells by rows."""
        return self.valid / self.rows if self.rows else 0.0


class QualitySlice(msgspec.Struct, frozen=True):
    """The quality of the leads of one source or month."""

    name: str
    rows: int
    columns: tuple[ColumnQuality, ...]


class QualityReport(msgspec.Struct, frozen=True, kw_only=True):
    """What ``lead-ml clean`` found: in all, by source and by month of creation (both empty where the leads have no such column)."""

    file: str
    synthetic: bool
    rows: int
    columns: tuple[ColumnQuality, ...]
    by_source: tuple[QualitySlice, ...]
    by_month: tuple[QualitySlice, ...]
    suggested_emails: int
    written: str = ""
    picture: str = ""


def quality_of(
    columns: Sequence[StandardColumn],
    source: Coded | None,
    created: Instants | None,
    *,
    file: str,
    synthetic: bool,
) -> QualityReport:
    """Count; `created` is microseconds UTC, negative where unknown."""
    rows = len(columns[0].filled) if columns else 0
    suggested = next((column.added["email_suggested"] for column in columns if column.role == "email"), None)
    return QualityReport(
        file=file,
        synthetic=synthetic,
        rows=rows,
        columns=_counted(columns, np.ones(rows, dtype=np.bool_)),
        by_source=() if source is None else _by_source(columns, source),
        by_month=() if created is None else _by_month(columns, created),
        suggested_emails=0 if suggested is None else int((suggested.codes >= 0).sum()),
    )


def _counted(columns: Sequence[StandardColumn], rows: Mask) -> tuple[ColumnQuality, ...]:
    return tuple(
        ColumnQuality(
            role=column.role,
            column=column.column,
            rows=int(rows.sum()),
            filled=int((column.filled & rows).sum()),
            valid=int((column.valid & rows).sum()),
            changed=int((column.changed & rows).sum()),
            added=tuple(column.added),
        )
        for column in columns
    )


def _slice(columns: Sequence[StandardColumn], name: str, rows: Mask) -> QualitySlice:
    return QualitySlice(name, int(rows.sum()), _counted(columns, rows))


def _by_source(columns: Sequence[StandardColumn], source: Coded) -> tuple[QualitySlice, ...]:
    """Return the largest sources, those with as many leads by name, then all others together."""
    counts = source.counts()
    order = sorted(range(len(counts)), key=lambda code: (-counts[code], source.levels[code]))
    shown = [code for code in order[:MOST_SOURCES] if counts[code]]
    slices = [_slice(columns, source.levels[code], source.codes == code) for code in shown]
    rest = ~np.isin(source.codes, shown)
    return (*slices, *([_slice(columns, OTHER, rest)] if rest.any() else []))


def _by_month(columns: Sequence[StandardColumn], created: Instants) -> tuple[QualitySlice, ...]:
    months = created.astype("datetime64[us]").astype("datetime64[M]")
    known = created >= 0
    return tuple(_slice(columns, str(month), known & (months == month)) for month in np.unique(months[known]))
