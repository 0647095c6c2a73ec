from __future__ import annotations

import math
import re

import numpy as np
import pytest
import thresholds_oracle as oracle

from lead_ml.errors import BundleError, ParamsError
from lead_ml.project.params import ThresholdParams
from lead_ml.scoring.thresholds import (
    METHODS,
    Basis,
    History,
    advise_all,
    capacity,
    opportunity_mean,
    precision,
    recall,
    replayable,
    score_of,
    value,
)
from lead_ml.scoring.thresholds.advise import _mean_interval
from lead_ml.scoring.thresholds.words import threshold_words


def basis_of(history, **money):
    return Basis.of(history, reference_odds=0.1, n_boot=100, **money)


@pytest.fixture(scope="module")
def history():
    return oracle.simulate(400, 5, digits=1)


@pytest.fixture(scope="module")
def tried(history):
    """Every line at which something can change, with its figures from the slow replay."""
    return {line: at(history, line) for line in sorted(set(history.logit.tolist()))}


def at(history, line):
    return oracle.figures(history, line)


def test_line_figures_equal_the_lead_by_lead_replay(history):
    line = basis_of(history, value_per_win=100.0).threshold(-1.0, 5.0)
    crossed, wins, per_week, share, caught = at(history, -1.0)
    assert (line.crossed, line.wins) == (crossed, wins)
    assert line.per_week.value == pytest.approx(per_week)
    assert line.precision.value == pytest.approx(share)
    assert line.recall.value == pytest.approx(caught)
    assert line.expected_wins_per_week.value == pytest.approx(per_week * share)
    assert line.value_per_week.value == pytest.approx(per_week * share * 100 - per_week * 5)
    assert line.score == score_of(-1.0, 0.1)


def test_capacity_is_the_lowest_line_that_fits(history, tried):
    advice = capacity(basis_of(history), sql_per_week=3.0, mql_per_week=8.0)
    for line, most in ((advice.sql, 3.0), (advice.mql, 8.0)):
        lowest = min(c for c, found in tried.items() if found[2] <= most)
        assert (line.crossed, line.wins) == tried[lowest][:2]
        assert line.per_week.value <= most
    assert advice.feasible


def test_capacity_beyond_the_volume_takes_every_lead_and_says_so(history):
    advice = capacity(basis_of(history), sql_per_week=3.0, mql_per_week=1e6)
    assert advice.feasible
    assert advice.mql.crossed == 400
    assert "Every lead fits the MQL capacity" in advice.note["en"]
    assert "足以容纳" in advice.note["zh"]


def test_capacity_below_the_top_tie_is_not_feasible_and_shows_what_is_least():
    n = 60
    tied = History(
        lead=np.arange(n),
        logit=np.zeros(n),
        won=np.arange(n) < 40,
        as_of=oracle.START + np.arange(n) * oracle.DAY,
    )
    advice = capacity(basis_of(tied), sql_per_week=1.0, mql_per_week=2.0)
    assert not advice.feasible
    assert advice.sql.crossed == n
    assert "No SQL threshold fits" in advice.note["en"]


def test_article_takes_the_mean_and_the_quarter_of_last_rows_before_opportunity(history):
    last = []
    for lead, rows in oracle.rows_by_lead(history).items():
        before = [i for i in rows if history.as_of[i] < history.opportunity_at[lead]]
        if before:
            last.append(history.logit[before[-1]])
    advice = opportunity_mean(basis_of(history))
    assert advice.sql.logit == pytest.approx(np.mean(last))
    assert advice.mql.logit == pytest.approx(np.quantile(last, 0.25))
    assert advice.feasible
    assert f"{len(last)} leads" in advice.explanation["en"]


def test_a_row_at_the_instant_of_the_opportunity_is_not_before_it():
    history = History(
        lead=np.array([0, 0, 1]),
        logit=np.array([-1.0, 3.0, 0.0]),
        won=np.array([True, True, False]),
        as_of=np.array([1, 2, 3]),
        opportunity_at=np.array([2, -1]),
    )
    assert opportunity_mean(basis_of(history)).sql.logit == -1.0


