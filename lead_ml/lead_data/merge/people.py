"""Which leads are one person: those that merges in force join, directly or through others.

Merges say who is who, not what was known when: a person that was recognized later was the same person before. Time decides which
members there are: at ``as_of`` a person is only the members created before it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lead_ml.lead_data.merge.in_force import DecisionsInForce


@dataclass(frozen=True)
class MergedPeople:
    """The people with more than one lead: ``members`` by the id of the person, in order of creation; ``person`` by lead.

    The id of a person is the ``lead_id`` of the member that was created first, of several the first in order of text. It depends
    neither on the order of rows nor on that of merges.
    """

    members: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    person: Mapping[str, str] = field(default_factory=dict)

    def person_of(self, lead_id: str) -> str:
        """Return the id of the person that a lead is: its own where nothing is merged with it."""
        return self.person.get(lead_id, lead_id)

    def members_of(self, lead_id: str) -> tuple[str, ...]:
        """Return all leads of the person that a lead is."""
        return self.members.get(self.person_of(lead_id), (lead_id,))


def people_of(decisions: DecisionsInForce, created: Mapping[str, int]) -> MergedPeople:
    """Return the people among the leads that there are, with when each was created, microseconds UTC (0 without dates).

    A lead that the data does not have (any more) still joins others, but is nobody's member.
    """
    members, person = dict[str, tuple[str, ...]](), dict[str, str]()
    for cluster in decisions.clusters().people():
        there = sorted((created[lead_id], lead_id) for lead_id in cluster if lead_id in created)
        ids = tuple(lead_id for _, lead_id in there)
        if len(ids) > 1:
            members[ids[0]] = ids
            person.update(dict.fromkeys(ids, ids[0]))
    return MergedPeople(members, person)
