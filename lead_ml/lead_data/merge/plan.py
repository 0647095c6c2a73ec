"""Which pairs of a list are merged, and why the others are not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from lead_ml.lead_data.merge.entries import MergePair
from lead_ml.lead_data.merge.in_force import DecisionsInForce

SkippedBecause = Literal["already", "undone", "kept_apart"]


@dataclass(frozen=True)
class SkippedPair:
    """A pair that is not merged: its place in the list, the cause, and the words for it."""

    place: int
    pair: MergePair
    cause: SkippedBecause
    words: str


def plan_merges(
    decisions: DecisionsInForce, pairs: Sequence[MergePair], *, again: bool = False
) -> tuple[list[MergePair], list[SkippedPair]]:
    """Return the pairs to merge, in their order, and those that are skipped.

    A pair that is merged already is not merged twice, so that a list can be applied again. One whose merge somebody took back
    is only merged `again` where that is said. One that would join two leads that are kept apart is never merged.
    """
    clusters, merged, skipped = decisions.clusters(), list[MergePair](), list[SkippedPair]()
    known = {_key(merge) for merge in decisions.merges.values()}
    undone = {
        _key(entry.decision): decisions.undone_by[number]
        for number, entry in decisions.undone.items()
        if isinstance(entry.decision, MergePair)
    }
    for place, pair in enumerate(pairs):
        key = _key(pair)
        if key in known:
            skipped.append(SkippedPair(place, pair, "already", "merged already"))
        elif key in undone and not again:
            words = f"its merge was undone by entry {undone[key]}"
            skipped.append(SkippedPair(place, pair, "undone", words))
        elif (joined := clusters.forbidden(pair.a, pair.b)) is not None:
            skipped.append(SkippedPair(place, pair, "kept_apart", decisions.refusal(pair, joined, merged)))
        else:
            known.add(key)
            clusters.join(pair.a, pair.b)
            merged.append(pair)
    return merged, skipped


def _key(pair: MergePair) -> tuple[str, str]:
    return (min(pair.a, pair.b), max(pair.a, pair.b))
