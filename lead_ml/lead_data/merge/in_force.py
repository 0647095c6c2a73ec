"""Which entries of a merge log count now, and which new ones are refused."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from lead_ml.errors import InputError
from lead_ml.lead_data.merge.entries import KeepApart, LogEntry, MergePair, PinValue, UndoEntry
from lead_ml.lead_data.merge.golden import PinnedValue, Pins
from lead_ml.tables.instants import parse_iso

_SOURCE = "the merge log"


@dataclass(frozen=True)
class DecisionsInForce:
    """The entries that were not undone, and those that were, by number; ``undone_by`` is the number of the entry that did it."""

    entries: Mapping[int, LogEntry]
    undone: Mapping[int, LogEntry]
    undone_by: Mapping[int, int]

    @classmethod
    def of(cls, entries: Iterable[LogEntry]) -> DecisionsInForce:
        """Sort the entries of a log, oldest first."""
        found, undone, undone_by = dict[int, LogEntry](), dict[int, LogEntry](), dict[int, int]()
        for entry in entries:
            if not isinstance(entry.decision, UndoEntry):
                found[entry.number] = entry
            elif (number := entry.decision.entry) in found:
                undone[number], undone_by[number] = found.pop(number), entry.number
        return cls(found, undone, undone_by)

    @cached_property
    def merges(self) -> Mapping[int, MergePair]:
        """The merges by number."""
        return {k: e.decision for k, e in self.entries.items() if isinstance(e.decision, MergePair)}

    @cached_property
    def apart(self) -> Mapping[int, KeepApart]:
        """The pairs that are kept apart, by number."""
        return {k: e.decision for k, e in self.entries.items() if isinstance(e.decision, KeepApart)}

    @cached_property
    def pins(self) -> Pins:
        """The pinned values, oldest first, each with the lead that it names."""
        return tuple(
            (item.lead_id, PinnedValue(number, item.field, item.value, parse_iso(entry.at, field="at")))
            for number, entry in self.entries.items()
            if isinstance(item := entry.decision, PinValue)
        )

    def clusters(self) -> JoinedLeads:
        """Join the leads by all merges."""
        found = JoinedLeads(self.apart.values())
        for merge in self.merges.values():
            found.join(merge.a, merge.b)
        return found

    def undoable(self, number: int) -> LogEntry:
        """Return the entry that an undo may name; InputError where there is none, or it was undone already."""
        if number in self.entries:
            return self.entries[number]
        done = number in self.undone
        raise InputError(
            f"entry {number} was undone already" if done else f"there is no entry {number} to undo",
            source=_SOURCE,
            expected="the number of a merge, a pin or a pair that is kept apart",
            do="see lead-ml merge log; what an undo took back is decided again instead",
        )

    def refusal(self, pair: MergePair, joined: tuple[str, str], others: Sequence[MergePair] = ()) -> str:
        """Say why a merge is refused that would join two leads that are kept apart: the chain between them.

        `others` are merges that are decided together with it.
        """
        a, b = joined
        edges = [(f"entry {number}", merge) for number, merge in self.merges.items()]
        edges += [("the same file", merge) for merge in others]
        chain = _chain([*edges, ("this merge", pair)], a, b)
        number, kept = next((k, p) for k, p in self.apart.items() if {p.a, p.b} == {a, b})
        entry = self.entries[number]
        return f"entry {number} keeps {kept.a} and {kept.b} apart ({entry.by}: {entry.why}), and they would be joined by {chain}"

    def check_apart(self, pair: KeepApart) -> None:
        """Raise InputError where two leads that are to be kept apart are one person now."""
        clusters = self.clusters()
        if clusters.root(pair.a) != clusters.root(pair.b):
            return
        chain = _chain([(f"entry {number}", merge) for number, merge in self.merges.items()], pair.a, pair.b)
        raise InputError(
            f"{pair.a} and {pair.b} are one person: {chain}",
            source=_SOURCE,
            do="undo a merge of this chain first: lead-ml merge undo",
        )


class JoinedLeads:
    """Leads joined by merges, and the pairs that are kept apart; grows by one merge at a time."""

    def __init__(self, apart: Iterable[KeepApart] = ()) -> None:
        self._above: dict[str, str] = {}
        self._members: dict[str, list[str]] = {}
        self._apart: dict[str, set[str]] = {}
        for pair in apart:
            self._apart.setdefault(pair.a, set()).add(pair.b)
            self._apart.setdefault(pair.b, set()).add(pair.a)

    def root(self, lead_id: str) -> str:
        """Return what all leads of one person share."""
        above = self._above.get(lead_id, lead_id)
        while above != (higher := self._above.get(above, above)):
            self._above[lead_id] = higher
            lead_id, above = above, higher
        return above

    def members(self, lead_id: str) -> Sequence[str]:
        """Return the leads of the person of a lead, in no order."""
        return self._members.get(self.root(lead_id), [lead_id])

    def forbidden(self, a: str, b: str) -> tuple[str, str] | None:
        """Return the pair kept apart, first in order of text, that a merge of two leads would join."""
        small, other = sorted((self.members(a), self.members(b)), key=len)
        home = self.root(other[0])
        pairs = [
            (min(one, two), max(one, two))
            for one in small
            for two in self._apart.get(one, ())
            if self.root(two) == home
        ]
        return min(pairs, default=None)

    def join(self, a: str, b: str) -> None:
        """Make two leads one person."""
        small, large = sorted((self.root(a), self.root(b)), key=lambda root: len(self.members(root)))
        if small != large:
            self._members.setdefault(large, [large]).extend(self._members.pop(small, [small]))
            self._above[small] = large

    def people(self) -> list[list[str]]:
        """Return the leads of every person with more than one, in no order."""
        return list(self._members.values())


def _chain(edges: Sequence[tuple[str, MergePair]], start: str, end: str) -> str:
    """Word the shortest way between two leads over merges, each with its name."""
    near: dict[str, list[tuple[str, str]]] = {}
    for name, merge in edges:
        near.setdefault(merge.a, []).append((merge.b, name))
        near.setdefault(merge.b, []).append((merge.a, name))
    came: dict[str, tuple[str, str]] = {start: ("", "")}
    waiting = deque([start])
    while waiting and end not in came:
        here = waiting.popleft()
        for there, name in near.get(here, []):
            if there not in came:
                came[there] = (here, name)
                waiting.append(there)
    steps, here = list[str](), end
    while here != start:
        before, name = came[here]
        steps.append(f"{before} = {here} ({name})")
        here = before
    return ", ".join(reversed(steps))
