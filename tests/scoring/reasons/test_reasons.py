from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lead_ml.declare import category, events, lead_age, ordinal
from lead_ml.errors import InputError
from lead_ml.scoring.reasons import Evidence, fit_evidence, group_sums, importance, reasons_of
from lead_ml.scoring.reasons.evidence import Cell, Levels
from lead_ml.scoring.thresholds import score_of
from lead_ml.tables.dataset import Coded

DECLARED = (
    category("industry", en="Industry", zh="行业", group="fit"),
    events().count("visits_30d", window="30d", en="Visits", zh="访问", group="engagement"),
    category("source", en="Source", zh="来源", group="channel"),
    lead_age(group="engagement"),
    ordinal("size", ["small", "large"], en="Size", zh="规模", group="fit"),
)
VALUES = ("steel", 4.0, None, 0.5, 1.0)
PARTS = st.lists(st.floats(-4, 4), min_size=5, max_size=5)


def evidence(**rates):
    features = {name: Levels({"steel": Cell(rate, 100)}, Cell(rate, 100)) for name, rate in rates.items()}
    return Evidence(0.1, features)


@given(PARTS, st.floats(-3, 3))
@settings(deadline=None)
def test_base_and_all_reasons_add_up_to_the_logit_and_to_the_score(parts, base):
    for_, against = reasons_of(DECLARED, parts, VALUES, lang="en", top=None)
    logit = base + sum(parts)
    assert base + sum(r.contribution for r in for_ + against) == pytest.approx(logit, abs=1e-9)
    points = score_of(base, 0.1) + sum(r.points for r in for_ + against)
    if 0 < score_of(base, 0.1) < 100 and 0 < score_of(logit, 0.1) < 100:
        assert points == pytest.approx(score_of(logit, 0.1), abs=1e-9)


@given(PARTS)
@settings(deadline=None)
def test_group_sums_add_up_and_hold_every_group_present_in_fixed_order(parts):
    sums = group_sums(DECLARED, np.array(parts))
    assert list(sums) == ["fit", "engagement", "channel"]
    assert sum(sums.values()) == pytest.approx(sum(parts), abs=1e-9)
    assert sums["engagement"] == parts[1] + parts[3]


@given(PARTS)
@settings(deadline=None)
def test_each_side_is_sorted_by_strength_and_has_its_own_sign(parts):
    for_, against = reasons_of(DECLARED, parts, VALUES, lang="zh", top=None)
    assert all(r.contribution > 0 for r in for_)
    assert all(r.contribution < 0 for r in against)
    for side in (for_, against):
        sizes = [abs(r.contribution) for r in side]
        assert sizes == sorted(sizes, reverse=True)
    assert len(for_) + len(against) == sum(part != 0 for part in parts)


def test_zero_is_no_reason_and_ties_stay_in_declared_order():
    for_, against = reasons_of(DECLARED, [0.5, 0.0, 0.5, -0.2, -0.2], VALUES, lang="en")
    assert [r.feature for r in for_] == ["industry", "source"]
    assert [r.feature for r in against] == ["lead_age_days", "size"]


def test_top_limits_each_side():
    for_, against = reasons_of(DECLARED, [0.1, 0.2, 0.3, -0.1, -0.2], VALUES, lang="en", top=2)
    assert [r.feature for r in for_] == ["source", "visits_30d"]
    assert [r.feature for r in against] == ["size", "lead_age_days"]


def test_ln_two_on_the_logit_is_six_points():
    (reason,), _ = reasons_of(DECLARED[:1], [math.log(2)], ["steel"], lang="en")
    assert reason.points == pytest.approx(6.0206, abs=1e-4)


@pytest.mark.parametrize(
    ("part", "rate", "shown"), [(0.5, 0.3, True), (-0.5, 0.3, False), (-0.5, 0.02, True), (0.5, 0.02, False)]
)
def test_evidence_stands_only_where_it_agrees_with_the_sign(part, rate, shown):
    for_, against = reasons_of(DECLARED[:1], [part], ["steel"], lang="en", evidence=evidence(industry=rate))
    assert ("convert vs" in (for_ + against)[0].text) is shown


