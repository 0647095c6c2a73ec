"""The three tables as ``params.yaml`` describes them: one plain record each, used for writing the file and for reading the data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lead_ml.errors import InputError
from lead_ml.init.answers import stages_of
from lead_ml.init.dates import DateColumn
from lead_ml.init.export_column import ExportColumn
from lead_ml.init.export_file import ExportFile
from lead_ml.init.names import EXACT
from lead_ml.init.questions import Findings
from lead_ml.init.roles import BY_VALUE, Match, date_columns, event_roles, outcome_roles
from lead_ml.init.target import DraftTarget


@dataclass(frozen=True)
class TableDraft:
    """A table: its file, and our names for its columns; the other fields are those of :class:`lead_ml.project.params.TableParams`."""

    name: str
    source: ExportFile
    columns: Mapping[str, str]
    constants: Mapping[str, str] = field(default_factory=dict)
    dates: Mapping[str, str] = field(default_factory=dict)
    stages: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)
    number_rows: bool = False
    where_filled: str = ""

    def settings(self) -> dict[str, Any]:
        """Return the section of ``params.yaml``, without default values."""
        renamed = {ours: theirs for ours, theirs in self.columns.items() if ours != theirs}
        found: dict[str, Any] = {
            **self.source.settings(),
            "columns": renamed,
            "constants": dict(self.constants),
            "dates": dict(self.dates),
            "stages": dict(self.stages),
            "defaults": dict(self.defaults),
            "where_filled": self.where_filled,
            "number_rows": self.number_rows,
        }
        return {key: value for key, value in found.items() if value}


def events_table(source: ExportFile, lead_id: str, findings: Findings) -> TableDraft:
    """Describe an events table.

    Raises
    ------
    InputError
        If no column holds dates.
    """
    roles = event_roles(source.columns, lead_id)
    dates = date_columns(source.columns)
    _dated_somehow("events", source, roles, lead_id, findings)
    constants = {}
    if "type" not in roles:
        constants["type"] = "event"
        findings.ask("event_type", file=source.file.name)
    ask_order("events", roles, dates, findings)
    columns = {"lead_id": lead_id, **{role: match.column for role, match in roles.items()}}
    return TableDraft("events", source, columns, constants, _spelled(columns, dates))


def outcomes_table(source: ExportFile, lead_id: str, findings: Findings) -> TableDraft:
    """Describe an outcomes table, or a table of deals in which every row is a win.

    Raises
    ------
    InputError
        If no column holds dates.
    """
    roles = outcome_roles(source.columns, lead_id)
    dates = date_columns(source.columns)
    _dated_somehow("outcomes", source, roles, lead_id, findings)
    constants, stages = {}, {}
    if "stage" in roles:
        stages = _stages(source, source.columns[roles["stage"].column], findings)
    else:
        constants["stage"] = "won"
        findings.ask("all_won", file=source.file.name, column=roles["occurred_at"].column)
    ask_order("outcomes", roles, dates, findings)
    columns = {"lead_id": lead_id, **{role: match.column for role, match in roles.items()}}
    filled = source.columns[columns["occurred_at"]].fill < 0.5
    return TableDraft(
        "outcomes",
        source,
        columns,
        constants,
        _spelled(columns, dates),
        stages,
        where_filled="occurred_at" if filled else "",
    )


def outcomes_of_leads(
    leads: TableDraft, target: DraftTarget, dates: Mapping[str, DateColumn], findings: Findings
) -> TableDraft:
    """Describe outcomes that are part of the leads file: a date that is filled only for leads with an outcome."""
    ask_order("outcomes", {"occurred_at": Match(target.date, EXACT)}, dates, findings)
    columns = {"occurred_at": target.date, **({"stage": target.column} if target.column else {})}
    if not leads.number_rows:
        columns = {"lead_id": leads.columns["lead_id"], **columns}
    return TableDraft(
        "outcomes",
        leads.source,
        columns,
        {} if target.column else {"stage": "won"},
        _spelled(columns, dates),
        {theirs: ours for theirs, ours in target.stages.items() if theirs != ours},
        number_rows=leads.number_rows,
        where_filled="occurred_at",
    )


def ask_order(
    table: str, roles: Mapping[str, Match], dates: Mapping[str, DateColumn], findings: Findings
) -> None:
    """Ask about the order of day and month if the values allow both, and note how other dates are read."""
    for role, match in roles.items():
        found = dates.get(match.column)
        if found is None or not found.spelling:
            continue
        reason = findings.say(f"dates.{found.reason}", count=found.count)
        if found.doubt:
            order = findings.say(f"dates.{found.spelling}_name")
            findings.ask("date_order", column=match.column, doubt=reason, order=order, table=table, role=role)
        else:
            findings.note("read_as", column=match.column, spelling=found.spelling, reason=reason)


def _spelled(columns: Mapping[str, str], dates: Mapping[str, DateColumn]) -> dict[str, str]:
    moments = ("created_at", "occurred_at", "recorded_at")
    return {
        ours: dates[theirs].spelling
        for ours, theirs in columns.items()
        if ours in moments and theirs in dates and dates[theirs].spelling
    }


def _dated_somehow(
    table: str, source: ExportFile, roles: dict[str, Match], lead_id: str, findings: Findings
) -> None:
    """Give ``occurred_at`` to the first column of dates if no name fits it."""
    dates = date_columns(source.columns)
    taken = {match.column for role, match in roles.items() if role != "recorded_at"}
    others = [name for name in dates if name != lead_id and name not in taken]
    if "occurred_at" not in roles:
        if not others:
            raise InputError(
                f"no column of the {table} holds dates, so it is not known when they happened",
                source=str(source.file),
                value=tuple(source.columns),
                expected="dates such as 2024-05-06 12:30 or 15 Apr 2021, or numbers of days in a column with date or time in its name",
                do="add a column with the date to the export",
            )
        roles["occurred_at"] = Match(others[0], BY_VALUE)
        if roles.get("recorded_at", Match("", 0)).column == others[0]:
            del roles["recorded_at"]
        others = others[1:]
    match = roles["occurred_at"]
    if match.likeness < EXACT and others:
        names = findings.names(others)
        findings.ask("occurred_at", file=source.file.name, column=match.column, others=names, table=table)


def _stages(source: ExportFile, column: ExportColumn, findings: Findings) -> dict[str, str]:
    values = [text for text, _ in column.values]
    stages = stages_of(values)
    unknown = [value for value in values if value not in stages]
    if "won" not in stages.values():
        findings.ask("won_stage", column=column.name, file=source.file.name, values=findings.names(values))
    elif unknown:
        findings.ask("stages", column=column.name, values=findings.names(unknown))
    renamed = {theirs: ours for theirs, ours in stages.items() if theirs != ours}
    if any(theirs.casefold() != ours for theirs, ours in renamed.items()):
        pairs = findings.say("separator").join(f"{theirs} = {ours}" for theirs, ours in stages.items())
        findings.note("stages", pairs=pairs)
    return renamed
