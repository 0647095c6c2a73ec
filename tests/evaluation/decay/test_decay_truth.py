"""On worlds whose half-life is known: the interval holds it, and what has no effect is not identified."""

from __future__ import annotations

from typing import Any

import decay_world
import numpy as np
import pytest

from lead_ml.evaluation.decay import DecaySettings, HalfLife, frequent_types, learn
from lead_ml.evaluation.split import groups_of
from lead_ml.workflows.decay import cut_of, sample_of

pytestmark = pytest.mark.slow
GRID = tuple(float(days) for days in np.geomspace(0.25, 256, 11))
WORLDS = 40


def learned(project: Any, seed: int, **truth: float) -> tuple[HalfLife, HalfLife]:
    """Return what is learned of views and of noise."""
    data = decay_world.draw(seed, **truth)
    groups = groups_of(data.leads)
    cut = cut_of(project, data, groups)
    types, _ = frequent_types(data, cut, 20)
    sample, _ = sample_of(project, data, groups, cut)
    options = project.params.evaluation
    views, noise = learn(sample, types, DecaySettings(options, 7, GRID), wanted=("view", "noise"))
    return views, noise


@pytest.fixture(scope="module")
def worlds(small: Any) -> list[tuple[HalfLife, HalfLife]]:
    return [learned(small, seed, half_life=7.0, effect=0.012, floor=0.001) for seed in range(WORLDS)]


def holds(found: HalfLife, days: float) -> bool:
    return (found.lower or 0.0) <= days <= (found.upper or np.inf)


def test_the_interval_holds_the_true_half_life(worlds: Any) -> None:
    assert 0.82 <= np.mean([holds(views, 7.0) for views, _ in worlds]) <= 0.99


def test_the_interval_is_of_use(worlds: Any) -> None:
    closed = [views for views, _ in worlds if views.lower is not None and views.upper is not None]
    assert len(closed) > 0.6 * WORLDS
    assert np.median([views.upper / views.lower for views in closed]) < 10
    assert 5 < np.median([views.days for views in closed]) < 10


def test_what_has_no_effect_is_not_identified(worlds: Any) -> None:
    assert np.mean([noise.verdict != "identified" for _, noise in worlds]) >= 0.85
    assert np.mean([noise.days is None for _, noise in worlds]) >= 0.85


def test_views_raise_the_odds_and_fade(worlds: Any) -> None:
    assert all(views.verdict == "identified" and views.raises for views, _ in worlds)
    assert np.mean([views.upper is not None for views, _ in worlds]) > 0.6


def test_the_learnt_half_life_beats_the_rules_that_are_wrong(worlds: Any) -> None:
    gains = {rule: [] for rule in ("no decay", "active in 30 d", "half-life 90 d")}
    saved = {rule: [] for rule in gains}
    for views, _ in worlds:
        for other in views.against:
            gains[other.rule].append(other.gain)
            saved[other.rule].append(other.forward.value)
    for rule, gained in gains.items():
        assert np.mean(gained) > 1, rule
        assert np.mean(saved[rule]) > 0, rule


def test_where_nothing_fades_no_end_is_claimed(small: Any) -> None:
    found = [learned(small, seed, half_life=np.inf, effect=0.002, floor=0.0005)[0] for seed in range(10)]
    assert sum(views.upper is None for views in found) >= 9
    assert all(views.lower > 3 for views in found if views.verdict == "identified")
    assert all("fades slowly if at all" in v.words for v in found if v.upper is None and v.lower)


def test_what_fades_within_hours_has_no_lower_end_or_a_low_one(small: Any) -> None:
    found = [learned(small, seed, half_life=0.5, effect=0.08, floor=0.001)[0] for seed in range(6)]
    for views in found:
        if views.verdict == "identified":
            assert (views.lower or 0) < 1.5
