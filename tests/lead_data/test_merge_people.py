"""Who is one person, what of it is known at a moment, and that every decision can be taken back in any order."""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from merge_kit import DAY, START, entries_of, merge, pin, undo, world

from lead_ml.errors import InputError
from lead_ml.lead_data.merge.entries import Decision, KeepApart, MergePair
from lead_ml.lead_data.merge.golden import DatedValue, MergeMember, PinnedValue, golden_record
from lead_ml.lead_data.merge.in_force import DecisionsInForce
from lead_ml.lead_data.merge.people import MergedPeople, people_of
from lead_ml.lead_data.merge.plan import plan_merges
from lead_ml.lead_data.merge.record import person_record
from lead_ml.project.params import Params, params_from
from lead_ml.project.survivorship import MergeParams
from lead_ml.tables.dataset import Dataset

WORLDS = int(os.environ.get("LEAD_ML_EXAMPLES", "25"))
RULES = {
    "fields": {
        "name": "most_complete",
        "phone": {"rule": "trusted", "order": ["crm", "fair"]},
        "consent": {"rule": "most_restrictive", "order": ["withdrawn", "no", "yes"]},
    }
}


def params(**more: object) -> Params:
    content = {
        "project": "p",
        "data": {"leads": {"path": "l.csv"}, "lead_history": {"path": "h.csv"}},
        "known_at": {"job_title": "history"},
    }
    return params_from({**content, "merge": RULES, **more})


PARAMS = params()


def created_of(data: Dataset) -> dict[str, int]:
    created = data.leads.created_at
    return dict(
        zip(data.leads.lead_id, [0] * len(data.leads) if created is None else created.tolist(), strict=True)
    )


def everything(data: Dataset, decisions: DecisionsInForce, as_of: int | None = None) -> dict[str, object]:
    """The person, the golden record, the events and the outcomes of every lead, as plain values."""
    people = people_of(decisions, created_of(data))
    found = {}
    for lead_id in sorted(data.leads.lead_id):
        record = person_record(data, people, decisions.pins, lead_id, PARAMS, as_of)
        found[lead_id] = record and (
            record.person,
            record.members,
            record.golden,
            rows(data, record.events),
            rows(data, record.outcomes),
        )
    return found


def rows(data: Dataset, table: object) -> list[tuple[object, ...]]:
    """The rows of a stream, each with the id of the lead that it belongs to."""
    columns = [column.values() for column in table.columns.values()]  # type: ignore[attr-defined]
    ids = [data.leads.lead_id[row] for row in table.lead.tolist()]  # type: ignore[attr-defined]
    number = getattr(table, "value", None) if hasattr(table, "value") else table.amount  # type: ignore[attr-defined]
    return sorted(
        zip(ids, table.known_at.tolist(), table.occurred_at.tolist(), *columns, number.tolist(), strict=True),
        key=repr,
    )  # type: ignore[attr-defined,union-attr]


@st.composite
def decided(draw: st.DrawFn) -> tuple[Dataset, list[Decision], list[int]]:
    """A world, decisions about it that the rules allow, and an order in which all of them are undone."""
    data = world(draw(st.integers(0, 10_000)))
    leads = st.sampled_from(sorted(data.leads.lead_id))
    made: list[Decision] = []
    for _ in range(draw(st.integers(1, 9))):
        kind, a, b = draw(st.sampled_from(["merge"] * 4 + ["apart", "pin"])), draw(leads), draw(leads)
        now = DecisionsInForce.of(entries_of(*made))
        if kind == "pin":
            made.append(
                pin(
                    a,
                    draw(st.sampled_from(["phone", "country", "name"])),
                    draw(st.sampled_from(["x", "y", None])),
                )
            )
        elif a != b and kind == "merge":
            made += plan_merges(now, [merge(a, b)])[0]
        elif a != b and now.clusters().root(a) != now.clusters().root(b):
            made.append(KeepApart(a, b))
    return data, made, draw(st.permutations(range(1, len(made) + 1)))


def check_undone_in_any_order(given_: tuple[Dataset, list[Decision], list[int]]) -> None:
    data, made, order = given_
    nothing = everything(data, DecisionsInForce.of(()))
    for k in range(len(order) + 1):
        undone = order[:k]
        now = DecisionsInForce.of(entries_of(*made, *map(undo, undone)))
        # What was taken back leaves no trace: all is as if only the others had ever been decided.
        left = [d if n not in undone else None for n, d in enumerate(made, start=1)]
        alone = DecisionsInForce.of(e for e, d in zip(entries_of(*made), left, strict=True) if d is not None)
        assert everything(data, now) == everything(data, alone)
    assert everything(data, now) == nothing


@given(decided())
@settings(max_examples=10, deadline=None)
def test_decisions_undone_in_any_order_restore_golden_records_and_events(given_: object) -> None:
    check_undone_in_any_order(given_)  # type: ignore[arg-type]


