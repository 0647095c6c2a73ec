from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lead_ml.declare import category, events, lead_age, ordinal
from lead_ml.errors import InputError
from lead_ml.scoring.reasons import Evidence, Explainer, fit_evidence, importance
from lead_ml.scoring.reasons.evidence import Cell, Levels
from lead_ml.scoring.thresholds import score_of
from lead_ml.tables.dataset import Coded

CALLS = events(type="call")
DECLARED = (
    category("industry", en="Industry", zh="行业", group="fit"),
    CALLS.count("calls_30d", window="30d", en="Calls, last 30 days", zh="近30天通话", group="engagement"),
    category("source", en="Source", zh="来源", group="channel"),
    lead_age(group="engagement"),
    ordinal("size", ["small", "large"], en="Size", zh="规模", group="fit"),
    CALLS.count("calls", en="Calls so far", zh="累计通话", group="engagement"),
)
VALUES = ("steel", 4.0, None, 0.5, 1.0, 9.0)
PARTS = st.lists(st.floats(-4, 4), min_size=6, max_size=6)


def evidence(**rates):
    features = {name: Levels({"steel": Cell(rate, 100)}, Cell(rate, 100)) for name, rate in rates.items()}
    return Evidence(0.1, features)


def reasons_of(declared, parts, values, *, lang="en", evidence=None, target="conversion", top=None):
    return Explainer(declared, evidence, target).reasons(parts, values.__getitem__, lang, top)


def both(found):
    return (*found.for_, *found.against)


@given(PARTS, st.floats(-3, 3), st.sampled_from([None, 0, 1, 3]))
@settings(deadline=None)
def test_base_all_reasons_and_the_rest_add_up_to_the_logit_and_to_the_score(parts, base, top):
    found = reasons_of(DECLARED, parts, VALUES, top=top)
    logit = base + sum(parts)
    assert base + sum(r.contribution for r in both(found)) + found.other == pytest.approx(logit, abs=1e-9)
    points = score_of(base, 0.1) + sum(r.points for r in both(found)) + found.other * 20 / math.log(10)
    if 0 < score_of(base, 0.1) < 100 and 0 < score_of(logit, 0.1) < 100:
        assert points == pytest.approx(score_of(logit, 0.1), abs=1e-9)
    for reason in both(found):
        if reason.members:
            assert sum(m.contribution for m in reason.members) == pytest.approx(
                reason.contribution, abs=1e-12
            )


@given(PARTS)
@settings(deadline=None)
def test_sums_by_family_and_group_add_up_and_groups_stay_in_fixed_order(parts):
    explainer = Explainer(DECLARED)
    groups, families = explainer.group_sums(np.array(parts)), explainer.family_sums(np.array(parts))
    assert list(groups) == ["fit", "engagement", "channel"]
    assert list(families) == ["industry", "calls_30d", "source", "lead_age_days", "size"]
    for sums in (groups, families):
        assert sum(sums.values()) == pytest.approx(sum(parts), abs=1e-9)
    assert families["calls_30d"] == parts[1] + parts[5]


@given(PARTS)
@settings(deadline=None)
def test_nobody_reads_two_signs_for_one_fact(parts):
    found = reasons_of(DECLARED, parts, VALUES)
    assert len({r.family for r in both(found)}) == len(both(found))
    for sign, side in ((1, found.for_), (-1, found.against)):
        assert all(r.contribution * sign > 0 for r in side)
        sizes = [abs(r.contribution) for r in side]
        assert sizes == sorted(sizes, reverse=True)
        for r in side:
            if r.members:  # the words are those of a feature that points the way of the sum
                assert next(m for m in r.members if m.feature == r.feature).contribution * sign > 0


def test_a_family_reads_as_its_strongest_feature_with_the_others_behind_it():
    found = reasons_of(DECLARED, [0, -0.4, 0, 0, 0, 1.0], VALUES)
    (reason,) = both(found)
    assert (reason.family, reason.feature, reason.value) == ("calls_30d", "calls", 9.0)
    assert reason.contribution == pytest.approx(0.6)
    assert reason.text == "Calls so far: 9 · +1 related"
    assert [(m.feature, m.contribution, m.text) for m in reason.members] == [
        ("calls", 1.0, "Calls so far: 9"),
        ("calls_30d", -0.4, "Calls, last 30 days: 4"),
    ]
    chinese = reasons_of(DECLARED, [0, -0.4, 0, 0, 0, 1.0], VALUES, lang="zh").for_[0]
    assert chinese.text == "累计通话：9 · 另含 1 项相关信息"
    assert Explainer(DECLARED).reworded(reason, "zh") == chinese


