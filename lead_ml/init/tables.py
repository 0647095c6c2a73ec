"""The three tables as ``params.yaml`` describes them: one plain record each, from which both YAML and reading are made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lead_ml.errors import InputError
from lead_ml.init.answers import stages_of
from lead_ml.init.dates import Dated
from lead_ml.init.names import EXACT
from lead_ml.init.profile import Profile
from lead_ml.init.questions import Findings, listed
from lead_ml.init.roles import Match, date_columns, event_roles, outcome_roles
from lead_ml.init.source import Source
from lead_ml.init.target import Target


@dataclass(frozen=True)
class TableDraft:
    """A table: its file, and our names for its columns; the other fields are those of :class:`lead_ml.project.params.TableParams`."""

    name: str
    source: Source
    columns: Mapping[str, str]
    constants: Mapping[str, str] = field(default_factory=dict)
    dates: Mapping[str, str] = field(default_factory=dict)
    stages: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)
    number_rows: bool = False
    where_filled: str = ""

    def settings(self) -> dict[str, Any]:
        """Return the section of ``params.yaml``, without what is as usual."""
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


def events_table(source: Source, lead_id: str, findings: Findings) -> TableDraft:
    """Describe an events table.

    Raises
    ------
    InputError
        If no column says when something happened.
    """
    roles = event_roles(source.profiles, lead_id)
    dates = date_columns(source.profiles)
    _dated_somehow("events", source, roles, dates, lead_id, findings)
    constants = {}
    if "type" not in roles:
        constants["type"] = "event"
        findings.ask(
            f"Which column of {source.file.name} says what happened?",
            "none: every row is an event of one kind",
            "`data.events.columns.type` instead of `data.events.constants`",
        )
    ask_order("events", roles, dates, findings)
    columns = {"lead_id": lead_id, **{role: match.column for role, match in roles.items()}}
    return TableDraft("events", source, columns, constants, _spelled(columns, dates))


def outcomes_table(source: Source, lead_id: str, findings: Findings) -> TableDraft:
    """Describe an outcomes table, or a table of deals, of which every row is a win.

    Raises
    ------
    InputError
        If no column says when an outcome happened.
    """
    roles = outcome_roles(source.profiles, lead_id)
    dates = date_columns(source.profiles)
    _dated_somehow("outcomes", source, roles, dates, lead_id, findings)
    constants, stages = {}, {}
    if "stage" in roles:
        stages = _stages(source, source.profiles[roles["stage"].column], findings)
    else:
        constants["stage"] = "won"
        findings.ask(
            f"{source.file.name} has no column of stages. Is every row a deal that was won?",
            f"yes, on `{roles['occurred_at'].column}`",
            "`data.outcomes.columns.stage` instead of `data.outcomes.constants`",
        )
    ask_order("outcomes", roles, dates, findings)
    columns = {"lead_id": lead_id, **{role: match.column for role, match in roles.items()}}
    filled = source.profiles[columns["occurred_at"]].fill < 0.5
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
    leads: TableDraft, target: Target, dates: Mapping[str, Dated], findings: Findings
) -> TableDraft:
    """Describe the outcomes that stand in the leads file itself: a date that is filled only where there is one."""
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


def ask_order(table: str, roles: Mapping[str, Match], dates: Mapping[str, Dated], findings: Findings) -> None:
    """Ask about the order of day and month where the values leave it open, and tell how the others are spelled."""
    for role, match in roles.items():
        found = dates.get(match.column)
        if found is None or not found.spelling:
            continue
        if found.doubt:
            findings.ask(
                f"Does the day or the month come first in `{match.column}`? ({found.doubt})",
                found.spelling.replace("_", " "),
                f"`data.{table}.dates.{role}` below: day_first or month_first",
            )
        else:
            findings.note(f"`{match.column}` is read as {found.spelling}: {found.note}")


def _spelled(columns: Mapping[str, str], dates: Mapping[str, Dated]) -> dict[str, str]:
    moments = ("created_at", "occurred_at", "recorded_at")
    return {
        ours: dates[theirs].spelling
        for ours, theirs in columns.items()
        if ours in moments and theirs in dates and dates[theirs].spelling
    }


def _dated_somehow(
    table: str,
    source: Source,
    roles: dict[str, Match],
    dates: Mapping[str, Dated],
    lead_id: str,
    findings: Findings,
) -> None:
    """Give ``occurred_at`` to the only dates there are, where no name speaks for them."""
    taken = {match.column for role, match in roles.items() if role != "recorded_at"}
    others = [name for name in dates if name != lead_id and name not in taken]
    if "occurred_at" not in roles:
        if not others:
            raise InputError(
                f"which column says when the rows of {table} happened? None of them holds dates",
                source=str(source.file),
                value=tuple(source.profiles),
                expected="dates such as 2024-05-06 12:30, 15 Apr 2021, 2024年5月6日, or numbers of days under a name with date or time",
                do="add such a column to the export",
            )
        roles["occurred_at"] = Match(others[0], 0.4)
        if roles.get("recorded_at", Match("", 0)).column == others[0]:
            del roles["recorded_at"]
        others = others[1:]
    match = roles["occurred_at"]
    if match.likeness < EXACT and others:
        findings.ask(
            f"Which column of {source.file.name} says when it happened?",
            f"`{match.column}`; others with dates: {listed(others)}",
            f"`data.{table}.columns.occurred_at` below",
        )


def _stages(source: Source, profile: Profile, findings: Findings) -> dict[str, str]:
    values = [text for text, _ in profile.values]
    stages = stages_of(values)
    unknown = [value for value in values if value not in stages]
    won = [value for value, stage in stages.items() if stage == "won"]
    if not won:
        findings.ask(
            f"Which value of `{profile.name}` in {source.file.name} means that a lead was won?",
            f"none of {listed(values)} does, so no lead counts as won",
            "`data.outcomes.stages` below: {their name: won}",
        )
    elif unknown:
        findings.ask(
            f"What do the stages {listed(unknown)} in `{profile.name}` mean?",
            "none of mql, sql, opportunity, won, lost or invalid: they change nothing",
            "`data.outcomes.stages` below: {their name: ours}",
        )
    if any(theirs.casefold() != ours for theirs, ours in stages.items()):
        findings.note("stages: " + ", ".join(f"{theirs} = {ours}" for theirs, ours in stages.items()))
    return {theirs: ours for theirs, ours in stages.items() if theirs != ours}
