"""The synthetic CRM: repeatable, consistent in time, as hard as it should be, and true to its stated probabilities."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import rankdata
from sklearn.metrics import average_precision_score

from lead_ml.asof.join import attribute
from lead_ml.asof.kernel.plan import compile_plans
from lead_ml.asof.labels import Spine
from lead_ml.declare import Aggregate, Attribute, reads
from lead_ml.demo import SynthSettings, SynthWorld, generate, true_probability, write
from lead_ml.demo.files import Closing
from lead_ml.demo.lifecycle import draw_fates
from lead_ml.demo.vocabulary import vocabulary
from lead_ml.project.load import Project, load_project
from lead_ml.project.params import PointsRule
from lead_ml.project.targets import CLOSING_STAGES
from lead_ml.tables.dataset import Dataset

DAY = 86_400_000_000
MINUTE = 60_000_000
HORIZON = 60 * DAY
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def world() -> SynthWorld:
    return generate(12_000, 11)


@pytest.fixture(scope="module")
def project() -> Project:
    return load_project(ROOT)


def texts(world: SynthWorld, column: str) -> np.ndarray:
    return np.array(world.data.leads.columns[column].values(), dtype=object)


def auc(label: np.ndarray, score: np.ndarray) -> float:
    ranks = rankdata(score)
    positive = int(label.sum())
    return float((ranks[label].sum() - positive * (positive + 1) / 2) / (positive * (len(label) - positive)))


def auc_interval(label: np.ndarray, score: np.ndarray) -> tuple[float, float]:
    """Return the 95% interval after Hanley and McNeil (1982)."""
    a, pos, neg = auc(label, score), label.sum(), (~label).sum()
    q1, q2 = a / (2 - a), 2 * a * a / (1 + a)
    error = np.sqrt((a * (1 - a) + (pos - 1) * (q1 - a * a) + (neg - 1) * (q2 - a * a)) / (pos * neg))
    return a - 1.96 * error, a + 1.96 * error


def created(world: SynthWorld) -> np.ndarray:
    assert world.data.leads.created_at is not None
    return world.data.leads.created_at


def won_within(world: SynthWorld, as_of: np.ndarray) -> np.ndarray:
    outcomes = world.data.outcomes
    assert outcomes is not None
    won_at = np.full(len(world.data.leads), np.iinfo(np.int64).max)
    stage = np.array(outcomes.columns["stage"].values())
    won_at[outcomes.lead[stage == "won"]] = outcomes.occurred_at[stage == "won"]
    return (won_at > as_of) & (won_at <= as_of + HORIZON)


def settled(world: SynthWorld) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return rows of the leads mature at settle (with a month for late records), their truth and their labels."""
    as_of = created(world) + MINUTE
    rows = np.flatnonzero(as_of + HORIZON + 30 * DAY <= world.data.until)
    return rows, true_probability(world, rows, as_of[rows], HORIZON), won_within(world, as_of)[rows]


def at_creation(data: Dataset) -> Spine:
    """Return one snapshot of every lead."""
    assert data.leads.created_at is not None
    return Spine(np.arange(len(data.leads)), data.leads.created_at)


def points(rules: tuple[PointsRule, ...], project: Project, data: Dataset) -> np.ndarray:
    """Add up the rules over attributes of the leads, independently of the engine's scorecard."""
    declared = {item.name: item for item in project.declarations}
    total = np.zeros(len(data.leads))
    for rule in rules:
        item = declared[rule.feature]
        if not isinstance(item, Attribute):
            continue
        column = attribute(item, data, at_creation(data))
        if rule.values:
            hit = np.isin(np.array(column.values(), dtype=object), rule.values)
        else:
            hit = (column >= (-np.inf if rule.at_least is None else rule.at_least)) & (
                column < (np.inf if rule.below is None else rule.below)
            )
        total += np.where(hit, rule.points, 0.0)
    return total


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


def pairs(keys: Iterable[object]) -> set[tuple[int, int]]:
    """Return the pairs of rows with the same key; None is no key."""
    rows: dict[object, list[int]] = defaultdict(list)
    for row, key in enumerate(keys):
        if key is not None:
            rows[key].append(row)
    return {pair for members in rows.values() for pair in combinations(members, 2)}


def test_equal_phones_and_mails_find_some_duplicates_and_some_that_are_none(world: SynthWorld) -> None:
    person, real = world.truth.person, ~world.truth.fake
    assert 0.055 < (person != np.arange(len(person))).mean() < 0.065
    assert (person <= np.arange(len(person))).all()
    phone, mail = (texts(world, name) for name in ("phone", "email"))
    same = pairs(person)
    found = {name: pairs(np.where(real, column, None)) for name, column in (("phone", phone), ("mail", mail))}
    found["either"] = found["phone"] | found["mail"]
    for pair in found.values():
        right = len(pair & same)
        assert 0.25 < 2 * right / (len(pair) + len(same)) < 0.70
    assert 0.4 < len(found["either"] & same) / len(same) < 0.65


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


