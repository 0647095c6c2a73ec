"""Data sets with changes that must not matter: later records, the calendar, the order of rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np

from lead_ml.asof.kernel import column_at
from lead_ml.asof.labels import Spine
from lead_ml.declare import MICROSECONDS_PER_DAY
from lead_ml.tables.dataset import Changes, Coded, Dataset, Events, Extra, Indices, Leads, Outcomes

_Stream = TypeVar("_Stream", Events, Outcomes)


def with_later_altered(dataset: Dataset, cut: int, rng: np.random.Generator) -> Dataset:
    """Return the data with all that became known at or after `cut` altered, and the leads created after it too.

    For a column with history, the whole column of the leads table is altered.
    """
    return replace(
        dataset,
        leads=_leads_altered(dataset.leads, cut, rng, tuple(dataset.history)),
        events=None if dataset.events is None else _altered(dataset.events, cut, rng),
        outcomes=None if dataset.outcomes is None else _altered(dataset.outcomes, cut, rng),
        **_with_changes(dataset, lambda changes: _changes_altered(changes, cut, rng)),
    )


def shifted(dataset: Dataset, by: int) -> Dataset:
    """Return the data with `by` microseconds added to every instant."""
    created = dataset.leads.created_at
    return replace(
        dataset,
        leads=replace(dataset.leads, created_at=None if created is None else created + by),
        events=None if dataset.events is None else _moved(dataset.events, by),
        outcomes=None if dataset.outcomes is None else _moved(dataset.outcomes, by),
        until=dataset.until + by,
        **_with_changes(dataset, lambda changes: replace(changes, at=changes.at + by)),
    )


def shuffled(dataset: Dataset, spine: Spine, rng: np.random.Generator) -> tuple[Dataset, Spine]:
    """Return the data with rows and levels in another order, and the spine with its leads renumbered."""
    leads = dataset.leads
    order = rng.permutation(len(leads))
    place = np.argsort(order)
    created = leads.created_at
    mixed = Leads(
        tuple(leads.lead_id[k] for k in order),
        None if created is None else created[order],
        {name: _releveled(column, rng).take(order) for name, column in leads.columns.items()},
    )
    other = replace(
        dataset,
        leads=mixed,
        events=None if dataset.events is None else _mixed(dataset.events, place, rng),
        outcomes=None if dataset.outcomes is None else _mixed(dataset.outcomes, place, rng),
        history={name: _changes_mixed(changes, place, rng) for name, changes in dataset.history.items()},
        extra={name: _extra_mixed(table, rng) for name, table in dataset.extra.items()},
    )
    return other, Spine(place[spine.lead], spine.as_of)


def one_lead(dataset: Dataset, lead: int, cut: int) -> Dataset:
    """Return the content of a request about a lead: its attributes as of `cut`, and its events known before.

    With it come the extra tables of a bundle: the last row of each key known before `cut`.
    """
    row, now = np.array([lead]), np.array([cut])
    leads, events = dataset.leads, dataset.events
    own = None
    if events is not None:
        own = events.take((events.lead == lead) & (events.known_at < cut))
        own = replace(own, lead=np.zeros(len(own), dtype=np.int64))
    created = leads.created_at
    alone = Leads(
        (leads.lead_id[lead],),
        None if created is None else created[row],
        {name: column_at(dataset, name, row, now) for name in (*leads.columns, *dataset.history)},
    )
    return Dataset(
        alone,
        own,
        until=cut,
        extra={name: table.latest(cut) for name, table in dataset.extra.items()},
        rules=dataset.rules,
    )


def _altered(table: _Stream, cut: int, rng: np.random.Generator) -> _Stream:
    later = np.flatnonzero(table.known_at >= cut)
    order = np.arange(len(table))
    order[later] = rng.permutation(later)
    mixed = table.take(order)
    known = table.known_at.copy()
    known[later] += rng.integers(0, 20, len(later)) * MICROSECONDS_PER_DAY
    occurred = table.occurred_at.copy()
    occurred[later] -= rng.integers(0, 20, len(later)) * MICROSECONDS_PER_DAY
    return replace(mixed, lead=table.lead, occurred_at=occurred, known_at=known)


def _leads_altered(leads: Leads, cut: int, rng: np.random.Generator, changing: tuple[str, ...]) -> Leads:
    if leads.created_at is None:
        return leads
    later = np.flatnonzero(leads.created_at > cut)
    order = np.arange(len(leads))
    order[later] = rng.permutation(later)
    created = leads.created_at.copy()
    created[later] += rng.integers(0, 20, len(later)) * MICROSECONDS_PER_DAY
    return replace(
        leads,
        created_at=created,
        columns={
            name: column.take(rng.permutation(len(leads)) if name in changing else order)
            for name, column in leads.columns.items()
        },
    )


def _with_changes(dataset: Dataset, change: Callable[[Changes], Changes]) -> dict[str, Any]:
    return {
        "history": {name: change(changes) for name, changes in dataset.history.items()},
        "extra": {name: replace(table, rows=change(table.rows)) for name, table in dataset.extra.items()},
    }


def _changes_altered(changes: Changes, cut: int, rng: np.random.Generator) -> Changes:
    """Give the later changes to others, at other instants from `cut` on, with other values."""
    later = np.flatnonzero(changes.at >= cut)
    order = np.arange(len(changes))
    order[later] = rng.permutation(later)
    at = changes.at.copy()
    at[later] = cut + rng.integers(0, 20, len(later)) * MICROSECONDS_PER_DAY
    return Changes.of(
        changes.owner, at, {name: column.take(order) for name, column in changes.columns.items()}
    )


def _changes_mixed(changes: Changes, place: Indices, rng: np.random.Generator) -> Changes:
    order = rng.permutation(len(changes))
    columns = {name: _releveled(column, rng).take(order) for name, column in changes.columns.items()}
    return Changes.of(place[changes.owner][order], changes.at[order], columns)


def _extra_mixed(table: Extra, rng: np.random.Generator) -> Extra:
    order = rng.permutation(len(table.keys))
    return Extra(
        table.key,
        tuple(table.keys[k] for k in order),
        _changes_mixed(table.rows, np.argsort(order), rng),
    )


def _moved(table: _Stream, by: int) -> _Stream:
    return replace(table, occurred_at=table.occurred_at + by, known_at=table.known_at + by)


def _mixed(table: _Stream, place: Indices, rng: np.random.Generator) -> _Stream:
    mixed = table.take(rng.permutation(len(table)))
    columns = {name: _releveled(column, rng) for name, column in mixed.columns.items()}
    return replace(mixed, lead=place[mixed.lead], columns=columns)


def _releveled(column: Coded, rng: np.random.Generator) -> Coded:
    order = rng.permutation(len(column.levels))
    lookup = np.append(np.argsort(order), -1).astype(np.int32)
    return Coded(lookup[column.codes], tuple(column.levels[k] for k in order))