@pytest.mark.slow
@given(decided())
@settings(max_examples=300, deadline=None)
def test_three_hundred_worlds_undone_in_any_order_restore_golden_records_and_events(given_: object) -> None:
    check_undone_in_any_order(given_)  # type: ignore[arg-type]


@given(decided(), st.integers(0, 40), st.integers(0, 1))
@settings(max_examples=WORLDS, deadline=None)
def test_at_a_past_moment_a_person_is_only_the_members_created_before_it_as_they_then_stood(
    given_: tuple[Dataset, list[Decision], list[int]], day: int, later: int
) -> None:
    data, made, _ = given_
    decisions, as_of = DecisionsInForce.of(entries_of(*made)), START + day * DAY // 2 + later
    early = without_later(data, as_of)
    whole = everything(data, decisions, as_of)
    assert {lead_id for lead_id, record in whole.items() if record} >= set(early.leads.lead_id)
    for lead_id, record in everything(early, decisions, as_of).items():
        assert record == whole[lead_id]


def without_later(data: Dataset, as_of: int) -> Dataset:
    """The data as it was written down before a moment: no later leads, and nothing known later."""
    from merge_kit import only

    return only(data.as_known(as_of), data.leads.created_at < as_of)  # type: ignore[operator]


@given(decided(), st.randoms(use_true_random=False))
@settings(max_examples=WORLDS, deadline=None)
def test_the_order_of_rows_and_of_decisions_changes_nothing(
    given_: tuple[Dataset, list[Decision], list[int]], random: object
) -> None:
    from merge_kit import shuffled

    data, made, _ = given_
    pairs = [item for item in made if isinstance(item, MergePair)]
    before = everything(data, DecisionsInForce.of(entries_of(*pairs)))
    random.shuffle(pairs)  # type: ignore[attr-defined]
    assert everything(shuffled(data, random), DecisionsInForce.of(entries_of(*pairs))) == before


@given(decided())
@settings(max_examples=WORLDS, deadline=None)
def test_no_event_is_lost_and_none_counts_for_two_people(
    given_: tuple[Dataset, list[Decision], list[int]],
) -> None:
    data, made, _ = given_
    records = everything(data, DecisionsInForce.of(entries_of(*made)))
    people = {record[0]: record for record in records.values()}  # type: ignore[index]
    for place, table in ((3, data.events), (4, data.outcomes)):
        united = sorted((row for record in people.values() for row in record[place]), key=repr)  # type: ignore[index]
        assert united == rows(data, table)
        for record in people.values():
            assert {row[0] for row in record[place]} <= set(record[1]), "each row keeps its lead"  # type: ignore[index]


def people(*decisions: Decision, **created: int) -> MergedPeople:
    return people_of(DecisionsInForce.of(entries_of(*decisions)), created)


def test_the_person_is_the_member_created_first_and_old_ids_lead_to_it() -> None:
    for pairs in permutations([merge("c", "b"), merge("b", "a"), merge("x", "y")]):
        found = people(*pairs, a=3, b=1, c=2, x=5, y=5, z=0)
        assert found.members == {"b": ("b", "c", "a"), "x": ("x", "y")}
        assert [found.person_of(lead_id) for lead_id in "abcxyz?"] == ["b", "b", "b", "x", "x", "z", "?"]


def test_a_lead_that_the_data_has_no_more_still_joins_others() -> None:
    assert people(merge("a", "gone"), merge("gone", "b"), a=1, b=2).members == {"a": ("a", "b")}
    assert people(merge("a", "gone"), a=1).members == {}


def test_leads_that_are_kept_apart_are_never_merged_and_the_chain_says_why() -> None:
    made = [merge("a", "b"), KeepApart("a", "d"), merge("c", "d")]
    merged, skipped = plan_merges(
        DecisionsInForce.of(entries_of(*made)), [merge("b", "c"), merge("e", "a"), merge("d", "e")]
    )
    assert merged == [merge("e", "a")]
    assert [item.cause for item in skipped] == ["kept_apart", "kept_apart"]
    assert "entry 2 keeps a and d apart (Li: same phone)" in skipped[0].words
    assert skipped[0].words.endswith("a = b (entry 1), b = c (this merge), c = d (entry 3)")
    assert skipped[1].words.endswith("a = e (the same file), e = d (this merge)")


def test_people_cannot_be_kept_apart_from_themselves() -> None:
    state = DecisionsInForce.of(entries_of(merge("a", "b"), merge("b", "c")))
    with pytest.raises(
        InputError, match=r"a and c are one person.*a = b \(entry 1\), b = c \(entry 2\).*Undo a merge"
    ):
        state.check_apart(KeepApart("a", "c"))
    state.check_apart(KeepApart("a", "d"))


@given(decided())
@settings(max_examples=WORLDS, deadline=None)
def test_no_person_ever_holds_a_pair_that_is_kept_apart(
    given_: tuple[Dataset, list[Decision], list[int]],
) -> None:
    data, made, _ = given_
    decisions = DecisionsInForce.of(entries_of(*made))
    found = people_of(decisions, created_of(data))
    for pair in decisions.apart.values():
        assert found.person_of(pair.a) != found.person_of(pair.b)


