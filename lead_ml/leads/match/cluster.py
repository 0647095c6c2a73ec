"""Clusters of leads that are one person, guarded against chains.

Two clusters become one only if the log-odds of all pairs between them are positive on average: a lead that looks like one member
and unlike the others stays out, however alike that one pair is. The best pair of clusters is joined first (average linkage).
"""

from __future__ import annotations

import heapq

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from lead_ml.leads.match.compare import Ints
from lead_ml.leads.match.weights import Floats

_CLIP = 12.0  # log-odds beyond which a pair says no more
_NEVER_COMPARED = -6.0  # log-odds of a pair that shared no key
_CLOSURE = 200  # further pairs per lead


def missing_pairs(rows: int, left: Ints, right: Ints, log_odds: Floats) -> tuple[Ints, Ints]:
    """Return pairs that have a likely partner in common and were not compared yet; few enough to compare."""
    for least in (0.0, 2.0, 4.0, 8.0):
        likely = log_odds > least
        degree = np.bincount(np.concatenate([left[likely], right[likely]]), minlength=rows)
        if (degree.astype(np.float64) ** 2).sum() <= _CLOSURE * rows + 1_000_000:
            break
    edges = coo_array((np.ones(likely.sum(), bool), (left[likely], right[likely])), shape=(rows, rows)).tocsr()
    both = edges + edges.T
    found = (both @ both).tocoo()
    upper = found.row < found.col
    packed = found.row[upper].astype(np.int64) * rows + found.col[upper]
    new = np.setdiff1d(packed, left * rows + right)
    return new // max(1, rows), new % max(1, rows)


def clusters(rows: int, left: Ints, right: Ints, log_odds: Floats, apart: set[tuple[int, int]] = frozenset()) -> Ints:  # type: ignore[assignment]
    """Return the cluster of each row: the smallest row in it. Pairs of `apart` never come into one cluster."""
    said = np.clip(log_odds, -_CLIP, _CLIP)
    for a, b in apart:
        said = np.where((left == a) & (right == b), -np.inf, said)
    likely = said > 0
    edges = coo_array((np.ones(likely.sum(), bool), (left[likely], right[likely])), shape=(rows, rows))
    component = connected_components(edges, directed=False)[1]
    inside = component[left] == component[right]
    cluster = np.arange(rows)
    order = np.flatnonzero(inside)[np.argsort(component[left[inside]], kind="stable")]
    bounds = np.flatnonzero(np.diff(component[left[order]], prepend=-1, append=-1))
    for start, end in zip(bounds, bounds[1:], strict=False):
        at = order[start:end]
        for member, head in _joined(left[at], right[at], said[at]).items():
            cluster[member] = head
    return cluster


def _joined(left: Ints, right: Ints, said: Floats) -> dict[int, int]:
    """Join the clusters of one component; return the head of each row."""
    links: dict[int, dict[int, tuple[float, int]]] = {}
    for a, b, value in zip(left.tolist(), right.tolist(), said.tolist(), strict=True):
        links.setdefault(a, {})[b] = (value, 1)
        links.setdefault(b, {})[a] = (value, 1)
    members = {row: [row] for row in links}
    heap = [
        (-value, a, b, 1, 1) for a, b, value in zip(left.tolist(), right.tolist(), said.tolist(), strict=True) if value > 0
    ]
    heapq.heapify(heap)
    while heap:
        _, a, b, size_a, size_b = heapq.heappop(heap)
        current = a in members and b in members and (len(members[a]), len(members[b])) == (size_a, size_b)
        if current:
            _join(a, b, links, members, heap)
    return {row: head for head, rows in members.items() for row in rows}


def _join(
    a: int,
    b: int,
    links: dict[int, dict[int, tuple[float, int]]],
    members: dict[int, list[int]],
    heap: list[tuple[float, int, int, int, int]],
) -> None:
    """Make two clusters one, under the smaller head, and weigh it anew against its neighbors."""
    head, gone = min(a, b), max(a, b)
    members[head] += members.pop(gone)
    moved = links.pop(gone)
    for other in sorted({*links[head], *moved} - {head, gone}):
        one, two = links[head].get(other, (0.0, 0)), moved.get(other, (0.0, 0))
        total, count = one[0] + two[0], one[1] + two[1]
        links[head][other] = links[other][head] = (total, count)
        links[other].pop(gone, None)
        pairs = len(members[head]) * len(members[other])
        mean = (total + (pairs - count) * _NEVER_COMPARED) / pairs
        if mean > 0:
            x, y = min(head, other), max(head, other)
            heapq.heappush(heap, (-mean, x, y, len(members[x]), len(members[y])))
    links[head].pop(gone, None)
