"""Incremental state, updated in pieces as records arrive, against the whole history at once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_projects import COMPILED, EXAMPLES, HOUR, START, busy, decoded, floats, picked, projects

from lead_ml.asof.kernel import IncrementalState
from lead_ml.asof.kernel import incremental as live_module
from lead_ml.asof.kernel.rows import lead_keys
from lead_ml.errors import DeclarationError, LateRecord

check = settings(max_examples=EXAMPLES, deadline=None)
PLANS = tuple(
    plan for plan in COMPILED.plans if plan.stream in ("events", "outcomes") and plan.key != "nowhere"
)


@pytest.fixture(autouse=True)
def small_tails(monkeypatch):
    """Scan after a few rows, so that a small project is scanned many times."""
    monkeypatch.setattr(live_module, "_LEAST_TAIL", 2)


def table_of(plan, project):
    return getattr(project, plan.stream)


def only(plan, project, rows):
    """Return the project with some rows of the plan's stream alone."""
    return replace(project, **{plan.stream: picked(table_of(plan, project), rows)})


def linked(plan, project):
    table = table_of(plan, project)
    if plan.key == "lead_id":
        return table.known_at
    return np.maximum(table.known_at, project.leads.created_at[table.lead])


def arrivals(plan, project, delays, sizes):
    """Cut the rows into pieces, in the order of their knowledge but for delays, in microseconds."""
    known = linked(plan, project)
    order = np.argsort(known + np.resize(delays, len(known)), kind="stable")
    cuts = np.cumsum(np.resize(sizes, len(order)))
    return [piece for piece in np.split(order, cuts[cuts < len(order)]) if len(piece)]


def told(plan, found):
    """Return what :meth:`IncrementalState.read` gave as lists of texts, floats and None, column by column."""
    matrix, texts = found
    columns = [floats(column) for column in matrix.T]
    for k, item in enumerate(plan.features):
        if item.aggregation in ("first", "last"):
            levels = texts[plan.shown_columns.index(item.of)]
            columns[k] = [None if code is None else levels[int(code)] for code in columns[k]]
    return columns


def agree(plan, project, live, as_of):
    keys = lead_keys(plan, project)
    for lead in range(len(project.leads)):
        code = int(keys.codes[lead])
        if code >= 0:
            expected = decoded(plan, project, np.full(len(as_of), lead), as_of)
            assert told(plan, live.read(keys.levels[code], as_of)) == expected


@check
@given(
    projects(),
    st.lists(st.integers(0, 6), min_size=1, max_size=8),
    st.lists(st.integers(1, 5), min_size=1, max_size=4),
)
def test_live_state_equals_the_whole_history(project, delays, sizes):
    grace = 3 * HOUR + 1
    for plan in PLANS:
        live, seen = IncrementalState(plan, grace=grace), np.empty(0, dtype=np.int64)
        for piece in arrivals(plan, project, np.array(delays) * HOUR // 2, sizes):
            live.add(only(plan, project, piece))
            seen = np.append(seen, piece)
            now = int(linked(plan, project)[seen].max())
            agree(plan, only(plan, project, np.sort(seen)), live, now + np.array([0, 1, HOUR, 9 * HOUR]))


def test_reading_changes_nothing():
    project = busy(np.random.default_rng(3), leads=4, events=200, outcomes=20)
    plan = PLANS[0]
    live = IncrementalState(plan, grace=HOUR)
    for piece in arrivals(plan, project, np.zeros(1, dtype=np.int64), [7]):
        live.add(only(plan, project, piece))
    as_of = START + np.arange(100, 110) * HOUR
    first = told(plan, live.read("L1", as_of))
    rows = live.rows
    assert [told(plan, live.read("L1", as_of)) for _ in range(3)] == [first] * 3
    assert live.rows == rows


def test_what_no_window_needs_is_dropped():
    project = busy(np.random.default_rng(4), leads=2, events=6_000, outcomes=1)
    plan = next(p for p in PLANS if p.key == "account_id" and p.stream == "events")
    spread = START + np.sort(np.random.default_rng(5).integers(0, 3_000 * HOUR, 6_000))
    events = replace(project.events, occurred_at=spread, known_at=spread)
    project = replace(project, events=events)
    live = IncrementalState(plan, grace=HOUR)
    for piece in arrivals(plan, project, np.zeros(1, dtype=np.int64), [50]):
        live.add(only(plan, project, piece))
    assert live.rows < 600
    agree(plan, project, live, np.array([spread[-1] + 1]))


def test_a_record_after_the_grace_is_refused_until_its_key_is_rebuilt():
    project = busy(np.random.default_rng(6), leads=3, events=60, outcomes=1)
    plan = PLANS[0]
    known = linked(plan, project)
    late = int(np.argmin(known))
    rest = np.delete(np.argsort(known, kind="stable"), 0)
    live = IncrementalState(plan, grace=HOUR)
    for row in rest:
        live.add(only(plan, project, np.array([row])))
    with pytest.raises(LateRecord, match=r"comes too late for events by lead_id.*Rebuild the key"):
        live.add(only(plan, project, np.array([late])))
    live.rebuild(project)
    agree(plan, project, live, np.array([known.max() + 1]))


def test_conversions_are_refused():
    plan = next(p for p in COMPILED.plans if p.stream == "conversions")
    with pytest.raises(DeclarationError, match="only the first counts"):
        IncrementalState(plan)
