"""Weights of evidence of the values of a customer profile, and how far a lead agrees with it.

A value has ``20 log10((wins + a) / (expected + a))`` points, expected at the rate of all leads; 6 points double its share
among converted leads. `a`, in wins, draws values with few leads towards 0 (Norén, Hopstadius and Bate, *Statistical Methods
in Medical Research* 22, 2013): the strength of the beta prior around the overall rate under which the counts of the column
are likeliest (beta-binomial, Griffiths, *Biometrics* 29, 1973), at least one win; large where values differ by chance.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import msgspec
import numpy as np

from lead_ml.asof.encode import RARE_BELOW
from lead_ml.asof.matrix import RawColumns
from lead_ml.declare import MISSING, Attribute, Declaration, Profile, part_name
from lead_ml.model.calibration import folds_of
from lead_ml.tables.dataset import Coded, Floats, Indices

FOLDS = 5
_STRENGTHS: tuple[float, ...] = tuple(2.0 ** (k / 2) for k in range(31))  # 1 to 32,768 wins
BY_CHANCE = _STRENGTHS[-1]

ByHand = Mapping[str, Mapping[str, float]]


class WeightOfEvidence(msgspec.Struct, frozen=True):
    """One value: its points, its leads, those of them that converted, and whether ``params.yaml`` sets the points."""

    points: float
    leads: int = 0
    wins: int = 0
    by_hand: bool = False


class ColumnProfile(msgspec.Struct, frozen=True):
    """One column: weight of evidence by value, ``(missing)`` without one; ``strength`` is `a` of the formula, in wins.

    Values of fewer than ten leads have no entry: they count 0, and a rare one could point at a person.
    """

    name: str
    strength: float
    values: dict[str, WeightOfEvidence]


class LearnedProfile(msgspec.Struct, frozen=True):
    """A profile with the leads and wins that it was learned from, a lead counted once, at its first snapshot."""

    leads: int
    wins: int
    columns: tuple[ColumnProfile, ...]


def learn(item: Profile, raw: RawColumns, lead: Indices, y: Floats, by_hand: ByHand) -> LearnedProfile:
    """Learn a profile from the first row of each lead in a fit window; `by_hand` are points that replace the learned ones."""
    first = np.unique(lead, return_index=True)[1]
    won = y[first] > 0
    columns = (
        _column(operand, _coded(operand, raw[part_name(item, operand)]).take(first), won, by_hand)
        for operand in item.of
    )
    return LearnedProfile(len(first), int(won.sum()), tuple(columns))


def out_of_fold(
    item: Profile, raw: RawColumns, lead: Indices, group: Indices, y: Floats, by_hand: ByHand, seed: int
) -> Floats:
    """Return the agreement of each fit row by a profile of other folds of `group` (rows,): none has seen its outcome."""
    fold = folds_of(group, FOLDS, seed)
    points = np.zeros(len(lead))
    for k in range(FOLDS):
        inside, outside = np.flatnonzero(fold == k), np.flatnonzero(fold != k)
        others = learn(item, _rows(item, raw, outside), lead[outside], y[outside], by_hand)
        points[inside] = agreement(item, others, _rows(item, raw, inside))
    return points


def agreement(item: Profile, learned: LearnedProfile, raw: RawColumns) -> Floats:
    """Return the points (rows,) of leads: one lead gets the same bits alone and among others."""
    parts = [_coded(operand, raw[part_name(item, operand)]) for operand in item.of]
    total = np.zeros(len(parts[0]))
    for column, part in zip(learned.columns, parts, strict=True):
        total += _points(column, part.levels)[part.codes]
    return total


def _points(column: ColumnProfile, levels: Sequence[str]) -> Floats:
    nothing = WeightOfEvidence(0.0)
    found = [column.values.get(level, nothing).points for level in levels]
    return np.array([*found, column.values.get(MISSING, nothing).points])


def _rows(item: Profile, raw: RawColumns, rows: Indices) -> RawColumns:
    names = [part_name(item, operand) for operand in item.of]
    return {name: c.take(rows) if isinstance(c := raw[name], Coded) else c[rows] for name in names}


def _coded(operand: Declaration, column: Coded | Floats) -> Coded:
    """Return the column as text; the numbers of an ordinal are places among its levels."""
    if isinstance(column, Coded):
        return column
    assert isinstance(operand, Attribute)
    return Coded(np.where(np.isnan(column), -1, column).astype(np.int32), operand.levels)


def _column(operand: Declaration, column: Coded, won: np.ndarray, by_hand: ByHand) -> ColumnProfile:
    size = len(column.levels)
    codes = np.where(column.codes < 0, size, column.codes)
    leads = np.bincount(codes, minlength=size + 1).tolist()
    wins = np.bincount(codes[won], minlength=size + 1).tolist()
    counts = {
        value: (k, n)
        for value, k, n in sorted(zip((*column.levels, MISSING), wins, leads, strict=True))
        if n >= RARE_BELOW
    }
    rate = float(won.mean()) if len(won) else 0.0
    strength = _strength(list(counts.values()), rate)
    found = {
        value: WeightOfEvidence(round(_points_of(k, n, rate, strength), 3), n, k)
        for value, (k, n) in counts.items()
    }
    for value, points in by_hand.get(operand.name, {}).items():
        known = found.get(value, WeightOfEvidence(0.0))
        found[value] = WeightOfEvidence(points, known.leads, known.wins, True)
    return ColumnProfile(operand.name, strength, found)


def _points_of(wins: int, leads: int, rate: float, strength: float) -> float:
    if not 0 < rate < 1:
        return 0.0
    return 20.0 * math.log10((wins + strength) / (rate * leads + strength))


def _strength(counts: Sequence[tuple[int, int]], rate: float) -> float:
    """Return the prior strength, in wins, under which wins and leads per value are likeliest; of equals the largest."""
    if not 0 < rate < 1:
        return BY_CHANCE
    return max(_STRENGTHS, key=lambda a: (_likelihood(counts, a, a * (1 - rate) / rate), a))


def _likelihood(counts: Sequence[tuple[int, int]], a: float, b: float) -> float:
    """Return the beta-binomial log-likelihood of wins and leads, without the terms that do not depend on a and b."""
    prior = math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
    parts = (math.lgamma(k + a) + math.lgamma(n - k + b) - math.lgamma(n + a + b) for k, n in counts)
    return math.fsum(part - prior for part in parts)
