"""What a value is worth: the formula, the shrinkage, one vote a lead, and nobody's own outcome."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy.special import betaln

from lead_ml.declare import MISSING, category, ideal_customer, ordinal, part_name, validated
from lead_ml.model.icp import BY_CHANCE, agreement, learn, out_of_fold
from lead_ml.tables.dataset import Coded

W = {"en": "x", "zh": "x", "group": "fit"}
SIZES = ("small", "large")
*_, ICP = validated(
    [
        category("source", **W),
        ordinal("size", SIZES, **W),
        ideal_customer("icp", of=("source", "size"), **W),
    ]
)
SOURCE, SIZE = (part_name(ICP, part) for part in ICP.of)


def raw_of(source: list[str | None], size: list[float] | None = None) -> dict[str, Any]:
    return {SOURCE: Coded.of(source), SIZE: np.array(size or [np.nan] * len(source))}


def drawn(n: int = 2_000, seed: int = 1) -> tuple[dict[str, Any], np.ndarray, np.ndarray]:
    """Leads of four sources of rates from 2 to 30%, one row each."""
    rng = np.random.default_rng(seed)
    candidate = rng.integers(0, 4, n)
    y = (rng.random(n) < np.array([0.02, 0.1, 0.1, 0.3])[candidate]).astype(float)
    return raw_of([("a", "b", "c", "d")[k] for k in candidate], rng.integers(0, 2, n).astype(float).tolist()), y, np.arange(n)  # fmt: skip


def test_points_are_the_shrunk_ratio_of_shares() -> None:
    raw, y, lead = drawn()
    column = learn(ICP, raw, lead, y, {}).columns[0]
    for value, worth in column.values.items():
        held = np.array([text == value for text in raw[SOURCE].values()])
        assert (worth.leads, worth.wins) == (held.sum(), y[held].sum())
        expected, a = y.mean() * held.sum(), column.strength
        assert worth.points == round(20 * math.log10((y[held].sum() + a) / (expected + a)), 3)


def test_twice_as_common_among_many_winners_is_worth_six_points() -> None:
    n = 100_000
    source = ["a"] * (n // 4) + ["b"] * (n - n // 4)
    y = np.zeros(n)
    y[: n // 10] = 1  # half of the wins among a quarter of the leads
    y[n // 4 : n // 4 + n // 10] = 1
    column = learn(ICP, raw_of(source), np.arange(n), y, {}).columns[0]
    assert column.values["a"].points == pytest.approx(20 * math.log10(2), abs=0.01)


def test_the_strength_is_the_likeliest_of_a_beta_binomial() -> None:
    raw, y, lead = drawn(400)
    column = learn(ICP, raw, lead, y, {}).columns[0]
    rate = y.mean()

    def likelihood(a: float) -> float:
        b = a * (1 - rate) / rate
        counts = [(worth.wins, worth.leads) for worth in column.values.values()]
        return sum(betaln(k + a, n - k + b) - betaln(a, b) for k, n in counts)

    grid = [2 ** (k / 2) for k in range(31)]
    assert column.strength == max(grid, key=likelihood)
    assert 1 < column.strength < BY_CHANCE


def test_values_that_differ_by_chance_only_are_worth_nothing() -> None:
    y = np.tile([1.0, 0.0, 0.0, 0.0], 500)
    source = [("a", "b")[k // 4 % 2] for k in range(len(y))]
    column = learn(ICP, raw_of(source), np.arange(len(y)), y, {}).columns[0]
    assert column.strength == BY_CHANCE
    assert {abs(worth.points) for worth in column.values.values()} == {0.0}


def test_a_lead_counts_once_however_many_snapshots_it_has() -> None:
    raw, y, lead = drawn(500)
    often = np.repeat(np.arange(500), np.where(y > 0, 1, 6))
    many = {name: c.take(often) if isinstance(c, Coded) else c[often] for name, c in raw.items()}
    assert learn(ICP, many, lead[often], y[often], {}) == learn(ICP, raw, lead, y, {})


def test_a_value_of_few_leads_is_worth_nothing_and_is_not_kept() -> None:
    source = ["rare"] * 9 + ["a"] * 50 + ["b"] * 50
    y = np.array([1.0] * 9 + [1.0, 0.0] * 50)
    learned = learn(ICP, raw_of(source), np.arange(len(y)), y, {})
    assert "rare" not in learned.columns[0].values
    assert agreement(ICP, learned, raw_of(["rare", "never seen"])).tolist() == [0.0, 0.0]


def test_missing_has_a_worth_of_its_own() -> None:
    source: list[str | None] = [None] * 200 + ["a"] * 200
    y = np.array([1.0, 0.0] * 100 + [0.0] * 190 + [1.0] * 10)
    learned = learn(ICP, raw_of(source), np.arange(400), y, {})
    assert learned.columns[0].values[MISSING].leads == 200
    assert agreement(ICP, learned, raw_of([None])) > 0 > agreement(ICP, learned, raw_of(["a"]))


def test_an_ordinal_is_counted_by_its_levels() -> None:
    y = np.array([1.0, 0.0] * 100 + [0.0] * 200)
    learned = learn(ICP, raw_of(["a"] * 400, [1.0] * 200 + [0.0] * 200), np.arange(400), y, {})
    worth = learned.columns[1].values
    assert worth["large"].points > 0 > worth["small"].points


def test_points_set_by_hand_take_the_place_of_the_learnt_ones() -> None:
    raw, y, lead = drawn()
    hand = {"source": {"a": 5.0, "elsewhere": -3.0}}
    learned = learn(ICP, raw, lead, y, hand)
    plain = learn(ICP, raw, lead, y, {})
    values = learned.columns[0].values
    assert (values["a"].points, values["a"].by_hand) == (5.0, True)
    assert values["a"].leads == plain.columns[0].values["a"].leads
    assert values["b"] == plain.columns[0].values["b"]
    found = agreement(ICP, learned, raw_of(["elsewhere"], [0.0]))
    assert found[0] == -3.0 + learned.columns[1].values["small"].points


@pytest.mark.parametrize("wins", [0, 50])
def test_one_outcome_only_teaches_nothing(wins: int) -> None:
    y = np.array([1.0] * wins + [0.0] * (50 - wins))
    learned = learn(ICP, raw_of(["a", "b"] * 25), np.arange(50), y, {})
    assert not agreement(ICP, learned, raw_of(["a", "b", None])).any()


def test_no_row_sees_the_outcome_of_its_own_group() -> None:
    raw, y, lead = drawn(600)
    group = lead // 3
    before = out_of_fold(ICP, raw, lead, group, y, {}, seed=7)
    for person in (0, 57, 199):
        other = np.where(group == person, 1 - y, y)
        after = out_of_fold(ICP, raw, lead, group, other, {}, seed=7)
        assert after[group == person].tolist() == before[group == person].tolist()
        assert (after != before).any(), "the outcome of a person must count for the others"


def test_out_of_fold_points_do_not_foretell_noise() -> None:
    """In the fit rows a category of pure noise looks good in hindsight; out of fold it must not."""
    rng = np.random.default_rng(3)
    n = 3_000
    y = (rng.random(n) < 0.2).astype(float)
    raw = raw_of([f"v{k}" for k in rng.integers(0, 150, n)])
    hand: dict[str, dict[str, float]] = {}
    points = out_of_fold(ICP, raw, np.arange(n), np.arange(n), y, hand, seed=7)
    assert abs(points[y > 0].mean() - points[y == 0].mean()) < 0.1


def test_out_of_fold_points_repeat_and_hang_on_the_seed() -> None:
    raw, y, lead = drawn(600)
    first, again, other = (out_of_fold(ICP, raw, lead, lead, y, {}, seed=seed) for seed in (7, 7, 8))
    assert first.tobytes() == again.tobytes() != other.tobytes()


def test_a_lead_alone_gets_the_same_bits_as_among_others() -> None:
    raw, y, lead = drawn()
    learned = learn(ICP, raw, lead, y, {})
    whole = agreement(ICP, learned, raw)
    for k in range(0, len(y), 97):
        alone = {SOURCE: Coded.of([raw[SOURCE].values()[k]]), SIZE: raw[SIZE][k : k + 1]}
        assert agreement(ICP, learned, alone).tobytes() == whole[k : k + 1].tobytes()
