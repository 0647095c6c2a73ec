"""The three tables as ``params.yaml`` describes them: one plain record each, used for writing the file and for reading the data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from lead_ml.errors import InputError
from lead_ml.init.answers import stages_of, unreal_reasons
from lead_ml.init.export import ExportColumn, ExportFile
from lead_ml.init.names import EXACT
from lead_ml.init.questions import Findings
from lead_ml.init.roles import BY_VALUE, Match, dated_roles
from lead_ml.init.target import DraftTarget
from lead_ml.tables.read.timestamps import WHOLE_DAY

_SETTINGS = ("columns", "constants", "dates", "stages", "defaults", "where_filled", "number_rows")
_TIMES = ("created_at", "occurred_at", "recorded_at")


@dataclass(frozen=True)
class TableDraft:
    """A table: its file, and our names for its columns; the other fields are those of :class:`lead_ml.project.params.TableParams`."""

    name: str
    source: ExportFile
    columns: Mapping[str, str]
    constants: Mapping[str, str] = field(default_factory=dict)
    stages: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)
    number_rows: bool = False
    where_filled: str = ""
    other_dates: tuple[str, ...] = ()

    @property
    def dates(self) -> dict[str, str]:
        """How the dates of a role, and those of the columns `other_dates`, are written, where that can be read in two ways.

        Times at which something ended are dates if all of them are midnights.
        """
        read = (*(role for role in self.columns if role in _TIMES), *self.other_dates)
        columns = {ours: self.source.columns[self.columns.get(ours, ours)] for ours in read}
        found = {ours: column.date_format for ours, column in columns.items() if column.date_format}
        ended = ("occurred_at", *self.other_dates) if self.name == "outcomes" else self.other_dates
        return found | {ours: WHOLE_DAY for ours in ended if ours in columns and columns[ours].only_days}

    def settings(self) -> dict[str, Any]:
        """Return the section of ``params.yaml``, without default values."""
        found = {name: getattr(self, name) for name in _SETTINGS}
        found["columns"] = {ours: theirs for ours, theirs in self.columns.items() if ours != theirs}
        return {**self.source.settings(), **{key: value for key, value in found.items() if value}}


def dated_table(
    name: Literal["events", "outcomes"], source: ExportFile, lead_id: str, findings: Findings
) -> TableDraft:
    """Describe a table of events or outcomes; one of deals, without stages, holds a win in every row.

    Raises InputError if no column holds dates.
    """
    roles = _dated_somehow(name, source, lead_id, findings)
    constants: dict[str, str] = {}
    stages: dict[str, str] = {}
    if name == "outcomes" and "stage" in roles:
        stages = _stages(source, source.columns[roles["stage"].column], findings)
    elif name == "outcomes":
        constants = {"stage": "won"}
        findings.ask("all_won", file=source.file.name, column=roles["occurred_at"].column)
    elif "type" not in roles:
        constants = {"type": "event"}
        findings.ask("event_type", file=source.file.name)
    ask_order(name, roles, source, findings)
    columns = {"lead_id": lead_id, **{role: match.column for role, match in roles.items()}}
    if "stage" in columns and unreal_reasons(source.columns[columns["stage"]].texts):
        columns.setdefault("reason", columns["stage"])
    sparse = name == "outcomes" and source.columns[columns["occurred_at"]].fill < 0.5
    filled = "occurred_at" if sparse else ""
    return TableDraft(name, source, columns, constants, stages, where_filled=filled)


def outcomes_of_leads(leads: TableDraft, target: DraftTarget, reasons: str, findings: Findings) -> TableDraft:
    """Describe outcomes that are part of the leads file: a date that is filled only for leads with an outcome.

    `reasons` is the column of reasons, empty if there is none; a stage that says that a lead is not real is its own reason.
    """
    if not reasons and target.column and unreal_reasons(leads.source.columns[target.column].texts):
        reasons = target.column
    ask_order("outcomes", {"occurred_at": Match(target.date, EXACT)}, leads.source, findings)
    columns = {"occurred_at": target.date}
    if target.column:
        columns |= {"stage": target.column, **({"reason": reasons} if reasons else {})}
    if not leads.number_rows:
        columns = {"lead_id": leads.columns["lead_id"], **columns}
    return TableDraft(
        "outcomes",
        leads.source,
        columns,
        {} if target.column else {"stage": "won"},
        {theirs: ours for theirs, ours in sorted(target.stages.items()) if theirs != ours},
        number_rows=leads.number_rows,
        where_filled="occurred_at",
    )


def ask_order(table: str, roles: Mapping[str, Match], source: ExportFile, findings: Findings) -> None:
    """Ask about the order of day and month if the values allow both, and note how other dates are read."""
    for role, match in roles.items():
        column = source.columns[match.column]
        if role == "occurred_at" and table == "outcomes" and column.only_days:
            findings.note("whole_day", column=column.name)
        spelling, position = column.date_format, column.day_position
        if not spelling:
            continue
        key = spelling if not column.open_order else "both" if position[0] else "neither"
        reason = findings.say(f"dates.{key}", count=max(position))
        if column.open_order:
            order = findings.say(f"dates.{spelling}_name")
            findings.ask("date_order", column=column.name, doubt=reason, order=order, table=table, role=role)
        else:
            findings.note("read_as", column=column.name, spelling=spelling, reason=reason)


def _dated_somehow(
    table: Literal["events", "outcomes"], source: ExportFile, lead_id: str, findings: Findings
) -> dict[str, Match]:
    """Return the roles; the first column of dates gets ``occurred_at`` if no name fits it."""
    roles = dated_roles(table, source.columns, lead_id)
    taken = {match.column for role, match in roles.items() if role != "recorded_at"}
    others = [name for name in source.dates if name != lead_id and name not in taken]
    if "occurred_at" not in roles:
        if not others:
            raise InputError(
                f"no column of the {table} holds dates, so it is not known when they happened",
                source=str(source.file),
                value=tuple(source.columns),
                expected="dates such as 2024-05-06 12:30 or 15 Apr 2021, or numbers of days in a column with date or time in its name",
                do="add a column with the date to the export",
            )
        roles["occurred_at"] = Match(others.pop(0), BY_VALUE)
        if roles.get("recorded_at", Match("", 0)).column == roles["occurred_at"].column:
            del roles["recorded_at"]
    match = roles["occurred_at"]
    if match.likeness < EXACT and others:
        names = findings.names(others)
        findings.ask("occurred_at", file=source.file.name, column=match.column, others=names, table=table)
    return roles


def _stages(source: ExportFile, column: ExportColumn, findings: Findings) -> dict[str, str]:
    values = sorted(column.texts)
    stages = stages_of(values)
    unknown = [value for value in values if value not in stages]
    if "won" not in stages.values():
        findings.ask("won_stage", column=column.name, file=source.file.name, values=findings.names(values))
    elif unknown:
        findings.ask("stages", column=column.name, values=findings.names(unknown))
    if any(theirs.casefold() != ours for theirs, ours in stages.items()):
        pairs = findings.say("separator").join(f"{theirs} = {ours}" for theirs, ours in stages.items())
        findings.note("stages", pairs=pairs)
    return {theirs: ours for theirs, ours in sorted(stages.items()) if theirs != ours}
