"""When leads arrive and from which source: volume, seasonality and the drift of channels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from lead_ml.demo.people import Flags, Objects, one_of
from lead_ml.demo.vocabulary import vocabulary
from lead_ml.tables.dataset import Floats, Indices, Instants

SECOND = 1_000_000
DAY = 86_400 * SECOND
_WEEKDAY = np.array([1.15, 1.2, 1.15, 1.1, 0.95, 0.35, 0.3])
_GROWTH = 0.4  # growth of the leads per day from the start to the end
_SEASON = 0.2


@dataclass(frozen=True)
class Newcomers:
    """What decides where leads come from, one entry per lead; ``burst`` is the first row of a burst of a bot, or -1."""

    created_at: Instants
    chinese: Flags
    fake: Flags
    burst: Indices


@dataclass(frozen=True)
class Arrivals:
    """Source columns of the leads, and the effect of the source on the logit at that time."""

    columns: Mapping[str, Objects]
    effect: Floats


def draw_instants(rng: np.random.Generator, size: int, start: int, days: int, drift: float) -> Instants:
    """Draw times of creation, microseconds UTC in whole seconds, more of them on working days and in working hours."""
    day = np.arange(days)
    first_weekday = int((start // DAY + 3) % 7)
    volume = _WEEKDAY[(day + first_weekday) % 7] * (1 + drift * _GROWTH * day / days)
    volume = volume * (1 + drift * _SEASON * np.sin(2 * np.pi * day / 365.25))
    chosen = rng.choice(days, size, p=volume / volume.sum())
    hour = rng.choice([3.0, 8.5, 15.5], size, p=[0.4, 0.3, 0.3]) + rng.normal(0, 2.2, size)
    return start + chosen * DAY + np.round((hour % 24) * 3600).astype(np.int64) * SECOND


def draw_arrivals(rng: np.random.Generator, newcomers: Newcomers, days: int, drift: float) -> Arrivals:
    """Draw the source of every lead; shares and quality move over the history, the quality of ads also with the season.

    Fake leads prefer some sources; all leads of a burst share one source.
    """
    created_at, burst = newcomers.created_at, newcomers.burst
    passed = (created_at - created_at.min()) / (days * DAY)
    row = _rows(rng, drift * passed, newcomers.chinese, newcomers.fake)
    row = np.where(burst >= 0, row[np.maximum(burst, 0)], row)
    begin, end, swing, price, _ = np.array([source[5:] for source in vocabulary().sources])[row].T
    source, channel = (
        np.array([item[at] for item in vocabulary().sources], dtype=object)[row] for at in (0, 1)
    )
    quarter = (4 * passed * days / 365.25).astype(np.int64) + 1
    names = zip(source, one_of(rng, vocabulary().campaigns, len(row)), quarter, strict=True)
    cost = np.round(price * rng.lognormal(-0.08, 0.4, len(row)), 2)
    columns = {
        "source": source,
        "campaign": np.array([f"{name}_{theme}_q{number}" for name, theme, number in names], dtype=object),
        "channel": channel,
        "cost": np.array([f"{value:g}" for value in cost], dtype=object),
    }
    year = np.sin(2 * np.pi * passed * days / 365.25)
    return Arrivals(columns, begin + drift * ((end - begin) * passed + swing * year))


def _rows(rng: np.random.Generator, passed: Floats, chinese: Flags, fake: Flags) -> Indices:
    at_home, abroad, growth, pull = (
        np.array([source[at] for source in vocabulary().sources]) for at in (2, 3, 4, 9)
    )
    share = np.where(chinese[:, None], at_home, abroad) * (1 + (growth - 1) * passed[:, None])
    cumulated = np.cumsum(share * np.where(fake[:, None], pull, 1.0), axis=1)
    return np.asarray((rng.random(len(passed))[:, None] * cumulated[:, -1:] > cumulated).sum(axis=1))