def test_a_reason_of_no_points_is_none_and_ties_stay_in_declared_order():
    found = reasons_of(DECLARED, [0.5, 0.0, 0.5, -0.2, -0.2, 0.005], VALUES)
    assert [r.feature for r in found.for_] == ["industry", "source"]
    assert [r.feature for r in found.against] == ["lead_age_days", "size"]
    assert found.other == pytest.approx(0.005)


def test_ln_two_on_the_logit_is_six_points():
    (reason,) = reasons_of(DECLARED[:1], [math.log(2)], ["steel"]).for_
    assert reason.points == pytest.approx(6.0206, abs=1e-4)


@pytest.mark.parametrize(
    ("part", "rate", "shown"), [(0.5, 0.3, True), (-0.5, 0.3, False), (-0.5, 0.02, True), (0.5, 0.02, False)]
)
def test_evidence_stands_only_where_it_agrees_with_the_sign(part, rate, shown):
    found = reasons_of(DECLARED[:1], [part], ["steel"], evidence=evidence(industry=rate))
    assert ("convert vs" in both(found)[0].text) is shown


@pytest.mark.parametrize(("part", "rate"), [(0.5, 0.1), (0.5, 0.1001), (-0.5, 0.0999)])
def test_evidence_that_reads_as_no_difference_is_left_out(part, rate):
    found = reasons_of(DECLARED[:1], [part], ["steel"], evidence=evidence(industry=rate))
    assert both(found)[0].text == "Industry: steel"


@given(st.integers(0, 10_000))
@settings(deadline=None)
def test_no_reason_ever_argues_against_itself(seed):
    rng = np.random.default_rng(seed)
    column = Coded.of(rng.choice(["steel", "food", "law"], 300).tolist())
    history = fit_evidence(DECLARED[:1], {"industry": column}, rng.random(300) < 0.3)
    part = float(rng.normal()) or 1.0
    found = reasons_of(DECLARED[:1], [part + math.copysign(0.01, part)], ["food"], evidence=history)
    rate, overall = history.lookup("industry", "food")[:2]
    if "convert vs" in both(found)[0].text:
        assert (rate > overall) == (part > 0)


def test_missing_is_worded_as_missing_with_its_own_evidence():
    for_ = reasons_of(
        DECLARED[2:3], [1.0], [float("nan")], lang="zh", evidence=evidence(source=0.3), target="fake"
    ).for_
    assert for_[0].text == "来源：未提供；虚假占比 30%，整体 10%（样本 100 条）"
    assert for_[0].value is None


def test_an_ordinal_given_by_number_speaks_by_its_level():
    found = Evidence(0.1, {"size": Levels({"large": Cell(0.3, 50)}, None)})
    for_ = reasons_of(DECLARED[4:5], np.array([1.0]), np.array([1.0]), evidence=found).for_
    assert for_[0].value == "large"
    assert for_[0].text == "Size: large; 30% convert vs 10% overall (50 leads)"


def test_reasons_from_arrays_can_be_sent_as_json():
    for_ = reasons_of(DECLARED[1:2], np.array([1.0]), np.array([3.0])).for_
    assert msgspec.json.decode(msgspec.json.encode(for_))[0]["value"] == 3.0


@pytest.mark.parametrize("parts", [[1.0], [1.0] * 7, [1.0, 1.0, math.nan, 1.0, 1.0, 1.0]])
def test_rows_that_do_not_fit_are_refused(parts):
    with pytest.raises(InputError, match="do not fit"):
        reasons_of(DECLARED, parts, VALUES)


def test_importance_is_the_mean_size_sorted_and_shares_add_up():
    matrix = np.array([[1.0, -3.0, 0.0, 0.0, 0.5, 0.0], [-1.0, 0.0, 0.0, 0.0, 0.5, 0.0]])
    found = importance(DECLARED, matrix)
    assert [(i.feature, i.mean_abs) for i in found] == [
        ("calls_30d", 1.5),
        ("industry", 1.0),
        ("size", 0.5),
        ("source", 0.0),
        ("lead_age_days", 0.0),
        ("calls", 0.0),
    ]
    assert sum(i.share for i in found) == pytest.approx(1.0)
    assert (found[1].en, found[1].zh, found[1].group) == ("Industry", "行业", "fit")


def test_importance_of_a_model_without_contributions_is_zero():
    assert {i.share for i in importance(DECLARED, np.zeros((3, 6)))} == {0.0}


def test_importance_refuses_shapes_that_do_not_fit():
    with pytest.raises(InputError, match="do not fit"):
        importance(DECLARED, np.zeros((3, 4)))
    with pytest.raises(InputError, match="do not fit"):
        importance(DECLARED, np.zeros((0, 6)))
