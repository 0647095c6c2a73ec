"""Sales reps: who a lead is assigned to, and when it is handed over."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lead_ml.demo.lifecycle import whole_seconds
from lead_ml.demo.people import Flags, Objects
from lead_ml.demo.vocabulary import vocabulary
from lead_ml.tables.dataset import Floats, Indices, Instants

_HOURS = 2.0  # median from creation to the first assignment
_HANDED_OVER = 0.08
_HANDED_OVER_DAYS = 12.0


@dataclass(frozen=True)
class Assignments:
    """Changes of the owner in the order of time: (rows,) lead, instant and name."""

    lead: Indices
    at: Instants
    owner: Objects

    def owner_at_end(self, leads: int) -> Objects:
        """Return the last owner of each lead, None before the first."""
        found = np.full(leads, None, dtype=object)
        found[self.lead] = self.owner
        return found


def draw_assignments(
    rng: np.random.Generator, created_at: Instants, chinese: Flags, until: int
) -> tuple[Assignments, Floats]:
    """Draw the owners, and return them beside the effect of the first one on the logit, one for each lead.

    Every lead goes to a rep who works with its market; some are handed over later, which changes nothing but the name.
    """
    names, market, effects = (np.array(part) for part in zip(*vocabulary().owners, strict=True))
    size = len(created_at)
    first, second = (_of_market(rng, chinese, market.astype(bool)) for _ in range(2))
    assigned = created_at + whole_seconds(rng.lognormal(np.log(_HOURS / 24), 0.8, size))
    moved = np.flatnonzero((rng.random(size) < _HANDED_OVER) & (second != first))
    later = whole_seconds(rng.exponential(_HANDED_OVER_DAYS, len(moved)))
    lead = np.concatenate([np.arange(size), moved])
    at = np.concatenate([assigned, assigned[moved] + later])
    owner = names.astype(object)[np.concatenate([first, second[moved]])]
    kept = np.flatnonzero(at <= until)
    kept = kept[np.lexsort((lead[kept], at[kept]))]
    return Assignments(lead[kept], at[kept], owner[kept]), effects.astype(np.float64)[first]


def _of_market(rng: np.random.Generator, chinese: Flags, market: Flags) -> Indices:
    at_home, abroad = np.flatnonzero(market), np.flatnonzero(~market)
    draw = rng.random(len(chinese))
    here, there = ((draw * len(rows)).astype(np.int64) for rows in (at_home, abroad))
    return np.asarray(np.where(chinese, at_home[here], abroad[there]))
