"""Alarms: falls against the other channels, bursts of a day, and drops of a share of all leads."""

from __future__ import annotations

import numpy as np
import pytest

from lead_ml.lead_data.channels.falls import WeeklyCounts, can_be_scanned, find_fall
from lead_ml.lead_data.channels.surges import find_bursts, find_drops

WEEKS = 20


def weekly(
    seed: int, *, fall: tuple[int, int, float] | None = None, shock: tuple[int, float] | None = None
) -> WeeklyCounts:
    """Draw a channel of 60 leads a week at 12% beside 400 at 10%, with a fall of its own or a shock to all."""
    rng = np.random.default_rng(seed)
    own, other = np.full(WEEKS, 0.12), np.full(WEEKS, 0.10)
    if fall is not None:
        own[fall[0] : fall[1]] *= fall[2]
    if shock is not None:
        own[shock[0] :] *= shock[1]
        other[shock[0] :] *= shock[1]
    leads, others = np.full(WEEKS, 60), np.full(WEEKS, 400)
    return WeeklyCounts(leads, rng.binomial(leads, own), others, rng.binomial(others, other))


@pytest.mark.parametrize(("start", "end"), [(12, WEEKS), (8, 14)])
def test_a_fall_is_found_in_its_week(start: int, end: int) -> None:
    found = [find_fall(weekly(seed, fall=(start, end, 0.1)), 299, 1) for seed in range(10)]
    assert all(item is not None and item.p_value <= 0.01 for item in found)
    assert all(abs(item.start - start) <= 1 and abs(item.end - end) <= 1 for item in found)
    assert sum(item.start == start for item in found) >= 8
    assert sum(item.earliest <= start <= item.latest for item in found) >= 8


def test_a_fall_of_all_channels_is_no_alarm_of_one() -> None:
    assert all(find_fall(weekly(seed, shock=(10, 0.3)), 499, 1).p_value > 0.01 for seed in range(6))


def test_p_values_without_a_fall_are_below_5_percent_in_at_most_5_percent() -> None:
    p_values = [find_fall(weekly(seed), 199, 1).p_value for seed in range(100, 300)]
    assert np.mean(np.array(p_values) <= 0.05) <= 0.09
    assert 0.4 < np.mean(p_values) < 0.65


def test_the_same_counts_give_the_same_answer() -> None:
    counts = weekly(3, fall=(12, WEEKS, 0.3))
    assert find_fall(counts, 199, 7) == find_fall(counts, 199, 7)


def test_a_rise_is_no_fall() -> None:
    counts = weekly(5)
    risen = WeeklyCounts(
        counts.leads, np.where(np.arange(WEEKS) >= 12, 30, counts.wins), counts.other_leads, counts.other_wins
    )
    found = find_fall(risen, 199, 1)
    assert found is None or found.p_value > 0.05


@pytest.mark.parametrize(
    ("leads", "wins", "other_leads", "other_wins", "expected"),
    [(60, 3, 400, 40, True), (60, 0, 400, 40, False), (60, 3, 5, 4, False), (60, 3, 400, 0, False)],
)
def test_channels_with_few_wins_or_nothing_to_compare_with_are_not_tested(
    leads: int, wins: int, other_leads: int, other_wins: int, expected: bool
) -> None:
    counts = WeeklyCounts(*(np.full(WEEKS, value) for value in (leads, wins, other_leads, other_wins)))
    assert can_be_scanned(counts) is expected


def test_a_burst_is_the_day_that_it_happens() -> None:
    counts = np.random.default_rng(1).poisson(4.0, 120)
    counts[77] = 30
    assert find_bursts(counts, np.ones(120), 1e-4).places.tolist() == [77]


def test_a_weekly_rhythm_and_strong_variation_are_no_bursts() -> None:
    rng = np.random.default_rng(2)
    rhythm = np.tile([1.5, 1.5, 1.5, 1.5, 1.0, 0.1, 0.1], 20)
    assert not len(find_bursts(rng.poisson(8 * rhythm), rhythm, 1e-4).places)
    wild = rng.negative_binomial(1.0, 0.1, 140)
    assert len(find_bursts(wild, np.ones(140), 1e-4).places) <= 2


def test_bursts_and_drops_without_any_change_keep_their_rate() -> None:
    rng, alarms, tested = np.random.default_rng(5), 0, 0
    for _ in range(60):
        days, weeks = rng.poisson(6.0, 140), rng.poisson(40.0, 20)
        for found in (
            find_bursts(days, np.ones(140), 0.01),
            find_drops(weeks, rng.poisson(400.0, 20), 0.01),
        ):
            alarms, tested = alarms + len(found.places), tested + found.tested
    assert alarms <= 0.013 * tested


def test_a_drop_is_one_of_the_share_and_not_of_a_holiday() -> None:
    own, others = np.full(20, 40), np.full(20, 400)
    own[15], others[15] = 5, 380
    assert find_drops(own, others, 1e-4).places.tolist() == [15]
    others[15] = 50
    assert not len(find_drops(own, others, 1e-4).places)


def test_too_little_before_a_day_means_nothing_to_compare_with() -> None:
    found = find_bursts(np.array([0, 0, 40, 0]), np.ones(4), 1e-4)
    assert found.tested == 0
    assert not len(found.places)
