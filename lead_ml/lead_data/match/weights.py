"""How much each level of likeness says, learned without labels: Fellegi and Sunter's model by expectation maximization.

The probability of a level among pairs of one person (m) is learned from candidate pairs, the one among strangers (u) from pairs
drawn at random, each weighted by what the model believes of the pair. Among strangers a field may depend on one other (a city on
its postal code, a company on its account), by the tree of Chow and Liu (1968), so that the same coincidence does not count twice.
Equal values that are rare count more than frequent ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from lead_ml.lead_data.match.compare import ALIKE, TOP, Ints, Levels
from lead_ml.lead_data.match.fields import MatchField
from lead_ml.model.metrics import sigmoid

Floats = npt.NDArray[np.float64]
LEVELS = TOP + 1
_OWN = ("name", "date")  # kinds of columns in which only one person agrees with itself
_ROUNDS = 25
_STRANGERS = (0, 3, 6, 10, 15, 20)  # rounds that learn anew from random pairs
_RANDOM_PAIRS = 300_000
_SHRUNK_TO = 100.0  # pairs by which a conditional probability is drawn to the unconditional one
_START_M = np.array([0.06, 0.02, 0.02, 0.02, 0.04, 0.06, 0.06, 0.72])


@dataclass(frozen=True)
class Weights:
    """Probabilities of levels by class of pair, and the share of each class.

    ``m`` of (fields, levels) for one person and ``near`` for other people of one company or place, whose names and birthdays agree only by chance;
    ``u`` of (fields, levels + 1, levels) for strangers by the level of the parent, the last one where it is missing. ``parent`` of
    (fields,) is -1 for none, ``own`` says which fields are of that kind.
    """

    m: Floats
    near: Floats
    u: Floats
    parent: Ints
    own: npt.NDArray[np.bool_]
    prior: float
    prior_near: float

    def evidence(self, levels: Levels, rare: Floats) -> Floats:
        """Return what each field (columns) adds to the log-odds that a pair is one person and not strangers."""
        return np.stack(list(self._said(self.m, levels, rare)), axis=1)

    def _said(self, table: Floats, levels: Levels, rare: Floats) -> Iterator[Floats]:
        for at, parent in enumerate(self.parent):
            level = levels[:, at]
            above = levels[:, parent] if parent >= 0 else np.full(len(level), -1, np.int8)
            ratio = np.zeros((LEVELS + 1, LEVELS + 1))
            ratio[:, :LEVELS] = np.log(table[at] / self.u[at])
            said = ratio[above, level]
            if table is self.m or not self.own[at]:  # near people share these by chance, rare or not
                said += np.where(above >= ALIKE, 0.0, rare[:, at])
            yield said

    def log_odds(self, levels: Levels, rare: Floats) -> Floats:
        """Return the log-odds that pairs are one person."""
        return self._against(levels, rare)[0]

    def _against(self, levels: Levels, rare: Floats) -> tuple[Floats, Floats]:
        """Return the log-odds of one person and those of near people, each against strangers and the other class."""
        strange = 1 - self.prior - self.prior_near
        one = sum(self._said(self.m, levels, rare), np.log(self.prior / strange))
        if not self.own.any():
            return one, np.full(len(levels), -np.inf)
        near = sum(self._said(self.near, levels, rare), np.log(self.prior_near / strange))
        return one - np.logaddexp(0, near), near - np.logaddexp(0, one)


def rarity(fields: Sequence[MatchField], levels: Levels, left: Ints) -> Floats:
    """Return for each pair and field how much more its equal value says than an average one; 0 where values differ."""
    found = np.zeros(levels.shape)
    for at, field in enumerate(fields):
        rows = np.flatnonzero(levels[:, at] == TOP)
        code = field.code[field.filled()]
        count = np.bincount(code, minlength=len(field.values)).astype(np.float64)
        average = (count**2).sum() / max(1.0, count.sum())
        found[rows, at] = np.log(average / np.maximum(count[field.code[left[rows]]], 2.0))
    return found


def learned(
    fields: Sequence[MatchField], levels: Levels, rare: Floats, random: Levels, step: float = 1.0
) -> Weights:
    """Learn the weights from candidate pairs, of which these are one in `step`, with the rarity of their values, and random pairs."""
    rows = len(fields[0].code)
    pairs = rows * (rows - 1) / 2
    random, count = np.unique(random, axis=0, return_counts=True)
    weights = _start(fields, random, count.astype(np.float64), pairs)
    for turn in range(_ROUNDS):
        if turn in _STRANGERS:
            one, _ = weights._against(random, np.zeros(random.shape))
            strange = count * (1 - sigmoid(one))
            tree = _tree(random, strange)
            weights = replace(weights, parent=tree, u=_tables(random, strange, tree))
        weights = _improved(weights, levels, rare, step / pairs)
    return weights


def _start(fields: Sequence[MatchField], random: Levels, count: Floats, pairs: float) -> Weights:
    own = np.array([field.kind in _OWN for field in fields], bool)
    tree, m = np.full(len(fields), -1), np.tile(_START_M, (len(fields), 1))
    u = _tables(random, count, tree)
    prior = min(0.1, len(fields[0].code) * 0.1 / pairs)
    return Weights(m, np.where(own[:, None], u[:, -1], m), u, tree, own, prior, prior)


def _improved(weights: Weights, levels: Levels, rare: Floats, share: float) -> Weights:
    """Return weights after one round; `share` is what one pair is of all pairs there are."""
    one, near = map(sigmoid, weights._against(levels, rare))
    fields = range(levels.shape[1])
    m = np.array([_shares(levels[:, at], one) for at in fields])
    other = np.array([_shares(levels[:, at], near) for at in fields])
    other = np.where(weights.own[:, None], weights.u[:, -1], other)
    priors = [float(np.clip(belief.sum() * share, share, 0.1)) for belief in (one, near)]
    return replace(weights, m=m, near=other, prior=priors[0], prior_near=priors[1])


def _shares(level: npt.NDArray[np.int8], weight: Floats) -> Floats:
    known = level >= 0
    count = np.bincount(level[known].astype(np.int64), weight[known], minlength=LEVELS) + 0.1
    return np.asarray(count / count.sum())


def _tables(random: Levels, weight: Floats, parents: Ints) -> Floats:
    """Return the probabilities of each field's levels by the level of its parent, drawn to the unconditional ones."""
    found = np.empty((len(parents), LEVELS + 1, LEVELS))
    for at, parent in enumerate(parents):
        plain = _shares(random[:, at], weight)
        found[at] = plain
        if parent >= 0:
            joint = _joint(random[:, parent], random[:, at], weight)
            shrunk = joint + _SHRUNK_TO * plain
            found[at, :LEVELS] = shrunk / shrunk.sum(axis=1, keepdims=True)
    return found


