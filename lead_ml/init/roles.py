"""The role of each column: how well its name fits times how well its values fit."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from lead_ml.clean.person import seniority
from lead_ml.clean.text import name_key
from lead_ml.init.export import ExportColumn
from lead_ml.init.names import EXACT, HeaderNames, role_names, target_names
from lead_ml.init.words import word_pattern, word_set
from lead_ml.project.words import says_latest

Fit = Callable[[ExportColumn], float]
BY_VALUE = 0.4  # likeness of a column whose name fits no role but whose values do
# Of a column "title", this share of the values must name a job, and at most this share of the cells be different.
_JOBS, _REPEATED = 0.3, 0.8
ENOUGH_OVERLAP = 0.5  # share of the ids of a table that the leads must contain


@dataclass(frozen=True)
class Match:
    """A column with a role; ``likeness`` is 1 if its name and values fit fully."""

    column: str
    likeness: float


def assigned(
    names: Mapping[str, HeaderNames], columns: Collection[ExportColumn], fit: Mapping[str, Fit]
) -> dict[str, Match]:
    """Assign the best column to each role, starting with the best pair; a column has at most one role."""
    pairs = [
        (likeness, -place, -column.place, role, column.name)
        for place, (role, name) in enumerate(names.items())
        for column in columns
        if (likeness := name.likeness(column.name) * fit[role](column) * _first_hand(column.name)) > 0
    ]
    found: dict[str, Match] = {}
    taken: set[str] = set()
    for likeness, _, _, role, best in sorted(pairs, reverse=True):
        if role not in found and best not in taken:
            found[role] = Match(best, likeness)
            taken.add(best)
    return {role: found[role] for role in names if role in found}


def _first_hand(column: str) -> float:
    """Prefer the original source to the latest, whatever their order."""
    return 0.9 if says_latest(column) else 1.0


def lead_roles(columns: Mapping[str, ExportColumn], *, but: Collection[str] = ()) -> dict[str, Match]:
    """Return the roles of a leads table and their columns, without the columns in `but`."""
    left = [column for name, column in columns.items() if name not in but]
    found = assigned(role_names("leads"), left, LEAD_FIT)
    for role, fit in BY_VALUES.items():
        taken = {match.column for match in found.values()}
        best = next((p.name for p in left if p.name not in taken and fit(p)), None)
        if role not in found and best is not None:
            found[role] = Match(best, BY_VALUE)
    return found


def dated_roles(
    table: Literal["events", "outcomes"], columns: Mapping[str, ExportColumn], lead_id: str
) -> dict[str, Match]:
    """Return the roles of a table of events or outcomes and their columns, except the lead id."""
    fit = EVENT_FIT if table == "events" else OUTCOME_FIT
    return assigned(role_names(table), [p for name, p in columns.items() if name != lead_id], fit)


def shared_id(leads: Mapping[str, ExportColumn], other: Mapping[str, ExportColumn]) -> tuple[str, str] | None:
    """Return the columns of lead ids of the leads and of another table; None if no pair shares half of its values.

    The share of values that the leads contain counts most. The names and the share of leads that are matched decide where small
    numbers match lead ids by chance.
    """
    theirs = {name: frozenset(p.text.levels) for name, p in other.items() if p.kind != "date"}
    found: list[tuple[float, str, str]] = []
    likeness = role_names("leads")["lead_id"].likeness
    for name, candidate in leads.items():
        if not _nearly_unique(candidate) or candidate.kind == "date":
            continue
        ours = frozenset(candidate.text.levels)
        for column, values in theirs.items():
            shared = len(values & ours)
            if values and shared >= ENOUGH_OVERLAP * len(values):
                evidence = shared / len(values) + shared / len(ours) + likeness(name) + likeness(column)
                found.append((evidence + (name_key(name) == name_key(column)), name, column))
    return max(found, key=lambda item: item[0])[1:] if found else None


def _nearly_unique(p: ExportColumn) -> bool:
    return p.fill >= 0.9 and p.distinct >= 0.8 * p.filled


def _mostly_unique(p: ExportColumn) -> bool:
    """Return whether the first row of each id would be more than half of the rows."""
    return p.fill >= 0.9 and p.distinct > 0.5 * p.rows


def _is_created(p: ExportColumn) -> float:
    return float(p.kind == "date" and p.fill >= 0.5 and target_names("won_at").likeness(p.name) < EXACT)


def _is_category(p: ExportColumn) -> float:
    if p.kind == "date" or p.distinct > max(60, 0.5 * p.filled) or not p.filled:
        return 0.0
    return float(not p.numeric or _named_id(p))


def _named_id(p: ExportColumn) -> bool:
    return word_pattern("id_name").search(name_key(p.name)) is not None


def _is_text(p: ExportColumn) -> float:
    return float(bool(p.filled) and not p.numeric and p.kind != "date")


def _is_title(p: ExportColumn) -> float:
    """Fit job titles: the bare word *title* may also be a salutation, or the name that staff give a lead or a deal."""
    salutations = sum(times for text, times in p.values if text.casefold() in word_set("salutations"))
    if 2 * salutations > p.filled:
        return 0.0
    bare = name_key(p.name) in ("title", "titel")
    levels = [text for text in p.texts if text.strip()]
    jobs = sum(seniority(text) is not None for text in levels) / max(1, len(levels))
    return 0.0 if bare and (jobs < _JOBS or p.distinct > _REPEATED * p.filled) else _is_text(p)


def _share(*what: str, least: float = 0.5) -> Fit:
    return lambda p: float(any(p.shares[name] >= least for name in what))


def _is_date(p: ExportColumn) -> float:
    return float(p.kind == "date")


def _is_filled(p: ExportColumn) -> float:
    return float(p.kind not in ("date", "empty"))


def _is_number(p: ExportColumn) -> float:
    return float(p.numeric and p.kind != "date")


LEAD_FIT: Mapping[str, Fit] = {
    **dict.fromkeys(
        ("source", "campaign", "channel", "country", "region", "city", "industry", "owner"), _is_category
    ),
    "lead_id": lambda p: 1.0 if p.unique else 0.8 if _nearly_unique(p) else 0.6 * _mostly_unique(p),
    "created_at": _is_created,
    "company": lambda p: _is_text(p) * (p.shares["email"] < 0.1),
    "company_size": _is_filled,
    "job_title": _is_title,
    "name": lambda p: _is_text(p) * (p.distinct > 0.3 * p.filled) * (p.shares["email"] < 0.1),
    "email": _share("email"),
    "phone": _share("phone", "mobile"),
    "ip": _share("ip"),
    "user_agent": _is_text,
    "form_seconds": _is_number,
    "captcha_passed": lambda p: float(0 < p.distinct <= 4),
    "message": lambda p: _is_text(p) * (p.length >= 6 or p.fill < 0.5),
    "consent": lambda p: float(0 < p.distinct <= 4),
    "account_id": _is_filled,
    "cost": _is_number,
}
# Roles that are assigned by values alone, to the first column that fits; the draft mentions it.
BY_VALUES: Mapping[str, Fit] = {
    "email": _share("email", least=0.9),
    "phone": _share("mobile", least=0.9),
    "ip": _share("ip", least=0.9),
    "user_agent": _share("agent", least=0.8),
    "created_at": lambda p: _is_created(p) * (word_pattern("not_created").search(name_key(p.name)) is None),
    "lead_id": lambda p: float(
        p.unique and p.kind != "date" and (_named_id(p) or (p.place == 1 and p.shares["decimal_point"] == 0))
    ),
}
EVENT_FIT: Mapping[str, Fit] = {
    "occurred_at": _is_date,
    "type": lambda p: _is_text(p) * (p.distinct <= max(60, 0.2 * p.filled)),
    "event_id": lambda p: float(p.unique),
    "recorded_at": _is_date,
    "channel": _is_category,
    "page": _is_text,
    "session_id": lambda p: float(p.filled > 0),
    "value": _is_number,
}
OUTCOME_FIT: Mapping[str, Fit] = {
    "occurred_at": _is_date,
    "stage": _is_category,
    "outcome_id": lambda p: float(p.unique),
    "recorded_at": _is_date,
    "reason": _is_category,
    "amount": _is_number,
}
