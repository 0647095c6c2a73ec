"""Clusters of leads that are one person, guarded against chains.

Two clusters become one only if the log-odds of all pairs between them are positive on average: a lead that looks like one member
and unlike the others stays out, however alike that one pair is. The best pair of clusters is joined first (average linkage).
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from lead_ml.lead_data.match.compare import Ints
from lead_ml.lead_data.match.weights import Floats

_CLIP = 12.0  # log-odds beyond which a pair says no more
_NEVER_COMPARED = -6.0  # log-odds of a pair that shared no key
REVIEWED = 1_000.0  # log-odds from which on a person has decided
_CLOSURE = 200  # further pairs per lead


def missing_pairs(rows: int, left: Ints, right: Ints, log_odds: Floats) -> tuple[Ints, Ints]:
    """Return pairs that have a likely partner in common and were not compared yet; few enough to compare."""
    for least in (0.0, 2.0, 4.0, 8.0):
        likely = log_odds > least
        degree = np.bincount(np.concatenate([left[likely], right[likely]]), minlength=rows)
        if (degree.astype(np.float64) ** 2).sum() <= _CLOSURE * rows + 1_000_000:
            break
    edges = coo_array(
        (np.ones(likely.sum(), bool), (left[likely], right[likely])), shape=(rows, rows)
    ).tocsr()
    both = edges + edges.T
    found = (both @ both).tocoo()
    upper = found.row < found.col
    packed = found.row[upper].astype(np.int64) * rows + found.col[upper]
    new = np.setdiff1d(packed, left * rows + right)
    return new // max(1, rows), new % max(1, rows)


@dataclass(frozen=True)
class Clusters:
    """The cluster of each row, as the smallest row in it, and all pairs within clusters.

    ``joined`` are the mean log-odds at which the clusters of the two rows of a pair became one.
    """

    head: Ints
    left: Ints
    right: Ints
    joined: Floats


def clusters(rows: int, left: Ints, right: Ints, log_odds: Floats) -> Clusters:
    """Cluster rows by their scored pairs; a pair that was reviewed has log-odds beyond :data:`REVIEWED`."""
    said = np.where(np.abs(log_odds) < REVIEWED, np.clip(log_odds, -_CLIP, _CLIP), log_odds**3)
    likely = said > 0
    edges = coo_array((np.ones(likely.sum(), bool), (left[likely], right[likely])), shape=(rows, rows))
    component = connected_components(edges, directed=False)[1]
    inside = np.flatnonzero(component[left] == component[right])
    order = inside[np.argsort(component[left[inside]], kind="stable")]
    bounds = np.flatnonzero(np.diff(component[left[order]], prepend=-1, append=-1))
    head, found = np.arange(rows), []
    for start, end in pairwise(bounds.tolist()):
        at = order[start:end]
        joint = _Joint(left[at], right[at], said[at])
        joint.join_all()
        found += joint.joined
        for first, members in joint.members.items():
            head[members] = first
    table = np.array(found, np.float64).reshape(-1, 3)
    table = table[np.lexsort((table[:, 1], table[:, 0]))]
    return Clusters(head, table[:, 0].astype(np.int64), table[:, 1].astype(np.int64), table[:, 2])


class _Joint:
    """The clusters of one component while they are joined, under the smallest row of each."""

    def __init__(self, left: Ints, right: Ints, said: Floats) -> None:
        self.links: dict[int, dict[int, tuple[float, int]]] = {}
        self.joined: list[tuple[int, int, float]] = []
        edges = list(zip(left.tolist(), right.tolist(), said.tolist(), strict=True))
        for a, b, value in edges:
            self.links.setdefault(a, {})[b] = self.links.setdefault(b, {})[a] = (value, 1)
        self.members = {row: [row] for row in self.links}
        self.heap = [(-value, a, b, 1, 1) for a, b, value in edges if value > 0]
        heapq.heapify(self.heap)

    def join_all(self) -> None:
        """Join the best pair of clusters until none agrees."""
        while self.heap:
            said, a, b, *sizes = heapq.heappop(self.heap)
            if (
                a in self.members
                and b in self.members
                and sizes == [len(self.members[a]), len(self.members[b])]
            ):
                self._join(a, b, -said)

    def _join(self, head: int, gone: int, said: float) -> None:
        """Make two clusters one, and weigh it anew against its neighbors."""
        lost = self.members.pop(gone)
        self.joined += [(min(a, b), max(a, b), said) for a in self.members[head] for b in lost]
        self.members[head] += lost
        near, moved = self.links[head], self.links.pop(gone)
        del near[gone], moved[head]
        for other in sorted({*near, *moved}):
            (one, n), (two, m) = near.get(other, (0.0, 0)), moved.get(other, (0.0, 0))
            near[other] = self.links[other][head] = (one + two, n + m)
            self.links[other].pop(gone, None)
            self._push(min(head, other), max(head, other), near[other])

    def _push(self, a: int, b: int, link: tuple[float, int]) -> None:
        total, count = link
        sizes = len(self.members[a]), len(self.members[b])
        pairs = sizes[0] * sizes[1]
        mean = (total + (pairs - count) * _NEVER_COMPARED) / pairs
        if mean > 0:
            heapq.heappush(self.heap, (-mean, a, b, *sizes))
