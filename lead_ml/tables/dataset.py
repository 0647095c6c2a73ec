"""The tables of a project in memory: columns as coded text, instants as microseconds UTC, rows by lead index.

Everything after the reading works on this one form: the training table, the single lead of a request (a table of one row)
and a partition of a cluster. No pandas object and no Python loop over rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from lead_ml.tables.changes import Changes, Extra, changes_in_order
from lead_ml.tables.columns import Coded, Codes, Floats, Indices, Instants, Mask
from lead_ml.tables.instants import iso
from lead_ml.tables.summary import counted, html_table, one_line

__all__ = [
    "Changes",
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
    "Outcomes",
    "changes_in_order",
]
Selection = Indices | Mask


@dataclass(frozen=True)
class Leads:
    """One row per lead.

    Parameters
    ----------
    lead_id
        Unique ids (rows,).
    created_at
        (rows,) int64 microseconds UTC, or None for data without dates.
    columns
        Every other column, coded text of (rows,) by name.

    Examples
    --------
    >>> import numpy as np
    >>> Leads(("L1", "L2"), np.array([0, 86_400_000_000]), {"source": Coded.of(["web", "fair"])})
    Leads(2 rows, columns source, 1970-01-01 to 1970-01-02)
    """

    lead_id: tuple[str, ...]
    created_at: Instants | None
    columns: Mapping[str, Coded] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.lead_id)

    def __repr__(self) -> str:
        return f"Leads({one_line(len(self), self.columns, self.created_at)})"


@dataclass(frozen=True)
class Events:
    """One row per event.

    Parameters
    ----------
    lead
        (rows,) row of the event's lead in :class:`Leads`.
    occurred_at, known_at
        (rows,) int64 microseconds UTC; ``known_at`` is the later of when it occurred and when it was recorded.
    columns
        ``type`` and, where supplied, ``channel``, ``page``, ``session_id`` and ``event_id``, coded text of (rows,).
    value
        (rows,) float64, NaN where missing.

    Examples
    --------
    >>> import numpy as np
    >>> at = np.array([0, 3_600_000_000])
    >>> events = Events(np.array([0, 0]), at, at, {"type": Coded.of(["call", "visit"])}, np.full(2, np.nan))
    >>> events.take(events.known_at < 1)
    Events(1 row, columns type, 1970-01-01 to 1970-01-01)
    """

    lead: Indices
    occurred_at: Instants
    known_at: Instants
    columns: Mapping[str, Coded]
    value: Floats

    def __len__(self) -> int:
        return len(self.lead)

    def __repr__(self) -> str:
        return f"Events({one_line(len(self), self.columns, self.occurred_at)})"

    def take(self, rows: Selection) -> Events:
        """Return the rows by position or mask."""
        return Events(*_taken(self, rows), self.value[rows])

    def known_before(self, at: int) -> Events:
        """Return the events known strictly before an instant, microseconds UTC."""
        early = self.known_at < at
        return self if early.all() else self.take(early)


@dataclass(frozen=True)
class Outcomes:
    """One row per dated stage change.

    Parameters
    ----------
    lead
        (rows,) row of the outcome's lead in :class:`Leads`.
    occurred_at, known_at
        (rows,) int64 microseconds UTC; ``known_at`` is the later of when it occurred and when it was recorded.
    columns
        ``stage`` and, where supplied, ``reason``, coded text of (rows,).
    amount
        (rows,) float64, NaN where missing.

    Examples
    --------
    >>> import numpy as np
    >>> at = np.array([0])
    >>> Outcomes(np.array([0]), at, at, {"stage": Coded.of(["won"])}, np.array([900.0]))
    Outcomes(1 row, columns stage, 1970-01-01 to 1970-01-01)
    """

    lead: Indices
    occurred_at: Instants
    known_at: Instants
    columns: Mapping[str, Coded]
    amount: Floats

    def __len__(self) -> int:
        return len(self.lead)

    def __repr__(self) -> str:
        return f"Outcomes({one_line(len(self), self.columns, self.occurred_at)})"

    def take(self, rows: Selection) -> Outcomes:
        """Return the rows by position or mask."""
        return Outcomes(*_taken(self, rows), self.amount[rows])

    def known_before(self, at: int) -> Outcomes:
        """Return the outcomes known strictly before an instant, microseconds UTC."""
        early = self.known_at < at
        return self if early.all() else self.take(early)


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

    def __repr__(self) -> str:
        parts = [counted(len(self.leads), "lead")]
        parts.append("no events" if self.events is None else counted(len(self.events), "event"))
        parts.append("no outcomes" if self.outcomes is None else counted(len(self.outcomes), "outcome"))
        parts += [f"{counted(len(changes), 'change')} of {name}" for name, changes in self.history.items()]
        parts += [f"{counted(len(table.rows), 'row')} of {name}" for name, table in self.extra.items()]
        return f"Dataset({', '.join(parts)}" + (f", until {iso(self.until)})" if self.until else ")")

    def _repr_html_(self) -> str:
        """Return a table for notebooks: rows, columns, first and last day of each table."""
        tables: list[tuple[str, Leads | Events | Outcomes | Changes, Instants | None]]
        tables = [("leads", self.leads, self.leads.created_at)]
        tables += [("events", self.events, self.events.occurred_at)] if self.events is not None else []
        tables += (
            [("outcomes", self.outcomes, self.outcomes.occurred_at)] if self.outcomes is not None else []
        )
        tables += [(f"history of {name}", changes, changes.at) for name, changes in self.history.items()]
        tables += [(name, table.rows, table.rows.at) for name, table in self.extra.items()]
        return html_table([(name, len(table), table.columns, at) for name, table, at in tables])

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns that a feature may read of a lead: its own, then ``table.column`` of the extra tables."""
        extra = (f"{name}.{column}" for name, table in self.extra.items() for column in table.rows.columns)
        return (*self.leads.columns, *extra)

    def as_known(self, at: int) -> Dataset:
        """Return the data as it was known strictly before an instant.

        Events, outcomes, changes and third-party rows known at or after `at` are left out, and a lead column with
        history holds its value at that time. Leads keep their rows, so that row numbers stay valid: a lead created at or
        after `at` has a row but nothing else, and no snapshot before its creation. Other lead columns are as the leads
        table holds them; those that are overwritten later are kept out of models by ``known_at``.

        Parameters
        ----------
        at
            Microseconds UTC; it becomes the end of the data, unless that is earlier.

        Returns
        -------
        Dataset
            Without digests, since the content is another. Features at any ``as_of <= at`` equal those of the full
            data; ``data.as_known(b).as_known(a)`` equals ``data.as_known(a)`` for ``a <= b``.
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
        )


def _taken(
    table: Events | Outcomes, rows: Selection
) -> tuple[Indices, Instants, Instants, Mapping[str, Coded]]:
    occurred = table.occurred_at[rows]
    known = occurred if table.known_at is table.occurred_at else table.known_at[rows]
    return table.lead[rows], occurred, known, {name: text.take(rows) for name, text in table.columns.items()}
