from __future__ import annotations

import pickle

import numpy as np
import pytest
from small_project import W, plan, project

from lead_ml.asof.kernel import aggregate, compile_plans
from lead_ml.declare import Aggregate, events, lead_age, leads, outcomes
from lead_ml.errors import DeclarationError


def test_aggregates_are_grouped_by_stream_and_key_in_order_of_appearance():
    declared = [
        events().count("a", **W),
        lead_age(group="fit"),
        leads(by="source").count("b", **W),
        outcomes(by="source").count("c", **W),
        events().count("d", window="1d", **W),
    ]
    plans = compile_plans(declared)
    assert [(p.stream, p.key) for p in plans] == [
        ("events", "lead_id"),
        ("leads", "source"),
        ("outcomes", "source"),
    ]
    assert [item.name for item in plans[0].features] == ["a", "d"]


def test_equal_filters_share_a_bit_whatever_their_order():
    declared = [
        events(type="view", page=("a", "b")).count("x", **W),
        events(page=("b", "a", "a"), type="view").count("y", window="1d", **W),
        events().count("z", **W),
    ]
    (found,) = compile_plans(declared)
    assert len(found.filters) == 2


@pytest.mark.parametrize("count", [64, 65])
def test_more_than_64_filters_are_refused(count):
    declared = [events(type=f"t{k}").count(f"x{k}", **W) for k in range(count)]
    if count == 64:
        assert len(compile_plans(declared)[0].filters) == 64
        return
    with pytest.raises(
        DeclarationError, match="different filters over events by lead_id: got 65; expected at most 64"
    ):
        compile_plans(declared)


def test_more_than_64_windows_are_refused():
    declared = [events().count(f"x{k}", window=f"{k + 1}d", **W) for k in range(65)]
    with pytest.raises(DeclarationError, match="different windows over events by lead_id"):
        compile_plans(declared)


def test_the_64th_filter_and_window_still_count():
    declared = [events(type=("view", f"t{k}")).count(f"x{k}", window=f"{k + 1}d", **W) for k in range(64)]
    (found,) = compile_plans(declared)
    answer = aggregate(found, project(), np.array([0]), np.array([10**15]))
    assert not answer.any()
    answer = aggregate(found, project(), np.array([0]), project().events.known_at[2:3] + 1)
    assert answer.tolist() == [[0.0] * 3 + [1.0] * 4 + [2.0] * 57]


def test_an_unknown_transform_in_a_key_is_refused():
    with pytest.raises(DeclarationError, match="transform in the key of feature x: got 'shout'"):
        compile_plans([leads(by="email:shout").count("x", **W)])


def test_a_window_on_recency_is_of_no_effect():
    item = Aggregate(name="x", stream="events", aggregation="days_since_first", window=5, **W)
    assert compile_plans([item])[0].longest_window == 0


def test_plans_travel_to_workers():
    sent = pickle.loads(pickle.dumps(plan()))
    lead, as_of = np.array([0, 1]), np.full(2, 10**15)
    assert (
        aggregate(sent, project(), lead, as_of).tobytes()
        == aggregate(plan(), project(), lead, as_of).tobytes()
    )


def test_the_digest_leaves_wording_out_and_semantics_in():
    def digest(window, english):
        declared = [events(by="account_id").count("n", window=window, en=english, zh="数")]
        return compile_plans(declared)[0].digest

    assert digest("3d", "Events") == digest("3d", "All events") != digest("4d", "Events")
