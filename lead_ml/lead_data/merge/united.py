"""A data set that holds each person once: what training, evaluation and scoring read where leads were merged.

The row of a person is that of its first member. Events and outcomes of all members are its own, each from the creation of its
member on. A column known at creation has the golden value as of each moment, by the same rules as the golden record; where that
ever changes, the column has a history. So features at any ``as_of`` are what they would be if no later member existed:
``tests/lead_data/test_united.py`` removes them and compares. Columns that are overwritten later keep the golden value of all members
and stay out of models as before.

Merges themselves have no date here: who is who is not an outcome, and a person that is recognized today was one person then.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np

from lead_ml.lead_data.merge.columns import GoldenColumns, rows_of
from lead_ml.lead_data.merge.golden import Pins
from lead_ml.lead_data.merge.people import MergedPeople
from lead_ml.project.params import Params
from lead_ml.project.targets import Column
from lead_ml.tables.dataset import (
    NEVER,
    Closings,
    Dataset,
    Events,
    Indices,
    Instants,
    Leads,
    Members,
    Outcomes,
)

R = TypeVar("R", Events, Outcomes)


def united(
    dataset: Dataset,
    people: MergedPeople,
    pins: Pins,
    params: Params,
    outcome_columns: Iterable[Column] = (),
) -> Dataset:
    """Return a data set with one row per person; `dataset` itself where nobody was merged and nothing was pinned.

    `outcome_columns` are the targets that are columns of the leads: a person converted if one of its members did.
    """
    row_of = {lead_id: row for row, lead_id in enumerate(dataset.leads.lead_id)}
    pins = [item for item in pins if item[0] in row_of]
    if not people.members and not pins:
        return dataset
    members = _members(dataset, people, row_of)
    several = _several(people, pins, members, row_of)
    golden = GoldenColumns(dataset, members, several, pins, params, tuple(outcome_columns))
    history = golden.changes()
    created = dataset.leads.created_at
    begins = _begins(dataset, members)
    return replace(
        dataset,
        leads=Leads(
            tuple(dataset.leads.lead_id[row] for row in members.first.tolist()),
            None if created is None else created[members.first],
            golden.columns(history),
        ),
        events=None if dataset.events is None else _moved(dataset.events, members, begins),
        outcomes=None if dataset.outcomes is None else _moved(dataset.outcomes, members, begins),
        history=history,
        closings=None if dataset.closings is None else _closings(dataset.closings, members, several),
        members=members,
        merged_columns=frozenset(history) - frozenset(dataset.history),
    )


def _members(dataset: Dataset, people: MergedPeople, row_of: Mapping[str, int]) -> Members:
    root = np.arange(len(dataset.leads))
    for person, members in people.members.items():
        root[rows_of(members, row_of)] = row_of[person]
    first = np.flatnonzero(root == np.arange(len(root)))
    return Members(replace(dataset, events=None), np.searchsorted(first, root), first)


def _several(
    people: MergedPeople, pins: Pins, members: Members, row_of: Mapping[str, int]
) -> dict[int, Sequence[int]]:
    """Return the rows of the members, in order of creation, of each person with several of them or with a pin."""
    ids = {*people.members, *(people.person_of(lead_id) for lead_id, _ in pins)}
    rows = [rows_of(people.members_of(person), row_of) for person in ids]
    return {int(members.person[own[0]]): own.tolist() for own in sorted(rows, key=lambda own: int(own[0]))}


def _begins(dataset: Dataset, members: Members) -> Instants | None:
    """Return from when on the rows of each lead count for its person: of later members from their creation on."""
    created = dataset.leads.created_at
    if created is None or len(members.first) == len(created):
        return None
    begins = created.copy()
    begins[members.first] = -NEVER
    return begins


def _moved(table: R, members: Members, begins: Instants | None) -> R:
    """Give the rows of a table to the people; none is lost, and all columns stay as they are."""
    lead: Indices = members.person[table.lead]
    if begins is None or bool((table.known_at >= begins[table.lead]).all()):
        return replace(table, lead=lead)
    return replace(table, lead=lead, known_at=np.maximum(table.known_at, begins[table.lead]))


def _closings(closings: Closings, members: Members, several: Mapping[int, Sequence[int]]) -> Closings:
    """Return who is closed: a person is when all of its members are, since the last of them was; a win stays one."""
    at, stage = closings.at[members.first], closings.stage.codes[members.first]
    for person, rows in several.items():
        last = max(rows, key=lambda row: int(closings.at[row]))
        at[person] = closings.at[last]
        own = [closings.stage.levels[code] for code in closings.stage.codes[list(rows)].tolist() if code >= 0]
        stage[person] = closings.stage.levels.index("won") if "won" in own else closings.stage.codes[last]
    return Closings(at, replace(closings.stage, codes=stage))
