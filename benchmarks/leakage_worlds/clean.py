"""A table of leads whose columns are all known at creation, with an outcome drawn from some of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

DAY = 86_400_000_000
START = 1_672_531_200_000_000  # 2023-01-01
RATES, AREAS = (0.04, 0.1, 0.2, 0.38), (0.65, 0.75, 0.85)
_WORDS = (
    "need",
    "offer",
    "call",
    "me",
    "price",
    "please",
    "product",
    "team",
    "hello",
    "we",
    "plan",
    "start",
    "soon",
)


@dataclass(frozen=True)
class World:
    """Leads with an outcome: ``y`` (leads,), ``logit`` (leads,) the truth, and columns of texts; ``created`` in microseconds.

    ``planted`` are the names of the columns that know the outcome, ``ids`` the numbers of the leads where they matter;
    ``needs_dates`` where a leak shows only beside the date of creation.
    """

    rng: np.random.Generator
    y: Any
    logit: Any
    created: Any
    columns: Mapping[str, list[str | None]]
    planted: tuple[str, ...] = ()
    ids: Any = None
    needs_dates: bool = False

    def __len__(self) -> int:
        return len(self.y)

    def having(self, **columns: Any) -> World:
        """Return the world with leaks planted in it."""
        texts = {name: as_texts(values) for name, values in columns.items()}
        return replace(self, columns={**self.columns, **texts}, planted=(*self.planted, *texts))


def as_texts(values: Any) -> list[str | None]:
    return [
        None if v is None else f"{v:.6g}" if isinstance(v, float) else str(v)
        for v in np.asarray(values).tolist()
    ]


def clean_world(seed: int, leads: int = 4_000) -> World:
    """Draw a world: its rate of wins and the AUC of the truth depend on the seed."""
    rng = np.random.default_rng(seed)
    rate, area = RATES[seed % len(RATES)], AREAS[seed // len(RATES) % len(AREAS)]
    columns, signals = _honest(rng, leads)
    weights = rng.dirichlet(np.full(len(signals), 1.5))
    raw = np.column_stack([(s - s.mean()) / max(1e-9, s.std()) for s in signals]) @ np.sqrt(weights)
    logit = _scaled(raw / raw.std(), rate, area)
    y = rng.random(leads) < 1 / (1 + np.exp(-logit))
    created = START + np.sort(rng.integers(0, 500 * 86_400, leads)) * 1_000_000
    texts = {name: as_texts(values) for name, values in columns.items()}
    return World(rng, y, logit, created, texts)


def _scaled(raw: Any, rate: float, area: float) -> Any:
    """Scale a standardized score so that its probabilities have the rate and about the AUC."""
    slope = {0.65: 0.56, 0.75: 1.05, 0.85: 1.75}[area]
    low, high = -15.0, 15.0
    for _ in range(60):
        middle = (low + high) / 2
        mean = (1 / (1 + np.exp(-(middle + slope * raw)))).mean()
        low, high = (middle, high) if mean < rate else (low, middle)
    return low + slope * raw


def _honest(rng: np.random.Generator, n: int) -> tuple[dict[str, Any], list[Any]]:
    """Return honest columns of every kind, and the numbers behind those that the outcome depends on."""
    columns: dict[str, Any] = {}
    signals: list[Any] = []
    habit = rng.normal(size=n)
    for k in range(3):  # numbers that repeat each other
        number = habit + 0.6 * rng.normal(size=n)
        columns[f"usage_{k}"] = np.round(np.exp(number), 2)
        signals.append(number)
    for name, levels in (("source", 9), ("campaign", 25), ("industry", 12), ("country", 6)):
        share = rng.dirichlet(np.full(levels, 0.8))
        code = rng.choice(levels, n, p=share)
        columns[name] = np.array([f"{name[:3]}{k}" for k in range(levels)])[code]
        signals.append(rng.normal(size=levels)[code])
    size = rng.integers(0, 5, n)
    columns["company_size"] = np.array(["1-10", "11-50", "51-200", "201-1000", "1001+"])[size]
    signals.append(size.astype(float))
    for name, share in (("demo_asked", 0.1), ("referred", 0.03), ("consent", 0.6)):
        flag = rng.random(n) < share
        columns[name] = np.where(flag, "yes", "no")
        signals.append(flag * 1.0 / np.sqrt(share * (1 - share)) ** 0.5)
    for name, share in (("phone_given", 0.7), ("budget", 0.4)):  # blanks that lean with the need
        lean = rng.normal(size=n)
        filled = rng.random(n) < 1 / (1 + np.exp(-(np.log(share / (1 - share)) + lean)))
        columns[name] = np.where(filled, np.round(rng.lognormal(5, 1, n)).astype(int).astype(str), None)
        signals.append(lean)
    for k in range(7):
        columns[f"field_{k}"] = np.round(rng.normal(size=n) * 10, 2)
    for k in range(5):
        levels = int(rng.integers(2, 30))
        columns[f"choice_{k}"] = np.array([f"v{j}" for j in range(levels)])[rng.integers(0, levels, n)]
    columns["born"] = np.datetime_as_string(
        np.datetime64("1960-01-01") + rng.integers(0, 15_000, n), unit="D"
    )
    words = np.array(_WORDS)
    columns["message"] = [
        " ".join(words[rng.integers(0, len(words), rng.integers(3, 9))]) if rng.random() < 0.5 else None
        for _ in range(n)
    ]
    return columns, signals
