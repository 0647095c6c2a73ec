"""Columns and keys that change, against a naive reading of their changes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from naive_features import naive, stood
from random_projects import EXAMPLES, HOUR, START, W, asked, decoded, only_leads, plain, projects

from lead_ml.asof.join import Compiled, features_at
from lead_ml.asof.kernel import key_at, take_snapshot
from lead_ml.asof.labels import Spine
from lead_ml.clean import TRANSFORMS
from lead_ml.declare import Aggregate, category, events, leads, outcomes
from lead_ml.tables.dataset import Changes, Coded, Dataset, Events, Leads

check = settings(max_examples=EXAMPLES, deadline=None)
every = events(by="account_id")
views = events(by="account_id", type="view")
DECLARED = [
    every.count("n", **W),
    views.count("views_5h", window="5h", **W),
    every.sum("value_2h", "value", window="2h", **W),
    every.max("most_5h", "value", window="5h", **W),
    every.distinct("sessions", "session_id", **W),
    every.distinct("people_5h", "lead_id", window="5h", **W),
    every.decayed_sum("decayed", of="value", half_life="3h", **W),
    every.days_since_first("first", **W),
    views.longest_gap("gap_5h", window="5h", **W),
    every.first("first_page", "page", **W),
    every.last("last_type", "type", **W),
    views.last("last_page_5h", "page", window="5h", **W),
    events(by="email:domain").count("domain_n", **W),
    events(by="email:domain").distinct("domain_pages_2h", "page", window="2h", **W),
    leads(by="account_id").count("account_leads_5h", window="5h", **W),
    leads(by="account_id").sum("account_cost", "cost", **W),
    leads(by="email:domain", source="ads").count("domain_leads", **W),
    outcomes(by="account_id", stage="won").sum("account_amount", "amount", **W),
    leads(by="account_id").conversion_rate("rate", within="3h", window="5h", strength=2.0, **W),
    events().count("own", **W),
]
ATTRIBUTES = [category("account_id", **W), category("email", transform="domain", **W)]
COMPILED = Compiled.of([*DECLARED, *ATTRIBUTES])
SHARED = tuple(plan for plan in COMPILED.plans if plan.key not in ("lead_id", "*"))
moments = st.integers(-1, 40).map(lambda n: START + n * HOUR // 2)


@st.composite
def changing(draw):
    """A project in which accounts and addresses change, with ties, changes to nothing, and ways back."""
    project = draw(projects())
    history = {}
    for column, texts in (("account_id", ("A", "B")), ("email", ("a@x.com", "b@x.com", "c@y.org"))):
        change = st.tuples(
            st.integers(0, len(project.leads) - 1),
            st.integers(-2, 30),
            st.sampled_from([None, *texts, *texts]),
        )
        told = draw(st.lists(change, max_size=14))
        history[column] = Changes.of(
            np.array([who for who, _, _ in told], dtype=np.int64),
            START + np.array([half for _, half, _ in told], dtype=np.int64) * HOUR // 2,
            {column: Coded.of([text for _, _, text in told])},
        )
    return replace(project, history=history)


@st.composite
def questions(draw):
    project = draw(changing())
    return project, *draw(asked(len(project.leads)))


def near(a, b):
    if a is None or b is None or isinstance(a, str):
        return a == b
    return a == b or abs(a - b) <= 1e-9 * max(abs(a), abs(b)) + 1e-15


@check
@given(questions())
def test_streams_by_a_changing_key_equal_the_naive_oracle(question):
    project, lead, as_of = question
    found = plain(features_at(COMPILED, project, Spine(lead, as_of)))
    expected = naive(DECLARED, project, lead, as_of)
    for k, item in enumerate(DECLARED):
        wanted = [None if row[k] != row[k] else row[k] for row in expected]
        exact = isinstance(item, Aggregate) and item.aggregation not in ("decayed_sum", "longest_gap")
        for a, b in zip(found[item.name], wanted, strict=True):
            assert (a == b) if exact and item.aggregation != "days_since_first" else near(a, b), item.name


@check
@given(questions())
def test_attributes_are_those_of_the_last_change_before(question):
    project, lead, as_of = question
    found = plain(features_at(COMPILED, project, Spine(lead, as_of)))
    asked_for = list(zip(lead.tolist(), as_of.tolist(), strict=True))
    assert found["account_id"] == [stood("account_id", project, who, when) for who, when in asked_for]
    emails = [stood("email", project, who, when) for who, when in asked_for]
    domains = [None if text is None else TRANSFORMS["domain"](text) for text in emails]
    assert found["email_domain"] == domains


@check
@given(questions())
def test_changes_at_or_after_as_of_change_nothing(question):
    project, lead, as_of = question
    for who, when in list(zip(lead, as_of, strict=True))[:3]:
        before = replace(
            project, history={name: told.take(told.at < when) for name, told in project.history.items()}
        )
        spine = Spine(np.array([who]), np.array([when]))
        assert plain(features_at(COMPILED, project, spine)) == plain(features_at(COMPILED, before, spine))


@check
@given(changing(), moments, st.lists(st.integers(0, 24), min_size=1, max_size=3))
def test_a_request_with_the_keys_of_now_on_kept_history_equals_the_batch(project, until, later):
    """Leads whose keys do not change after `until`: a request cannot say since when it has another."""
    project = replace(
        project, history={name: told.take(told.at < until) for name, told in project.history.items()}
    )
    everybody = np.arange(len(project.leads))
    now = np.full(len(everybody), 2**62)
    columns = {name: key_at(project, name, everybody, now) for name in project.history}
    request = only_leads(replace(project, history={}), everybody)
    request = replace(request, leads=replace(request.leads, columns={**request.leads.columns, **columns}))
    lead = np.tile(everybody, len(later))
    as_of = until + np.repeat(np.array(later, dtype=np.int64) * HOUR // 2, len(everybody))
    for plan in SHARED:
        kept = take_snapshot(plan, project, until)
        assert decoded(plan, request, lead, as_of, kept) == decoded(plan, project, lead, as_of)


def test_a_lead_that_comes_back_brings_only_what_became_known_since():
    """Lead 0 is with A in hours 1-3 and from 7 on, with B between; lead 1 is with A throughout and asks."""
    hour = [START + k * HOUR for k in range(12)]
    known = np.array([hour[0], hour[2], hour[3], hour[5], hour[8]])
    project = Dataset(
        Leads(("L0", "L1"), np.array([hour[0], hour[0]])),
        Events(np.zeros(5, dtype=np.int64), known, known, {"type": Coded.of(["view"] * 5)}, np.zeros(5)),
        history={
            "account_id": Changes.of(
                np.array([0, 0, 0, 1]),
                np.array([hour[1], hour[3], hour[7], hour[0]]),
                {"account_id": Coded.of(["A", "B", "A", "A"])},
            )
        },
    )
    as_of = np.array([hour[1], hour[1] + 1, hour[2] + 1, hour[6], hour[7], hour[7] + 1, hour[8] + 1])
    found = features_at([DECLARED[0]], project, Spine(np.ones(7, dtype=np.int64), as_of))["n"]
    # What happened at hours 3 and 5 enters A only when the lead comes back at 7.
    assert found.tolist() == [0, 1, 2, 2, 2, 4, 5]
