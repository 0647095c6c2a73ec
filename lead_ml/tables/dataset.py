"""The tables of a project in memory: columns as coded text, instants as microseconds UTC, rows by lead index.

The training table, the single lead of a request (a table of one row) and a partition of a cluster all have this form.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Self

from lead_ml.tables.cell_rules import CellRules
from lead_ml.tables.changes import Changes, Extra, changes_in_order
from lead_ml.tables.columns import Coded, Codes, Floats, Indices, Instants, Mask
from lead_ml.tables.instants import NEVER, iso
from lead_ml.tables.summary import counted, html_table, one_line

__all__ = [
    "NEVER",
    "Changes",
    "Closings",
    "Coded",
    "Codes",
    "Dataset",
    "Events",
    "Extra",
    "Floats",
    "Indices",
    "Instants",
    "Leads",
    "Mask",
    "Members",
    "Outcomes",
    "changes_in_order",
]
Selection = Indices | Mask


@dataclass(frozen=True)
class Leads:
    """One row per lead: its unique ``lead_id``, and ``created_at`` in microseconds UTC, None for data without dates.

    ``columns`` are all others, coded text of (rows,) by name.

    >>> import numpy as np
    >>> Leads(("L1", "L2"), np.array([0, 86_400_000_000]), {"source": Coded.of(["web", "fair"])})
    Leads(2 rows, columns source, 1970-01-01 to 1970-01-02)
    """

    lead_id: Sequence[str]
    created_at: Instants | None
    columns: Mapping[str, Coded] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.lead_id)

    def __repr__(self) -> str:
        return f"Leads({one_line(len(self), self.columns, self.created_at)})"


@dataclass(frozen=True)
class _Stream:
    """Dated rows of leads; the last field of each kind is a number."""

    lead: Indices
    occurred_at: Instants
    known_at: Instants
    columns: Mapping[str, Coded]

    def __len__(self) -> int:
        return len(self.lead)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({one_line(len(self), self.columns, self.occurred_at)})"

    def take(self, rows: Selection) -> Self:
        """Return the rows by position or mask."""
        occurred = self.occurred_at[rows]
        known = occurred if self.known_at is self.occurred_at else self.known_at[rows]
        columns = {name: text.take(rows) for name, text in self.columns.items()}
        number = fields(self)[-1].name
        return type(self)(self.lead[rows], occurred, known, columns, **{number: getattr(self, number)[rows]})

    def known_before(self, at: int) -> Self:
        """Return the rows known strictly before an instant, microseconds UTC."""
        early = self.known_at < at
        return self if early.all() else self.take(early)


@dataclass(frozen=True, repr=False)
class Events(_Stream):
    """One row per event of a lead, which is a row of :class:`Leads`.

    ``occurred_at`` and ``known_at`` are int64 microseconds UTC, the latter is the later of when it occurred and when it was
    recorded. ``columns`` are ``type`` and, where supplied, ``channel``, ``page``, ``session_id`` and ``event_id``, coded text
    of (rows,); ``value`` is float64, NaN where missing.

    >>> import numpy as np
    >>> at = np.array([0, 3_600_000_000])
    >>> events = Events(np.array([0, 0]), at, at, {"type": Coded.of(["call", "visit"])}, np.full(2, np.nan))
    >>> events.take(events.known_at < 1)
    Events(1 row, columns type, 1970-01-01 to 1970-01-01)
    """

    value: Floats


@dataclass(frozen=True, repr=False)
class Outcomes(_Stream):
    """One row per dated stage change of a lead, with ``occurred_at`` and ``known_at`` as in :class:`Events`.

    ``columns`` are ``stage`` and, where supplied, ``reason``, coded text of (rows,); ``amount`` is float64, NaN where missing.

    >>> import numpy as np
    >>> at = np.array([0])
    >>> Outcomes(np.array([0]), at, at, {"stage": Coded.of(["won"])}, np.array([900.0]))
    Outcomes(1 row, columns stage, 1970-01-01 to 1970-01-01)
    """

    amount: Floats


@dataclass(frozen=True)
class Closings:
    """What a status, a close date or a loss reason says of the leads (leads,), apart from rows of outcomes.

    ``at`` is when a lead is known to be closed, microseconds UTC: the close date; just before the end of the data where no
    date is given; :data:`NEVER` where it is open. ``stage`` is ``won``, ``lost`` or ``invalid``, missing where only a date says it.
    """

    at: Instants
    stage: Coded


@dataclass(frozen=True, eq=False)
class Members:
    """The leads of a data set that holds each person once, as they came: ``data``, without events.

    ``person`` is the row of the person of each of them, and ``first`` the row here of the member that each person began with.
    """

    data: Dataset
    person: Indices
    first: Indices


@dataclass(frozen=True)
class Dataset:
    """What a project knows: leads, and events and outcomes where they were supplied.

    Parameters
    ----------
    leads
        The leads; all other tables name them by row.
    events, outcomes
        Dated rows of leads, or None where there is no such table.
    until
        End of the data, microseconds UTC: nothing known at or after it is in the data. 0 for data without dates.
    digests
        SHA-256 of the content of each table in canonical form, by its name.
    history
        Changes of every lead column that is declared ``known_at: history``, by its name, in a column of that name. Such
        a column of ``leads`` then holds its value at the end. A request has no history: its values are current.
    extra
        Third-party tables by name.
    closings
        Which leads the leads table itself says are closed; None where it does not.
    rules
        How the cells of the tables were read.
    members
        The leads that were merged into people, see :mod:`lead_ml.lead_data.merge.united`; None where nothing is merged.
    merged_columns
        Columns known at creation that have a history only because a person has several members.

    Examples
    --------
    >>> import numpy as np
    >>> at = np.array([0, 3_600_000_000])
    >>> leads = Leads(("L1", "L2"), at, {"source": Coded.of(["web", "fair"])})
    >>> events = Events(np.array([0, 1]), at, at, {"type": Coded.of(["call", "visit"])}, np.full(2, np.nan))
    >>> data = Dataset(leads, events, until=3_600_000_001)
    >>> data
    Dataset(2 leads, 2 events, no outcomes, until 1970-01-01T01:00:00.000001Z)
    >>> data.as_known(3_600_000_000)
    Dataset(2 leads, 1 event, no outcomes, until 1970-01-01T01:00:00Z)
    """

    leads: Leads
    events: Events | None = None
    outcomes: Outcomes | None = None
    until: int = 0
    digests: Mapping[str, str] = field(default_factory=dict)
    history: Mapping[str, Changes] = field(default_factory=dict)
    extra: Mapping[str, Extra] = field(default_factory=dict)
    closings: Closings | None = None
    rules: CellRules = field(default_factory=CellRules)
    members: Members | None = None
    merged_columns: frozenset[str] = frozenset()

    def __repr__(self) -> str:
        parts = [counted(len(self.leads), "lead")]
        parts.append("no events" if self.events is None else counted(len(self.events), "event"))
        parts.append("no outcomes" if self.outcomes is None else counted(len(self.outcomes), "outcome"))
        parts += [f"{counted(len(changes), 'change')} of {name}" for name, changes in self.history.items()]
        parts += [f"{counted(len(table.rows), 'row')} of {name}" for name, table in self.extra.items()]
        return f"Dataset({', '.join(parts)}" + (f", until {iso(self.until)})" if self.until else ")")

    def _repr_html_(self) -> str:
        """Return a table for notebooks: rows, columns, first and last day of each table."""
        streams = {"events": self.events, "outcomes": self.outcomes}
        changes = {f"history of {name}": changes for name, changes in self.history.items()}
        changes |= {name: table.rows for name, table in self.extra.items()}
        return html_table(
            [
                ("leads", len(self.leads), self.leads.columns, self.leads.created_at),
                *((name, len(t), t.columns, t.occurred_at) for name, t in streams.items() if t is not None),
                *((name, len(table), table.columns, table.at) for name, table in changes.items()),
            ]
        )

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns that a feature may read of a lead: its own, then ``table.column`` of the extra tables."""
        extra = (f"{name}.{column}" for name, table in self.extra.items() for column in table.rows.columns)
        return (*self.leads.columns, *extra)

    def as_known(self, at: int) -> Dataset:
        """Return the data as it was known strictly before an instant, microseconds UTC, which becomes its end unless that is earlier.

        Events, outcomes, changes and third-party rows known at or after `at` are left out, and a lead column with
        history holds its value at that time. Leads keep their rows, so that row numbers stay valid: a lead created at or
        after `at` has a row but nothing else, and no snapshot before its creation. Other lead columns are as the leads
        table holds them; those that are overwritten later are kept out of models by ``known_at``. Features at any
        ``as_of <= at`` equal those of the full data, and ``data.as_known(b).as_known(a)`` equals ``data.as_known(a)``
        for ``a <= b``. There are no digests, since the content is another.
        """
        history = {name: changes.before(at) for name, changes in self.history.items()}
        current = {name: changes.latest(name, len(self.leads)) for name, changes in history.items()}
        return replace(
            self,
            leads=replace(self.leads, columns={**self.leads.columns, **current}) if current else self.leads,
            events=None if self.events is None else self.events.known_before(at),
            outcomes=None if self.outcomes is None else self.outcomes.known_before(at),
            until=min(self.until, at),
            digests={},
            history=history,
            extra={name: replace(table, rows=table.rows.before(at)) for name, table in self.extra.items()},
            members=self.members and replace(self.members, data=self.members.data.as_known(at)),
        )
