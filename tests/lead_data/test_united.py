"""A data set that holds each person once: nothing of a later member reaches an earlier moment, and nothing is lost."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from merge_kit import DAY, START, entries_of, merge, only, pin, shuffled, world
from test_merge_people import PARAMS, created_of, params

from lead_ml.asof.join import Compiled, features_at
from lead_ml.asof.kernel import column_at
from lead_ml.asof.labels import NEVER, Spine, build_spine, closed_known, label, open_at, open_leads
from lead_ml.asof.open_leads import find_open_leads
from lead_ml.declare import category, events, lead_age, leads, outcomes, validated
from lead_ml.evaluation.split import groups_in
from lead_ml.lead_data.merge.entries import Decision
from lead_ml.lead_data.merge.histories import member_histories, person_of_members
from lead_ml.lead_data.merge.in_force import DecisionsInForce
from lead_ml.lead_data.merge.people import people_of
from lead_ml.lead_data.merge.plan import plan_merges
from lead_ml.lead_data.merge.united import united
from lead_ml.project.targets import Column, Won
from lead_ml.tables.dataset import Closings, Coded, Dataset, Leads

WORLDS = int(os.environ.get("LEAD_ML_EXAMPLES", "25"))
W = {"en": "x", "zh": "x", "group": "engagement"}
DECLARED = validated(
    [
        *(category(name, **W) for name in ("country", "source", "job_title", "name", "consent")),
        category("email", name="mail", transform="normal_email", **W),
        events().count("own_events", **W),
        events(type="call").last("last_call", of="type", **W),
        outcomes(by="consent", stage="lost").count("consent_lost", **W),
        events(by="country").count("country_events", window="30d", **W),
        leads(by="source").count("source_leads", window="30d", **W),
        leads(by="email:domain").distinct("domain_names", of="name", **W),
        leads(by="job_title").count("title_leads", **W),
        outcomes(by="phone", stage="won").count("phone_won", **W),
        lead_age(**W),
    ]
)
COMPILED = Compiled.of(DECLARED)
check = settings(max_examples=WORLDS, deadline=None)


@st.composite
def merged(draw: st.DrawFn) -> tuple[Dataset, DecisionsInForce]:
    data = world(draw(st.integers(0, 10_000)))
    ids = st.sampled_from(sorted(data.leads.lead_id))
    pairs = [merge(a, b) for a, b in draw(st.lists(st.tuples(ids, ids), min_size=1, max_size=7)) if a != b]
    made: list[Decision] = list(plan_merges(DecisionsInForce.of(()), pairs)[0])
    entries = list(entries_of(*made))
    for k in range(draw(st.integers(0, 2))):
        at = f"2026-01-{draw(st.integers(1, 28)):02d}T06:00:00Z"
        value = draw(st.sampled_from(["pinned", None]))
        decision = pin(draw(ids), draw(st.sampled_from(["country", "job_title", "email"])), value)
        entries.append(
            entries_of(*made, decision, at=at)[-1].__class__(
                number=90 + k, at=at, by="Li", why="x", decision=decision, before=""
            )
        )
    return data, DecisionsInForce.of(entries)


def whole(data: Dataset, decisions: DecisionsInForce, targets: Sequence[Column] = ()) -> Dataset:
    return united(data, people_of(decisions, created_of(data)), decisions.pins, PARAMS, targets)


def features(data: Dataset, ids: Sequence[str], as_of: int) -> dict[str, list[object]]:
    row = {lead_id: k for k, lead_id in enumerate(data.leads.lead_id)}
    spine = Spine(np.array([row[lead_id] for lead_id in ids], dtype=np.int64), np.full(len(ids), as_of))
    raw = features_at(COMPILED, data, spine)
    return {
        name: column.values() if isinstance(column, Coded) else list(map(repr, column.tolist()))
        for name, column in raw.items()
    }


days = st.tuples(st.integers(0, 60), st.integers(0, 1)).map(lambda at: START + at[0] * DAY // 2 + at[1])


@given(merged(), days)
@check
def test_nothing_of_a_member_created_later_reaches_a_feature(
    given_: tuple[Dataset, DecisionsInForce], as_of: int
) -> None:
    data, decisions = given_
    early = whole(only(data.as_known(as_of), data.leads.created_at < as_of), decisions)  # type: ignore[operator]
    ids = sorted(early.leads.lead_id)
    assert features(whole(data, decisions), ids, as_of) == features(early, ids, as_of)


@given(merged(), days, days)
@check
def test_what_was_known_at_a_moment_gives_the_same_features_before_it(
    given_: tuple[Dataset, DecisionsInForce], one: int, two: int
) -> None:
    data = whole(*given_)
    as_of, cut = sorted((one, two))
    ids = [lead_id for lead_id, at in created_of(data).items() if at < as_of]
    assert features(data.as_known(cut), ids, as_of) == features(data, ids, as_of)
    known = data.as_known(cut).members
    assert known is None or (known.data.outcomes.known_at < cut).all()  # type: ignore[union-attr]
    assert np.array_equal(
        open_at(data.as_known(cut), np.full((len(data.leads), 1), as_of)),
        open_at(data, np.full((len(data.leads), 1), as_of)),
    )


@given(merged(), days)
@check
def test_columns_have_the_values_of_the_golden_record_at_every_moment(
    given_: tuple[Dataset, DecisionsInForce], as_of: int
) -> None:
    data, decisions = given_
    people, one = people_of(decisions, created_of(data)), whole(data, decisions)
    place = {lead_id: row for row, lead_id in enumerate(data.leads.lead_id)}
    names = ["country", "source", "job_title", "name", "email", "phone", "consent"]
    for row, lead_id in enumerate(one.leads.lead_id):
        if created_of(data)[lead_id] >= as_of:
            continue
        members = member_histories(data, [place[own] for own in people.members_of(lead_id)], names)
        golden = person_of_members(members, decisions.pins).golden(PARAMS.merge, as_of)
        found = {name: column_at(one, name, np.array([row]), np.array([as_of])).values()[0] for name in names}
        assert found == {name: golden[name].value if name in golden else None for name in names}


@given(merged(), st.randoms(use_true_random=False), days)
@check
def test_the_order_of_rows_changes_nothing(
    given_: tuple[Dataset, DecisionsInForce], random: object, as_of: int
) -> None:
    data, decisions = given_
    one, other = whole(data, decisions), whole(shuffled(data, random), decisions)
    ids = sorted(one.leads.lead_id)
    assert sorted(other.leads.lead_id) == ids
    assert features(one, ids, as_of) == features(other, ids, as_of)


@given(merged())
@check
def test_no_row_is_lost_and_every_person_is_there_once(given_: tuple[Dataset, DecisionsInForce]) -> None:
    data, decisions = given_
    people, one = people_of(decisions, created_of(data)), whole(data, decisions)
    assert sorted(one.leads.lead_id) == sorted({people.person_of(lead_id) for lead_id in data.leads.lead_id})
    for before, after in ((data.events, one.events), (data.outcomes, one.outcomes)):
        assert before is not None
        assert after is not None
        assert [one.leads.lead_id[row] for row in after.lead] == [
            people.person_of(data.leads.lead_id[row]) for row in before.lead
        ]
        assert np.array_equal(before.occurred_at, after.occurred_at)
        first = np.arange(len(data.leads)) if one.members is None else one.members.first
        later = np.isin(before.lead, first, invert=True)
        counts_from = np.where(later, data.leads.created_at[before.lead], 0)  # type: ignore[index]
        assert np.array_equal(after.known_at, np.maximum(before.known_at, counts_from))
    assert before.amount.tolist() == after.amount.tolist()  # type: ignore[union-attr]


@given(merged(), days)
@check
def test_a_person_is_open_while_a_member_that_exists_is(
    given_: tuple[Dataset, DecisionsInForce], as_of: int
) -> None:
    data, decisions = given_
    people, one = people_of(decisions, created_of(data)), whole(data, decisions)
    closed = dict(zip(data.leads.lead_id, closed_known(data).tolist(), strict=True))
    created, ids = created_of(data), one.leads.lead_id

    def is_open(person: str, at: int) -> bool:
        there = [
            own
            for own in people.members_of(person)
            if created[own] < at or (own == person and created[own] == at)
        ]
        return any(at <= closed[own] for own in there)

    found = [ids[row] for row in open_leads(one, as_of).lead]
    assert found == [person for person in ids if is_open(person, as_of)]
    spine = build_spine(one, 60_000_000, (1, 5))
    for row, at in zip(spine.lead.tolist(), spine.as_of.tolist(), strict=True):
        assert is_open(ids[row], at)


@given(merged())
@check
def test_a_person_wins_when_its_first_member_does(given_: tuple[Dataset, DecisionsInForce]) -> None:
    data, decisions = given_
    people, one = people_of(decisions, created_of(data)), whole(data, decisions)
    spine = build_spine(one, 60_000_000, (1, 5))
    labels = label(Won(), one, spine, 10 * DAY)
    won = dict.fromkeys(one.leads.lead_id, NEVER)
    assert data.outcomes is not None
    for row, at, stage in zip(
        data.outcomes.lead,
        data.outcomes.occurred_at.tolist(),
        data.outcomes.columns["stage"].values(),
        strict=True,
    ):
        person = people.person_of(data.leads.lead_id[row])
        won[person] = min(won[person], at) if stage == "won" else won[person]
    for row, at, y, used in zip(spine.lead, spine.as_of.tolist(), labels.y, labels.used, strict=True):
        if used:
            assert y == (at <= won[one.leads.lead_id[row]] < at + 10 * DAY)


@given(merged())
@check
def test_leads_of_one_person_are_one_group_also_by_what_a_later_member_shares(
    given_: tuple[Dataset, DecisionsInForce],
) -> None:
    data, decisions = given_
    one, groups = whole(data, decisions), groups_in(whole(data, decisions))
    assert len(groups) == len(one.leads)
    before = groups_in(data)
    people = people_of(decisions, created_of(data))
    row = {lead_id: k for k, lead_id in enumerate(one.leads.lead_id)}
    of_person = [row[people.person_of(lead_id)] for lead_id in data.leads.lead_id]
    for a in range(len(data.leads)):
        for b in np.flatnonzero(before == before[a]).tolist():
            assert groups[of_person[a]] == groups[of_person[b]]


def test_where_nothing_is_merged_the_data_is_the_same_object() -> None:
    data = world(3)
    assert (
        whole(data, DecisionsInForce.of(entries_of(merge("gone", "L01"), pin("gone", "country", "x"))))
        is data
    )


def test_without_dates_all_members_count_and_a_person_converted_if_one_member_did() -> None:
    columns = {
        "source": Coded.of(["web", None, "fair", "crm"]),
        "converted": Coded.of(["no", "yes", None, "no"]),
    }
    data = Dataset(Leads(("a", "b", "c", "d"), None, columns))
    target = Column(column="converted")
    for pairs, outcome in (([merge("a", "b")], "yes"), ([merge("a", "c")], None), ([merge("a", "d")], "no")):
        one = whole(data, DecisionsInForce.of(entries_of(*pairs)), [target])
        assert one.leads.lead_id[0] == "a"
        assert len(one.leads) == 3
        assert one.leads.columns["converted"].values()[0] == outcome
    assert not one.history


@pytest.mark.parametrize(
    ("at", "stages", "closed", "stage"),
    [
        ([5, 7], ["lost", "lost"], 7, "lost"),
        ([5, NEVER], ["lost", None], NEVER, None),
        ([5, 7], ["won", "lost"], 7, "won"),
    ],
)
def test_a_status_closes_a_person_when_it_closes_all_members(
    at: list[int], stages: list[str | None], closed: int, stage: str | None
) -> None:
    closings = Closings(
        np.array([*at, 3]),
        Coded(
            np.array(
                [-1 if s is None else ["won", "lost"].index(s) for s in [*stages, "lost"]], dtype=np.int32
            ),
            ("won", "lost"),
        ),
    )
    data = Dataset(Leads(("a", "b", "c"), np.array([1, 2, 3]), {}), until=99, closings=closings)
    one = whole(data, DecisionsInForce.of(entries_of(merge("b", "a"))))
    assert one.closings is not None
    assert (one.closings.at.tolist(), one.closings.stage.values()) == ([closed, 3], [stage, "lost"])
    assert open_leads(one, 6).lead.tolist() == [0]
    assert find_open_leads(one, 90, Won(), None).spine.lead.tolist() == ([0] if closed == NEVER else [])


def test_a_pin_counts_from_when_it_was_set_and_is_shown_even_if_that_was_after_the_end_of_the_data() -> None:
    data = Dataset(
        Leads(("a", "b"), np.array([START, START]), {"country": Coded.of(["CN", "US"])}), until=START + DAY
    )
    later = DecisionsInForce.of(entries_of(pin("a", "country", "DE"), at="2026-03-01T00:00:00Z"))
    one = whole(data, later)
    assert one.leads.columns["country"].values() == ["DE", "US"]
    assert column_at(one, "country", np.array([0, 1]), np.array([START + DAY] * 2)).values() == ["CN", "US"]
    assert (one.history["country"].at < one.until).all()
    sooner = DecisionsInForce.of(entries_of(pin("a", "country", "DE"), at="2026-01-01T12:00:00Z"))
    at = np.array([START, START + DAY // 2, START + DAY // 2 + 1])
    assert column_at(whole(data, sooner), "country", np.zeros(3, dtype=np.int64), at).values() == [
        "CN",
        "CN",
        "DE",
    ]


def test_a_trusted_column_that_is_overwritten_and_an_untrusted_one() -> None:
    data = Dataset(
        Leads(("a", "b"), np.array([START, START + DAY]), {"owner": Coded.of(["x", "y"])}),
        until=START + 9 * DAY,
    )
    decisions = DecisionsInForce.of(entries_of(merge("a", "b")))
    assert "owner" not in whole(data, decisions).history
    trusting = params(trust=["owner"])
    one = united(data, people_of(decisions, created_of(data)), (), trusting)
    assert column_at(one, "owner", np.array([0, 0]), np.array([START + DAY, START + DAY + 1])).values() == [
        "x",
        "y",
    ]
