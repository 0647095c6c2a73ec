"""The members of a person over time, and the golden record at every moment at which it can change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from lead_ml.lead_data.merge.golden import DatedValue, GoldenValue, MergeMember, PinnedValue, golden_record
from lead_ml.project.survivorship import MergeParams
from lead_ml.tables.dataset import Dataset

Timeline = list[tuple[int, str | None]]


@dataclass(frozen=True)
class MemberHistory:
    """A lead with the values that it was created with, and the changes of its other columns, (since when, value), in order."""

    lead_id: str
    created_at: int
    fixed: Mapping[str, str]
    changing: Mapping[str, Timeline] = field(default_factory=dict)

    def at(self, as_of: int) -> MergeMember:
        """Return the lead as it was known strictly before an instant at which it exists."""
        values = {name: DatedValue(value, self.created_at) for name, value in self.fixed.items()}
        for name, changes in self.changing.items():
            known = [change for change in changes if change[0] < as_of]
            if known and known[-1][1] is not None:
                values[name] = DatedValue(known[-1][1], known[-1][0])
        return MergeMember(self.lead_id, self.created_at, values)


@dataclass(frozen=True)
class PersonHistory:
    """The members of a person in order of creation, and what was pinned of it, with the lead that each pin names."""

    members: tuple[MemberHistory, ...]
    pins: tuple[tuple[str, PinnedValue], ...] = ()

    def known(self, as_of: int) -> list[MemberHistory]:
        """Return the members created strictly before an instant; the first one counts from its creation on, as any lead does."""
        first = self.members[0]
        return [
            own
            for own in self.members
            if own.created_at < as_of or (own is first and own.created_at == as_of)
        ]

    def golden(self, rules: MergeParams, as_of: int) -> dict[str, GoldenValue]:
        """Return the golden record of the person as it was known strictly before an instant."""
        known = self.known(as_of)
        ids = {own.lead_id for own in known}
        pins = [pin for lead_id, pin in self.pins if lead_id in ids and pin.at < as_of]
        return golden_record([own.at(as_of) for own in known], rules, pins)

    def instants(self) -> list[int]:
        """Return the instants after which the golden record can be another one, from just before the first creation on."""
        start = self.members[0].created_at - 1
        found = {start, *(own.created_at for own in self.members), *(pin.at for _, pin in self.pins)}
        found |= {at for own in self.members for changes in own.changing.values() for at, _ in changes}
        return sorted(at for at in found if at >= start)

    def timelines(self, rules: MergeParams) -> dict[str, Timeline]:
        """Return the values of each field from when on: the golden record strictly after each instant, where it changes."""
        found: dict[str, Timeline] = {}
        for at in self.instants():
            record = self.golden(rules, at + 1)
            for name in {*record, *found}:
                value = record[name].value if name in record else None
                own = found.setdefault(name, [])
                if value != (own[-1][1] if own else None):
                    own.append((at, value))
        return found


def member_histories(dataset: Dataset, rows: Sequence[int], columns: Iterable[str]) -> list[MemberHistory]:
    """Return leads of a data set, by row, with some of their columns; without dates all were created at 0."""
    place, columns = np.asarray(rows, dtype=np.int64), list(columns)
    created = dataset.leads.created_at
    at = [0] * len(place) if created is None else created[place].tolist()
    fixed: list[dict[str, str]] = [{} for _ in rows]
    changing: list[dict[str, Timeline]] = [{} for _ in rows]
    for name in columns:
        if name in dataset.history:
            for own, changes in zip(changing, _changes(dataset, name, place), strict=True):
                own[name] = changes
        else:
            for kept, value in zip(fixed, dataset.leads.columns[name].take(place).values(), strict=True):
                if value is not None:
                    kept[name] = value
    ids = [dataset.leads.lead_id[row] for row in rows]
    return [MemberHistory(*item) for item in zip(ids, at, fixed, changing, strict=True)]


def person_of_members(
    members: Iterable[MemberHistory], pins: Iterable[tuple[str, PinnedValue]] = ()
) -> PersonHistory:
    """Put members in order, and keep the pins that name one of them."""
    ordered = tuple(sorted(members, key=lambda own: (own.created_at, own.lead_id)))
    ids = {own.lead_id for own in ordered}
    return PersonHistory(ordered, tuple((lead_id, pin) for lead_id, pin in pins if lead_id in ids))


def _changes(dataset: Dataset, name: str, place: np.ndarray) -> list[Timeline]:
    changes = dataset.history[name]
    first = np.searchsorted(changes.owner, place, side="left").tolist()
    last = np.searchsorted(changes.owner, place, side="right").tolist()
    column, at = changes.columns[name], changes.at
    return [
        list(zip(at[i:j].tolist(), column.take(np.arange(i, j)).values(), strict=True))
        for i, j in zip(first, last, strict=True)
    ]
