"""One person as known at a moment: its members, its golden record, and the events and outcomes of all members."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from lead_ml.lead_data.merge.golden import GoldenValue, Pins
from lead_ml.lead_data.merge.histories import member_histories, person_of_members
from lead_ml.lead_data.merge.people import MergedPeople
from lead_ml.project.params import Params
from lead_ml.project.schema import known_at_of
from lead_ml.tables.dataset import NEVER, Dataset, Events, Outcomes

R = TypeVar("R", Events, Outcomes)


@dataclass(frozen=True)
class PersonRecord:
    """What is known of a person strictly before a moment; ``events`` and ``outcomes`` keep the leads that they belong to."""

    person: str
    members: tuple[str, ...]
    golden: dict[str, GoldenValue]
    events: Events | None
    outcomes: Outcomes | None


def person_record(
    dataset: Dataset, people: MergedPeople, pins: Pins, lead_id: str, params: Params, as_of: int | None = None
) -> PersonRecord | None:
    """Return the person that a lead is, now or as of an instant; None where none of its members existed by then.

    Columns that are overwritten later have no value as of an instant, so they are shown for now only.
    """
    members = people.members_of(lead_id)
    place = {own: row for row, own in enumerate(dataset.leads.lead_id) if own in set(members)}
    columns = [
        name for name in dataset.leads.columns if as_of is None or known_at_of(name, params) != "current"
    ]
    histories = member_histories(dataset, [place[own] for own in members], columns)
    person, moment = person_of_members(histories, pins), NEVER if as_of is None else as_of
    if dataset.leads.created_at is None:
        moment = NEVER
    known = [own.lead_id for own in person.known(moment)]
    if not known:
        return None
    rows = [place[own] for own in known]
    return PersonRecord(
        person=people.person_of(lead_id),
        members=tuple(known),
        golden=person.golden(params.merge, moment),
        events=None if dataset.events is None else _rows(dataset.events, rows, moment),
        outcomes=None if dataset.outcomes is None else _rows(dataset.outcomes, rows, moment),
    )


def _rows(table: R, rows: Sequence[int], as_of: int) -> R:
    own = table.take(np.isin(table.lead, np.array(rows, dtype=np.int64)))
    return own.known_before(as_of)