def _joint(one: npt.NDArray[np.int8], other: npt.NDArray[np.int8], weight: Floats) -> Floats:
    both = (one >= 0) & (other >= 0)
    packed = one[both].astype(np.int64) * LEVELS + other[both]
    counted = np.bincount(packed, weight[both], minlength=LEVELS**2).astype(np.float64)
    return counted.reshape(LEVELS, LEVELS)


def _tree(random: Levels, weight: Floats) -> Ints:
    """Return the parent of each field in the tree with the most mutual information; -1 for the first."""
    fields = random.shape[1]
    shared = np.array(
        [
            [_information(_joint(random[:, a], random[:, b], weight)) for b in range(fields)]
            for a in range(fields)
        ]
    )
    parent, reached = np.full(fields, -1), [0]
    while len(reached) < fields:
        left = [at for at in range(fields) if at not in reached]
        gain = shared[np.ix_(reached, left)]
        above, below = np.unravel_index(gain.argmax(), gain.shape)
        parent[left[below]] = reached[above]
        reached.append(left[below])
    return parent


def _information(joint: Floats) -> float:
    share = joint / max(1.0, joint.sum())
    expected = share.sum(axis=1, keepdims=True) * share.sum(axis=0, keepdims=True)
    seen = share > 0
    return float((share[seen] * np.log(share[seen] / expected[seen])).sum())


def random_pairs(rows: int, seed: int = 0) -> tuple[Ints, Ints]:
    """Return pairs of rows drawn at random; all where there are few."""
    if rows * (rows - 1) // 2 <= _RANDOM_PAIRS:
        left, right = np.triu_indices(rows, 1)
        return left, right
    rng = np.random.default_rng(seed)
    left, right = rng.integers(rows, size=(2, _RANDOM_PAIRS))
    differ = left != right
    return np.minimum(left, right)[differ], np.maximum(left, right)[differ]
