"""The leads table: the role of each column, and when it is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lead_ml.errors import InputError
from lead_ml.init.dates import DateColumn
from lead_ml.init.export_column import ExportColumn
from lead_ml.init.export_file import ExportFile
from lead_ml.init.names import EXACT, role_names, target_names
from lead_ml.init.questions import Findings
from lead_ml.init.roles import Match, date_columns, lead_roles, shared_id
from lead_ml.init.tables import TableDraft, ask_order
from lead_ml.init.target import DraftTarget, named_target, target_in_leads
from lead_ml.init.traits import trait_of
from lead_ml.init.words import Trait
from lead_ml.project.schema import LEADS

_KNOWN_AT = {role.name: role.known_at for role in LEADS}
_BY_NAME = 0.6  # likeness below which only the values of a column fit its role
# A column with one of these names that does not hold what the name says would still be read as such: it is renamed.
_READ_AS_SUCH = ("lead_id", "created_at", "account_id", "email", "phone")


@dataclass(frozen=True)
class LeadsDraft:
    """The leads table as understood.

    Attributes
    ----------
    roles
        Role and its column.
    traits
        Our name of a column and the trait that it describes.
    unknown
        Our names of the other columns.
    impostors
        Our names of columns that have the name of a role but do not hold what it says.
    """

    table: TableDraft
    roles: Mapping[str, Match]
    dates: Mapping[str, DateColumn]
    target: DraftTarget
    traits: Mapping[str, Trait]
    unknown: tuple[str, ...]
    impostors: tuple[str, ...]

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

    Parameters
    ----------
    named
        Columns that the user names, by ``created_at`` or ``outcome``.

    Raises
    ------
    InputError
        If a named column does not exist or does not say who converted.
        If another file shares no ids with the leads, or there is another file and the leads have no dates.
    """
    dates = date_columns(source.columns)
    id_column, keys = _joined(source, others)
    roles = lead_roles(source.columns, but=[id_column] if id_column else [])
    if id_column:
        roles = {"lead_id": Match(id_column, 1.0), **{r: m for r, m in roles.items() if r != "lead_id"}}
    for name in named.values():
        _check_column(source, name)
        roles = {role: match for role, match in roles.items() if match.column != name}
    if "created_at" in named:
        roles["created_at"] = Match(named["created_at"], 1.0)
    _ask_roles(source, roles, dates, bool(others), findings)
    taken = {match.column for role, match in roles.items() if role not in ("owner",)}
    target = (
        DraftTarget("table")
        if "outcomes" in others
        else named_target(source, named["outcome"], findings)
        if "outcome" in named
        else target_in_leads(source, dates, taken, created="created_at" in roles, findings=findings)
    )
    if target.kind == "none":
        _ask_target(source, dates, findings)
    return _understood(source, roles, dates, target, findings), keys


def _check_column(source: ExportFile, name: str) -> None:
    if name not in source.columns:
        raise InputError(
            "there is no such column",
            source=str(source.file),
            value=name,
            expected=f"one of {', '.join(source.columns)}",
        )


def _joined(source: ExportFile, others: Mapping[str, ExportFile]) -> tuple[str, dict[str, str]]:
    id_column, keys = "", {}
    for name, other in others.items():
        columns = {id_column: source.columns[id_column]} if id_column else source.columns
        found = shared_id(source.raw.columns, columns, other.raw.columns, other.columns)
        if found is None:
            raise InputError(
                f"no column of the {name} shares its values with a column of {source.file.name}, so the leads cannot be matched",
                source=str(other.file),
                value=tuple(other.columns),
                expected="the lead ids in one column of each file",
                do="export both files with the same ids and for the same period",
            )
        id_column, keys[name] = found[0], found[1]
    return id_column, keys


def _ask_roles(
    source: ExportFile,
    roles: Mapping[str, Match],
    dates: Mapping[str, DateColumn],
    joined: bool,
    findings: Findings,
) -> None:
    created, won_at = roles.get("created_at"), target_names("won_at")
    others = [n for n in dates if (created is None or n != created.column) and not won_at.likeness(n)]
    if created is None and joined:
        raise InputError(
            "no column says when a lead was created",
            source=str(source.file),
            value=tuple(source.columns),
            expected="dates such as 2024-05-06 or 15 Apr 2021, or numbers of days in a column with date or time in its name",
            do="add the time of creation to the export: events and outcomes are counted from it",
        )
    if created is None:
        findings.ask("no_created_at", others=_others("others_in_brackets", others, findings))
    elif created.likeness < EXACT or any(role_names("leads")["created_at"].likeness(name) for name in others):
        findings.ask("created_at", column=created.column, others=_others("others", others, findings))
    lead_id = roles.get("lead_id")
    if lead_id is None:
        findings.ask("no_lead_id")
    elif lead_id.likeness < _BY_NAME:
        findings.ask("lead_id", column=lead_id.column)
    ask_order("leads", {r: m for r, m in roles.items() if r == "created_at"}, dates, findings)
    for role in ("email", "phone", "ip", "user_agent"):
        if role in roles and roles[role].likeness < _BY_NAME:
            findings.note("by_values", column=roles[role].column, role=role)


def _others(key: str, names: list[str], findings: Findings) -> str:
    return findings.say(f"dates.{key}", columns=findings.names(names)) if names else ""


def _ask_target(source: ExportFile, dates: Mapping[str, DateColumn], findings: Findings) -> None:
    columns = findings.names(list(source.columns), limit=20)
    date = next((name for name in dates if target_names("won_at").likeness(name)), "")
    findings.ask("no_outcome_date" if date else "no_outcome", columns=columns, date=date)


def _understood(
    source: ExportFile,
    roles: Mapping[str, Match],
    dates: Mapping[str, DateColumn],
    target: DraftTarget,
    findings: Findings,
) -> LeadsDraft:
    columns = {role: match.column for role, match in roles.items()}
    taken = set(columns.values())
    impostors = [name for name in source.columns if name in _KNOWN_AT and name not in taken]
    renamed = [name for name in impostors if name in _READ_AS_SUCH or name in columns]
    columns.update({f"{name}_column": name for name in renamed})
    theirs = {column: ours for ours, column in columns.items()}
    rest = [theirs.get(name, name) for name in source.columns if name not in taken]
    apart = {target.column, target.date} - {""}
    traits = {
        name: trait
        for name in rest
        if name not in apart
        and name not in _KNOWN_AT
        and (trait := trait_of(name))
        and source.columns[columns.get(name, name)].filled
    }
    table = TableDraft(
        "leads",
        source,
        columns,
        dates={r: dates[c].spelling for r, c in columns.items() if r == "created_at" and dates[c].spelling},
        defaults={target.column: target.default} if target.default else {},
        number_rows="lead_id" not in roles,
    )
    unknown = tuple(name for name in rest if name not in apart and name not in traits)
    open_ = [n for n in unknown if n not in target.gives_away and n not in dates]
    open_ = [n for n in open_ if not source.columns[columns.get(n, n)].unique]
    if traits:
        findings.ask("traits", columns=findings.names(list(traits), limit=12))
    if open_:
        findings.ask("unknown", columns=findings.names(open_, limit=20))
    return LeadsDraft(
        table, roles, dates, target, traits, unknown, tuple(theirs.get(name, name) for name in impostors)
    )
