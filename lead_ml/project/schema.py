"""The data contract: which tables there are, which roles their columns play, and when each is known.

The rules of time, for everything that is read (their tests are in ``tests/contract/test_rules_of_time.py``):

- A fact counts at ``as_of`` only if it was known strictly before; what becomes known exactly at ``as_of`` does not count.
- ``known_at`` of an event or outcome is max(``occurred_at``, ``recorded_at``); windows measure ``occurred_at``,
  ``[as_of - window, as_of)``.
- The lead's own row, and its columns known at creation, count when ``created_at <= as_of``.
- A column ``known_at: history`` has the value of its last change strictly before ``as_of``, and is missing before its first
  change, even if the leads table holds a value: that may have been written later. So export the first value as a
  change too, dated at creation. An empty value is a change to missing.
- A row of an extra table counts from its ``known_at`` on, until a later row of the same key replaces all of it: what is
  empty in the later row is missing.
- Of changes of one lead and field, or rows of one key of an extra table, at the same time, no file says which was the last. The
  last in alphabetical order is used and the others are rejected.
- A row enters the stream of a key other than the lead (such as an account) when it was known, its lead was created and
  its lead had the key. For a key with history, only rows known before the lead left it enter, and they stay. A
  snapshot belongs to the key that its lead was known to have before ``as_of``.
- A request holds current values without their history: they must be the values as of its ``as_of``. What was known of its
  lead before the end of the training data stays in the streams of the keys that the lead had then.
- Rows at the same time are ordered by ``known_at``, ``occurred_at``, ``event_id``, then content, never by their place in a file.
- Of rows with a duplicate ``event_id`` the first is used and the others are rejected. Without ids, identical rows are kept and counted.
- An event before the creation of its lead is rejected, an outcome before it is kept; a change before it holds from creation on.
- Local times without an offset get the declared zone. When clocks go back, a time that occurs twice is the first; when
  they go forward, a time that does not exist moves forward by the same step. A date without a time is known at the end of that day.

A *role* is a column name that lead-ml knows. Leads may have any other column beside their roles; events and
outcomes may not use them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from lead_ml.project.params import Params
from lead_ml.project.words import says_latest

ColumnType = Literal["id", "instant", "text", "number"]
KnownAt = Literal["creation", "history", "current"]


class Role(msgspec.Struct, frozen=True):
    """A column that lead-ml knows by name.

    ``kind`` is how its text is read. ``known_at`` matters for leads only: ``creation`` is filled in when the lead
    arrives, ``history`` has a value as of any time, from the table of changes, ``current`` may be overwritten later
    by people who know the outcome.
    """

    name: str
    kind: ColumnType = "text"
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
# Roles of the leads table: who to contact, and where.
CONTACT = ("name", "job_title", "company", "email", "phone")
# Roles that say who a person is; columns that a project declares as such come on top.
PERSONAL = ("name", "email", "phone", "ip")
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
HISTORY = (
    Role("lead_id", "id", required=True),
    Role("changed_at", "instant", required=True),
    Role("field", required=True),
    Role("value", required=True),
)
EXTRA = (
    Role("key", "id", required=True),
    Role("known_at", "instant", required=True),
)
TABLES: Mapping[str, tuple[Role, ...]] = {
    "leads": LEADS,
    "events": EVENTS,
    "outcomes": OUTCOMES,
    "lead_history": HISTORY,
}
STAGES = ("mql", "sql", "opportunity", "won", "lost", "invalid")
_LEAD_KNOWN_AT: Mapping[str, KnownAt] = {role.name: role.known_at for role in LEADS}


def role_names(table: str) -> tuple[str, ...]:
    """Return the names of all roles of a table, required ones first; a table not in ``TABLES`` is an extra table.

    >>> role_names("outcomes")[:3]
    ('lead_id', 'occurred_at', 'stage')
    """
    return tuple(role.name for role in roles_of(table))


def roles_of(table: str) -> tuple[Role, ...]:
    """Return the roles of a table; any that is not one of ``TABLES`` is an extra one."""
    return TABLES.get(table, EXTRA)


def is_open(table: str) -> bool:
    """Tell whether a table may have any column beside its roles: leads and extra tables may."""
    return table not in TABLES or table == "leads"


def required_roles(table: str) -> tuple[str, ...]:
    """Return the names of the columns that a table cannot do without.

    >>> required_roles("leads")
    ('lead_id',)
    """
    return tuple(role.name for role in roles_of(table) if role.required)


def known_at_of(column: str, params: Params) -> KnownAt:
    """Tell when a lead column is known: as ``params.known_at`` says, else by its role, else ``current``.

    A column of the export whose name says *latest* is overwritten, whatever its role.
    """
    declared = params.known_at.get(column)
    if declared is None and says_latest(params.data.leads.columns.get(column, column)):
        return "current"
    return declared or _LEAD_KNOWN_AT.get(column, "current")


def usable_columns(params: Params, lead_columns: Sequence[str]) -> tuple[str, ...]:
    """Return the columns that a model may see, in the order given: known at creation, with history, or trusted by name.

    A column ``table.name`` of an extra table may be seen if the lead column that finds its rows may.
    """
    return tuple(
        column
        for column in lead_columns
        if all(
            name in params.trust or known_at_of(name, params) != "current"
            for name in sources_of(column, params)
        )
    )


def sources_of(column: str, params: Params) -> tuple[str, ...]:
    """Return the lead columns behind a column: itself, or for ``table.name`` of an extra table the column of its key.

    >>> from lead_ml.project.params import params_from
    >>> extra = {"firms": {"path": "firms.csv", "key": "email:domain"}}
    >>> params = params_from({"project": "p", "data": {"leads": {"path": "leads.csv"}, "extra": extra}})
    >>> sources_of("firms.employees", params), sources_of("source", params)
    (('email',), ('source',))
    """
    table, _, name = column.partition(".")
    extra = params.data.extra.get(table) if name else None
    return (column,) if extra is None else (extra.key.split(":")[0],)