def test_a_list_applied_again_merges_nothing_twice_and_nothing_that_was_taken_back() -> None:
    made = [merge("a", "b"), merge("c", "d"), undo(2)]
    state = DecisionsInForce.of(entries_of(*made))
    merged, skipped = plan_merges(state, [merge("b", "a"), merge("c", "d"), merge("d", "e"), merge("e", "d")])
    assert merged == [merge("d", "e")]
    assert [(item.place, item.cause) for item in skipped] == [(0, "already"), (1, "undone"), (3, "already")]
    assert plan_merges(state, [merge("c", "d")], again=True)[0] == [merge("c", "d")]


@pytest.mark.parametrize(("number", "said"), [(1, "undone already"), (2, "no entry 2"), (3, "no entry 3")])
def test_only_what_counts_can_be_undone(number: int, said: str) -> None:
    with pytest.raises(InputError, match=said):
        DecisionsInForce.of(entries_of(merge("a", "b"), undo(1))).undoable(number)


def member(lead_id: str, created: int, /, **values: object) -> MergeMember:
    dated = {
        k: DatedValue(*v) if isinstance(v, tuple) else DatedValue(str(v), created) for k, v in values.items()
    }
    return MergeMember(lead_id, created, dated)


OLD = member(
    "a", 10, name="Li Wei", email="li@acme.com", phone="13800138000", source="web", consent="no", city="A"
)
NEW = member(
    "b", 20, name="Li", email="nonsense", phone="+8613805712233", source="fair", consent="yes", city="B"
)


@pytest.mark.parametrize(
    ("field", "rule", "value", "origin"),
    [
        ("city", "newest", "B", "b"),
        ("city", "oldest", "A", "a"),
        ("email", "newest", "li@acme.com", "a"),  # the newest valid one
        ("phone", "oldest", "+8613805712233", "b"),  # a known sample number never wins
        ("name", "most_complete", "Li Wei", "a"),
        ("city", {"rule": "trusted", "order": ["WEB", "fair"]}, "A", "a"),
        ("city", {"rule": "trusted", "order": ["fair"]}, "B", "b"),
        ("city", {"rule": "trusted", "order": ["crm"]}, "B", "b"),  # nobody is trusted: the newest
        ("consent", "most_restrictive", "no", "a"),
        ("consent", {"rule": "most_restrictive", "order": ["yes", "no"]}, "yes", "b"),
    ],
)
def test_each_rule_chooses_and_says_where_the_value_comes_from(
    field: str, rule: object, value: str, origin: str
) -> None:
    rules = MergeParams.model_validate({"fields": {field: rule}})
    for members in ((OLD, NEW), (NEW, OLD)):
        found = golden_record(members, rules)[field]
        assert (found.value, found.lead_id, found.rule) == (value, origin, rules.rule_of(field).rule)


def test_without_rules_consent_is_strict_and_the_source_is_the_first() -> None:
    found = golden_record([OLD, NEW], MergeParams())
    assert {name: item.value for name, item in found.items()} == {
        "name": "Li", "email": "li@acme.com", "phone": "+8613805712233", "source": "web", "consent": "no", "city": "B",
    }  # fmt: skip


def test_an_unknown_consent_is_more_restrictive_than_a_yes_and_an_empty_one_says_nothing() -> None:
    yes, odd, empty = member("a", 3, consent="Yes"), member("b", 1, consent="under review"), member("c", 9)
    assert golden_record([yes, odd, empty], MergeParams())["consent"].value == "under review"
    assert golden_record([yes, empty], MergeParams())["consent"].value == "Yes"


def test_a_value_that_changed_later_is_newer_than_a_member_created_later() -> None:
    changed = member("a", 10, job_title=("CTO", 30))
    assert (
        golden_record([changed, member("b", 20, job_title="engineer")], MergeParams())["job_title"].value
        == "CTO"
    )


def test_a_pinned_value_wins_the_last_one_of_two_and_a_pinned_blank_is_empty() -> None:
    pins = [PinnedValue(4, "city", "D", 40), PinnedValue(3, "city", "C", 99), PinnedValue(5, "name", None, 1)]
    for given_ in (pins, pins[::-1]):
        found = golden_record([OLD, NEW], MergeParams(), given_)
        assert (found["city"].value, found["city"].rule, found["city"].entry) == ("D", "pinned", 4)
        assert "name" not in found


@given(st.permutations(range(5)))
def test_the_order_of_members_changes_nothing(order: Sequence[int]) -> None:
    rng = np.random.default_rng(3)
    members = [
        member(f"m{k}", int(rng.integers(0, 3)), name="abc"[: k % 3 + 1], source="xy"[k % 2], city=str(k))
        for k in range(5)
    ]
    rules = MergeParams.model_validate(
        {"fields": {"city": {"rule": "trusted", "order": ["x"]}, "name": "most_complete"}}
    )
    assert golden_record([members[k] for k in order], rules) == golden_record(members, rules)
