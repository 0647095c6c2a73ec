"""The kernel against a naive per-snapshot oracle, and the laws that make it trustworthy."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from naive_features import naive
from random_projects import (
    EXAMPLES,
    HOUR,
    PLANS,
    START,
    answers,
    busy,
    only_leads,
    picked,
    projects,
    questions,
    same_bits,
    shuffled,
)

from lead_ml.data import Dataset, Leads

check = settings(max_examples=EXAMPLES, deadline=None)


@check
@given(questions())
def test_the_kernel_equals_the_naive_oracle(question):
    project, lead, as_of = question
    for plan, found in zip(PLANS, answers(*question), strict=True):
        expected = np.array(naive(plan.features, project, lead, as_of))
        folded = np.array([item.aggregation == "decayed_sum" for item in plan.features])
        np.testing.assert_array_equal(found[:, ~folded], expected[:, ~folded])
        np.testing.assert_allclose(found[:, folded], expected[:, folded], rtol=1e-9, atol=1e-6 * 1e-9)


@check
@given(questions(), st.randoms(use_true_random=False))
def test_the_order_of_rows_and_levels_changes_nothing(question, random):
    project, lead, as_of = question
    assert same_bits(answers(*question), answers(shuffled(project, random), lead, as_of))


@check
@given(questions(), st.integers(-(10**15), 10**15))
def test_shifting_all_times_changes_nothing(question, by):
    project, lead, as_of = question
    assert same_bits(answers(*question), answers(moved(project, by), lead, as_of + by))


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
        assert same_bits(answers(project, *asked), answers(before, *asked))


@check
@given(questions())
def test_leads_created_at_or_after_as_of_change_nothing(question):
    project, lead, as_of = question
    for who, when in zip(lead, as_of, strict=True):
        there = np.flatnonzero((project.leads.created_at < when) | (np.arange(len(project.leads)) == who))
        before = only_leads(project, there)
        whole = answers(project, np.array([who]), np.array([when]))
        assert same_bits(whole, answers(before, np.flatnonzero(there == who), np.array([when])))


@check
@given(questions())
def test_all_at_once_equals_one_at_a_time(question):
    project, lead, as_of = question
    together = answers(*question)
    for k in range(len(lead)):
        alone = answers(project, lead[k : k + 1], as_of[k : k + 1])
        assert same_bits([matrix[k : k + 1] for matrix in together], alone)


@check
@given(questions())
def test_inputs_are_not_mutated(question):
    before = pickle.dumps(question)
    answers(*question)
    assert pickle.dumps(question) == before


@check
@given(projects())
def test_before_anything_is_known_counts_are_zero_and_recency_is_missing(project):
    as_of = np.full(len(project.leads), 0)
    lead = np.arange(len(project.leads))
    for plan, found in zip(PLANS, answers(project, lead, as_of), strict=True):
        for feature, column in zip(plan.features, found.T, strict=True):
            known = column[~np.isnan(column)]
            assert not known.any()
            if feature.aggregation.startswith("days_since"):
                assert not len(known)
            elif plan.key == "lead_id":
                assert len(known) == len(lead)


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
    for plan, found in zip(PLANS, answers(project, lead, as_of), strict=True):
        expected = np.array(naive(plan.features, project, lead, as_of))
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-15)
