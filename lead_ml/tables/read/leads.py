"""The leads table: one usable row per lead, and the index by which events and outcomes find it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lead_ml.errors import InputError
from lead_ml.tables.dataset import Coded, Indices, Instants, Leads
from lead_ml.tables.read.canonical import compacted
from lead_ml.tables.read.context import ReadContext, timestamp_notes
from lead_ml.tables.read.mapping import MappedTable, near_miss
from lead_ml.tables.read.reject import Rejections, after_until, before_since, in_future, missing, unparsable
from lead_ml.tables.read.report import TableReport
from lead_ml.tables.read.timestamps import Timestamps


@dataclass(frozen=True)
class LeadIndex:
    """Rows of the leads used by ``lead_id``, the ids of rejected leads, and the earliest time at which each lead can
    have been created (the start of the day where ``created_at`` is a date), microseconds UTC.
    """

    rows: Mapping[str, int]
    rejected: frozenset[str]
    earliest: Instants | None

    def find(self, ids: Coded) -> tuple[Indices, Indices]:
        """Return for every row the row of its lead, -1 for none, and 1 where that lead was rejected, else 0."""
        rows = np.array([*(self.rows.get(level, -1) for level in ids.levels), -1], dtype=np.int64)
        of_rejected = np.array([*(level in self.rejected for level in ids.levels), False], dtype=np.int64)
        return rows[ids.codes], of_rejected[ids.codes] * (rows[ids.codes] < 0)


def read_leads(
    table: MappedTable, context: ReadContext, *, end_of_day: bool
) -> tuple[Leads, LeadIndex, Rejections, TableReport]:
    """Check the leads and code their columns.

    Raises
    ------
    InputError
        If no lead can be used, or one cause rejects more than half of the rows.
    """
    ids = table.text("lead_id", context.missing)
    created = _created(table, context, end_of_day=end_of_day)
    rejections = _rejections(table, ids, created, context)
    report = table_report(rejections, _notes(table, created, end_of_day=end_of_day), created)
    rows = np.flatnonzero(rejections.used)
    if not len(rows):
        raise _no_leads(report)
    names = [name for name in table.columns if name not in ("lead_id", "created_at")]
    leads = Leads(
        lead_id=tuple(ids.levels[code] for code in ids.codes[rows].tolist()),
        created_at=None if created is None else created.at[rows],
        columns={name: compacted(table.text(name, context.missing).take(rows)) for name in names},
    )
    return leads, _index(leads, ids, created, rows), rejections, report


def table_report(rejections: Rejections, notes: Sequence[str], times: Timestamps | None) -> TableReport:
    """Report a checked table; raises InputError as :meth:`Rejections.by_cause` does."""
    used = int(rejections.used.sum())
    at = times.at[rejections.used] if times is not None and used else None
    table = rejections.table
    return TableReport(
        table=table.name,
        sources=table.raw.sources,
        rows_in=len(table),
        used=used,
        rejected=rejections.by_cause(),
        mapped=table.mapped,
        ignored=table.ignored,
        notes=(*table.raw.notes, *notes),
        first=None if at is None else int(at.min()),
        last=None if at is None else int(at.max()),
    )


def _created(table: MappedTable, context: ReadContext, *, end_of_day: bool) -> Timestamps | None:
    if "created_at" not in table.columns:
        return None
    return context.timestamps(table, "created_at", end_of_day=end_of_day)


def _rejections(
    table: MappedTable, ids: Coded, created: Timestamps | None, context: ReadContext
) -> Rejections:
    rejections = Rejections.of(table).reject(missing("lead_id"), ids.codes < 0)
    if created is not None:
        rejections = (
            rejections.reject(missing("created_at"), created.missing)
            .reject(unparsable("created_at"), created.bad)
            .reject(in_future("created_at"), created.first > context.now)
            .reject(before_since("created_at"), created.at < context.since)
            .reject(after_until("created_at"), created.at >= context.until)
        )
    return rejections.reject_repeated("lead_id", ids.codes)


def _index(leads: Leads, ids: Coded, created: Timestamps | None, rows: Indices) -> LeadIndex:
    index = {lead: row for row, lead in enumerate(leads.lead_id)}
    of_rejected = frozenset(level for level in ids.levels if level not in index)
    return LeadIndex(index, of_rejected, None if created is None else created.first[rows])


def _notes(table: MappedTable, created: Timestamps | None, *, end_of_day: bool) -> Sequence[str]:
    if created is not None:
        return timestamp_notes("created_at", created, end_of_day=end_of_day)
    near = near_miss("created_at", list(table.columns))
    hint = f"; if {near!r} is it, set data.leads.columns: {{created_at: {near}}}" if near else ""
    return [f"there is no created_at, so models cannot be evaluated forward in time{hint}"]


def _no_leads(report: TableReport) -> InputError:
    causes = "; ".join(f"{item.count:,} rows: {item.cause}" for item in report.rejected)
    return InputError(
        "no lead can be used" + (f" ({causes})" if causes else ": the table has a header but no rows"),
        source=report.sources[0],
        expected="at least one lead",
        do="check path and data.until in params.yaml",
    )
