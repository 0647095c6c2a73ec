"""The leads table: one usable row per lead, and the index by which events and outcomes find it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lead_ml.errors import InputError
from lead_ml.tables.dataset import Coded, Indices, Instants, Leads
from lead_ml.tables.read.canonical import compacted
from lead_ml.tables.read.context import ReadContext, timestamp_notes
from lead_ml.tables.read.mapping import MappedTable, near_miss
from lead_ml.tables.read.reject import (
    AFTER_UNTIL,
    BEFORE_SINCE,
    LEAD_REJECTED,
    MISSING,
    REPEATED_LEAD,
    UNKNOWN_LEAD,
    Rejections,
)
from lead_ml.tables.read.report import TableReport, table_report


@dataclass(frozen=True)
class LeadIndex:
    """The ids of the leads used, by row, those of all rows that were read, and the earliest time at which each lead can
    have been created (the start of the day where ``created_at`` is a date), microseconds UTC.
    """

    used: Sequence[str]
    ids: Sequence[str]
    earliest: Instants | None

    @cached_property
    def rows(self) -> Mapping[str, int]:
        """Rows of the leads used by ``lead_id``."""
        return dict(zip(self.used, range(len(self.used)), strict=True))

    @cached_property
    def rejected(self) -> frozenset[str]:
        """The ids of rejected leads."""
        return frozenset(self.ids).difference(self.used)

    def find(self, ids: Coded, rejections: Rejections) -> tuple[Indices, Rejections]:
        """Return for every row the row of its lead, -1 for none, and reject the rows that have none."""
        rows = np.array([*(self.rows.get(level, -1) for level in ids.levels), -1], dtype=np.int64)
        of_rejected = np.array([*(level in self.rejected for level in ids.levels), False])
        lead = rows[ids.codes]
        rejections = rejections.reject(LEAD_REJECTED, "lead_id", of_rejected[ids.codes] & (lead < 0))
        return lead, rejections.reject(UNKNOWN_LEAD, "lead_id", lead < 0)

    def dated(self, table: MappedTable) -> Instants:
        """Return ``earliest``; raises InputError if the leads have no ``created_at``, which the rows of a table need."""
        if self.earliest is None:
            given = "is" if table.name == "lead_history" else "are"
            raise InputError(
                f"{table.name} {given} given, but the leads have no created_at",
                source=table.raw.sources[0],
                expected="created_at in the leads table, since features as of a time need it",
                do=f"map data.leads.columns.created_at, or remove data.{table.name} from params.yaml",
            )
        return self.earliest


def read_leads(table: MappedTable, context: ReadContext) -> tuple[Leads, LeadIndex, TableReport]:
    """Check the leads and code their columns.

    Raises InputError if no lead can be used, or one cause rejects more than half of the rows.
    """
    ids = table.text("lead_id")
    rejections = Rejections.of(table).reject(MISSING, "lead_id", ids.codes < 0)
    created = context.timestamps(table, "created_at") if "created_at" in table.columns else None
    if created is None:
        near = near_miss("created_at", list(table.columns))
        hint = f"; if {near!r} is it, set data.leads.columns: {{created_at: {near}}}" if near else ""
        notes = [f"there is no created_at, so models cannot be evaluated forward in time{hint}"]
    else:
        notes = timestamp_notes(table, "created_at", created)
        rejections = (
            rejections.reject(MISSING, "created_at", created.missing)
            .reject_times("created_at", created, context.now)
            .reject(BEFORE_SINCE, "created_at", created.at < context.since)
            .reject(AFTER_UNTIL, "created_at", created.at >= context.until)
        )
    rejections = rejections.reject_repeated("lead_id", ids.codes, REPEATED_LEAD)
    report = table_report(rejections, notes, created)
    rows = np.flatnonzero(rejections.used)
    if not len(rows):
        raise _no_leads(report)
    names = [name for name in table.columns if name not in ("lead_id", "created_at")]
    leads = Leads(
        lead_id=tuple(compacted(ids.take(rows)).levels),  # each occurs once
        created_at=None if created is None else created.at[rows],
        columns={name: compacted(table.text(name).take(rows)) for name in names},
    )
    index = LeadIndex(leads.lead_id, tuple(ids.levels), None if created is None else created.first[rows])
    return leads, index, report


def _no_leads(report: TableReport) -> InputError:
    causes = "; ".join(f"{item.count:,} rows: {item.cause}" for item in report.rejected)
    return InputError(
        "no lead can be used" + (f" ({causes})" if causes else ": the table has a header but no rows"),
        source=report.sources[0],
        expected="at least one lead",
        do="check path and data.until in params.yaml",
    )
