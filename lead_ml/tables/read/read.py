"""Reading a project's tables into one :class:`lead_ml.tables.dataset.Dataset`."""

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
from lead_ml.tables.read.context import FOREVER, Clock, clock_of
from lead_ml.tables.read.extra import read_extra, with_key
from lead_ml.tables.read.files import read_files
from lead_ml.tables.read.history import read_history, with_current
from lead_ml.tables.read.leads import read_leads
from lead_ml.tables.read.mapping import MappedTable, map_columns, near_miss, where_filled
from lead_ml.tables.read.reject import Sift
from lead_ml.tables.read.report import IntakeReport, TableReport, column_report
from lead_ml.tables.read.sql import read_sql
from lead_ml.tables.read.streams import read_events, read_outcomes


def read_dataset(params: Params, root: Path, *, now: datetime | None = None) -> tuple[Dataset, IntakeReport]:
    """Read the tables of a project as the data contract says.

    Rows that cannot be used are set aside with their cause and counted; whatever makes the reading itself doubtful
    stops it. Leads, events and outcomes keep the order of their files; changes and extra tables are put in order.

    Parameters
    ----------
    params
        Where the tables are and how their columns are called; ``data.until`` leaves out what became known later (a
        date includes that day).
    root
        The folder that relative paths start from.
    now
        The wall clock, aware; what lies after it is set aside. Default: the present.

    Returns
    -------
    tuple
        The dataset, instants in microseconds UTC, and the report of what was used and what set aside. Without
        ``data.until``, ``Dataset.until`` is one microsecond after the latest instant at which anything of a lead became
        known, and 0 where the leads have no dates. Extra tables have no say in it: they come from elsewhere, at other times.

    Raises
    ------
    InputError
        If a table cannot be trusted: a file that is missing, empty, damaged, ragged, wrongly encoded or no table at
        all, a missing or repeated column, no usable lead, or more than half of a table set aside for one cause.
    ParamsError
        If ``params`` name a column or role that does not exist, or ``data.until`` is no instant.
    """
    clock = clock_of(params, now or datetime.now(UTC))
    table = _open("leads", params.data.leads, root, clock)
    _check_lead_columns(params, table)
    leads, index, sift, report = read_leads(table, clock, end_of_day=params.data.leads.end_of_day)
    sifts, reports = [sift], [report]
    events: Events | None = None
    outcomes: Outcomes | None = None
    if params.data.events is not None:
        table = _open("events", params.data.events, root, clock)
        events, sift, report = read_events(table, index, clock, end_of_day=params.data.events.end_of_day)
        sifts.append(sift)
        reports.append(report)
    if params.data.outcomes is not None:
        table = _open("outcomes", params.data.outcomes, root, clock)
        outcomes, sift, report = read_outcomes(
            table, index, clock, end_of_day=params.data.outcomes.end_of_day
        )
        sifts.append(sift)
        reports.append(report)
    history: Mapping[str, Changes] = {}
    if params.data.lead_history is not None:
        table = _open("lead_history", params.data.lead_history, root, clock)
        history, sift, report = read_history(table, leads, index, clock, params)
        leads = with_current(leads, history)
        sifts.append(sift)
        reports.append(report)
    extra: dict[str, Extra] = {}
    for name, place in params.data.extra.items():
        table = _open(f"extra.{name}", place, root, clock)
        extra[name], sift, report = read_extra(table, leads, clock, place)
        sifts.append(sift)
        reports.append(report)
    dataset = Dataset(
        leads,
        events,
        outcomes,
        _until(clock, leads, events, outcomes, history),
        _digests(leads, events, outcomes, history, extra),
        history,
        extra,
    )
    return dataset, _report(leads, reports, sifts, params)


def _open(name: str, params: TableParams, root: Path, clock: Clock) -> MappedTable:
    if params.url is None:
        raw = read_files(params, root)
    else:
        order = tuple(params.columns.get(role.name, role.name) for role in roles_of(name))
        raw = read_sql(params, root, order)
    table = map_columns(name, raw, with_key(params, raw), clock.missing)
    return table if params.where_filled is None else where_filled(table, params.where_filled, clock.missing)


def _check_lead_columns(params: Params, table: MappedTable) -> None:
    still = tuple(name for name, known_at in params.known_at.items() if known_at != "history")
    for key, names in (("known_at", still), ("trust", params.trust)):
        for name in names:
            if name not in table.columns:
                near = near_miss(name, list(table.columns))
                raise ParamsError(
                    f"{key} names {name}, which is no column of the leads"
                    + (f"; did you mean {near}?" if near else ""),
                    expected=f"one of {', '.join(table.columns)}",
                    do=f"correct {key} in params.yaml",
                )


def _until(
    clock: Clock,
    leads: Leads,
    events: Events | None,
    outcomes: Outcomes | None,
    history: Mapping[str, Changes],
) -> int:
    if clock.until != FOREVER:
        return clock.until
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
    leads: Leads, reports: Sequence[TableReport], sifts: Sequence[Sift], params: Params
) -> IntakeReport:
    rejected = {sift.table.name: sift.rejected() for sift in sifts}
    return IntakeReport(
        tables={report.table: report for report in reports},
        columns=tuple(column_report(name, column, params) for name, column in leads.columns.items()),
        rejected={name: rows for name, rows in rejected.items() if rows is not None},
    )
