"""SYNTHETIC worlds: every leak planted in one is found, and clean ones flag nobody.

The constants of the audit were chosen on worlds with seeds from 1000 on; these are others.
"""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pytest
from audit_kit import (
    DAY,
    ROOT,
    audited,
    clean_world,
    copied_persons,
    filled_by_outcome,
    flagged,
    future_date,
    ids_by_outcome,
    late_status,
    reference_project,
    rows_by_outcome,
    without,
    won,
)

from lead_ml.demo import generate
from lead_ml.tables.dataset import Coded
from lead_ml.workflows.audit import audit_target

pytestmark = pytest.mark.slow
SEEDS = (3, 14)


@pytest.fixture(scope="module")
def unvouched():
    """The reference project without its own word on lead_status, which clean worlds lack."""
    project = reference_project()
    return replace(project, params=project.params.model_copy(update={"known_at": {}}))


@pytest.fixture(scope="module", params=SEEDS)
def clean(request):
    return clean_world(request.param).data


def test_twenty_clean_worlds_accuse_at_most_one_column(unvouched):
    reports = {seed: audited(clean_world(seed).data, unvouched) for seed in range(20)}
    assert sum(len(report.flagged) for report in reports.values()) <= 1
    assert sum(len(flagged(report)) for report in reports.values()) <= 1


def test_the_generators_own_status_is_a_leak_and_its_owner_is_not():
    report = audited(generate(3_000, SEEDS[0]).data)
    assert report.flagged == report.leaks == ("lead_status",)
    assert {found.check for found in report.findings if found.verdict == "leak"} == {
        "fill",
        "strength",
        "name",
    }
    assert report.of("fill", "values of lead_status")[0].evidence["values"] == "Converted"
    assert report.leaky.forward_auc.lower > 0.95
    assert report.honest.forward_auc.upper < 0.80


@pytest.mark.parametrize("right", [1.0, 0.7, 0.6])
def test_a_late_status_is_found_under_any_name_even_if_often_wrong(clean, unvouched, right):
    assert audited(late_status(clean, 1, right=right), unvouched).flagged == ("c7",)


def test_dates_after_the_question_are_a_leak_though_they_tell_nothing(clean, unvouched):
    report = audited(future_date(clean, 1), unvouched)
    assert flagged(report) == [("provenance", "touched", "leak")]
    assert report.of("provenance", "touched")[0].evidence["share_later"] > 0.9


@pytest.mark.parametrize(("winners", "others"), [(1.0, 0.0), (0.9, 0.2), (0.3, 0.01), (0.0, 0.6)])
def test_a_fill_rate_that_jumps_with_the_outcome_is_found(clean, unvouched, winners, others):
    report = audited(filled_by_outcome(clean, 1, winners=winners, others=others), unvouched)
    assert report.flagged == ("c9",)
    assert report.of("fill", "c9")[0].verdict != "clear"


def test_ids_given_out_by_outcome_are_found(clean, unvouched):
    assert flagged(audited(ids_by_outcome(clean), unvouched)) == [("order", "number in lead_id", "leak")]


def test_rows_sorted_by_outcome_are_found(clean, unvouched):
    assert flagged(audited(rows_by_outcome(clean), unvouched)) == [("order", "row order", "leak")]


@pytest.mark.parametrize("key", ["phone", "email"])
def test_copies_of_a_person_are_suspected_though_the_split_keeps_them_together(clean, unvouched, key):
    report = audited(copied_persons(clean, 1, key), unvouched)
    assert report.of("person", key)[0].verdict == "suspect"
    assert report.flagged == ()


def test_copies_by_a_key_the_split_cannot_see_are_a_leak(clean, unvouched):
    report = audited(copied_persons(clean, 1, "person_no"), unvouched)
    (found,) = report.of("person", "person_no")
    assert found.verdict == "leak"
    assert found.evidence["after_the_guard"] > 10


def test_a_split_of_ones_own_with_persons_on_both_sides_is_a_leak(clean, unvouched):
    from lead_ml.evaluation.leakage import audit

    fit = np.random.default_rng(0).random(len(clean.leads)) < 0.7
    report = audit(clean, unvouched.tasks["conversion"], fit=fit)
    assert {found.subject for found in report.of("person") if found.verdict == "leak"} == {
        "account_id",
        "email",
        "phone",
    }


