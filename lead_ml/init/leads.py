"""The leads table: which of its columns is what, and when each is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lead_ml.errors import InputError
from lead_ml.init.dates import Dated
from lead_ml.init.names import EXACT, LEAD_NAMES, WON_AT
from lead_ml.init.profile import Profile
from lead_ml.init.questions import Findings, listed
from lead_ml.init.roles import Match, date_columns, lead_roles, shared_id
from lead_ml.init.source import Source
from lead_ml.init.tables import TableDraft, ask_order
from lead_ml.init.target import Target, target_in_leads
from lead_ml.init.traits import Trait, trait_of
from lead_ml.project.schema import LEADS

_KNOWN_AT = {role.name: role.known_at for role in LEADS}
# A column that is called like one of these but is none would be read as it all the same: it gets another name.
_READ_AS_SUCH = ("lead_id", "created_at", "account_id", "email", "phone")


@dataclass(frozen=True)
class LeadsDraft:
    """The leads table as understood.

    ``roles`` maps a role to its column; ``traits`` our name of a column to what it plainly is; ``unknown`` are the other
    columns under our names. ``impostors`` are columns called like a role that they do not play.
    """

    table: TableDraft
    roles: Mapping[str, Match]
    dates: Mapping[str, Dated]
    target: Target
    traits: Mapping[str, Trait]
    unknown: tuple[str, ...]
    impostors: tuple[str, ...]

    @property
    def dated(self) -> bool:
        """Tell whether it is known when leads were created."""
        return "created_at" in self.roles

    def profile(self, column: str) -> Profile:
        """Return the profile of a column under our name."""
        return self.table.source.profiles[self.table.columns.get(column, column)]


def leads_table(
    source: Source, others: Mapping[str, Source], findings: Findings
) -> tuple[LeadsDraft, dict[str, str]]:
    """Understand the leads file, and find in the other files the column that holds the ids of leads.

    Raises
    ------
    InputError
        If another file is given and shares no ids with the leads, or the leads have no dates then.
    """
    dates = date_columns(source.profiles)
    id_column, keys = _joined(source, others)
    roles = lead_roles(source.profiles, but=[id_column] if id_column else [])
    if id_column:
        roles = {"lead_id": Match(id_column, 1.0), **{r: m for r, m in roles.items() if r != "lead_id"}}
    _ask_roles(source, roles, dates, bool(others), findings)
    taken = {match.column for role, match in roles.items() if role not in ("owner",)}
    target = (
        Target("table")
        if "outcomes" in others
        else target_in_leads(source, dates, taken, created="created_at" in roles, findings=findings)
    )
    if target.kind == "none":
        _ask_target(source, dates, findings)
    return _understood(source, roles, dates, target, findings), keys


def _joined(source: Source, others: Mapping[str, Source]) -> tuple[str, dict[str, str]]:
    id_column, keys = "", {}
    for name, other in others.items():
        profiles = {id_column: source.profiles[id_column]} if id_column else source.profiles
        found = shared_id(source.raw.columns, profiles, other.raw.columns, other.profiles)
        if found is None:
            raise InputError(
                f"which column of {name} names the lead? None shares its values with a column of {source.file.name}",
                source=str(other.file),
                value=tuple(other.profiles),
                expected="the ids of the leads in one column of either file",
                do="export both with the same id, for the same time",
            )
        id_column, keys[name] = found[0], found[1]
    return id_column, keys


def _ask_roles(
    source: Source, roles: Mapping[str, Match], dates: Mapping[str, Dated], joined: bool, findings: Findings
) -> None:
    created, lead_id = roles.get("created_at"), roles.get("lead_id")
    others = [
        name for name in dates if (created is None or name != created.column) and not WON_AT.likeness(name)
    ]
    if created is None and joined:
        raise InputError(
            "which column says when a lead was created? None holds dates",
            source=str(source.file),
            value=tuple(source.profiles),
            expected="dates such as 2024-05-06, 15 Apr 2021, 2024年5月6日, or numbers of days under a name with date or time",
            do="add the time of creation to the export; without it events and outcomes cannot be counted as of a moment",
        )
    if created is None:
        findings.ask(
            "Which column says when the lead was created?"
            + (f" (others with dates: {listed(others)})" if others else ""),
            "none: the figures come from random folds and are OPTIMISTIC, as nothing can be judged forward in time",
            "add `created_at: <their column>` to `data.leads.columns` below",
        )
    elif created.likeness < EXACT or any(LEAD_NAMES["created_at"].likeness(name) for name in others):
        told = f"; others with dates: {listed(others)}" if others else ""
        findings.ask(
            "Which column says when the lead was created?",
            f"`{created.column}`{told}",
            "`data.leads.columns.created_at` below",
        )
    if lead_id is None:
        findings.ask(
            "Which column names the lead?",
            "none: the rows are numbered, so a lead has another name whenever the file is sorted otherwise",
            "`lead_id` in `data.leads.columns` below, instead of `number_rows`",
        )
    elif lead_id.likeness < 0.6:
        findings.ask(
            "Which column names the lead?",
            f"`{lead_id.column}`, as no value stands twice in it",
            "`data.leads.columns.lead_id` below",
        )
    ask_order("leads", {r: m for r, m in roles.items() if r == "created_at"}, dates, findings)
    for role in ("email", "phone", "ip", "user_agent"):
        if role in roles and roles[role].likeness < 0.6:
            findings.note(f"`{roles[role].column}` is taken for {role} by its values")


def _ask_target(source: Source, dates: Mapping[str, Dated], findings: Findings) -> None:
    dated = [name for name in dates if WON_AT.likeness(name)]
    findings.ask(
        "Which column, or which other table, says that a lead converted?"
        + (f" (`{dated[0]}` may, but needs the time of creation beside it)" if dated else ""),
        "none does: until one is named there is nothing to learn from, and a scorecard without rules gives every lead the same "
        f"score. Columns: {listed(list(source.profiles), limit=20)}",
        'models/conversion.py: target=Column(column="...", positive=("...",)); or run lead-ml init again with --outcomes',
    )


def _understood(
    source: Source, roles: Mapping[str, Match], dates: Mapping[str, Dated], target: Target, findings: Findings
) -> LeadsDraft:
    columns = {role: match.column for role, match in roles.items()}
    taken = set(columns.values())
    impostors = [name for name in source.profiles if name in _KNOWN_AT and name not in taken]
    columns.update({f"{name}_column": name for name in impostors if name in _READ_AS_SUCH})
    theirs = {column: ours for ours, column in columns.items()}
    rest = [theirs.get(name, name) for name in source.profiles if name not in taken]
    apart = {target.column, target.date} - {""}
    traits = {
        name: trait
        for name in rest
        if name not in apart
        and name not in _KNOWN_AT
        and (trait := trait_of(name))
        and source.profiles[columns.get(name, name)].filled
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
    asked = [n for n in unknown if n not in target.gives_away and n not in dates]
    asked = [n for n in asked if not source.profiles[columns.get(n, n)].unique]
    _ask_known_at(traits, asked, findings)
    return LeadsDraft(
        table, roles, dates, target, traits, unknown, tuple(theirs.get(name, name) for name in impostors)
    )


def _ask_known_at(traits: Mapping[str, Trait], unknown: list[str], findings: Findings) -> None:
    if traits:
        findings.ask(
            f"{'Is' if len(traits) == 1 else 'Are'} {listed(list(traits), limit=12)} filled in when the lead arrives and never changed later?",
            "yes, so it may be used",
            "`known_at` below: creation, or current for a column that people overwrite",
        )
    if unknown:
        findings.ask(
            f"Which of these are filled in when the lead arrives and never changed later: {listed(unknown, limit=20)}?",
            "none: a column that is overwritten by people who know the outcome gives it away, so they stay out",
            "`known_at` below: change current to creation, column by column",
        )
