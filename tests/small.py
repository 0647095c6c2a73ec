"""Small projects and data sets that core tests train on in a second."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import yaml

from lead_ml.declare import MICROSECONDS_PER_DAY
from lead_ml.project.load import Project, load_project
from lead_ml.tables.dataset import Coded, Dataset, Events, Leads, Outcomes

DAY = MICROSECONDS_PER_DAY
START = 1_767_225_600_000_000  # 2026-01-01
FEATURES = """
from lead_ml import category, events, lead_age, number
GROUP = "fit"
FEATURES = [
    category("source", en="Source", zh="来源"),
    number("size", en="Size", zh="规模"),
    events(type="view").count("views", en="Views", zh="浏览"),
    lead_age(),
]
"""
WON = """
from lead_ml import ModelSpec, Won
SPEC = ModelSpec(name="conversion", target=Won(), groups=("fit",), monotone={"views": 1})
"""
COLUMN = """
from lead_ml import Column, ModelSpec
SPEC = ModelSpec(name="conversion", target=Column(column="converted"), groups=("fit",))
"""


def write_project(root: Path, model: str = WON, **params: Any) -> Project:
    """Write and load a project of four features and one model."""
    for folder, name, text in (("features", "all.py", FEATURES), ("models", "conversion.py", model)):
        (root / folder).mkdir(parents=True, exist_ok=True)
        (root / folder / name).write_text(text, encoding="utf-8")
    content: dict[str, Any] = {
        "project": "small",
        "data": {"leads": {"path": "leads.csv"}},
        "known_at": {"size": "creation"},
        "threads": 1,
        "evaluation": {"bootstrap": 50},
        "split": {"folds": 2, "test_share": 0.3},
        "snapshots": {"ages_days": [3]},
        "conversion": {
            "horizon_days": 10,
            "lightgbm": {"rounds": 10, "min_data_in_leaf": 5},
            "scorecard": {"base_rate": 0.2, "rules": [{"feature": "source", "values": ["web"], "points": 5}]},
        },
        **params,
    }
    (root / "params.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    return load_project(root)


def draw(
    leads: int = 400, seed: int = 5, rate: float = 0.3, *, column: bool = False, dated: bool = True
) -> Dataset:
    """Draw leads over 200 days that win more often from the web and when they are large."""
    rng = np.random.default_rng(seed)
    created = START + np.sort(rng.integers(0, 200 * 24, leads)) * (DAY // 24)
    web, size = rng.random(leads) < 0.5, rng.integers(1, 100, leads)
    logit = np.log(rate / (1 - rate)) + np.where(web, 1.0, -1.0) + (size - 50) / 40
    won = rng.random(leads) < 1 / (1 + np.exp(-logit))
    columns = {
        "source": Coded.of(["web" if is_web else "fair" for is_web in web]),
        "size": Coded.of([str(value) for value in size]),
    }
    ids = tuple(f"L{k:04d}" for k in range(leads))
    if column:
        columns["converted"] = Coded.of(["Yes" if is_won else "no" for is_won in won])
        table = Leads(ids, created if dated else None, columns)
        return Dataset(table, until=int(created.max()) + DAY if dated else 0)
    return Dataset(
        Leads(ids, created, columns), views(rng, created), wins(created, won, rng), int(created.max()) + DAY
    )


def views(rng: np.random.Generator, created: np.ndarray) -> Events:
    lead = rng.integers(0, len(created), 3 * len(created))
    at = created[lead] + rng.integers(0, 5 * 24, len(lead)) * (DAY // 24)
    return Events(lead, at, at, {"type": Coded.of(["view"] * len(lead))}, np.full(len(lead), np.nan))


def wins(created: np.ndarray, won: np.ndarray, rng: np.random.Generator) -> Outcomes:
    lead = np.flatnonzero(won)
    at = created[lead] + rng.integers(1, 8 * 24, len(lead)) * (DAY // 24)
    return outcomes_of(lead, at, at, ["won"] * len(lead))


def outcomes_of(
    lead: Any, occurred: Any, known: Any, stage: list[str], reason: list[str | None] | None = None
) -> Outcomes:
    """Build an outcomes table from plain lists."""
    columns = {"stage": Coded.of(stage), **({"reason": Coded.of(reason)} if reason else {})}
    n = len(stage)
    return Outcomes(
        np.asarray(lead, dtype=np.int64),
        np.asarray(occurred, dtype=np.int64),
        np.asarray(known, dtype=np.int64),
        columns,
        np.full(n, np.nan),
    )
