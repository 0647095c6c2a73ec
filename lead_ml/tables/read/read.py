"""Read a project's tables into one :class:`lead_ml.tables.dataset.Dataset`."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lead_ml.project.params import Params, TableParams
from lead_ml.project.personal import personal_columns
from lead_ml.project.schema import known_at_of, roles_of
from lead_ml.tables.cell_rules import CellRules, TableRules
from lead_ml.tables.dataset import Changes, Coded, Dataset, Extra
from lead_ml.tables.read.canonical import compacted, digest
from lead_ml.tables.read.closings import with_closings
from lead_ml.tables.read.column_kinds import summarize
from lead_ml.tables.read.context import FOREVER, ReadContext, context_of
from lead_ml.tables.read.extra import read_extra
from lead_ml.tables.read.files import read_files
from lead_ml.tables.read.history import read_history, with_current
from lead_ml.tables.read.leads import read_leads
from lead_ml.tables.read.mapping import MappedTable, declared_rules, map_columns, not_a_column
from lead_ml.tables.read.report import ColumnReport, IntakeReport
from lead_ml.tables.read.sql import read_sql
from lead_ml.tables.read.streams import read_events, read_outcomes


@contextmanager
def _uncollected() -> Iterator[None]:
    """Look for no garbage: what is read stays, and looking through millions of texts takes as long as reading some of them."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@_uncollected()
def read_dataset(
    params: Params, root: Path, *, now: datetime | None = None, sealed: CellRules | None = None
) -> tuple[Dataset, IntakeReport]:
    """Read the tables of a project by the data contract; `root` is the base directory for relative paths.

    Cells are read by the rules of a bundle where they are `sealed`; otherwise ``Dataset.rules`` are those that this data gives.

    Rows that cannot be used are rejected with their cause and counted, also those dated after `now` (default: the present); an
    error that puts a whole table in doubt stops the reading. Leads, events and outcomes keep the order of their files;
    changes and extra tables are put in order. ``data.until`` leaves out what became known later. Without it
    ``Dataset.until`` is one microsecond after the latest instant at which anything of a lead became known, and 0 where
    the leads have no dates. Extra tables do not count: they come from other systems, at other times.

    Raises
    ------
    InputError
        If a table cannot be trusted: a file that is missing, empty, damaged, ragged, wrongly encoded or not a table,
        a missing or repeated column, no usable lead, or more than half of a table rejected for one cause.
    ParamsError
        If ``params`` name a column or role that does not exist, or ``data.until`` is not a valid timestamp.
    """
    context = context_of(params, now or datetime.now(UTC), sealed)
    data = params.data
    table = read_table("leads", data.leads, root, context)
    _check_lead_columns(params, table)
    leads, index, report = read_leads(table, context)
    known = sealed.leads.columns if sealed else ()
    rules = CellRules(
        zone=params.time_zone,
        leads=table.rules.learned(leads.columns, {*known, *personal_columns(params)}),
        events=declared_rules("events", {}, data.events, context.missing)
        if data.events is not None
        else TableRules(missing=table.rules.missing),
        disposable=None if sealed is None else sealed.disposable,
    )
    leads = replace(leads, columns=_spelled(leads.columns, rules.leads))
    found, reports = Dataset(leads), [report]
    if data.events is not None:
        table = read_table("events", data.events, root, context)
        events, report = read_events(table, index, context)
        rules = replace(rules, events=table.rules)
        found = replace(found, events=events)
        reports.append(report)
    if data.outcomes is not None:
        outcomes, report = read_outcomes(read_table("outcomes", data.outcomes, root, context), index, context)
        found = replace(found, outcomes=outcomes)
        reports.append(report)
    if data.lead_history is not None:
        table = read_table("lead_history", data.lead_history, root, context)
        history, report = read_history(table, leads, index, context, params, rules.leads)
        found = replace(found, leads=with_current(leads, history), history=history)
        reports.append(report)
    extra: dict[str, Extra] = {}
    for name, place in data.extra.items():
        table = read_table(f"extra.{name}", place, root, context)
        extra[name], report = read_extra(table, found.leads, context, place, rules)
        reports.append(report)
    found = replace(
        found, extra=extra, rules=rules, until=context.until if context.until != FOREVER else _until(found)
    )
    found = with_closings(found, params, context)
    columns = tuple(_column_report(name, column, params) for name, column in found.leads.columns.items())
    return (
        replace(found, digests=_digests(found)),
        IntakeReport({report.table: report for report in reports}, columns),
    )


def read_table(name: str, params: TableParams, root: Path, context: ReadContext) -> MappedTable:
    """Read a table under our names."""
    if params.url is None:
        raw = read_files(params, root)
    else:
        order = tuple(params.columns.get(role.name, role.name) for role in roles_of(name))
        raw = read_sql(params, root, order)
    sealed = (
        None
        if context.sealed is None
        else {"leads": context.sealed.leads, "events": context.sealed.events}.get(name)
    )
    return map_columns(name, raw, params, context.missing, sealed)


def _spelled(columns: Mapping[str, Coded], rules: TableRules) -> Mapping[str, Coded]:
    """Return the columns with the usual spelling of every value."""
    return {
        name: column.map(rules.of(name).spelled) if rules.of(name).usual else column
        for name, column in columns.items()
    }


def _check_lead_columns(params: Params, table: MappedTable) -> None:
    fixed = tuple(name for name, known_at in params.known_at.items() if known_at != "history")
    for key, names in (("known_at", fixed), ("trust", params.trust)):
        for name in names:
            if name not in table.columns:
                raise not_a_column(key, name, "the leads", table.columns)


def _column_report(name: str, column: Coded, params: Params) -> ColumnReport:
    found = summarize(name, column)
    known_at, trusted = known_at_of(name, params), name in params.trust
    return ColumnReport(name, found.kind, found.fill, found.distinct, known_at, trusted)


def _until(data: Dataset) -> int:
    streams = (stream.known_at for stream in (data.events, data.outcomes) if stream is not None)
    known = [data.leads.created_at, *streams, *(changes.at for changes in data.history.values())]
    return max((int(at.max()) + 1 for at in known if at is not None and len(at)), default=0)


def _digests(data: Dataset) -> Mapping[str, str]:
    ids = Coded(np.arange(len(data.leads), dtype=np.int32), data.leads.lead_id)
    content: dict[str, Any] = {"lead_id": ids, **data.leads.columns}
    if data.leads.created_at is not None:
        content["created_at"] = data.leads.created_at
    found = {"leads": digest(content)}
    for name, stream in (("events", data.events), ("outcomes", data.outcomes)):
        if stream is not None:
            content = {item.name: getattr(stream, item.name) for item in fields(stream)}
            columns = content.pop("columns")
            found[name] = digest({**content, **columns})
    if data.history:
        parts = [_changes(name, changes) for name, changes in data.history.items()]
        found["lead_history"] = digest({name: column for part in parts for name, column in part.items()})
    for name, table in data.extra.items():
        found[f"extra.{name}"] = digest({"keys": Coded.of(table.keys), **_changes("", table.rows)})
    return found


def _changes(prefix: str, changes: Changes) -> dict[str, Coded | npt.NDArray[Any]]:
    columns = {f"{prefix}.{name}": compacted(column) for name, column in changes.columns.items()}
    return {f"{prefix} owner": changes.owner, f"{prefix} at": changes.at, **columns}
