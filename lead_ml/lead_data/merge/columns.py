"""The columns of a data set of people: golden values, with a history where they change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from lead_ml.lead_data.merge.golden import Pins
from lead_ml.lead_data.merge.histories import PersonHistory, Timeline, member_histories, person_of_members
from lead_ml.project.params import Params
from lead_ml.project.schema import usable_columns
from lead_ml.project.targets import Column
from lead_ml.tables.dataset import NEVER, Changes, Coded, Dataset, Indices, Members


@dataclass(frozen=True, eq=False)
class GoldenColumns:
    """The columns of people: `several` are the rows of the members of each person that is not simply a lead, by its new row."""

    dataset: Dataset
    members: Members
    several: Mapping[int, Sequence[int]]
    pins: Pins
    params: Params
    targets: tuple[Column, ...]

    @cached_property
    def dated(self) -> list[str]:
        """The columns that have a value as of a moment; without dates there are none."""
        if self.dataset.leads.created_at is None:
            return []
        outcomes = {*self.params.closing.columns, *(target.column for target in self.targets)}
        usable = usable_columns(self.params, tuple(self.dataset.leads.columns))
        return [name for name in usable if name not in outcomes or name in self.dataset.history]

    @cached_property
    def people(self) -> dict[int, PersonHistory]:
        """The history of each person in question, by its new row."""
        rows = [row for members in self.several.values() for row in members]
        found = iter(member_histories(self.dataset, rows, self.dataset.leads.columns))
        return {
            person: person_of_members([next(found) for _ in members], self.pins)
            for person, members in self.several.items()
        }

    @cached_property
    def timelines(self) -> dict[int, dict[str, Timeline]]:
        """The golden values of each person over time, as far as they were known before the end of the data."""
        until = self.dataset.until
        return {
            person: replace(
                history, pins=tuple(item for item in history.pins if item[1].at < until)
            ).timelines(self.params.merge)
            for person, history in self.people.items()
        }

    def changes(self) -> dict[str, Changes]:
        """Return the history of every dated column that has one already, or whose golden value changes."""
        created = self.dataset.leads.created_at
        if created is None:
            return {}
        pinned = {pin.field for _, pin in self.pins}
        start = {person: int(created[self.members.first[person]]) - 1 for person in self.several}
        found = {}
        for name in self.dated:
            own = {person: lines.get(name, []) for person, lines in self.timelines.items()}
            still = all(at == start[person] for person, line in own.items() for at, _ in line)
            if name in self.dataset.history or name in pinned or not still:
                found[name] = self._changes(name, own)
        return found

    def columns(self, history: Mapping[str, Changes]) -> dict[str, Coded]:
        """Return every column: of people with several members or pins the golden value at the end, of all others their own."""
        records = {person: own.golden(self.params.merge, NEVER) for person, own in self.people.items()}
        found = {}
        for name, column in self.dataset.leads.columns.items():
            end = (
                history[name].latest(name, len(self.members.first))
                if name in history
                else column.take(self.members.first)
            )
            golden = {
                person: record[name].value if name in record else None for person, record in records.items()
            }
            found[name] = with_values(end, golden)
        return {
            **found,
            **{target.column: self._outcome(target) for target in self.targets if target.column in found},
        }

    def _changes(self, name: str, own: Mapping[int, Timeline]) -> Changes:
        """Put the timelines of people beside what the other leads have: their own history, or their value at creation."""
        lone = np.ones(len(self.members.first), dtype=bool)
        lone[list(own)] = False
        changes = self.dataset.history.get(name)
        if changes is not None:
            rows = np.flatnonzero(lone[self.members.person[changes.owner]])
            owner, at, column = (
                self.members.person[changes.owner[rows]],
                changes.at[rows],
                changes.columns[name].take(rows),
            )
        else:
            created = self.dataset.leads.created_at
            assert created is not None
            column = self.dataset.leads.columns[name].take(self.members.first)
            owner = np.flatnonzero(lone & (column.codes >= 0))
            at, column = created[self.members.first[owner]] - 1, column.take(owner)
        lines = [(person, when, value) for person, line in own.items() for when, value in line]
        added = Coded.of([value for _, _, value in lines])
        both = np.append(column.codes, np.where(added.codes >= 0, added.codes + len(column.levels), -1))
        levels = Coded.of([*column.levels, *added.levels])
        return Changes.of(
            np.append(owner, np.array([person for person, _, _ in lines], dtype=np.int64)),
            np.append(at, np.array([when for _, when, _ in lines], dtype=np.int64)),
            {name: levels.coding(both.astype(np.int32))},
        )

    def _outcome(self, target: Column) -> Coded:
        """Return an outcome column: a person with a member that converted did, and is undecided while one of them is."""
        column = self.dataset.leads.columns[target.column]
        won = self.dataset.rules.leads.among(target.column, column, target.positive)
        values: dict[int, str | None] = {}
        for person, rows in self.several.items():
            texts = column.take(np.array(rows, dtype=np.int64)).values()
            positive = [text for row, text in zip(rows, texts, strict=True) if won[row]]
            values[person] = positive[0] if positive else None if None in texts else texts[-1]
        return with_values(column.take(self.members.first), values)


def with_values(column: Coded, values: Mapping[int, str | None]) -> Coded:
    """Return a column with other values in some rows."""
    rows, added = list(values), Coded.of(list(values.values()))
    levels = Coded.of([*column.levels, *added.levels])
    codes = column.codes.copy()
    codes[rows] = np.where(added.codes >= 0, added.codes + len(column.levels), -1)
    return levels.coding(codes)


def rows_of(ids: Iterable[str], row_of: Mapping[str, int]) -> Indices:
    """Return the rows of some leads."""
    return np.array([row_of[lead_id] for lead_id in ids], dtype=np.int64)
