"""Snapshots, labels and who is ripe, reckoned by hand and by random projects."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small import DAY, START, draw, outcomes_of

from lead_ml.asof.labels import (
    NEVER,
    Spine,
    Use,
    build_spine,
    first_known,
    first_occurred,
    label,
    open_leads,
    require_both_classes,
    snapshot_weights,
)
from lead_ml.errors import InputError, TooLittleData
from lead_ml.project.targets import Column, Fake, Won
from lead_ml.tables.dataset import Coded, Dataset, Events, Leads

HOUR = DAY // 24
FAKE = Fake(reasons=("bot",), contacts=("call",), stages=("sql",))
check = settings(max_examples=150, deadline=None)


def leads_at(*days: float, **columns: list[str | None]) -> Leads:
    created = START + np.array([round(day * DAY) for day in days], dtype=np.int64)
    return Leads(
        tuple(f"L{k}" for k in range(len(days))), created, {n: Coded.of(v) for n, v in columns.items()}
    )


def at(*days: float) -> np.ndarray:
    return START + np.array([round(day * DAY) for day in days], dtype=np.int64)


def spine_of(lead: list[int], *days: float) -> Spine:
    return Spine(np.array(lead, dtype=np.int64), at(*days))


def test_a_lead_is_scored_after_the_delay_and_each_age_while_open_and_within_the_data() -> None:
    outcomes = outcomes_of([1], at(3), at(3), ["lost"])
    data = Dataset(leads_at(0, 0, 9.5), None, outcomes, int(at(10)[0]))
    spine = build_spine(data, HOUR, (3, 7, 30))
    found = [(int(lead), (when - START) / DAY) for lead, when in zip(spine.lead, spine.as_of, strict=True)]
    # The second lead closes at day 3 exactly: at day 3 that is not yet known, so it is still asked about then.
    assert found == [(0, 1 / 24), (0, 3), (0, 7), (1, 1 / 24), (1, 3), (2, 9.5 + 1 / 24)]


def test_an_outcome_recorded_late_keeps_the_lead_open_until_then() -> None:
    data = Dataset(leads_at(0), None, outcomes_of([0], at(1), at(8), ["won"]), int(at(40)[0]))
    assert len(build_spine(data, HOUR, (3, 7, 14))) == 3
    labels = label(Won(), data, build_spine(data, HOUR, (3, 7, 14)), 10 * DAY)
    assert labels.use.tolist() == [Use.USED, Use.ALREADY, Use.ALREADY]
    assert labels.y[0] == 1
    assert labels.counts() == {"immature": 0, "already": 2, "unlabelled": 0}
    # To a fit before the record at day 8 it is an open lead that has not won; from then on its later rows are out.
    assert labels.usable_by(int(at(8)[0])).tolist() == [True, True, True]
    assert labels.as_known(int(at(8)[0])).tolist() == [0, 0, 0]
    assert labels.usable_by(int(at(8)[0]) + 1).tolist() == [True, False, False]


def test_ages_below_the_delay_and_twins_are_one_snapshot() -> None:
    data = Dataset(leads_at(0), None, None, int(at(5)[0]))
    assert len(build_spine(data, DAY, (1, 1, 3))) == 2


def test_undated_leads_have_one_snapshot_each() -> None:
    data = Dataset(Leads(("a", "b"), None))
    spine = build_spine(data, HOUR, (1, 3))
    assert spine.lead.tolist() == [0, 1]
    assert spine.as_of.tolist() == [0, 0]
    assert len(open_leads(data, 10**15)) == 2


def test_open_leads_exist_and_are_not_known_closed() -> None:
    outcomes = outcomes_of([0, 1, 2], at(2, 4, 1), at(3, 4, 5), ["won", "invalid", "mql"])
    data = Dataset(leads_at(0, 0, 0, 4, 4.01), None, outcomes, int(at(9)[0]))
    # Lead 0 closed before; 1 closes at this very moment, which is not before it; 3 is created now, 4 after.
    assert open_leads(data, int(at(4)[0])).lead.tolist() == [1, 2, 3]


def test_a_win_counts_from_as_of_up_to_but_not_at_the_horizon() -> None:
    data = Dataset(
        leads_at(0, 0, 0),
        None,
        outcomes_of([0, 1, 2], at(5, 12, 11.999), at(5, 12, 11.999), ["won"] * 3),
        int(at(50)[0]),
    )
    spine = spine_of([0, 0, 1, 2], 5, 6, 2, 2)
    labels = label(Won(), data, spine, 10 * DAY)
    assert labels.y.tolist() == [1, 1, 0, 1]
    assert labels.use.tolist() == [Use.USED, Use.ALREADY, Use.USED, Use.USED]


def test_the_immature_stay_out_even_if_already_won() -> None:
    data = Dataset(leads_at(0), None, outcomes_of([0], at(3), at(3), ["won"]), int(at(10)[0]))
    labels = label(Won(), data, spine_of([0, 0], 0, 0.5), 10 * DAY)
    assert labels.use.tolist() == [Use.USED, Use.IMMATURE]


def test_a_win_is_known_when_it_was_recorded() -> None:
    data = Dataset(leads_at(0), None, outcomes_of([0], at(3), at(6), ["won"]), int(at(40)[0]))
    labels = label(Won(), data, spine_of([0], 0), 10 * DAY)
    assert labels.known_at.tolist() == at(6).tolist()
    assert labels.as_known(int(at(6)[0])).tolist() == [0]
    assert labels.as_known(int(at(6)[0]) + 1).tolist() == labels.y.tolist() == [1]


def test_own_winning_stages_are_told_by_the_model() -> None:
    data = Dataset(leads_at(0), None, outcomes_of([0], at(3), at(3), ["signed"]), int(at(40)[0]))
    assert label(Won(stages=("signed", "won")), data, spine_of([0], 0), 10 * DAY).y.tolist() == [1]
    assert label(Won(), data, spine_of([0], 0), 10 * DAY).y.tolist() == [0]


def test_fakes_and_the_real_are_labelled_and_the_rest_is_not() -> None:
    outcomes = outcomes_of(
        [0, 1, 2, 3, 6], at(2, 2, 2, 20, 1), at(2, 2, 2, 20, 4),
        ["invalid", "invalid", "sql", "invalid", "invalid"], ["bot", "student", None, "bot", "bot"],
    )  # fmt: skip
    met = Events(np.array([4]), at(3), at(3), {"type": Coded.of(["call"])}, np.array([np.nan]))
    data = Dataset(leads_at(0, 0, 0, 0, 0, 0, 0), met, outcomes, int(at(60)[0]))
    labels = label(FAKE, data, spine_of([0, 1, 2, 3, 4, 5, 6], *[1.0] * 7), 10 * DAY)
    assert labels.use.tolist() == [Use.USED] * 3 + [Use.UNLABELLED, Use.USED, Use.UNLABELLED, Use.USED]
    assert labels.y[[0, 1, 2, 4, 6]].tolist() == [1, 0, 0, 0, 1]


def test_a_fake_known_before_is_already_told() -> None:
    outcomes = outcomes_of([0], at(1), at(1), ["invalid"], ["bot"])
    data = Dataset(leads_at(0), None, outcomes, int(at(60)[0]))
    assert label(FAKE, data, spine_of([0], 2), 10 * DAY).use.tolist() == [Use.ALREADY]


def test_without_reasons_nobody_is_known_to_be_fake() -> None:
    data = Dataset(leads_at(0), None, outcomes_of([0], at(1), at(1), ["invalid"]), int(at(60)[0]))
    assert label(FAKE, data, spine_of([0], 0), 10 * DAY).y.tolist() == [0]


def test_a_column_is_the_label_where_it_is_filled_in() -> None:
    data = Dataset(leads_at(0, 0, 0, 0, converted=["YES", "no", None, "是"]))
    labels = label(Column(column="converted"), data, spine_of([0, 1, 2, 3], 0, 0, 0, 0), None)
    assert labels.use.tolist() == [Use.USED, Use.USED, Use.UNLABELLED, Use.USED]
    assert labels.y[[0, 1, 3]].tolist() == [1, 0, 1]
    assert labels.as_known(1)[[0, 1, 3]].tolist() == [1, 0, 1]


@pytest.mark.parametrize(
    ("target", "outcomes", "horizon", "message"),
    [
        (Won(), False, DAY, "counts dated outcomes, but there are none"),
        (Won(), True, None, "needs a horizon"),
        (
            Column(column="bought"),
            False,
            None,
            "there is no outcome column 'bought'; expected one of converted",
        ),
    ],
)
def test_a_target_without_its_data_says_what_it_needs(target, outcomes, horizon, message) -> None:
    data = Dataset(
        leads_at(0, converted=["1"]), None, outcomes_of([0], at(1), at(1), ["won"]) if outcomes else None
    )
    with pytest.raises(InputError, match=message):
        label(target, data, spine_of([0], 0), horizon)


def test_labels_remember_what_was_left_out() -> None:
    data = Dataset(leads_at(0, 0, converted=["1", None]))
    labels = label(Column(column="converted"), data, spine_of([0, 1], 0, 0), None)
    kept = labels.take(labels.used)
    assert kept.left_out == {"immature": 0, "already": 0, "unlabelled": 1}
    assert kept.take(np.array([True])).left_out == kept.left_out


def test_first_instants_are_the_earliest_per_lead() -> None:
    data = Dataset(leads_at(0, 0), None, outcomes_of([0, 0], at(5, 3), at(6, 9), ["won", "won"]))
    assert first_occurred(data, ("won",)).tolist() == [int(at(3)[0]), NEVER]
    assert first_known(data, ("won",)).tolist() == [int(at(6)[0]), NEVER]
    assert first_known(data, ("lost",)).tolist() == [NEVER, NEVER]
    assert first_known(Dataset(data.leads), ("won",)).tolist() == [NEVER, NEVER]


def test_both_classes_are_asked_for_with_the_counts() -> None:
    require_both_classes(np.array([1.0, 1.0, 0.0, 0.0]), "it")
    with pytest.raises(
        TooLittleData, match="the window has 1 positive and 3 negative rows; expected at least 2"
    ):
        require_both_classes(np.array([1.0, 0.0, 0.0, 0.0]), "the window")


def test_an_open_lead_weighs_one_and_a_closed_one_no_more_per_row() -> None:
    ages = np.array([0, 1, 2], dtype=np.int64) * DAY
    created = np.zeros(2, dtype=np.int64)
    rows = Spine(
        np.array([0, 0, 0, 1]), np.array([0, 1, 2, 0]) * DAY
    )  # lead 1 closed after its first snapshot
    weights = snapshot_weights(rows, created, ages)
    assert weights[:3].sum() == pytest.approx(1)
    assert weights[3] == weights[0]


def test_a_young_lead_weighs_as_much_as_an_old_one_of_the_same_window() -> None:
    ages = np.array([0, 1, 2], dtype=np.int64) * DAY
    created = np.array([0, 2], dtype=np.int64) * DAY
    rows = Spine(np.array([0, 0, 0, 1]), np.array([0, 1, 2, 2]) * DAY)
    weights = snapshot_weights(rows, created, ages)
    assert weights[:3].sum() == pytest.approx(1)
    assert weights[3] == pytest.approx(1)


def test_rows_of_undated_leads_weigh_one() -> None:
    rows = Spine(np.arange(3), np.zeros(3, dtype=np.int64))
    assert (snapshot_weights(rows, None, np.empty(0, dtype=np.int64)) == 1).all()


@check
@given(seed=st.integers(0, 10_000), horizon=st.integers(1, 40), delay=st.integers(1, 72))
def test_no_used_row_is_immature_and_labels_follow_from_the_dates(
    seed: int, horizon: int, delay: int
) -> None:
    data = draw(40, seed)
    spine = build_spine(data, delay * HOUR, (1, 3, 7))
    labels = label(Won(), data, spine, horizon * DAY)
    used = labels.used
    assert (spine.as_of[used] + horizon * DAY <= data.until).all()
    won = first_occurred(data, ("won",))[spine.lead]
    assert (won[used] >= spine.as_of[used]).all()
    inside = (won >= spine.as_of) & (won < spine.as_of + horizon * DAY)
    assert (labels.y[used] == inside[used]).all()
    assert (spine.as_of <= data.until).all()
    assert sum(labels.counts().values()) + used.sum() == len(spine)