def test_article_without_opportunities_uses_wins_and_is_not_feasible(history):
    bare = History(lead=history.lead, logit=history.logit, won=history.won, as_of=history.as_of)
    last = [
        history.logit[rows[-1]] for rows in oracle.rows_by_lead(history).values() if history.won[rows[-1]]
    ]
    advice = opportunity_mean(basis_of(bare))
    assert not advice.feasible
    assert advice.sql.logit == pytest.approx(np.mean(last))
    assert "is used instead" in advice.note["en"]


def test_value_finds_the_line_of_highest_net_value_and_names_the_break_even(history, tried):
    basis = basis_of(history, cost_per_sql=30.0, cost_per_mql=4.0, value_per_win=100.0)
    advice = value(basis)
    for line, cost in ((advice.sql, 30.0), (advice.mql, 4.0)):
        found = [tried[peak] for peak in np.unique(basis.steps.peak).tolist()]
        best = max(wins * 100 - crossed * cost for crossed, wins, *_ in found if crossed >= 30)
        assert line.wins * 100 - line.crossed * cost == best
    assert "30% as SQL and at 4% as MQL" in advice.note["en"]


def test_value_of_calibrated_scores_lies_near_the_break_even_probability():
    history = oracle.simulate(20_000, 3, rows=1)
    rng = np.random.default_rng(0)
    true = 1 / (1 + np.exp(-history.logit))
    history = History(
        lead=history.lead, logit=history.logit, won=rng.random(len(true)) < true, as_of=history.as_of
    )
    advice = value(basis_of(history, cost_per_sql=20.0, cost_per_mql=5.0, value_per_win=100.0))
    assert advice.sql.logit == pytest.approx(math.log(0.25), abs=0.3)
    assert advice.mql.logit == pytest.approx(math.log(0.05 / 0.95), abs=0.5)


def test_a_cost_above_any_value_pays_nowhere(history):
    advice = value(basis_of(history, cost_per_sql=500.0, cost_per_mql=1.0, value_per_win=100.0))
    assert not advice.feasible
    assert "No SQL threshold covered its cost" in advice.note["en"]
    assert "costs more than a win" in advice.note["en"]


def test_amounts_stand_in_for_the_value_of_a_win():
    history = History(
        lead=np.array([0, 0, 1, 2]),
        logit=np.zeros(4),
        won=np.array([True, True, True, False]),
        as_of=np.arange(4),
        amount=np.array([100.0, 100.0, 300.0, 999.0]),
    )
    assert basis_of(history).value_per_win == 200.0
    assert basis_of(history, value_per_win=7.0).value_per_win == 7.0


def test_precision_floor_is_the_lowest_candidate_that_holds_it(history, tried):
    basis = basis_of(history)
    advice = precision(basis, sql=0.3, mql=0.2)
    for line, floor in ((advice.sql, 0.3), (advice.mql, 0.2)):
        peaks = np.unique(basis.steps.peak).tolist()
        lowest = min(c for c in peaks if tried[c][0] >= 30 and tried[c][3] >= floor)
        assert (line.crossed, line.wins) == tried[lowest][:2]
        assert line.precision.value >= floor
    assert advice.feasible


def test_an_unreachable_precision_is_not_feasible_and_shows_the_highest(history):
    advice = precision(basis_of(history), sql=0.99, mql=0.1)
    assert not advice.feasible
    assert advice.sql.crossed >= 30
    assert "reaches 99%" in advice.note["en"]
    assert f"the highest is {round(advice.sql.precision.value * 100)}%" in advice.note["en"]


def test_recall_floor_is_the_highest_line_that_holds_it(history, tried):
    advice = recall(basis_of(history), sql=0.5, mql=0.9)
    for line, floor in ((advice.sql, 0.5), (advice.mql, 0.9)):
        highest = max(c for c, found in tried.items() if found[4] >= floor)
        assert (line.crossed, line.wins) == tried[highest][:2]
        assert line.recall.value >= floor


def test_reversed_wishes_raise_sql_to_mql_with_a_note(history):
    advice = precision(basis_of(history), sql=0.1, mql=0.4)
    assert advice.sql.logit == advice.mql.logit
    assert "raised to MQL" in advice.note["en"]


def test_few_wins_are_said_and_many_are_not(history):
    few = oracle.simulate(80, 1, shift=-3.0)
    assert "winning leads only" in capacity(basis_of(few), 1, 2).note["en"]
    assert "条成交线索" in capacity(basis_of(few), 1, 2).note["zh"]
    assert capacity(basis_of(history), 3, 8).note["en"] == ""


