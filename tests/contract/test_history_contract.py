"""The contract of features where columns, keys and third-party data change over time."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pytest

import lead_ml.asof.kernel.attribute_history
from lead_ml.asof.join import features_at
from lead_ml.asof.kernel import compile_plans, take_snapshot
from lead_ml.asof.labels import Spine
from lead_ml.declare import category, events, leads, number, ordinal, outcomes, validated
from lead_ml.errors import DeclarationError, InputError
from lead_ml.tables.dataset import Changes, Coded, Dataset
from lead_ml.testing import check_features, sample_dataset

W = {"en": "x", "zh": "x", "group": "engagement"}
CHANGING = ("account_id", "company_size", "email", "industry")
EXTRA = {"firms": "account_id", "domains": "email:domain", "regions": "country"}
DECLARED = validated(
    [
        category("industry", **W),
        category("country", **W),
        category("email", transform="domain", **W),
        number("company_size", **W),
        ordinal("industry", ("beta", "alpha"), name="industry_rank", **W),
        category("firms.sector", name="firm_sector", **W),
        number("firms.employees", name="firm_employees", **W),
        number("domains.rank", name="domain_rank", **W),
        category("regions.tier", name="region_tier", **W),
        events().count("own_events", **W),
        events(by="account_id").count("account_events_7d", window="7d", **W),
        events(by="account_id").distinct("account_people", of="lead_id", **W),
        events(by="account_id").decayed_sum("account_recent", half_life="3d", **W),
        events(by="account_id").last("account_last_page", of="page", **W),
        events(by="email:domain").sum("domain_value", "value", **W),
        events(by="email:domain").max("domain_most_14d", "value", window="14d", **W),
        leads(by="account_id").count("account_leads", **W),
        leads(by="account_id").days_since_first("account_age", **W),
        outcomes(by="account_id", stage="won").count("account_won", **W),
        leads(by="account_id").conversion_rate("account_rate", within="20d", window="60d", strength=2, **W),
    ]
)


def sample(seed: int = 7, leads: int = 60) -> Dataset:
    return sample_dataset(DECLARED, seed=seed, leads=leads, history=CHANGING, extra=EXTRA)


@pytest.mark.parametrize("seed", range(3))
def test_columns_keys_and_third_party_data_that_change_keep_the_contract(seed: int) -> None:
    check_features(DECLARED, sample(seed, 40), seed=seed, leads=40)


def test_the_sample_changes_keys_late_and_back_again() -> None:
    data = sample(leads=150)
    moved = data.history["account_id"]
    key = moved.columns["account_id"].codes
    same_lead = np.diff(moved.owner) == 0
    assert (same_lead & (np.diff(key) != 0)).sum() > 50
    back = (moved.owner[2:] == moved.owner[:-2]) & (key[2:] == key[:-2]) & (key[2:] != key[1:-1])
    assert back.any()
    assert data.leads.created_at is not None
    assert (moved.at > data.leads.created_at[moved.owner]).mean() > 0.5


def test_reading_the_leads_table_instead_of_the_history_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    sound = lead_ml.asof.kernel.attribute_history.column_at

    def current(dataset, column, lead, as_of):
        return sound(replace(dataset, history={}), column, lead, as_of)

    monkeypatch.setattr("lead_ml.asof.join.column_at", current)
    with pytest.raises(AssertionError, match="industry changed when records known at or after as_of were"):
        check_features(DECLARED[:1], sample())


def test_a_change_at_as_of_counted_at_once_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    sound = Changes.last_before
    monkeypatch.setattr(Changes, "last_before", lambda self, owner, as_of: sound(self, owner, as_of + 1))
    with pytest.raises(AssertionError, match="changed when records known at or after as_of were"):
        check_features(DECLARED, sample(leads=100))


def test_the_last_key_taken_for_the_key_of_then_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = sys.modules["lead_ml.asof.kernel.aggregate"]  # its name in the package is the function's
    monkeypatch.setattr(engine, "keys_at", lambda plan, dataset, keys, lead, as_of: keys.codes[lead])
    with pytest.raises(AssertionError, match="changed when records known at or after as_of were"):
        check_features(DECLARED[9:], sample(leads=100))


def test_a_late_link_taken_for_an_early_one_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    sound = lead_ml.asof.kernel.attribute_history.entries

    def early(moved, lead, known):
        found = sound(moved, lead, known)
        return found._replace(known=known[found.row])

    monkeypatch.setattr("lead_ml.asof.kernel.rows.entries", early)
    with pytest.raises(AssertionError, match="changed when records known at or after as_of were"):
        check_features(DECLARED[9:], sample(leads=100))


def test_a_stream_of_leads_refuses_to_show_a_column_that_changes() -> None:
    for declared in (
        leads(by="country", industry="alpha").count("n", **W),
        leads(by="country").distinct("n", of="industry", **W),
        leads(by="country", industry="alpha").conversion_rate("n", within="5d", window="9d", **W),
    ):
        with pytest.raises(DeclarationError, match="lead column that changes: got 'industry'"):
            features_at([declared], sample(), Spine(np.array([0]), np.array([10**15])))


def test_a_key_out_of_an_extra_table_is_refused() -> None:
    declared = [events(by="firms.sector").count("n", **W)]
    with pytest.raises(DeclarationError, match=r"column of an extra table: got 'firms\.sector'"):
        features_at(declared, sample(), Spine(np.array([0]), np.array([10**15])))


def test_a_request_with_a_history_of_its_key_is_refused() -> None:
    data = sample()
    plan = compile_plans([events(by="account_id").count("n", **W)])[0]
    kept = {plan.name: take_snapshot(plan, data, data.until)}
    with pytest.raises(InputError, match="history of account_id beside the history snapshot"):
        features_at([plan.features[0]], data, Spine(np.array([0]), np.array([data.until])), reference=kept)


def test_the_order_of_changes_and_of_levels_changes_nothing() -> None:
    owner, at = np.array([0, 0, 0, 1]), np.array([5, 5, 3, 5])
    texts = ["b", "a", None, None]
    for order in ([0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2]):
        changes = Changes.of(owner[order], at[order], {"x": Coded.of([texts[k] for k in order])})
        assert changes.columns["x"].values() == [None, "b", None]
        assert (changes.owner.tolist(), changes.at.tolist()) == ([0, 0, 1], [3, 5, 5])
