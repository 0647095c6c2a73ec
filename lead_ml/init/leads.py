"""The leads table: the role of each column, and when it is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lead_ml.errors import InputError
from lead_ml.init.answers import stages_of
from lead_ml.init.closing import DraftClosing, closing_in_leads
from lead_ml.init.export import ExportColumn, ExportFile
from lead_ml.init.names import EXACT, Trait, role_names, target_names, trait_of
from lead_ml.init.questions import Findings
from lead_ml.init.roles import Match, dated_roles, lead_roles, shared_id
from lead_ml.init.tables import TableDraft, ask_order
from lead_ml.init.target import DraftTarget, named_target, target_in_leads
from lead_ml.project.schema import LEADS

_ROLES = {role.name for role in LEADS}
_FEW_REPEATS = 0.02  # share of rows that repeat an id; up to it the rejected rows are only noted
_BY_NAME = 0.6  # likeness below which only the values of a column fit its role
# A column with one of these names that does not hold what the name says would still be read as such: it is renamed.
_READ_AS_SUCH = ("lead_id", "created_at", "account_id", "email", "phone")


@dataclass(frozen=True)
class LeadsDraft:
    """The leads table as understood: columns by role, and under our names those that describe a trait and the others.

    ``impostors`` are our names of columns that have the name of a role but do not hold what it says.
    """

    table: TableDraft
    roles: Mapping[str, Match]
    target: DraftTarget
    traits: Mapping[str, Trait]
    unknown: tuple[str, ...]
    impostors: tuple[str, ...]
    closing: DraftClosing

    @property
    def ours(self) -> dict[str, str]:
        """Our name of each column of the file."""
        own = {name: name for name in self.table.source.columns}
        return own | {column: name for name, column in self.table.columns.items()}

    @property
    def dated(self) -> bool:
        """Whether it is known when leads were created."""
        return "created_at" in self.roles

    def export_column(self, column: str) -> ExportColumn:
        """Return a column by our name for it."""
        return self.table.source.columns[self.table.columns.get(column, column)]


def leads_table(
    source: ExportFile, others: Mapping[str, ExportFile], named: Mapping[str, str], findings: Findings
) -> tuple[LeadsDraft, dict[str, str]]:
    """Assign roles to the columns of the leads file, and find the column of lead ids in the other files.

    `named` are columns that the user names, by ``created_at`` or ``outcome``. Raises InputError if one does not exist or
    does not say who converted, if another file shares no ids with the leads, or if there is one and the leads have no dates.
    """
    id_column, keys = _joined(source, others)
    roles = lead_roles(source.columns, but=[id_column] if id_column else [])
    if id_column:
        roles = {"lead_id": Match(id_column, 1.0), **{r: m for r, m in roles.items() if r != "lead_id"}}
    for name in named.values():
        if name not in source.columns:
            raise InputError(
                "there is no such column",
                source=str(source.file),
                value=name,
                expected=f"one of {', '.join(source.columns)}",
            )
        roles = {role: match for role, match in roles.items() if match.column != name}
    if "created_at" in named:
        roles["created_at"] = Match(named["created_at"], 1.0)
    _ask_roles(source, roles, bool(others), findings)
    taken = {match.column for role, match in roles.items() if role != "owner"}
    target = (
        DraftTarget("table")
        if "outcomes" in others
        else named_target(source, named["outcome"], findings)
        if "outcome" in named
        else target_in_leads(source, taken, created="created_at" in roles, findings=findings)
    )
    if target.kind == "none":
        columns = findings.names(list(source.columns), limit=20)
        date = next((name for name in source.dates if target_names("won_at").likeness(name)), "")
        findings.ask("no_outcome_date" if date else "no_outcome", columns=columns, date=date)
    left = {name: column for name, column in source.columns.items() if name not in taken}
    told = "outcomes" in others and _tells_lost(others["outcomes"], keys["outcomes"])
    closing = DraftClosing() if told else closing_in_leads(left, target, findings)
    return _understood(source, roles, target, closing, findings), keys


def _tells_lost(outcomes: ExportFile, lead_id: str) -> bool:
    """Return whether a table of outcomes says itself which leads were lost."""
    stage = dated_roles("outcomes", outcomes.columns, lead_id).get("stage")
    known = set() if stage is None else set(stages_of(outcomes.columns[stage.column].texts).values())
    return bool(known & {"lost", "invalid"})


def _joined(source: ExportFile, others: Mapping[str, ExportFile]) -> tuple[str, dict[str, str]]:
    id_column, keys = "", {}
    for name, other in others.items():
        columns = {id_column: source.columns[id_column]} if id_column else source.columns
        found = shared_id(columns, other.columns)
        if found is None:
            raise InputError(
                f"no column of the {name} shares its values with a column of {source.file.name}, so the leads cannot be matched",
                source=str(other.file),
                value=tuple(other.columns),
                expected="the lead ids in one column of each file",
                do="export both files with the same ids and for the same period",
            )
        id_column, keys[name] = found
    return id_column, keys


def _ask_roles(source: ExportFile, roles: Mapping[str, Match], joined: bool, findings: Findings) -> None:
    created, won_at = roles.get("created_at"), target_names("won_at")
    others = [n for n in source.dates if (created is None or n != created.column) and not won_at.likeness(n)]
    shown = findings.names(others)
    if created is None and joined:
        raise InputError(
            "no column says when a lead was created",
            source=str(source.file),
            value=tuple(source.columns),
            expected="dates such as 2024-05-06 or 15 Apr 2021, or numbers of days in a column with date or time in its name",
            do="add the time of creation to the export: events and outcomes are counted from it",
        )
    if created is None:
        brackets = findings.say("dates.others_in_brackets", columns=shown) if others else ""
        findings.ask("no_created_at", others=brackets)
    elif created.likeness < EXACT or any(role_names("leads")["created_at"].likeness(name) for name in others):
        rest = findings.say("dates.others", columns=shown) if others else ""
        findings.ask("created_at", column=created.column, others=rest)
    lead_id = roles.get("lead_id")
    if lead_id is None:
        findings.ask("no_lead_id")
    elif (repeats := _repeats(source.columns[lead_id.column])) > _FEW_REPEATS * source.columns[
        lead_id.column
    ].rows:
        findings.ask("lead_id_repeated", column=lead_id.column, count=repeats)
    elif lead_id.likeness < _BY_NAME:
        findings.ask("lead_id", column=lead_id.column)
    ask_order("leads", {} if created is None else {"created_at": created}, source, findings)
    for role in ("email", "phone", "ip", "user_agent"):
        if role in roles and roles[role].likeness < _BY_NAME:
            findings.note("by_values", column=roles[role].column, role=role)


def _repeats(column: ExportColumn) -> int:
    return column.filled - column.distinct


def _understood(
    source: ExportFile,
    roles: Mapping[str, Match],
    target: DraftTarget,
    closing: DraftClosing,
    findings: Findings,
) -> LeadsDraft:
    columns = {role: match.column for role, match in roles.items()}
    taken = set(columns.values())
    impostors = [name for name in source.columns if name in _ROLES and name not in taken]
    renamed = [name for name in impostors if name in _READ_AS_SUCH or name in columns]
    columns.update({f"{name}_column": name for name in renamed})
    ours = {name: name for name in source.columns} | {column: name for name, column in columns.items()}
    apart = {target.column, target.date}
    rest = {
        ours[name]: p for name, p in source.columns.items() if name not in taken and ours[name] not in apart
    }
    ended = {ours[name] for name in closing.columns}
    traits = {
        name: trait
        for name, p in rest.items()
        if name not in _ROLES and name not in ended and p.filled and (trait := trait_of(name))
    }
    table = TableDraft(
        "leads",
        source,
        columns,
        defaults={target.column: target.default} if target.default else {},
        number_rows="lead_id" not in roles,
        other_dates=(ours[closing.date],) if closing.date else (),
    )
    unknown = tuple(name for name in rest if name not in traits)
    open_ = [
        n
        for n in unknown
        if n not in target.gives_away | ended and rest[n].kind != "date" and not rest[n].unique
    ]
    if traits:
        findings.ask("traits", columns=findings.names(list(traits), limit=12))
    if open_:
        findings.ask("unknown", columns=findings.names(open_, limit=20))
    if closing.date and closing.date != target.date:
        ask_order("leads", {ours[closing.date]: Match(closing.date, EXACT)}, source, findings)
    impostors = [ours[name] for name in impostors]
    return LeadsDraft(table, roles, target, traits, unknown, tuple(impostors), closing)
