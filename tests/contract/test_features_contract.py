"""Every declared feature keeps the contract, and the check of the contract catches those who break it."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lead_ml.asof.join
from lead_ml.asof.kernel import aggregate, aggregate_coded
from lead_ml.declare import (
    between,
    category,
    clock,
    difference,
    events,
    lead_age,
    leads,
    outcomes,
    ratio,
    validated,
)
from lead_ml.project.load import load_project
from lead_ml.tables.dataset import Coded, Dataset
from lead_ml.testing import check_features, sample_dataset
from lead_ml.testing import checks as checks_module

ROOT = Path(__file__).resolve().parents[2]
PROJECTS = [".", "examples/bank_marketing", "examples/olist"]
W = {"en": "x", "zh": "x", "group": "engagement"}
SMALL = validated(
    [
        events(type="page_view").count("views_7d", window="7d", **W),
        events().days_since_last("days_since_last_event", **W),
        events().decayed_sum("recent", half_life="3d", **W),
        events(by="account_id").sum("account_value", "value", **W),
        leads(by="ip").count("ip_leads", **W),
        outcomes(by="source", stage="won").count("source_won_30d", window="30d", **W),
        category("source", **W),
        lead_age(group="fit"),
    ]
)
calls, pages = events(type="call"), events(type="page_view")
OTHERS = validated(
    [
        calls.mean("minutes", of="value", **W),
        calls.max("longest_call_30d", of="value", window="30d", **W),
        events(type="call", value=between(at_least=5)).count("long_calls", **W),
        pages.share("page_view_share_30d", window="30d", **W),
        calls.share("calls_among_contacts", among=events(type=("call", "mail")), **W),
        events().longest_gap("longest_gap", **W),
        events(by="account_id").longest_gap("account_gap_30d", window="30d", **W),
        events().active_days("active_days_14d", window="14d", zone="America/New_York", **W),
        pages.trend("page_view_trend_7d", window="7d", **W),
        events().first("first_type", of="type", **W),
        pages.last("last_page_7d", of="page", window="7d", **W),
        events(by="account_id").last("account_last_page", of="page", **W),
        leads(by="source").conversion_rate("source_rate", within="10d", window="30d", strength=5, **W),
        leads(by="ip").count("ip_leads_2h", window="2h", **W),
        ratio("views_per_day", pages.count("v", **W), lead_age(), **W),
        difference("calls_less_views", calls.count("c", **W), pages.count("v", **W), **W),
        clock("weekday", zone="Asia/Shanghai", **W),
        clock("hour", **W),
    ]
)
GROUPED = [
    pytest.param(root, group, id=f"{root} {group}")
    for root in PROJECTS
    for group in ("fit", "engagement", "channel", "authenticity")
    if any(item.group == group for item in load_project(ROOT / root).declarations)
]


@pytest.mark.parametrize(("root", "group"), GROUPED)
def test_every_declared_group_keeps_the_contract(root: str, group: str) -> None:
    declared = load_project(ROOT / root).declarations
    check_features([item for item in declared if item.group == group])


@pytest.mark.parametrize("seed", range(5))
def test_all_kinds_of_features_keep_the_contract_on_other_draws(seed: int) -> None:
    check_features((*SMALL, *OTHERS), seed=seed, leads=60)


@pytest.mark.slow
def test_the_contract_holds_on_the_data_of_a_project(trained: Any) -> None:
    check_features(trained.project.declarations, trained.dataset, leads=6)


def test_undated_leads_keep_the_contract_too() -> None:
    data = sample_dataset(SMALL, leads=40)
    undated = Dataset(replace(data.leads, created_at=None))
    check_features(SMALL, undated)


def test_the_same_seed_draws_the_same_sample() -> None:
    first, again, other = (sample_dataset(SMALL, seed=seed, leads=30) for seed in (3, 3, 4))
    assert checks_module._frozen(first) == checks_module._frozen(again)
    assert checks_module._frozen(first) != checks_module._frozen(other)


def test_the_sample_has_what_the_contract_is_about() -> None:
    data = sample_dataset(SMALL)
    assert data.events is not None
    assert data.leads.created_at is not None
    assert (data.events.known_at > data.events.occurred_at).mean() > 0.2
    assert len(np.unique(data.events.known_at)) < len(data.events)
    assert (data.leads.columns["source"].codes < 0).any()
    assert data.until > data.events.known_at.max()


def peeks(plan, dataset, lead, as_of, kept=None):
    return aggregate(plan, dataset, lead, as_of + 1, kept)


def looks_back_too_little(plan, dataset, lead, as_of, kept=None):
    return aggregate(plan, dataset, lead, as_of - as_of % 86_400_000_000, kept)


def trusts_the_order(plan, dataset, lead, as_of, kept=None):
    return aggregate(plan, dataset, lead, as_of, kept) + (lead % 2)[:, None]


def depends_on_the_batch(plan, dataset, lead, as_of, kept=None):
    return aggregate(plan, dataset, lead, as_of, kept) + np.sqrt(len(lead))


def forgets_kept_history(plan, dataset, lead, as_of, kept=None):
    return aggregate(plan, dataset, lead, as_of)


def guesses_zero(plan, dataset, lead, as_of, kept=None):
    return np.nan_to_num(aggregate(plan, dataset, lead, as_of, kept))


def halves_the_precision(plan, dataset, lead, as_of, kept=None):
    return aggregate(plan, dataset, lead, as_of, kept).astype(np.float32)


def sorts_in_place(plan, dataset, lead, as_of, kept=None):
    found = aggregate(plan, dataset, lead, as_of, kept)
    if dataset.events is not None:
        dataset.events.value[:] = 0.0
    return found


@pytest.mark.parametrize(
    ("broken", "complaint"),
    [
        (
            peeks,
            r"^[a-z_0-9]+ changed when records known at or after as_of were .*: .* became .* for lead L\d+ at 20",
        ),
        (looks_back_too_little, "changed when all instants were shifted alike"),
        (trusts_the_order, "changed when rows were put in another order"),
        (depends_on_the_batch, "changed when the lead was computed alone"),
        (forgets_kept_history, "changed when the lead came as a request with the history of a bundle"),
        (guesses_zero, r"views_7d: no events table must give nan, got 0\.0"),
        (halves_the_precision, "expected float64, got float32"),
        (sorts_in_place, "events.value of the data set was mutated"),
    ],
)
def test_a_broken_engine_is_caught(broken: Any, complaint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    declared = SMALL if broken is not sorts_in_place else SMALL[:2]
    monkeypatch.setattr(lead_ml.asof.join, "aggregate_coded", coded(broken))
    with pytest.raises(AssertionError, match=complaint):
        check_features(declared)


def coded(broken: Any) -> Any:
    """Return the engine with a broken matrix and sound texts."""

    def engine(plan, dataset, lead, as_of, kept=None):
        return broken(plan, dataset, lead, as_of, kept), aggregate_coded(plan, dataset, lead, as_of, kept)[1]

    return engine


def test_a_count_without_events_must_be_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing_for_none(plan, dataset, lead, as_of, kept=None):
        found = aggregate(plan, dataset, lead, as_of, kept)
        return np.where(found == 0, np.nan, found)

    monkeypatch.setattr(lead_ml.asof.join, "aggregate_coded", coded(missing_for_none))
    with pytest.raises(AssertionError, match=r"views_7d: a lead without events must give 0\.0, got nan"):
        check_features(SMALL)


def test_an_attribute_that_reads_the_clock_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = iter(range(1_000_000))
    monkeypatch.setattr(
        lead_ml.asof.join, "_age", lambda dataset, lead, as_of: np.full(len(lead), next(ticks) + time.time())
    )
    with pytest.raises(AssertionError, match="lead_age_days changed when"):
        check_features(SMALL)


def test_a_category_that_is_no_text_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lead_ml.asof.join, "attribute", lambda item, dataset, lead: np.zeros(len(lead)))
    with pytest.raises(AssertionError, match="source: expected coded text, got float64"):
        check_features(SMALL)


def test_a_column_that_is_too_short_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lead_ml.asof.join, "attribute", lambda item, dataset, lead: Coded.of([]))
    for rule in ("_check_times", "_check_rows", "_check_kept"):
        monkeypatch.setattr(checks_module, rule, lambda *_: None)
    with pytest.raises(AssertionError, match="source: expected 200 values, got 0"):
        check_features(SMALL)