@pytest.mark.parametrize(("part", "rate"), [(0.5, 0.1), (0.5, 0.1001), (-0.5, 0.0999)])
def test_evidence_that_reads_as_no_difference_is_left_out(part, rate):
    for_, against = reasons_of(DECLARED[:1], [part], ["steel"], lang="en", evidence=evidence(industry=rate))
    assert (for_ + against)[0].text == "Industry: steel"


@given(st.integers(0, 10_000))
@settings(deadline=None)
def test_no_reason_ever_argues_against_itself(seed):
    rng = np.random.default_rng(seed)
    column = Coded.of(rng.choice(["steel", "food", "law"], 300).tolist())
    found = fit_evidence(DECLARED[:1], {"industry": column}, rng.random(300) < 0.3)
    part = float(rng.normal())
    for_, against = reasons_of(DECLARED[:1], [part], ["food"], lang="en", evidence=found)
    rate, overall, _ = found.lookup("industry", "food")
    if "convert vs" in (for_ + against)[0].text:
        assert (rate > overall) == (part > 0)


def test_missing_is_worded_as_missing_with_its_own_evidence():
    for_, _ = reasons_of(
        DECLARED[2:3], [1.0], [float("nan")], lang="zh", evidence=evidence(source=0.3), target="fake"
    )
    assert for_[0].text == "来源：未提供；虚假占比 30%，整体 10%（样本 100 条）"
    assert for_[0].value is None


def test_an_ordinal_given_by_number_speaks_by_its_level():
    found = Evidence(0.1, {"size": Levels({"large": Cell(0.3, 50)}, None)})
    for_, _ = reasons_of(DECLARED[4:], np.array([1.0]), np.array([1.0]), lang="en", evidence=found)
    assert for_[0].value == "large"
    assert for_[0].text == "Size: large; 30% convert vs 10% overall (50 leads)"


def test_reasons_from_arrays_can_be_sent_as_json():
    for_, _ = reasons_of(DECLARED[1:2], np.array([1.0]), np.array([3.0]), lang="en")
    assert msgspec.json.decode(msgspec.json.encode(for_))[0]["value"] == 3.0


@pytest.mark.parametrize(
    ("parts", "values"), [([1.0], VALUES), ([1.0] * 5, VALUES[:4]), ([1.0, 1.0, math.nan, 1.0, 1.0], VALUES)]
)
def test_rows_that_do_not_fit_are_refused(parts, values):
    with pytest.raises(InputError, match="do not fit"):
        reasons_of(DECLARED, parts, values, lang="en")


def test_importance_is_the_mean_size_sorted_and_shares_add_up():
    matrix = np.array([[1.0, -3.0, 0.0, 0.0, 0.5], [-1.0, 0.0, 0.0, 0.0, 0.5]])
    found = importance(DECLARED, matrix)
    assert [(i.feature, i.mean_abs) for i in found] == [
        ("visits_30d", 1.5),
        ("industry", 1.0),
        ("size", 0.5),
        ("source", 0.0),
        ("lead_age_days", 0.0),
    ]
    assert sum(i.share for i in found) == pytest.approx(1.0)
    assert (found[1].en, found[1].zh, found[1].group) == ("Industry", "行业", "fit")


def test_importance_of_a_model_without_contributions_is_zero():
    assert {i.share for i in importance(DECLARED, np.zeros((3, 5)))} == {0.0}


def test_importance_refuses_shapes_that_do_not_fit():
    with pytest.raises(InputError, match="do not fit"):
        importance(DECLARED, np.zeros((3, 4)))
    with pytest.raises(InputError, match="do not fit"):
        importance(DECLARED, np.zeros((0, 5)))
