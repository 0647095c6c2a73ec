"""A change of a rate split into the channel itself, its mix of leads, and its fakes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lead_ml.lead_data.channels.change import FAKE, Split, split_change
from lead_ml.tables.dataset import Coded


def drawn(
    before: dict[str, tuple[int, float]],
    after: dict[str, tuple[int, float]],
    seed: int = 1,
    *,
    exact: bool = False,
) -> tuple[np.ndarray, np.ndarray, Coded]:
    """Draw leads of strata, each with so many leads and a rate, before and after."""
    rng, won, late, names = np.random.default_rng(seed), [], [], []
    for is_late, strata in ((False, before), (True, after)):
        for name, (leads, rate) in strata.items():
            wins = np.arange(leads) < round(leads * rate) if exact else rng.random(leads) < rate
            won.append(wins)
            late += [is_late] * leads
            names += [name] * leads
    return np.concatenate(won), np.array(late), Coded.of(names)


def split(*drawing: object, **columns: Coded) -> Split:
    won, late, strata = drawing
    return split_change(won, late, {"campaign": strata, **columns}, 0.9)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(30, 300), st.booleans())
def test_the_parts_add_up_to_the_change_of_the_rate(seed: int, leads: int, fakes: bool) -> None:
    rng = np.random.default_rng(seed)
    won, late = rng.random(leads) < 0.3, np.arange(leads) >= leads // 2
    columns = {"a": Coded.of(list(rng.choice(["x", "y", "z"], leads))), "b": Coded.of([None] * leads)}
    if fakes:
        columns[FAKE] = Coded.of(list(rng.choice(["no", "yes"], leads)))
    found = split_change(won, late, columns, 0.9)
    total = won[late].mean() - won[~late].mean()
    parts = found.itself.value + found.mix.value + (found.fakes.value if found.fakes else 0.0)
    assert found.total.value == pytest.approx(total, abs=1e-9)
    assert parts == pytest.approx(total, abs=1e-9)
    assert sum(item.part for item in found.columns) == pytest.approx(found.mix.value, abs=1e-9)


@settings(max_examples=10, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_of_the_leads_does_not_matter(random) -> None:
    won, late, strata = drawn({"a": (100, 0.3), "b": (80, 0.1)}, {"a": (60, 0.2), "b": (90, 0.1)})
    order = list(range(len(won)))
    random.shuffle(order)
    plain = split(won, late, strata)
    mixed = split(won[order], late[order], Coded.of([strata.values()[k] for k in order]))
    assert mixed.itself.value == pytest.approx(plain.itself.value, abs=1e-9)
    assert mixed.mix.upper == pytest.approx(plain.mix.upper, abs=1e-9)


def test_a_fall_at_equal_mix_is_the_channel_itself() -> None:
    found = split(
        *drawn({"a": (600, 0.2), "b": (400, 0.1)}, {"a": (600, 0.08), "b": (400, 0.04)}, exact=True)
    )
    assert found.itself.value == pytest.approx(-0.096, abs=0.002)
    assert found.mix.value == pytest.approx(0.0, abs=0.002)
    assert found.cause == "itself"


def test_a_fall_with_equal_rates_in_every_stratum_is_its_mix() -> None:
    found = split(
        *drawn({"a": (900, 0.2), "b": (100, 0.02)}, {"a": (150, 0.2), "b": (850, 0.02)}, exact=True)
    )
    assert found.total.value == pytest.approx(-0.135, abs=0.001)
    assert found.mix.value == pytest.approx(-0.135, rel=0.15)
    assert found.cause == "mix"
    assert found.columns[0].value in ("a", "b")
    assert {found.columns[0].share_before, found.columns[0].share_after} <= {0.9, 0.15, 0.1, 0.85}


def test_with_differences_alike_in_both_strata_it_is_kitagawas_decomposition() -> None:
    before, after = {"a": (7_000, 0.20), "b": (3_000, 0.10)}, {"a": (4_000, 0.17), "b": (6_000, 0.07)}
    found = split(*drawn(before, after, exact=True))
    itself = 0.5 * (0.7 + 0.4) * (0.17 - 0.20) + 0.5 * (0.3 + 0.6) * (0.07 - 0.10)
    mix = (0.4 - 0.7) * 0.5 * (0.20 + 0.17) + (0.6 - 0.3) * 0.5 * (0.10 + 0.07)
    assert found.itself.value == pytest.approx(itself, abs=0.001)
    assert found.mix.value == pytest.approx(mix, abs=0.001)


def test_more_fakes_are_a_part_of_their_own() -> None:
    won, late, strata = drawn(
        {"real": (900, 0.2), "fake": (100, 0.0)}, {"real": (400, 0.2), "fake": (600, 0.0)}
    )
    found = split_change(won, late, {FAKE: strata.map(lambda name: "yes" if name == "fake" else "no")}, 0.9)
    assert found.cause == "fakes"
    assert found.mix.value == 0


def test_campaigns_that_are_all_new_explain_nothing_by_their_names() -> None:
    found = split(*drawn({"q1": (500, 0.2)}, {"q2": (500, 0.08)}, exact=True))
    assert found.itself.value == pytest.approx(-0.12, abs=0.03)
    assert found.cause == "itself"


def test_a_change_within_chance_has_no_cause() -> None:
    found = split(*drawn({"a": (60, 0.2), "b": (60, 0.1)}, {"a": (60, 0.19), "b": (60, 0.1)}, seed=4))
    assert found.cause == "unclear"


@pytest.mark.slow
def test_the_intervals_of_both_parts_hold_the_truth() -> None:
    before, after = {"a": (400, 0.20), "b": (200, 0.05)}, {"a": (250, 0.15), "b": (350, 0.0375)}
    worlds = [split(*drawn(before, after, seed=seed)) for seed in range(300)]
    itself = np.mean([w.itself.lower <= -0.0338 <= w.itself.upper for w in worlds])
    total = np.mean([w.total.lower <= -0.0657 <= w.total.upper for w in worlds])
    assert 0.84 <= itself <= 0.95
    assert 0.84 <= total <= 0.95