def test_several_leaks_cannot_hide_behind_one_another(clean, unvouched):
    dataset = late_status(late_status(clean, 1, name="c1"), 2, right=0.95, name="c2")
    dataset = filled_by_outcome(dataset, 3, winners=0.95, others=0.05, name="c3")
    assert audited(dataset, unvouched).flagged == ("c1", "c2", "c3")


def test_an_event_that_echoes_the_win_is_suspected(clean):
    """A contract sent half a day before every win: dated rightly, and of no use a day earlier."""
    from lead_ml import events

    project = reference_project()
    project = replace(
        project,
        declarations=(
            *project.declarations,
            events(type="contract").count("contracts", en="x", zh="x", group="engagement"),
        ),
    )
    assert audited(_with_contracts(clean), project).of("earlier", "contracts")[0].verdict == "suspect"
    assert all(found.verdict == "clear" for found in audited(clean, project).of("earlier"))


def test_a_form_field_that_follows_the_true_logit_closely_is_no_leak():
    """The hardest honest column: it correlates by .8 with all there is to know, and is known at creation."""
    project = reference_project()
    params = project.params.model_copy(update={"known_at": {"need": "creation"}})
    for seed in SEEDS:
        world = clean_world(seed)
        logit = world.truth.logit
        noise = 0.75 * logit.std() * np.random.default_rng(seed).normal(size=len(logit))
        columns = {**world.data.leads.columns, "need": Coded.of([f"{x:.3f}" for x in logit + noise])}
        dataset = replace(world.data, leads=replace(world.data.leads, columns=columns))
        report = audit_target(replace(project, params=params), dataset)
        assert report.flagged == ()
        assert report.of("strength", "need")[0].evidence["auc_alone"] > 0.68


def test_the_same_seed_gives_the_same_report(clean, unvouched):
    dataset = without(late_status(clean, 1), "message", "user_agent")
    assert audited(dataset, unvouched) == audited(dataset, unvouched)


def _with_contracts(dataset):
    """Half of the leads won 31 to 32 days after creation get an event half a day before the age of 30 days ends."""
    events, created = dataset.events, dataset.leads.created_at
    lead = np.flatnonzero(won(dataset) & (np.arange(len(created)) % 2 == 0))
    at = created[lead] + 30 * DAY - DAY // 2
    lead, at = lead[at < dataset.until], at[at < dataset.until]
    order = np.argsort(np.r_[events.known_at, at], kind="stable")
    columns = {
        name: Coded.of([*column.values(), *new])
        for name, column in events.columns.items()
        for new in [[f"z{k}" for k in range(len(lead))] if name == "event_id" else ["contract"] * len(lead)]
    }
    return replace(
        dataset,
        events=replace(
            events,
            lead=np.r_[events.lead, lead][order],
            occurred_at=np.r_[events.occurred_at, at][order],
            known_at=np.r_[events.known_at, at][order],
            columns={name: column.take(order) for name, column in columns.items()},
            value=np.r_[events.value, np.full(len(lead), np.nan)][order],
        ),
    )


@pytest.mark.parametrize("declared", [False, True], ids=["unknown", "creation"])
def test_what_sales_fills_in_is_named_in_order_and_the_figure_is_suspect(declared):
    """Tag, quality, profile and index beside one another: no single one is remarkable, the whole is."""
    sys.path.insert(0, str(ROOT / "benchmarks"))
    from leakage_worlds.clean import clean_world as table_of
    from leakage_worlds.plants import worked
    from leaks import audited as audit_of

    clean = table_of(1006, 2_500)
    honest, _ = audit_of(clean, 0, named=False, declared=declared)
    report, names = audit_of(worked(clean), 0, named=False, declared=declared)
    planted = {names[name] for name in ("tags", "lead_quality", "lead_profile", "activity_index")}
    assert set(report.flagged) == planted
    assert (honest.suspect, report.suspect) == (False, True)
    assert abs(report.honest.random_auc.value - honest.honest.random_auc.value) < 0.02
    places = {
        found.subject: found.evidence["place"] for found in report.of("strength") if "place" in found.evidence
    }
    assert sorted(places.values()) == list(range(1, len(places) + 1))
    falls = [f.evidence for f in report.of("strength") if "place" in f.evidence]
    assert all(found["auc_without_it"] < found["auc_with_it"] for found in falls)
