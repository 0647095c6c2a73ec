"""Attribute history of the leads: the value of a column at an instant, and the keys that a lead had over time."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lead_ml.declare import EVERYONE
from lead_ml.tables.dataset import Changes, Coded, Dataset, Indices, Instants

EVER = -(2**63)
FOREVER = 2**63 - 1


def column_at(dataset: Dataset, column: str, lead: Indices, as_of: Instants) -> Coded:
    """Return what was known of a column strictly before each moment, (n,).

    A column with history has the value of its last change before `as_of`, and none before the first change: what the
    leads table holds may have been written later. A column ``table.name`` of an extra table has the value of
    the last row of the lead's key known before `as_of`, the key being the one that the lead had by then. Any other column was
    filled in at creation. One that the data lacks is missing everywhere.
    """
    table, _, name = column.partition(".")
    extra = dataset.extra.get(table) if name else None
    if extra is not None:
        owner = extra.owners(key_at(dataset, extra.key, lead, as_of))
        return extra.rows.value(name, extra.rows.last_before(owner, as_of))
    changes = dataset.history.get(column)
    if changes is not None:
        return changes.value(column, changes.last_before(lead, as_of))
    own = dataset.leads.columns.get(column)
    return Coded(np.full(len(lead), -1, dtype=np.int32), ()) if own is None else own.take(lead)


def key_at(dataset: Dataset, key: str, lead: Indices, as_of: Instants) -> Coded:
    """Return the key that each lead was known to have strictly before a moment, (n,): a column, or ``column:transform``."""
    column, colon, transform = key.partition(":")
    found = column_at(dataset, column, lead, as_of)
    return found.map(dataset.rules.transform(transform)) if colon else found


def moves(dataset: Dataset, key: str) -> Changes | None:
    """Return when each lead came to another key, in the column ``key``; None where keys are fixed at creation.

    Changes of the text that leave the key what it was, such as another mailbox of the same domain, are no moves.
    """
    column, colon, transform = key.partition(":")
    changes = None if key == EVERYONE else dataset.history.get(column)
    if changes is None:
        return None
    value = changes.columns[column]
    value = value.map(dataset.rules.transform(transform)) if colon else value
    found = Changes(changes.owner, changes.at, {"key": value})
    same = (np.diff(found.owner) == 0) & (np.diff(value.codes) == 0)
    return found.take(np.append(True, ~same)) if len(found) else found


class Entries(NamedTuple):
    """Which rows enter which key: ``row`` of the stream, ``key`` (a code of the moves), ``known`` from when on."""

    row: Indices
    key: Indices
    known: Instants


def entries(moved: Changes, lead: Indices, known: Instants) -> Entries:
    """Let rows of leads enter the keys that their leads come to have.

    A row enters a key at max(its ``known``, when the lead came to the key), provided that it was known before the lead left
    the key again. It stays there, and enters no key twice: of a lead that comes back, only what
    became known since it last left.
    """
    left = np.full(len(moved), FOREVER, dtype=np.int64)  # when the lead left the key of each move
    stays = moved.owner[1:] == moved.owner[:-1]
    left[:-1][stays] = moved.at[1:][stays]
    came_back = _came_back(moved, left)
    first = np.searchsorted(moved.owner, lead, side="left")
    counts = np.searchsorted(moved.owner, lead, side="right") - first
    row = np.repeat(np.arange(len(lead)), counts)
    move = np.arange(len(row)) + np.repeat(first - (np.cumsum(counts) - counts), counts)
    key = moved.columns["key"].codes[move].astype(np.int64)
    enters = (key >= 0) & (known[row] < left[move]) & (known[row] >= came_back[move])
    row, move, key = row[enters], move[enters], key[enters]
    return Entries(row, key, np.maximum(known[row], moved.at[move]))


def _came_back(moved: Changes, left: Instants) -> Instants:
    """Return when the lead had left the key of each move the time before, or EVER where it comes for the first time."""
    found = np.full(len(moved), EVER, dtype=np.int64)
    key = moved.columns["key"].codes
    order = np.lexsort((moved.at, key, moved.owner))
    again = (np.diff(moved.owner[order]) == 0) & (np.diff(key[order]) == 0)
    found[order[1:][again]] = left[order[:-1][again]]
    return found
