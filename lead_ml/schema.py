"""The data contract as data: which tables there are, which roles their columns play, and when each is known.

A *role* is a column name that lead-ml knows. Leads may have any other column beside their roles; events and
outcomes may not use them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from lead_ml.params import Params

Kind = Literal["id", "instant", "text", "number"]
KnownAt = Literal["creation", "current"]


class Role(msgspec.Struct, frozen=True):
    """A column that lead-ml knows by name.

    ``kind`` says how its text is read. ``known_at`` matters for leads only: ``creation`` is filled in when the lead
    arrives, ``current`` may be overwritten later by people who know the outcome.
    """

    name: str
    kind: Kind = "text"
    required: bool = False
    known_at: KnownAt = "creation"


LEADS = (
    Role("lead_id", "id", required=True),
    Role("created_at", "instant"),
    Role("source"),
    Role("campaign"),
    Role("channel"),
    Role("country"),
    Role("region"),
    Role("city"),
    Role("industry"),
    Role("company"),
    Role("company_size"),
    Role("job_title"),
    Role("name"),
    Role("email"),
    Role("phone"),
    Role("ip"),
    Role("user_agent"),
    Role("form_seconds", "number"),
    Role("captcha_passed"),
    Role("message"),
    Role("consent"),
    Role("account_id", "id"),
    Role("owner", known_at="current"),
    Role("cost", "number", known_at="current"),
)
EVENTS = (
    Role("lead_id", "id", required=True),
    Role("occurred_at", "instant", required=True),
    Role("type", required=True),
    Role("event_id", "id"),
    Role("recorded_at", "instant"),
    Role("channel"),
    Role("page"),
    Role("session_id", "id"),
    Role("value", "number"),
)
OUTCOMES = (
    Role("lead_id", "id", required=True),
    Role("occurred_at", "instant", required=True),
    Role("stage", required=True),
    Role("outcome_id", "id"),
    Role("recorded_at", "instant"),
    Role("reason"),
    Role("amount", "number"),
)
TABLES: Mapping[str, tuple[Role, ...]] = {"leads": LEADS, "events": EVENTS, "outcomes": OUTCOMES}
STAGES = ("mql", "sql", "opportunity", "won", "lost", "invalid")
_LEAD_KNOWN_AT: Mapping[str, KnownAt] = {role.name: role.known_at for role in LEADS}


def role_names(table: str) -> tuple[str, ...]:
    """Return the names of all roles of a table, required ones first.

    >>> role_names("outcomes")[:3]
    ('lead_id', 'occurred_at', 'stage')
    """
    return tuple(role.name for role in TABLES[table])


def required_roles(table: str) -> tuple[str, ...]:
    """Return the names of the columns that a table cannot do without.

    >>> required_roles("leads")
    ('lead_id',)
    """
    return tuple(role.name for role in TABLES[table] if role.required)


def known_at_of(column: str, params: Params) -> KnownAt:
    """Tell when a lead column is known: as ``params.known_at`` says, else by its role, else ``current``."""
    return params.known_at.get(column) or _LEAD_KNOWN_AT.get(column, "current")


def usable_columns(params: Params, lead_columns: Sequence[str]) -> tuple[str, ...]:
    """Return the lead columns that a model may see, in the order given: known at creation, or trusted by name."""
    return tuple(
        column
        for column in lead_columns
        if column in params.trust or known_at_of(column, params) == "creation"
    )
