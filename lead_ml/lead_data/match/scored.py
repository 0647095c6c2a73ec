"""Pairs with their log-odds: candidates are compared piece by piece, so that memory does not grow with their number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from lead_ml.lead_data.match.blocking import candidate_pairs
from lead_ml.lead_data.match.cluster import missing_pairs
from lead_ml.lead_data.match.compare import Ints, Levels, compared
from lead_ml.lead_data.match.fields import MatchField
from lead_ml.lead_data.match.weights import Floats, Weights, learned, random_pairs, rarity

_PIECE = 250_000
_FIT_PAIRS = 200_000
_LEAST_KEPT = -9.0  # log-odds from which on pairs are kept
_CLOSURES = 2


@dataclass(frozen=True)
class ScoredPairs:
    """Pairs of rows, left before right and in ascending order, with their levels and log-odds."""

    left: Ints
    right: Ints
    levels: Levels
    log_odds: Floats

    def __len__(self) -> int:
        return len(self.left)

    def take(self, at: npt.NDArray[np.int64] | npt.NDArray[np.bool_]) -> ScoredPairs:
        """Return the pairs by position or mask."""
        return ScoredPairs(self.left[at], self.right[at], self.levels[at], self.log_odds[at])

    def with_log_odds(self, log_odds: Floats) -> ScoredPairs:
        """Return the pairs with other log-odds."""
        return replace(self, log_odds=log_odds)

    def positions(self, left: Ints, right: Ints) -> Ints:
        """Return where pairs are that are among these."""
        rows = 1 + int(max(self.right.max(initial=0), right.max(initial=0)))
        return np.searchsorted(self.left * rows + self.right, left * rows + right)

    def at(self, pairs: Sequence[tuple[int, int]]) -> Ints:
        """Return the positions of pairs of rows that are among these."""
        rows = np.array(pairs, np.int64).reshape(-1, 2)
        return self.positions(rows[:, 0], rows[:, 1])

    def joined(self, fields: Sequence[MatchField], weights: Weights, left: Ints, right: Ints) -> ScoredPairs:
        """Return the pairs with others among them, which are scored unless they are there already."""
        rows = len(fields[0].code)
        new = np.setdiff1d(left * rows + right, self.left * rows + self.right)
        if len(new) == 0:
            return self
        return _together(self, score(fields, weights, new // rows, new % rows, least=-np.inf))


def scored_pairs(
    fields: Sequence[MatchField], progress: Callable[[str], None] = lambda _: None
) -> tuple[Weights, ScoredPairs]:
    """Learn the weights without labels and return all pairs that may be one person; two fields or more."""
    left, right = candidate_pairs(fields)
    progress(f"{len(left):,} pairs to compare")
    step = max(1, len(left) // _FIT_PAIRS)
    sample = compared(fields, left[::step], right[::step])
    a, b = random_pairs(len(fields[0].code))
    weights = learned(fields, sample, rarity(fields, sample, left[::step]), compared(fields, a, b), step)
    progress("weights learned")
    found = score(fields, weights, left, right)
    for _ in range(_CLOSURES):
        new = missing_pairs(len(fields[0].code), found.left, found.right, found.log_odds)
        if len(new[0]) == 0:
            break
        found = found.joined(fields, weights, *new)
    progress("pairs compared")
    return weights, found


def score(
    fields: Sequence[MatchField], weights: Weights, left: Ints, right: Ints, *, least: float = _LEAST_KEPT
) -> ScoredPairs:
    """Compare pairs, and keep those with log-odds from `least` on."""
    pieces = []
    for start in range(0, max(1, len(left)), _PIECE):
        a, b = left[start : start + _PIECE], right[start : start + _PIECE]
        levels = compared(fields, a, b)
        log_odds = weights.log_odds(levels, rarity(fields, levels, a))
        pieces.append(ScoredPairs(a, b, levels, log_odds).take(log_odds >= least))
    return _together(*pieces)


def _together(*parts: ScoredPairs) -> ScoredPairs:
    found = ScoredPairs(*(np.concatenate([getattr(part, name) for part in parts]) for name in _COLUMNS))
    return found.take(np.lexsort((found.right, found.left)))


_COLUMNS = ("left", "right", "levels", "log_odds")
