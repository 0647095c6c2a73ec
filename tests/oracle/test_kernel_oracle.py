"""The kernel against a naive per-snapshot oracle, and the laws that make it trustworthy."""

from __future__ import annotations

import pickle
from dataclasses import replace
from unittest.mock import patch

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from naive_features import naive
from random_projects import (
    DECLARATIONS,
    EXAMPLES,
    HOUR,
    START,
    answers,
    busy,
    only_leads,
    picked,
    projects,
    questions,
    shuffled,
)

from lead_ml.declare import reads_clock
from lead_ml.tables.cell_rules import CellRules
from lead_ml.tables.dataset import Dataset, Leads

check = settings(max_examples=EXAMPLES, deadline=None)


@check
@given(questions())
def test_the_kernel_equals_the_naive_oracle(question):
    hold_equal(*question)


@pytest.mark.skipif(not numba.config.DISABLE_JIT, reason="what is compiled keeps its constants")
@check
@given(questions(), st.sampled_from([0, 10**6]))
def test_many_codes_and_rows_are_told_apart_as_few(question, long):
    with patch.multiple("lead_ml.asof.kernel.scan", _FEW=-1, _LONG=long):
        hold_equal(*question)


def hold_equal(project, lead, as_of):
    """Compare each declared feature with the oracle: exactly, but for the rounding of decayed sums and rates."""
    expected = naive(DECLARATIONS, project, lead, as_of)
    for k, (item, found) in enumerate(zip(DECLARATIONS, answers(project, lead, as_of).values(), strict=True)):
        wanted = [None if row[k] != row[k] else row[k] for row in expected]
        if getattr(item, "aggregation", "") in ("count", "sum", "distinct", "max", "first", "last", "trend"):
            assert found == wanted, item.name
        else:
            assert [value is None for value in found] == [value is None for value in wanted], item.name
            pairs = [(a, b) for a, b in zip(found, wanted, strict=True) if a is not None]
            assert all(a == pytest.approx(b, rel=1e-9, abs=1e-15) for a, b in pairs), item.name


@check
@given(questions(), st.randoms(use_true_random=False))
def test_the_order_of_rows_and_levels_changes_nothing(question, random):
    project, lead, as_of = question
    assert answers(*question) == answers(shuffled(project, random), lead, as_of)


@check
@given(questions(), st.integers(-(10**15), 10**15))
def test_shifting_all_times_changes_nothing(question, by):
    project, lead, as_of = question
    found, later = answers(*question), answers(moved(project, by), lead, as_of + by)
    for item in DECLARATIONS:
        assert reads_clock(item) or found[item.name] == later[item.name], item.name


@check
@given(questions())
def test_what_becomes_known_at_or_after_as_of_changes_nothing(question):
    project, lead, as_of = question
    for who, when in zip(lead, as_of, strict=True):
        before = replace(
            project,
            events=picked(project.events, project.events.known_at < when),
            outcomes=picked(project.outcomes, project.outcomes.known_at < when),
        )
        asked = np.array([who]), np.array([when])
        assert answers(project, *asked) == answers(before, *asked)


@check
@given(questions())
def test_leads_created_at_or_after_as_of_change_nothing(question):
    project, lead, as_of = question
    for who, when in zip(lead, as_of, strict=True):
        there = np.flatnonzero((project.leads.created_at < when) | (np.arange(len(project.leads)) == who))
        before = only_leads(project, there)
        whole = answers(project, np.array([who]), np.array([when]))
        assert whole == answers(before, np.flatnonzero(there == who), np.array([when]))


@check
@given(questions())
def test_all_at_once_equals_one_at_a_time(question):
    project, lead, as_of = question
    together = answers(*question)
    for k in range(len(lead)):
        alone = answers(project, lead[k : k + 1], as_of[k : k + 1])
        assert {name: column[k : k + 1] for name, column in together.items()} == alone


@check
@given(questions())
def test_inputs_are_not_mutated(question):
    dataset, *rest = question

    def written() -> bytes:  # rules remember how they read a cell
        return pickle.dumps((replace(dataset, rules=CellRules()), *rest))

    before = written()
    answers(*question)
    assert written() == before


@check
@given(projects())
def test_before_anything_is_known_counts_are_zero_and_recency_is_missing(project):
    found = answers(project, np.arange(len(project.leads)), np.full(len(project.leads), 0))
    zero = ("count", "sum", "distinct", "active_days", "trend", "decayed_sum")
    for item in DECLARATIONS:
        known = [value for value in found[item.name] if value is not None]
        assert not any(known)
        if getattr(item, "aggregation", "") not in zero:
            assert not known
        elif item.key == "lead_id":
            assert len(known) == len(project.leads)


def moved(project, by):
    def shifted(table):
        return replace(table, occurred_at=table.occurred_at + by, known_at=table.known_at + by)

    leads = Leads(project.leads.lead_id, project.leads.created_at + by, project.leads.columns)
    return Dataset(leads, shifted(project.events), shifted(project.outcomes))


def test_a_busy_project_equals_the_naive_oracle():
    generator = np.random.default_rng(7)
    project = busy(generator, leads=12, events=240, outcomes=40)
    lead = generator.integers(0, 12, 60)
    as_of = START + generator.integers(0, 80, 60) * HOUR // 2
    hold_equal(project, lead, as_of)
