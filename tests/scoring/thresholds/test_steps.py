from __future__ import annotations

import numpy as np
import pytest
import thresholds_oracle as oracle
from hypothesis import given, settings
from hypothesis import strategies as st

from lead_ml.errors import InputError, TooLittleData
from lead_ml.scoring.thresholds import History, Steps, by_month, curve, replayable
from lead_ml.scoring.thresholds.steps import candidates


@st.composite
def histories(draw):
    """Small histories with ties in score and time, leads without rows, and wins at odd places."""
    n = draw(st.integers(1, 25))
    numbers = st.integers(0, 2**31)
    rng = np.random.default_rng(draw(numbers))
    won = rng.random(n) < 0.4
    won[rng.integers(n)] = True
    as_of = rng.permutation(40)[:n] * oracle.DAY + oracle.START
    return History(
        lead=rng.integers(0, 8, n),
        logit=rng.integers(-3, 4, n) / 2,
        won=won,
        as_of=as_of,
        groups=np.arange(8) // 2,
    )


LINES = np.arange(-2.0, 2.3, 0.25)


@given(histories())
@settings(deadline=None)
def test_counts_and_crossings_equal_the_lead_by_lead_replay(history):
    steps = Steps.of(history)
    counts = steps.counts(LINES)
    for i, line in enumerate(LINES):
        expected = oracle.first_crossings(history, line)
        found = steps.crossings(line)
        assert found.lead.tolist() == list(expected)
        assert found.as_of.tolist() == [history.as_of[row] for row in expected.values()]
        assert found.won.tolist() == [history.won[row] for row in expected.values()]
        assert counts.crossed[i] == len(expected)
        assert counts.wins[i] == found.won.sum()
        assert counts.caught[i] == len(oracle.winners(history) & set(expected))
    assert steps.weeks == oracle.weeks(history)


@given(histories())
@settings(deadline=None)
def test_a_higher_line_never_has_more_volume_or_recall(history):
    counts = Steps.of(history).counts(LINES)
    assert (np.diff(counts.crossed) <= 0).all()
    assert (np.diff(counts.caught) <= 0).all()


@given(histories(), st.integers(0, 99))
@settings(deadline=None)
def test_the_order_of_rows_changes_nothing(history, seed):
    shuffled = history.take(np.random.default_rng(seed).permutation(len(history.lead)))
    one, other = Steps.of(history), Steps.of(shuffled)
    assert (one.lead.tolist(), one.low.tolist(), one.high.tolist(), one.won.tolist()) == (
        other.lead.tolist(),
        other.low.tolist(),
        other.high.tolist(),
        other.won.tolist(),
    )


@given(histories())
@settings(deadline=None)
def test_the_evidence_table_answers_as_the_whole_history_does(history):
    kept = History.from_arrays(replayable(history).arrays())
    assert curve(kept, reference_odds=0.1) == curve(history, reference_odds=0.1)
    assert by_month(kept, 0.0) == by_month(history, 0.0)
    assert Steps.of(kept).winner.tolist() == Steps.of(history).winner.tolist()


def test_a_lead_crosses_once_at_the_first_row_that_reaches_the_line():
    history = History(
        lead=np.array([0, 0, 0]),
        logit=np.array([-1.0, 1.0, 2.0]),
        won=np.array([True, True, False]),
        as_of=np.array([10, 20, 30]),
    )
    found = Steps.of(history).crossings(0.5)
    assert (found.lead.tolist(), found.as_of.tolist(), found.won.tolist()) == ([0], [20], [True])
    assert len(Steps.of(history).crossings(2.1).lead) == 0


def test_no_rows_and_no_wins_are_too_little_data():
    none = np.zeros(0)
    with pytest.raises(TooLittleData, match="no mature scored snapshots"):
        History(lead=none.astype(np.int64), logit=none, won=none.astype(bool))
    with pytest.raises(TooLittleData, match="none of 1 mature snapshots"):
        History(lead=np.array([0]), logit=np.array([0.0]), won=np.array([False]))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"logit": np.array([0.0])}, r"logit has the wrong shape.*\(2,\)"),
        ({"logit": np.array([0.0, np.nan])}, "row 2: logit"),
        ({"won": np.array([0, 1])}, "bool"),
        (
            {"lead": np.array([0, 5]), "groups": np.array([0, 1])},
            "number of the lead: got 5; expected 0 to 1",
        ),
        ({"groups": np.array([0, 1]), "opportunity_at": np.array([1])}, "opportunity_at has the wrong shape"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(change, message):
    good = {"lead": np.array([0, 1]), "logit": np.array([0.0, 1.0]), "won": np.array([False, True])}
    with pytest.raises(InputError, match=message):
        History(**{**good, **change})


def test_candidates_are_all_peaks_when_few_and_reach_from_top_to_bottom_when_many():
    few, many = Steps.of(oracle.simulate(50, 0)), Steps.of(oracle.simulate(3000, 0, digits=6))
    assert candidates(few).tolist() == np.unique(few.peak).tolist()
    lines = candidates(many)
    assert 150 < len(lines) <= 200
    assert (lines[0], lines[-1]) == (many.peak.min(), many.peak.max())


def test_curve_shows_the_figures_of_the_replay():
    history = oracle.simulate(300, 1)
    points = curve(history, reference_odds=0.1, n=20)
    assert 10 < len(points) <= 20
    for point in points:
        expected = oracle.figures(history, point.logit)
        assert (point.crossed, point.wins, point.per_week, point.precision, point.recall) == expected


def test_months_add_up_to_the_replay_and_show_empty_months():
    history = oracle.simulate(200, 2)
    late = History(
        lead=np.append(history.lead, 200),
        logit=np.append(history.logit, 9.0),
        won=np.append(history.won, True),
        as_of=np.append(history.as_of, oracle.START + 300 * oracle.DAY),
    )
    months = by_month(late, -1.0)
    crossed, wins, *_ = oracle.figures(late, -1.0)
    assert (sum(m.crossed for m in months), sum(m.wins for m in months)) == (crossed, wins)
    assert sum(m.leads for m in months) == 201
    assert [m.month for m in months] == [f"2026-{i:02}" for i in range(1, 11)]
    assert months[8].crossed == 0
    assert months[8].precision.value is None
    assert months[2].per_week == pytest.approx(months[2].crossed / (31 / 7))
    assert months[9].precision.value == 1.0
    assert months[9].precision.lower == pytest.approx(0.27, abs=0.01)


def test_a_history_without_dates_has_no_weeks_and_no_months():
    history = History(lead=np.arange(3), logit=np.zeros(3), won=np.array([True, False, False]))
    assert Steps.of(history).weeks is None
    assert by_month(history, 0.0) == ()
    assert curve(history, reference_odds=1.0)[0].per_week is None
