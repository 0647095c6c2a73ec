"""Shares of channels: shrunk as far as channels are alike, with intervals that hold the truth."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lead_ml.lead_data.channels.shrink import shrunk

COUNTS = st.lists(
    st.tuples(st.integers(0, 400), st.integers(0, 400)).map(lambda pair: (min(pair), max(pair))),
    min_size=1,
    max_size=8,
)


def shares(counts: list[tuple[int, int]], level: float = 0.9) -> list:
    reached, of = np.array(counts, dtype=np.int64).reshape(-1, 2).T
    return shrunk(reached, of, level)


@settings(max_examples=25, deadline=None)
@given(COUNTS)
def test_every_share_lies_inside_its_interval_within_0_and_1(counts: list[tuple[int, int]]) -> None:
    for found in shares(counts):
        assert 0 <= found.lower < found.value < found.upper <= 1


@settings(max_examples=10, deadline=None)
@given(COUNTS, st.randoms(use_true_random=False))
def test_the_order_of_the_channels_does_not_matter(counts: list[tuple[int, int]], random) -> None:
    places = list(range(len(counts)))
    random.shuffle(places)
    plain, mixed = shares(counts), shares([counts[k] for k in places])
    for k, place in enumerate(places):
        assert mixed[k].value == pytest.approx(plain[place].value, abs=1e-9)
        assert mixed[k].upper == pytest.approx(plain[place].upper, abs=1e-6)


def test_few_leads_move_to_all_others_and_many_stay() -> None:
    few, many, *_ = shares([(2, 4), (300, 1000), (90, 1000), (95, 1000), (105, 1000), (100, 1000)])
    assert 0.1 < few.value < 0.35
    assert abs(many.value - 0.3) < 0.01
    assert few.upper - few.lower > many.upper - many.lower


def test_channels_that_are_alike_are_shrunk_more_than_channels_that_differ() -> None:
    alike = shares([(10, 100), (11, 100), (9, 100), (10, 100), (16, 100)])[-1]
    different = shares([(2, 100), (30, 100), (5, 100), (45, 100), (16, 100)])[-1]
    assert abs(alike.value - 0.112) < abs(0.16 - 0.112) * 0.6
    assert abs(different.value - 0.16) < 0.02


def test_no_wins_at_all_give_a_small_share_and_not_0() -> None:
    found = shares([(0, 200), (0, 50)])[0]
    assert found.lower < 0.001
    assert 0 < found.value < found.upper < 0.05


def test_a_90_percent_interval_holds_nine_in_ten_true_shares() -> None:
    rng, held, total = np.random.default_rng(3), 0, 0
    for _ in range(15):
        truth, leads = rng.beta(3, 27, 30), rng.integers(10, 400, 30)
        found = shrunk(rng.binomial(leads, truth), leads, 0.9)
        held += sum(item.lower <= p <= item.upper for item, p in zip(found, truth, strict=True))
        total += len(truth)
    assert 0.86 <= held / total <= 0.94
