"""Figures of a synthetic world, computed independently of the engine."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import combinations
from pathlib import Path

import numpy as np
from scipy.stats import rankdata

from lead_ml.asof.join import attribute
from lead_ml.asof.labels import Spine
from lead_ml.declare import Attribute
from lead_ml.demo import SynthWorld, true_probability
from lead_ml.project.load import Project
from lead_ml.project.params import PointsRule
from lead_ml.tables.dataset import Dataset

DAY = 86_400_000_000
MINUTE = 60_000_000
HORIZON = 60 * DAY
ROOT = Path(__file__).parents[2]


def texts(world: SynthWorld, column: str) -> np.ndarray:
    return np.array(world.data.leads.columns[column].values(), dtype=object)


def auc(label: np.ndarray, score: np.ndarray) -> float:
    ranks = rankdata(score)
    positive = int(label.sum())
    return float((ranks[label].sum() - positive * (positive + 1) / 2) / (positive * (len(label) - positive)))


def auc_interval(label: np.ndarray, score: np.ndarray) -> tuple[float, float]:
    """Return the 95% interval after Hanley and McNeil (1982)."""
    a, pos, neg = auc(label, score), label.sum(), (~label).sum()
    q1, q2 = a / (2 - a), 2 * a * a / (1 + a)
    error = np.sqrt((a * (1 - a) + (pos - 1) * (q1 - a * a) + (neg - 1) * (q2 - a * a)) / (pos * neg))
    return a - 1.96 * error, a + 1.96 * error


def created(world: SynthWorld) -> np.ndarray:
    assert world.data.leads.created_at is not None
    return world.data.leads.created_at


def won_within(world: SynthWorld, as_of: np.ndarray) -> np.ndarray:
    outcomes = world.data.outcomes
    assert outcomes is not None
    won_at = np.full(len(world.data.leads), np.iinfo(np.int64).max)
    stage = np.array(outcomes.columns["stage"].values())
    won_at[outcomes.lead[stage == "won"]] = outcomes.occurred_at[stage == "won"]
    return (won_at > as_of) & (won_at <= as_of + HORIZON)


def settled(world: SynthWorld) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return rows of the leads mature at settle (with a month for late records), their truth and their labels."""
    as_of = created(world) + MINUTE
    rows = np.flatnonzero(as_of + HORIZON + 30 * DAY <= world.data.until)
    return rows, true_probability(world, rows, as_of[rows], HORIZON), won_within(world, as_of)[rows]


def at_creation(data: Dataset) -> Spine:
    """Return one snapshot of every lead."""
    assert data.leads.created_at is not None
    return Spine(np.arange(len(data.leads)), data.leads.created_at)


def points(rules: tuple[PointsRule, ...], project: Project, data: Dataset) -> np.ndarray:
    """Add up the rules over attributes of the leads, independently of the engine's scorecard."""
    declared = {item.name: item for item in project.declarations}
    total = np.zeros(len(data.leads))
    for rule in rules:
        item = declared[rule.feature]
        if not isinstance(item, Attribute):
            continue
        column = attribute(item, data, at_creation(data))
        if rule.values:
            hit = np.isin(np.array(column.values(), dtype=object), rule.values)
        else:
            hit = (column >= (-np.inf if rule.at_least is None else rule.at_least)) & (
                column < (np.inf if rule.below is None else rule.below)
            )
        total += np.where(hit, rule.points, 0.0)
    return total


def pairs(keys: Iterable[object]) -> set[tuple[int, int]]:
    """Return the pairs of rows with the same key; None is no key."""
    rows: dict[object, list[int]] = defaultdict(list)
    for row, key in enumerate(keys):
        if key is not None:
            rows[key].append(row)
    return {pair for members in rows.values() for pair in combinations(members, 2)}
