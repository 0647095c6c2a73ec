"""Small worlds whose truth is known: the chance to win follows a sum of views that lose half their weight in a known time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import yaml

from lead_ml.project.load import Project, load_project
from lead_ml.tables.dataset import Coded, Dataset, Events, Leads, Outcomes

DAY = 86_400_000_000
START = 1_767_225_600_000_000  # 2026-01-01
FEATURES = """
from lead_ml import lead_age
GROUP = "fit"
FEATURES = [lead_age()]
"""
MODEL = """
from lead_ml import ModelSpec, Won
SPEC = ModelSpec(name="conversion", target=Won(), groups=("fit",))
"""
STEP = 0.25  # days
LIVES = 70.0  # days during which a lead is active
RATE = 0.15  # events a day


def write_project(root: Path, **params: Any) -> Project:
    """Write and load a project whose snapshots are few, so that a world takes a fraction of a second."""
    for folder, name, text in (("features", "all.py", FEATURES), ("models", "conversion.py", MODEL)):
        (root / folder).mkdir(parents=True, exist_ok=True)
        (root / folder / name).write_text(text, encoding="utf-8")
    content: dict[str, Any] = {
        "project": "small",
        "synthetic": True,
        "data": {"leads": {"path": "leads.csv"}, "events": {"path": "e.csv"}, "outcomes": {"path": "o.csv"}},
        "evaluation": {"bootstrap": 50},
        "split": {"folds": 2, "test_share": 0.25},
        "snapshots": {"ages_days": [7, 14, 28, 42, 56]},
        "conversion": {"horizon_days": 14},
        **params,
    }
    (root / "params.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    return load_project(root)


def draw(
    seed: int, *, leads: int = 1_500, half_life: float = 7.0, effect: float = 0.005, floor: float = 0.002
) -> Dataset:
    """Draw a world: each day a lead wins with chance ``floor + effect * sum 2^(-age / half_life)`` over its views.

    ``noise`` events come at the same rate and change nothing. Both end when the lead has won.
    """
    rng = np.random.default_rng(seed)
    created = START + np.sort(rng.integers(0, 150 * 24, leads)) * (DAY // 24)
    steps = int((LIVES + 14) / STEP)
    drawn = {kind: _poisson(rng, leads) for kind in ("view", "noise")}
    won = _wins(rng, drawn["view"], leads, steps, half_life, effect, floor)
    who, at, kinds = [], [], []
    for kind, (lead, age) in drawn.items():
        open_ = age < won[lead]
        who.append(lead[open_])
        at.append(age[open_])
        kinds += [kind] * int(open_.sum())
    return _dataset(created, np.concatenate(who), np.concatenate(at), kinds, won)


def _poisson(rng: np.random.Generator, leads: int) -> tuple[np.ndarray, np.ndarray]:
    lead = np.repeat(np.arange(leads), rng.poisson(RATE * LIVES, leads))
    return lead, rng.random(len(lead)) * LIVES


def _wins(
    rng: np.random.Generator,
    views: tuple[np.ndarray, np.ndarray],
    leads: int,
    steps: int,
    half_life: float,
    effect: float,
    floor: float,
) -> np.ndarray:
    """Return the age in days at which each lead wins, infinite for never within the steps."""
    lead, age = views
    step = (age / STEP).astype(np.int64)
    arrived = np.zeros((steps, leads))
    np.add.at(arrived, (step, lead), 1.0)
    keep = 0.5 ** (STEP / half_life) if np.isfinite(half_life) else 1.0
    weight, won = np.zeros(leads), np.full(leads, np.inf)
    for k in range(steps):
        chance = 1 - np.exp(-STEP * (floor + effect * weight))
        hit = (rng.random(leads) < chance) & np.isinf(won)
        won[hit] = (k + rng.random(int(hit.sum()))) * STEP
        weight = weight * keep + arrived[k]
    return won


def _dataset(
    created: np.ndarray, lead: np.ndarray, age: np.ndarray, kinds: list[str], won: np.ndarray
) -> Dataset:
    at = created[lead] + (age * DAY).astype(np.int64)
    winners = np.flatnonzero(np.isfinite(won))
    closed = created[winners] + (won[winners] * DAY).astype(np.int64)
    until = int(created.max()) + 85 * DAY
    return Dataset(
        Leads(tuple(f"L{k:05d}" for k in range(len(created))), created, {}),
        Events(lead, at, at, {"type": Coded.of(kinds)}, np.full(len(lead), np.nan)),
        Outcomes(
            winners,
            closed,
            closed,
            {"stage": Coded.of(["won"] * len(winners))},
            np.full(len(winners), np.nan),
        ),
        until,
    )
