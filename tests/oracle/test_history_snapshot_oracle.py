"""Kept history with a request on top against the full history."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from naive_features import naive
from random_projects import EXAMPLES, HOUR, SHARED, START, decoded, only_leads, picked, projects, shuffled

from lead_ml.asof.kernel import HistorySnapshot, aggregate, take_snapshot

check = settings(max_examples=EXAMPLES, deadline=None)
moments = st.integers(-1, 40).map(lambda n: START + n * HOUR // 2)


def known_from(project, until):
    """Mark the leads that a row known at or after `until` belongs to."""
    newer = project.leads.created_at >= until
    for table in (project.events, project.outcomes):
        newer[table.lead[table.known_at >= until]] = True
    return newer


@st.composite
def requests(draw):
    """A project, an instant, and leads that own every row known at or after it."""
    project = draw(projects())
    until = draw(moments)
    asked = known_from(project, until)
    asked[draw(st.integers(0, len(project.leads) - 1))] = True
    return project, until, np.flatnonzero(asked)


@check
@given(requests(), st.lists(st.integers(0, 24), min_size=1, max_size=4), st.booleans())
def test_kept_history_and_a_request_equal_the_full_history(request, later, whole_past):
    project, until, wanted = request
    mine = only_leads(project, wanted)
    if not whole_past:
        mine = replace(
            mine,
            events=picked(mine.events, linked(mine, mine.events) >= until),
            outcomes=picked(mine.outcomes, linked(mine, mine.outcomes) >= until),
        )
    place = np.tile(np.arange(len(wanted)), len(later))
    as_of = until + np.repeat(np.array(later, dtype=np.int64) * HOUR // 2, len(wanted))
    for plan in SHARED:
        if plan.stream == "conversions" and not whole_past:
            continue  # a lead converts once: its outcomes come whole
        kept = HistorySnapshot.from_arrays(plan, take_snapshot(plan, project, until).to_arrays())
        expected = decoded(plan, project, wanted[place], as_of)
        assert decoded(plan, mine, place, as_of, kept) == expected


@check
@given(projects(), moments, st.randoms(use_true_random=False))
def test_the_bytes_kept_do_not_depend_on_the_order_of_rows_and_levels(project, until, random):
    other = shuffled(project, random)
    for plan in SHARED:
        first, second = (
            take_snapshot(plan, project, until).to_arrays(),
            take_snapshot(plan, other, until).to_arrays(),
        )
        assert list(first) == list(second)
        for name, array in first.items():
            assert (array.dtype, array.shape) == (second[name].dtype, second[name].shape)
            assert array.tobytes() == second[name].tobytes(), name


@check
@given(projects(), moments, st.integers(1, 30))
def test_before_until_windows_are_cut_at_as_of_over_the_history_known_at_until(project, until, back):
    lead = np.arange(len(project.leads))
    as_of = np.full(len(lead), until - back * HOUR // 2)
    for plan in SHARED:
        found = aggregate(plan, project, lead, as_of, take_snapshot(plan, project, until))
        reachable = [as_of[0] - item.window >= until - plan.longest_window for item in plan.features]
        windowed = [item.window > 0 and item.aggregation not in ("first", "last") for item in plan.features]
        chosen = np.flatnonzero(np.logical_and(reachable, windowed))
        if plan.stream == "conversions":
            continue  # what it counts occurred long before it could be known
        history = as_if_known_at_once(plan, project, until)
        answers = naive(plan.features, history, lead, as_of)
        expected = np.array([[row[k] for k in chosen] for row in answers], dtype=np.float64)
        np.testing.assert_array_equal(found[:, chosen], expected.reshape(len(lead), len(chosen)))


@check
@given(projects(), moments, st.integers(0, 30))
def test_before_until_what_was_scanned_answers_as_of_until(project, until, back):
    lead = np.arange(len(project.leads))
    as_of = np.full(len(lead), until - back * HOUR // 2)
    for plan in SHARED:
        scanned = [item.window == 0 and item.aggregation != "distinct" for item in plan.features]
        found = decoded(plan, project, lead, as_of, take_snapshot(plan, project, until))
        expected = decoded(plan, project, lead, np.full(len(lead), until))
        assert [a for a, known in zip(found, scanned, strict=True) if known] == [
            b for b, known in zip(expected, scanned, strict=True) if known
        ]


def as_if_known_at_once(plan, project, until):
    """Return the rows known before `until` as if each had been known when it occurred."""

    def early(table):
        rows = picked(table, linked(project, table) < until)
        return replace(rows, known_at=rows.occurred_at)

    there = (
        project
        if plan.stream == "leads"
        else replace(
            project, leads=replace(project.leads, created_at=np.zeros_like(project.leads.created_at))
        )
    )
    return replace(there, events=early(project.events), outcomes=early(project.outcomes))


def linked(project, table):
    return np.maximum(table.known_at, project.leads.created_at[table.lead])