def test_without_dates_capacity_is_not_feasible_and_nothing_is_weekly(history):
    undated = History(lead=np.arange(400), logit=history.logit[:400], won=history.won[:400])
    basis = basis_of(undated)
    advice = capacity(basis, 3, 8)
    assert not advice.feasible
    assert "no dates" in advice.note["en"]
    assert advice.sql.per_week.value is None
    assert recall(basis, 0.5, 0.9).feasible
    found = advise_all(undated, ThresholdParams(), reference_odds=0.1, n_boot=20)
    assert [advice.method for advice in found] == [name for name in METHODS if name != "capacity"]
    said = " ".join(
        text for advice in found for text in (*advice.explanation.values(), *advice.note.values())
    )
    assert not re.search(r"per week|dates|weekly|每周|日期", said)


def test_a_win_rate_below_the_threshold_is_explained_and_stands_beside_what_was_predicted(history):
    for advice in advise_all(history, ThresholdParams(), reference_odds=0.1, n_boot=20):
        short = any(line.precision.value < line.probability for line in (advice.mql, advice.sql))
        assert ("partly chance" in advice.note["en"]) == short
        assert advice.sql.expected >= advice.sql.probability - 1e-9


def test_every_method_keeps_mql_at_or_below_sql_and_speaks_both_languages(history):
    found = advise_all(history, ThresholdParams(), reference_odds=0.1, n_boot=60)
    assert tuple(advice.method for advice in found) == METHODS
    for advice in found:
        assert advice.mql.logit <= advice.sql.logit
        assert "within 30 days" in advice.explanation["en"]
        assert "在 30 天内成交" in advice.explanation["zh"]
        for line in (advice.mql, advice.sql):
            assert line.per_week.lower <= line.per_week.value <= line.per_week.upper


def test_the_evidence_table_gives_the_same_advice(history):
    kept = replayable(history)
    assert len(kept.lead) < len(history.lead)
    wanted = advise_all(history, ThresholdParams(), reference_odds=0.1, n_boot=60)
    assert advise_all(kept, ThresholdParams(), reference_odds=0.1, n_boot=60) == wanted


def test_lines_are_probabilities_with_few_digits(history):
    advice = capacity(basis_of(history), 3.0, 8.0)
    for line in (advice.sql, advice.mql):
        assert len(repr(line.probability)) <= 7
        assert math.log(line.probability / (1 - line.probability)) == pytest.approx(line.logit)


@pytest.mark.parametrize(
    "wrong", [{"cost_per_sql": -1.0}, {"value_per_win": 0.0}, {"reference_odds": 0.0}, {"n_boot": 1}]
)
def test_impossible_numbers_are_refused_by_name(history, wrong):
    with pytest.raises(ParamsError, match=next(iter(wrong))):
        Basis.of(history, **{"reference_odds": 0.1, **wrong})


def test_a_line_that_nothing_crosses_has_no_precision_and_says_so(history):
    line = basis_of(history).threshold(99.0, 1.0)
    assert (line.crossed, line.precision.value, line.per_week.value, line.recall.value) == (0, None, 0.0, 0.0)
    said = threshold_words("SQL", line, 30.0)
    assert "wins unknown" in said["en"]
    assert "成交情况未知" in said["zh"]


def test_the_article_interval_covers_the_mean_score_about_nine_times_in_ten():
    rng = np.random.default_rng(0)
    hits = 0
    for _ in range(400):
        logit = rng.normal(0.0, 1.0, 60) + np.repeat(rng.normal(0.0, 1.0, 20), 3)
        drawn = History(
            lead=np.arange(60),
            logit=logit,
            won=np.ones(60, dtype=bool),
            as_of=np.arange(60),
            groups=np.arange(60) // 3,
            opportunity_at=np.full(60, 99),
        )
        low, high = _mean_interval(np.arange(60), basis_of(drawn))
        hits += low <= score_of(0.0, 0.1) <= high
    assert 0.84 <= hits / 400 <= 0.94


def test_evidence_that_lacks_an_array_is_a_bundle_error(history):
    arrays = replayable(history).arrays()
    del arrays["won"]
    with pytest.raises(BundleError, match="lacks an array: got 'won'"):
        History.from_arrays(arrays)
