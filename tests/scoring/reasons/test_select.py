"""What is not shown never outweighs what is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lead_ml.scoring.reasons.select import LEAST_POINTS, select
from lead_ml.scoring.thresholds import POINTS_PER_LOGIT

SUMS = st.lists(st.floats(-3, 3) | st.sampled_from([0.0, 0.001, -0.001]), max_size=40)


@given(SUMS, st.integers(1, 8))
def test_the_rest_is_less_than_what_is_shown(totals, top):
    up, down = select(totals, top)
    shown = {*up, *down}
    least = LEAST_POINTS / POINTS_PER_LOGIT
    for sign, side in ((1, up), (-1, down)):
        sizes = [sign * totals[k] for k in side]
        assert sizes == sorted(sizes, reverse=True)
        assert all(size >= least for size in sizes)
        able = [k for k, total in enumerate(totals) if sign * total >= least]
        assert len(side) >= min(top, len(able))
        hidden = [sign * totals[k] for k in able if k not in shown]
        if hidden:  # else only sums that read as 0.0 are left
            assert sum(hidden) <= sum(sizes) + 1e-9
            rest = sign * sum(total for k, total in enumerate(totals) if k not in shown)
            assert 3 * rest <= sum(sizes) + 1e-9


@given(SUMS)
def test_all_are_all_but_those_of_no_points(totals):
    up, down = select(totals, None)
    assert len(up) + len(down) == sum(abs(total) >= LEAST_POINTS / POINTS_PER_LOGIT for total in totals)
    assert select(totals, 0) == ([], [])


def test_many_small_reasons_are_not_hidden_behind_few():
    up, _ = select([0.5] * 3 + [0.4] * 20, 3)
    assert len(up) == 18  # 7.5 shown, 2.0 not


def test_ties_stay_in_order():
    assert select([0.2, 0.3, 0.2, -0.2, -0.2], None) == ([1, 0, 2], [3, 4])


@pytest.mark.parametrize("top", [1, 5])
def test_a_side_without_reasons_stays_empty(top):
    assert select([0.5, 0.001], top) == ([0], [])