def test_small_firms_buy_the_small_product(world: SynthWorld) -> None:
    size, product = texts(world, "company_size"), texts(world, "product")
    small, large = np.isin(size, ["1-10", "11-50"]), np.isin(size, ["1001-5000", "5001+"])
    ever = world.truth.win_probability
    for fits, misfits, who in (("starter", "enterprise", small), ("enterprise", "starter", large)):
        assert ever[who & (product == fits)].mean() > 2 * ever[who & (product == misfits)].mean()
    amount = {name: np.nanmedian(world.truth.fate.amount[product == name]) for name in np.unique(product)}
    assert amount["starter"] < amount["business"] < amount["enterprise"]


def test_the_tenth_page_view_says_little(world: SynthWorld) -> None:
    events, truth = world.data.events, world.truth
    assert events is not None
    early = events.occurred_at < created(world)[events.lead] + 7 * DAY
    early &= np.array(events.columns["type"].values()) == "page_view"
    views = np.bincount(events.lead[early], minlength=len(truth.kind))
    asked = ~truth.fake & (truth.fate.age_days > 7)
    few, some, many = (
        truth.win_probability[asked & (views >= low) & (views < high)].mean()
        for low, high in ((0, 3), (8, 14), (14, 99))
    )
    assert some - few > 0.025
    assert many - some < 0.6 * (some - few)


def test_two_sources_behave_unlike_the_rest(world: SynthWorld) -> None:
    source, truth = texts(world, "source"), world.truth
    gain = {
        name: np.polyfit(truth.intent[rows], truth.logit[rows], 1)[0]
        for name in np.unique(source)
        for rows in [(source == name) & ~truth.fake]
    }
    usual = [gain[name] for name in gain if name not in ("partner", "wechat")]
    assert gain["partner"] < 0.6 * min(usual)
    assert gain["wechat"] > 1.3 * max(usual)


def test_leads_of_a_company_and_of_a_week_share_what_no_column_shows(world: SynthWorld) -> None:
    truth, account = world.truth, texts(world, "account_id")
    known = account != None  # noqa: E711
    for effect, group, weight in (
        (truth.company_effect[known], account[known], SynthSettings().company_weight),
        (
            truth.week_effect,
            (created(world) - created(world).min()) // (7 * DAY),
            SynthSettings().week_weight,
        ),
    ):
        for name in np.unique(group)[:50]:
            assert np.ptp(effect[group == name]) == 0 or len(np.unique(effect[group == name])) <= 2
        assert effect.std() == pytest.approx(weight, rel=0.3)


def test_every_lead_is_assigned_to_a_rep_of_its_market_and_some_are_handed_over(world: SynthWorld) -> None:
    changes, reps = world.assignments, {name: chinese for name, chinese, _ in vocabulary().owners}
    assert (changes.at > created(world)[changes.lead]).all()
    assert (np.diff(changes.at) >= 0).all()
    owner, country = texts(world, "owner"), texts(world, "country")
    assigned = owner != None  # noqa: E711
    assert assigned.mean() > 0.99
    assert all(reps[a] == (b == "CN") for a, b in zip(owner[assigned], country[assigned], strict=True))
    assert 0.04 < (np.bincount(changes.lead) > 1).mean() < 0.09


def test_calls_have_notes_in_the_language_of_the_lead_that_tell_of_interest(world: SynthWorld) -> None:
    events = world.data.events
    assert events is not None
    kinds = np.array(events.columns["type"].values())
    noted = np.flatnonzero(world.notes != None)  # noqa: E711
    assert set(kinds[noted]) == {"call_connected"}
    chinese = texts(world, "country")[events.lead[noted]] == "CN"
    written = np.array(
        [any("\u4e00" <= letter <= "\u9fff" for letter in text) for text in world.notes[noted]]
    )
    assert (written == chinese).all()
    real = np.isin(world.truth.kind[events.lead[noted]], ["real"])
    warm = np.array(
        [
            any(word in text for word in ("budget", "trial", "demo", "预算", "试用", "演示"))
            for text in world.notes[noted]
        ]
    )
    intent = world.truth.intent[events.lead[noted]]
    assert intent[real & warm].mean() > intent[real & ~warm].mean() + 0.4


@pytest.mark.parametrize("closing", ["outcomes", "status", "close_date", "column"])
def test_every_shape_of_closing_tells_the_same_wins(
    world: SynthWorld, tmp_path: Path, closing: Closing
) -> None:
    write(world, tmp_path, closing=closing)
    with (tmp_path / "leads.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    outcomes = world.data.outcomes
    assert outcomes is not None
    stage = np.array(outcomes.columns["stage"].values())
    won = np.bincount(outcomes.lead[stage == "won"], minlength=len(rows)) > 0
    closed = np.bincount(outcomes.lead[np.isin(stage, CLOSING_STAGES)], minlength=len(rows)) > 0
    assert (tmp_path / "outcomes.csv").is_file() is (closing == "outcomes")
    assert ("lead_status" in rows[0]) is (closing in ("outcomes", "status"))
    if closing == "close_date":
        assert [row["is_won"] for row in rows] == np.select([won, closed], ["true", "false"], "").tolist()
        assert [bool(row["closed_at"]) for row in rows] == closed.tolist()
    if closing == "column":
        assert [row["converted"] for row in rows] == np.where(won, "yes", "no").tolist()


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
