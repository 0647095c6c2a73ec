"""The synthetic CRM: repeatable, consistent in time, as hard as it should be, and true to its stated probabilities."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from demo_kit import (
    DAY,
    HORIZON,
    MINUTE,
    at_creation,
    auc_interval,
    created,
    points,
    settled,
    won_within,
)
from sklearn.metrics import average_precision_score

from lead_ml.asof.join import attribute
from lead_ml.asof.kernel.plan import compile_plans
from lead_ml.declare import Aggregate, Attribute, reads
from lead_ml.demo import SynthSettings, SynthWorld, generate, true_probability, write
from lead_ml.demo.lifecycle import draw_fates
from lead_ml.project.load import Project


def test_same_seed_gives_the_same_files(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        write(generate(300, 5, days=90), tmp_path / folder)
    for name in ("leads.csv", "events.csv", "outcomes.csv", "truth.csv", "README.txt"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    assert (tmp_path / "a" / "README.txt").read_text(encoding="utf-8").startswith("SYNTHETIC")


def test_another_seed_gives_another_world() -> None:
    first, second = generate(300, 5), generate(300, 6)
    assert not np.array_equal(created(first), created(second))


@pytest.mark.parametrize("size", [1, 2, 17])
def test_small_worlds_stand(size: int, tmp_path: Path) -> None:
    world = generate(size, 1, days=30)
    assert len(world.data.leads) == size
    write(world, tmp_path)


def test_nothing_happens_before_the_lead_exists_or_after_the_data_end(world: SynthWorld) -> None:
    for table in (world.data.events, world.data.outcomes):
        assert table is not None
        assert (table.occurred_at >= created(world)[table.lead]).all()
        assert (table.known_at >= table.occurred_at).all()
        assert (table.known_at <= world.data.until).all()


def test_some_events_and_outcomes_are_recorded_late(world: SynthWorld) -> None:
    for table in (world.data.events, world.data.outcomes):
        assert table is not None
        assert 0.01 < (table.known_at > table.occurred_at).mean() < 0.3


def test_the_form_just_sent_is_known_at_settle(world: SynthWorld) -> None:
    events = world.data.events
    assert events is not None
    forms = np.array(events.columns["type"].values()) == "form_submit"
    known = events.known_at[forms] < created(world)[events.lead[forms]] + MINUTE
    assert np.unique(events.lead[forms][known]).size == len(world.data.leads)


def test_fakes_never_win_and_part_of_them_is_never_labelled(world: SynthWorld) -> None:
    fake, stage = world.truth.fake, world.truth.fate.stage
    assert not (stage[fake] == "won").any()
    assert set(stage[fake]) == {"invalid", "open"}
    assert 0.3 < (stage[fake] == "open").mean() < 0.4
    assert 0.10 < fake.mean() < 0.12


def test_a_lead_closes_once_and_a_win_comes_last(world: SynthWorld) -> None:
    outcomes = world.data.outcomes
    assert outcomes is not None
    stage = np.array(outcomes.columns["stage"].values())
    closing = np.isin(stage, ["won", "lost", "invalid"])
    assert np.bincount(outcomes.lead[closing]).max() == 1
    closed_at = np.full(len(world.data.leads), np.iinfo(np.int64).max)
    closed_at[outcomes.lead[closing]] = outcomes.occurred_at[closing]
    assert (outcomes.occurred_at <= closed_at[outcomes.lead]).all()


def test_no_event_follows_the_end_of_a_lead(world: SynthWorld) -> None:
    events = world.data.events
    assert events is not None
    age = (events.occurred_at - created(world)[events.lead]) / DAY
    assert (age <= world.truth.fate.age_days[events.lead] + 1 / 86_400).all()


def test_the_status_column_gives_the_outcome_away(world: SynthWorld) -> None:
    outcomes = world.data.outcomes
    assert outcomes is not None
    winners = np.unique(outcomes.lead[np.array(outcomes.columns["stage"].values()) == "won"])
    status = np.array(world.data.leads.columns["lead_status"].values())
    assert set(status[winners]) == {"Converted"}
    assert (status == "Converted").sum() < 1.1 * len(winners)


def test_wins_are_as_frequent_as_their_probabilities_say(world: SynthWorld) -> None:
    _, truth, label = settled(world)
    error = np.sqrt((truth * (1 - truth)).sum()) / len(truth)
    assert abs(label.mean() - truth.mean()) < 3 * error
    assert 0.08 < label.mean() < 0.12
    assert 0.08 < world.truth.win_probability.mean() < 0.12


def test_truth_is_calibrated_at_every_age(world: SynthWorld) -> None:
    for age in (1, 7, 30, 90):
        as_of = created(world) + age * DAY
        still_open = world.truth.fate.age_days > age
        rows = np.flatnonzero(still_open & (as_of + HORIZON + 30 * DAY <= world.data.until))
        truth, label = true_probability(world, rows, as_of[rows], HORIZON), won_within(world, as_of)[rows]
        order = np.argsort(truth, kind="stable")
        for part in np.array_split(order, 5):
            error = np.sqrt((truth[part] * (1 - truth[part])).sum()) / len(part)
            assert abs(label[part].mean() - truth[part].mean()) < 4 * error + 1e-9


@pytest.mark.parametrize(("age", "horizon"), [(0.0, 60.0), (10.0, 30.0), (45.0, 90.0)])
def test_the_closed_form_equals_monte_carlo(age: float, horizon: float) -> None:
    settings, draws = SynthSettings(), 200_000
    world = generate(50, 3)
    ever = np.full(50, 0.25)
    world = replace(world, truth=replace(world.truth, win_probability=ever))
    as_of = created(world) + round(age * DAY)
    stated = true_probability(world, np.arange(50), as_of, round(horizon * DAY))
    kind, deal = np.full(draws, "real", dtype=object), np.full(draws, 4e3)
    fate = draw_fates(np.random.default_rng(1), np.full(draws, 0.25), kind, deal, settings)
    still_open = fate.age_days > age
    wins = (fate.stage == "won") & still_open & (fate.age_days <= age + horizon)
    simulated = wins.sum() / still_open.sum()
    np.testing.assert_allclose(stated, simulated, atol=4 * np.sqrt(0.25 / still_open.sum()))
    assert 0.02 < simulated < 0.98


def test_truth_is_hard_enough(world: SynthWorld) -> None:
    _, truth, label = settled(world)
    low, high = auc_interval(label, truth)
    assert high < 0.88
    assert low > 0.78


def test_the_scorecard_of_the_demo_is_useful_but_weak(world: SynthWorld, project: Project) -> None:
    rows, _, label = settled(world)
    score = points(project.params.conversion.scorecard.rules, project, world.data)[rows]
    low, high = auc_interval(label, score)
    assert 0.58 < low < 0.70
    assert 0.60 < high < 0.72


def test_fakes_show_but_not_all_of_them(world: SynthWorld, project: Project) -> None:
    score = points(project.params.fake.scorecard.rules, project, world.data)
    low, high = auc_interval(world.truth.fake, score)
    assert low > 0.80
    assert high < 0.93
    assert (score[world.truth.fake] <= 0).mean() > 0.15
    assert average_precision_score(world.truth.fake, score) < 0.80


def test_intent_moves_the_events_and_the_win_does_not(world: SynthWorld) -> None:
    """Among open leads of one age, events may not tell a coming win beyond what the latents tell."""
    events = world.data.events
    assert events is not None
    age, truth = 14, world.truth
    early = events.occurred_at < created(world)[events.lead] + age * DAY
    count = np.bincount(events.lead[early], minlength=len(world.data.leads))
    as_of = created(world) + age * DAY
    rows = np.flatnonzero(
        (truth.fate.age_days > age) & ~truth.fake & (as_of + HORIZON + 30 * DAY <= world.data.until)
    )
    assert np.corrcoef(count[rows], truth.intent[rows])[0, 1] > 0.25
    stated = true_probability(world, rows, as_of[rows], HORIZON)
    residual = won_within(world, as_of)[rows] - stated
    z = (residual * (count[rows] - count[rows].mean())).sum() / np.sqrt(
        (stated * (1 - stated) * (count[rows] - count[rows].mean()) ** 2).sum()
    )
    assert abs(z) < 4


def test_bots_come_in_bursts_from_one_address(world: SynthWorld) -> None:
    bots = world.truth.kind == "bot"
    address = np.array(world.data.leads.columns["ip"].values(), dtype=object)
    _, per_address = np.unique(address[bots].astype(str), return_counts=True)
    assert np.median(np.repeat(per_address, per_address)) >= 4


def test_chinese_and_western_leads_stand_side_by_side(world: SynthWorld) -> None:
    names = [name or "" for name in world.data.leads.columns["name"].values()]
    chinese = np.mean([any("\u4e00" <= letter <= "\u9fff" for letter in name) for name in names])
    assert 0.3 < chinese < 0.6


def test_the_demo_project_loads_and_its_parts_agree(project: Project, world: SynthWorld) -> None:
    declared = {item.name: item for item in project.declarations}
    columns = set(world.data.leads.columns)
    for name, spec in project.specs.items():
        seen = {item.name for item in project.declarations if item.group in spec.groups}
        rules = getattr(project.params, name).scorecard.rules
        assert {rule.feature for rule in rules} <= seen
        assert set(spec.monotone) <= seen
        assert all(
            not isinstance(declared[item], Attribute) or declared[item].kind != "category"
            for item in spec.monotone
        )
        assert spec.search
    assert len(declared) >= 50
    assert "lead_status" not in set().union(*map(reads, project.declarations))
    assert set().union(*map(reads, project.declarations)) - {"lead_id"} <= columns
    assert compile_plans(project.declarations)


def test_every_value_that_a_demo_rule_names_occurs(project: Project, world: SynthWorld) -> None:
    declared = {item.name: item for item in project.declarations}
    for target in (project.params.conversion, project.params.fake):
        for rule in target.scorecard.rules:
            if not rule.values or "too_long" in rule.values:
                continue
            column = attribute(declared[rule.feature], world.data, at_creation(world.data))  # type: ignore[arg-type]
            assert set(rule.values) <= set(column.levels), rule.feature


def test_every_type_and_page_that_the_demo_features_filter_occurs(
    project: Project, world: SynthWorld
) -> None:
    events, outcomes = world.data.events, world.data.outcomes
    assert events is not None
    assert outcomes is not None
    levels = {"events": events.columns, "outcomes": outcomes.columns}
    for item in project.declarations:
        if isinstance(item, Aggregate) and item.stream != "leads":
            for column, values in item.where.items():
                assert set(values) <= set(levels[item.stream][column].levels), item.name


def test_declared_wording_is_complete_and_reads_before_a_colon(project: Project) -> None:
    for item in project.declarations:
        assert item.en[0].isupper() or item.en[0].isdigit()
        assert not item.en.endswith((".", ":", "?"))
        assert any("\u4e00" <= letter <= "\u9fff" for letter in item.zh), item.name
        assert not item.zh.endswith(("。", "：", "？"))


def test_written_files_read_back_as_the_same_world(tmp_path: Path) -> None:
    world = generate(200, 4, days=120)
    write(world, tmp_path)
    with (tmp_path / "leads.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["lead_id"] for row in rows] == list(world.data.leads.lead_id)
    stamps = np.array([row["created_at"].removesuffix("Z") for row in rows], dtype="datetime64[us]").astype(
        np.int64
    )
    np.testing.assert_array_equal(stamps, created(world))
    for name, column in world.data.leads.columns.items():
        assert [row[name] or None for row in rows] == column.values()
