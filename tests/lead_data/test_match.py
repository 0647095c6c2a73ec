"""Matching: people are found without labels, in any order of rows; hubs and colleagues are no evidence; answers are kept."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from match_kit import pairwise_f1, register

from lead_ml.errors import InputError, TooLittleData
from lead_ml.lead_data.match import (
    KeyIndex,
    LeadMatches,
    ReviewedPair,
    lead_columns,
    match,
    read_reviewed,
    reviewed_csv,
    united,
)
from lead_ml.lead_data.match.cluster import clusters
from lead_ml.lead_data.match.fields import fields_of, kind_of
from lead_ml.lead_data.match.hubs import guarded
from lead_ml.lead_data.match.quality import Audit, by_audit


def people_of(found: LeadMatches) -> dict[str, object]:
    return dict(zip(found.lead_id, found.person.tolist(), strict=True))


@pytest.fixture(scope="module")
def world():
    return register(160)


@pytest.fixture(scope="module")
def found(world) -> LeadMatches:
    ids, columns, _ = world
    return match(ids, columns)


def test_people_are_found_without_labels(world, found: LeadMatches) -> None:
    _, _, truth = world
    assert pairwise_f1(people_of(found), truth) > 0.95


def test_a_column_that_repeats_others_is_left_out(found: LeadMatches) -> None:
    assert [field.name for field in found.fields] == [
        "born",
        "city",
        "company",
        "email",
        "first_name",
        "surname",
    ]


def test_the_order_of_rows_and_columns_changes_nothing(world, found: LeadMatches) -> None:
    ids, columns, _ = world
    order = list(range(len(ids)))
    random.Random(3).shuffle(order)
    names = sorted(columns, reverse=True)
    again = match(
        [ids[row] for row in order], {name: [columns[name][row] for row in order] for name in names}
    )
    assert again.lead_id == found.lead_id
    for what in ("person", "band"):
        assert np.array_equal(getattr(again, what), getattr(found, what))
    assert np.array_equal(again.pairs.log_odds, found.pairs.log_odds)


def test_pairs_say_why(found: LeadMatches) -> None:
    pair = next(found.pairs_called("same"))
    assert pair.lead_a < pair.lead_b
    assert pair.probability >= 0.9
    assert "equal: " in pair.evidence


def test_answers_are_in_force_whatever_the_model_says(world, found: LeadMatches) -> None:
    ids, columns, _ = world
    same = next(found.pairs_called("same"))
    strangers = next(lead for lead in sorted(ids) if people_of(found)[lead] != people_of(found)[same.lead_a])
    answers = [
        ReviewedPair(same.lead_a, same.lead_b, same=False),
        ReviewedPair(*sorted((same.lead_a, strangers)), same=True),
    ]
    people = people_of(match(ids, columns, answers))
    assert people[same.lead_a] != people[same.lead_b]
    assert people[same.lead_a] == people[strangers]


def test_reviewed_pairs_improve_and_measure_the_result(world, found: LeadMatches) -> None:
    ids, columns, truth = world
    asked = found.to_ask(400)
    assert {pair.band for pair, _ in asked} >= {"same"}
    assert all(chance is None or 0 < chance <= 1 for _, chance in asked)
    answers = [ReviewedPair(p.lead_a, p.lead_b, truth[p.lead_a] == truth[p.lead_b], c) for p, c in asked]
    again = match(ids, columns, answers)
    before, after = (pairwise_f1(people_of(each), truth) for each in (found, again))
    assert after >= before
    assert (found.quality.source, again.quality.source) == ("model", "audit")
    called = [truth[pair.lead_a] == truth[pair.lead_b] for pair in again.pairs_called("same")]
    assert again.quality.precision.lower <= np.mean(called) <= again.quality.precision.upper


def test_two_leads_with_two_columns_are_needed() -> None:
    with pytest.raises(TooLittleData, match="two columns that tell people apart"):
        match(["a", "b"], {"name": ["ann", "bo"]})


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1990-02-01", "1985-12-24"], "date"),
        (["19900201", "19851224"], "date"),
        (["1990/2/1", "1985/12/24", "1970/1/1"], "date"),
        (["a@b.co", "c@d.co"], "email"),
        (["+49 170 1234567", "+86 13805712233"], "phone"),
        (["4011", "2776"], "number"),
        (["acme", "globex"], "text"),
        (["one", "one"], None),
        ([None, ""], None),
        (["word " * 40, "other " * 40], None),
    ],
)
def test_columns_are_known_by_what_they_hold(values: list[str | None], kind: str | None) -> None:
    assert kind_of("column_7", values) == kind


def test_a_hotline_and_a_role_mailbox_are_no_evidence() -> None:
    columns = {
        "name": ["anna smith", "bruno meyer", "clara novak", "anna smith", "a. smith", "smith, anna"],
        "phone": ["+4930111111"] * 3 + ["+4930222222"] * 3,
        "email": ["info@acme.com", "anna@acme.com"] * 3,
    }
    fields = {field.name: field for field in guarded(fields_of(columns))}
    evidence = {
        name: dict(zip(field.values, field.evidence.tolist(), strict=True)) for name, field in fields.items()
    }
    assert evidence["phone"] == {"+4930111111": False, "+4930222222": True}
    assert evidence["email"] == {"info@acme.com": False, "anna@acme.com": True}


def test_one_likely_pair_does_not_chain_two_people() -> None:
    # 0-1-2 are alike, 3-4-5 are alike, and 2-3 look alike while all other pairs across do not.
    left, right, said = [], [], []
    for a in range(6):
        for b in range(a + 1, 6):
            left.append(a)
            right.append(b)
            said.append(6.0 if a // 3 == b // 3 else 3.0 if (a, b) == (2, 3) else -4.0)
    found = clusters(6, np.array(left), np.array(right), np.array(said))
    assert found.head.tolist() == [0, 0, 0, 3, 3, 3]
    assert len(found.left) == 6


def test_the_roles_of_a_visit_say_nothing_about_a_person() -> None:
    born = [f"1990-01-{day:02d}" for day in range(1, 21)]
    columns = {"name": ["a", "b"] * 10, "source": born, "born": born, "tier": ["gold", "silver"] * 10}
    assert set(lead_columns(columns)) == {"name", "born"}


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "review.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_answers_survive_a_round_trip_and_empty_ones_wait(tmp_path: Path) -> None:
    path = written(tmp_path, "lead_a,lead_b,same,chance\nL2,L1,是,0.5\nL3,L1,no,\nL4,L1,,\n")
    answers = read_reviewed(path)
    assert answers == [ReviewedPair("L1", "L2", True, 0.5), ReviewedPair("L1", "L3", False)]
    path.write_bytes(reviewed_csv(answers))
    assert read_reviewed(path) == answers


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("L1,L2,maybe,\n", r"review.csv, row 2: same cannot be read: got 'maybe'; expected yes or no"),
        ("L1,L1,yes,\n", "a pair needs two leads"),
        ("L1,L2,yes,often\n", "chance cannot be read"),
        ("L1,L2,yes,\nL2,L1,no,\n", "L1 and L2 are both the same and not"),
        ("L1,L2,yes,\nL2,L3,yes,\nL1,L3,no,\n", "L1 and L3 are not the same, but others link them"),
    ],
)
def test_an_answer_that_cannot_be_used_is_one_clear_error(tmp_path: Path, rows: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_reviewed(written(tmp_path, f"lead_a,lead_b,same,chance\n{rows}"))


def test_a_file_without_the_columns_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="columns are missing"):
        read_reviewed(written(tmp_path, "a,b\n1,2\n"))


def test_long_chains_of_answers_are_followed() -> None:
    chain = [ReviewedPair(f"L{k:04d}", f"L{k + 1:04d}", same=True) for k in range(3000)]
    assert len(united(chain, "x")) == 3000
    with pytest.raises(InputError, match="others link them"):
        united([*chain, ReviewedPair("L0000", "L3000", same=False)], "x")


def test_the_interval_of_an_audit_holds_the_truth() -> None:
    held, rng = 0, np.random.default_rng(5)
    for _ in range(100):
        right = rng.random(3000) < 0.97
        drawn = rng.permutation(3000)[:400]
        audit = Audit(np.ones(400, bool), right[drawn], np.full(400, 400 / 3000))
        agreed = int(right[drawn].sum())
        wrong = 400 - agreed  # are no longer called the same once they are answered
        quality = by_audit(audit, (agreed, 0), 3000 - wrong)
        truth = right.sum() / (3000 - wrong)
        held += quality.precision.lower <= truth <= quality.precision.upper
    assert held >= 92


def test_the_key_index_finds_a_new_lead_and_forgets() -> None:
    index = KeyIndex.of(
        ["L1", "L2", "L3", "L4", "L5"],
        {
            "name": ["王伟", "Anna Smith", "Bruno Meyer", "Clara Novak", "Anna Smith"],
            "email": ["wei@acme.cn", "anna@b.co", "info@b.co", None, None],
            "phone": ["13805712233", "+4930111111", "+4930111111", "+4930111111", None],
            "company": ["艾克米有限公司", "B Ltd", "B Ltd", "B Ltd", "Other"],
        },
    )

    def ask(**lead: str) -> list[tuple[str, tuple[str, ...]]]:
        return [(hit.lead_id, hit.keys) for hit in index.possible_duplicates(lead)]

    assert ask(name="Wei Wang", company="艾克米", phone="+86 138 0571 2233") == [
        ("L1", ("phone", "name and company"))
    ]
    assert ask(phone="+4930111111") == []  # three people share it
    assert ask(email="info@b.co") == []
    assert ask(name="Smith, Anna", company="B limited") == [("L2", ("name and company",))]
    index.remove("L1")
    assert ask(phone="13805712233") == []
    assert len(index) == 4
