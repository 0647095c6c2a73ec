"""Every column of an export as understood, for the table that ``lead-ml init`` prints."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lead_ml.init.export_column import ExportColumn
from lead_ml.init.leads import LeadsDraft
from lead_ml.init.tables import TableDraft
from lead_ml.tables.read.column_kinds import ColumnKind

_EXAMPLES = 3
_CUT = 16


@dataclass(frozen=True)
class ColumnDraft:
    """A column of the export: its role (``-`` for none), what it holds, the share of rows filled, and examples.

    ``date_format`` says how dates are read, empty for the usual formats. ``known_at`` is ``creation`` or ``current`` for columns
    of leads without a role, else empty.
    """

    table: str
    column: str
    role: str
    kind: ColumnKind
    date_format: str
    fill: float
    distinct: int
    known_at: str
    examples: tuple[str, ...]


def described(table: TableDraft, leads: LeadsDraft, known_at: Mapping[str, str]) -> Iterator[ColumnDraft]:
    """Yield the columns of a table in file order; for outcomes in the leads file, only those of outcomes."""
    ours = {theirs: name for name, theirs in table.columns.items()}
    target = leads.target
    for name, column in table.source.columns.items():
        role = ours.get(name, "-")
        if table.name == "outcomes" and target.kind == "dated" and role in ("-", "lead_id"):
            continue
        if table.name == "leads" and target.kind == "column" and name == target.column:
            role = "outcome"
        known = known_at.get(name, "") if table.name == "leads" else ""
        yield ColumnDraft(
            table.name,
            name,
            role,
            column.summary.kind,
            column.summary.date_format,
            column.fill,
            column.distinct,
            known,
            _examples(column),
        )


def _examples(column: ExportColumn) -> tuple[str, ...]:
    texts = [text for text, _ in column.values[:_EXAMPLES]]
    return tuple(text if len(text) <= _CUT else text[: _CUT - 1] + "…" for text in texts)
