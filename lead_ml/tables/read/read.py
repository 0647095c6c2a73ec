"""Read a project's tables into one :class:`lead_ml.tables.dataset.Dataset`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy.typing as npt

from lead_ml.errors import ParamsError
from lead_ml.project.params import Params, TableParams
from lead_ml.project.schema import roles_of
from lead_ml.tables.dataset import Changes, Coded, Dataset, Events, Extra, Leads, Outcomes
from lead_ml.tables.read.canonical import compacted, digest
from lead_ml.tables.read.context import FOREVER, ReadContext, context_of
from lead_ml.tables.read.extra import read_extra, with_key
from lead_ml.tables.read.files import read_files
from lead_ml.tables.read.history import read_history, with_current
from lead_ml.tables.read.leads import read_leads
from lead_ml.tables.read.mapping import MappedTable, map_columns, near_miss, where_filled
from lead_ml.tables.read.reject import Rejections
from lead_ml.tables.read.report import IntakeReport, TableReport, column_report
from lead_ml.tables.read.sql import read_sql
from lead_ml.tables.read.streams import read_events, read_outcomes


def read_dataset(params: Params, root: Path, *, now: datetime | None = None) -> tuple[Dataset, IntakeReport]:
    """Read the tables of a project by the data contract.

    Rows that cannot be used are rejected with their cause and counted; an error that puts the
    whole table in doubt stops the reading. Leads, events and outcomes keep the order of their files; changes and extra tables are put in order.

    Parameters
    ----------
    params
        Where the tables are and how their columns are called; ``data.until`` leaves out what became known later (a
        date includes that day).
    root
        Base directory for relative paths.
    now
        The current time, with a time zone; rows dated after it are rejected. Default: now.

    Returns
    -------
    tuple
        The dataset, instants in microseconds UTC, and the report of what was used and what was rejected. Without
        ``data.until``, ``Dataset.until`` is one microsecond after the latest instant at which anything of a lead became
        known, and 0 where the leads have no dates. Extra tables do not count: they come from other systems, at other times.

    Raises
    ------
    InputError
        If a table cannot be trusted: a file that is missing, empty, damaged, ragged, wrongly encoded or not a table,
        a missing or repeated column, no usable lead, or more than half of a table rejected for one cause.
    ParamsError
        If ``params`` name a column or role that does not exist, or ``data.until`` is not a valid timestamp.
    """
    context = context_of(params, now or datetime.now(UTC))
    table = _open("leads", params.data.leads, root, context)
    _check_lead_columns(params, table)
    leads, index, rejections, report = read_leads(table, context, end_of_day=params.data.leads.end_of_day)
    all_rejections, reports = [rejections], [report]
    events: Events | None = None
    outcomes: Outcomes | None = None
    if params.data.events is not None:
        table = _open("events", params.data.events, root, context)
        events, rejections, report = read_events(
            table, index, context, end_of_day=params.data.events.end_of_day
        )
        all_rejections.append(rejections)
        reports.append(report)
    if params.data.outcomes is not None:
        table = _open("outcomes", params.data.outcomes, root, context)
        outcomes, rejections, report = read_outcomes(
            table, index, context, end_of_day=params.data.outcomes.end_of_day
        )
        all_rejections.append(rejections)
        reports.append(report)
    history: Mapping[str, Changes] = {}
    if params.data.lead_history is not None:
        table = _open("lead_history", params.data.lead_history, root, context)
        history, rejections, report = read_history(table, leads, index, context, params)
        leads = with_current(leads, history)
        all_rejections.append(rejections)
        reports.append(report)
    extra: dict[str, Extra] = {}
    for name, place in params.data.extra.items():
        table = _open(f"extra.{name}", place, root, context)
        extra[name], rejections, report = read_extra(table, leads, context, place)
        all_rejections.append(rejections)
        reports.append(report)
    dataset = Dataset(
        leads,
        events,
        outcomes,
        _until(context, leads, events, outcomes, history),
        _digests(leads, events, outcomes, history, extra),
        history,
        extra,
    )
    return dataset, _report(leads, reports, all_rejections, params)


def _open(name: str, params: TableParams, root: Path, context: ReadContext) -> MappedTable:
    if params.url is None:
        raw = read_files(params, root)
    else:
        order = tuple(params.columns.get(role.name, role.name) for role in roles_of(name))
        raw = read_sql(params, root, order)
    table = map_columns(name, raw, with_key(params, raw), context.missing)
    return table if params.where_filled is None else where_filled(table, params.where_filled, context.missing)


def _check_lead_columns(params: Params, table: MappedTable) -> None:
    fixed = tuple(name for name, known_at in params.known_at.items() if known_at != "history")
    for key, names in (("known_at", fixed), ("trust", params.trust)):
        for name in names:
            if name not in table.columns:
                near = near_miss(name, list(table.columns))
                raise ParamsError(
                    f"{key} names {name}, which is not a column of the leads"
                    + (f"; did you mean {near}?" if near else ""),
                    expected=f"one of {', '.join(table.columns)}",
                    do=f"correct {key} in params.yaml",
                )


def _until(
    context: ReadContext,
    leads: Leads,
    events: Events | None,
    outcomes: Outcomes | None,
    history: Mapping[str, Changes],
) -> int:
    if context.until != FOREVER:
        return context.until
    known = [
        leads.created_at,
        None if events is None else events.known_at,
        None if outcomes is None else outcomes.known_at,
        *(changes.at for changes in history.values()),
    ]
    latest = [int(instants.max()) for instants in known if instants is not None and len(instants)]
    return max(latest) + 1 if latest else 0


def _digests(
    leads: Leads,
    events: Events | None,
    outcomes: Outcomes | None,
    history: Mapping[str, Changes],
    extra: Mapping[str, Extra],
) -> Mapping[str, str]:
    content: dict[str, Any] = {"lead_id": Coded.of(leads.lead_id), **leads.columns}
    if leads.created_at is not None:
        content["created_at"] = leads.created_at
    found = {"leads": digest(content)}
    if events is not None:
        found["events"] = digest({**_stream(events), "value": events.value})
    if outcomes is not None:
        found["outcomes"] = digest({**_stream(outcomes), "amount": outcomes.amount})
    if history:
        parts = [_changes(name, changes) for name, changes in history.items()]
        found["lead_history"] = digest({name: column for part in parts for name, column in part.items()})
    for name, table in extra.items():
        found[f"extra.{name}"] = digest({"keys": Coded.of(table.keys), **_changes("", table.rows)})
    return found


def _changes(prefix: str, changes: Changes) -> dict[str, Coded | npt.NDArray[Any]]:
    columns = {f"{prefix}.{name}": compacted(column) for name, column in changes.columns.items()}
    return {f"{prefix} owner": changes.owner, f"{prefix} at": changes.at, **columns}


def _stream(rows: Events | Outcomes) -> dict[str, Coded | npt.NDArray[Any]]:
    times = {"lead": rows.lead, "occurred_at": rows.occurred_at, "known_at": rows.known_at}
    return {**times, **rows.columns}


def _report(
    leads: Leads, reports: Sequence[TableReport], all_rejections: Sequence[Rejections], params: Params
) -> IntakeReport:
    rejected = {rejections.table.name: rejections.rejected_table() for rejections in all_rejections}
    return IntakeReport(
        tables={report.table: report for report in reports},
        columns=tuple(column_report(name, column, params) for name, column in leads.columns.items()),
        rejected={name: rows for name, rows in rejected.items() if rows is not None},
    )
