"""What became known after the cut teaches nothing."""

from __future__ import annotations

import dataclasses
from typing import Any

import decay_world
import msgspec
import numpy as np
import pytest

from lead_ml.errors import InputError, ParamsError, TooLittleData
from lead_ml.evaluation.split import groups_of
from lead_ml.tables.dataset import Coded, Dataset
from lead_ml.tables.instants import parse_iso
from lead_ml.testing.change import with_later_altered
from lead_ml.workflows.decay import MOST_LEADS, cut_of, decay_of, sample_of


@pytest.fixture(scope="module")
def data() -> Dataset:
    """A world in which every fifth outcome is recorded a month late."""
    drawn = decay_world.draw(3, effect=0.012, floor=0.001)
    late = np.random.default_rng(1).random(len(drawn.outcomes)) < 0.2
    known = np.minimum(drawn.outcomes.known_at + np.where(late, 30 * decay_world.DAY, 0), drawn.until)
    return dataclasses.replace(drawn, outcomes=dataclasses.replace(drawn.outcomes, known_at=known))


@pytest.fixture(scope="module")
def found(small: Any, data: Dataset) -> Any:
    return decay_of(small, data)


def learnt_of(found: Any) -> Any:
    """All that was learned, without what the forward window says."""
    plain = msgspec.to_builtins(found)
    for item in plain["types"]:
        for other in item["against"]:
            other.pop("forward")
    return {key: value for key, value in plain.items() if not key.startswith("test_")}


@pytest.mark.parametrize("how", ["removed", "lost", "won at once", "altered"])
def test_later_outcomes_change_nothing_that_is_learnt(
    small: Any, data: Dataset, found: Any, how: str
) -> None:
    cut = parse_iso(found.cut, field="cut")
    outcomes = data.outcomes
    early = outcomes.known_at < cut
    assert 0.2 < early.mean() < 0.8
    if how == "removed":
        other = dataclasses.replace(data, outcomes=outcomes.take(early))
    elif how == "lost":
        stage = Coded.of(["won" if known else "lost" for known in early])
        other = dataclasses.replace(data, outcomes=dataclasses.replace(outcomes, columns={"stage": stage}))
    elif how == "won at once":
        at = np.where(early, outcomes.occurred_at, data.leads.created_at[outcomes.lead])
        known = np.where(early, outcomes.known_at, np.maximum(at, cut))
        other = dataclasses.replace(
            data, outcomes=dataclasses.replace(outcomes, occurred_at=at, known_at=known)
        )
    else:
        altered = with_later_altered(data, cut, np.random.default_rng(5))
        other = dataclasses.replace(data, outcomes=altered.outcomes, events=altered.events)
    if how == "removed":  # without a win among them the later leads cannot compare anything
        assert decay_of(small, other).types[0].against[0].forward is None
    assert learnt_of(decay_of(small, other)) == learnt_of(found)


def test_an_earlier_outcome_does_change_it(small: Any, data: Dataset, found: Any) -> None:
    cut = parse_iso(found.cut, field="cut")
    kept = (data.outcomes.known_at >= cut) | (np.arange(len(data.outcomes)) % 5 > 0)
    other = decay_of(small, dataclasses.replace(data, outcomes=data.outcomes.take(kept)))
    assert learnt_of(other) != learnt_of(found)


def test_an_effect_has_the_sign_that_it_was_drawn_with_and_its_words_say_it(found: Any) -> None:
    known = {item.type: item for item in found.types}
    assert known["view"].raises is True
    assert known["view"].words.startswith("raises the odds")
    assert known["noise"].raises is None


def test_no_person_stands_on_both_sides(small: Any, data: Dataset) -> None:
    shared = Coded.of([f"p{k % 900}@example.com" for k in range(len(data.leads))])
    same = dataclasses.replace(data, leads=dataclasses.replace(data.leads, columns={"email": shared}))
    groups = groups_of(same.leads)
    sample, _ = sample_of(small, same, groups, cut_of(small, same, groups))
    assert not set(sample.group[sample.fit].tolist()) & set(sample.group[~sample.fit].tolist())


def test_every_question_that_teaches_was_settled_before_the_cut(small: Any, data: Dataset) -> None:
    groups = groups_of(data.leads)
    cut = cut_of(small, data, groups)
    sample, known = sample_of(small, data, groups, cut)
    horizon = 14 * decay_world.DAY
    assert (sample.spine.as_of[sample.fit] + horizon <= cut).all()
    assert (data.leads.created_at[sample.spine.lead[~sample.fit]] >= cut).all()
    assert known == len(np.unique(sample.spine.lead[sample.fit])) <= MOST_LEADS


def test_the_same_call_gives_the_same_bytes(small: Any, data: Dataset, found: Any) -> None:
    assert msgspec.json.encode(decay_of(small, data)) == msgspec.json.encode(found)


def test_a_type_that_never_occurs_is_named_with_those_that_do(small: Any, data: Dataset) -> None:
    with pytest.raises(ParamsError, match=r"event type: got 'dance'; expected one of .*view"):
        decay_of(small, data, types=("dance",))


def test_a_rare_type_says_how_rare_it_is(small: Any, data: Dataset) -> None:
    kinds = ["fair" if k < 12 else name for k, name in enumerate(data.events.columns["type"].values())]
    events = dataclasses.replace(data.events, columns={"type": Coded.of(kinds)})
    (fair,) = decay_of(small, dataclasses.replace(data, events=events), types=("fair",)).types
    assert fair.verdict == "too few"
    assert "30 are needed" in fair.words
    assert fair.declaration == ""


def test_without_events_there_is_nothing_to_learn(small: Any, data: Dataset) -> None:
    with pytest.raises(InputError, match="events with a type"):
        decay_of(small, dataclasses.replace(data, events=None))


def test_a_handful_of_wins_is_too_little(small: Any, data: Dataset) -> None:
    few = data.outcomes.take(np.arange(len(data.outcomes)) < 3)
    with pytest.raises(TooLittleData, match="the fit side has"):
        decay_of(small, dataclasses.replace(data, outcomes=few))
