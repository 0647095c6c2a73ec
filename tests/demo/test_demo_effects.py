"""What moves the leads of the synthetic world beyond their columns, and the shapes in which it is exported."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from demo_kit import (
    DAY,
    created,
    pairs,
    texts,
)

from lead_ml.demo import SynthSettings, SynthWorld, write
from lead_ml.demo.files import Closing
from lead_ml.demo.vocabulary import vocabulary
from lead_ml.project.targets import CLOSING_STAGES


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
