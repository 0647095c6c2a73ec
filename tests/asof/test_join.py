"""From declarations to columns: attributes, ages, and what stands where the data says nothing."""

from __future__ import annotations

import numpy as np
import pytest
from small import DAY, START, draw

from lead_ml.asof.join import column_names, features_at, shared_plans, transform_of
from lead_ml.asof.kernel import compile_plans
from lead_ml.asof.labels import Spine
from lead_ml.declare import Attribute, category, events, lead_age, leads, number, ordinal, outcomes
from lead_ml.errors import DeclarationError
from lead_ml.tables.dataset import Coded, Dataset, Leads

W = {"en": "x", "zh": "x", "group": "fit"}


def data(**columns: list[str | None]) -> Dataset:
    n = len(next(iter(columns.values())))
    created = np.full(n, START, dtype=np.int64)
    return Dataset(Leads(tuple(map(str, range(n))), created, {k: Coded.of(v) for k, v in columns.items()}))


def at(n: int, days: float = 1.0) -> Spine:
    return Spine(np.arange(n), np.full(n, START + round(days * DAY), dtype=np.int64))


def one(item, dataset: Dataset):
    column = features_at([item], dataset, at(len(dataset.leads)))[item.name]
    return column.values() if isinstance(column, Coded) else column.tolist()


def test_a_category_is_its_text_or_its_transform() -> None:
    found = data(email=["ann@acme.com", None, "bo@gmail.com"])
    assert one(category("email", **W), found) == ["ann@acme.com", None, "bo@gmail.com"]
    assert one(category("email", transform="domain", **W), found) == ["acme.com", None, "gmail.com"]


def test_a_number_that_is_none_is_missing() -> None:
    assert one(number("size", **W), data(size=["7", "1,000", "many", None]))[:2] == [7, 1000]
    assert np.isnan(one(number("size", **W), data(size=["7", "1,000", "many", None]))[2:]).all()


def test_an_ordinal_counts_its_levels_from_zero() -> None:
    found = one(ordinal("size", ("S", "M", "L"), **W), data(size=["M", "S", "L", "XL", None]))
    assert found[:3] == [1, 0, 2]
    assert np.isnan(found[3:]).all()


def test_a_column_that_the_data_lacks_is_missing_everywhere() -> None:
    assert one(category("industry", **W), data(size=["1", "2"])) == [None, None]
    assert np.isnan(one(number("weight", **W), data(size=["1", "2"]))).all()


def test_the_age_is_in_days_and_missing_without_dates() -> None:
    found = data(size=["1"])
    assert features_at([lead_age(group="fit")], found, at(1, 2.5))["lead_age_days"].tolist() == [2.5]
    undated = Dataset(Leads(("a",), None))
    assert np.isnan(features_at([lead_age(group="fit")], undated, at(1))["lead_age_days"]).all()


def test_an_unknown_transform_names_those_there_are() -> None:
    item = Attribute(name="x", column="email", kind="category", transform="shout", **W)
    with pytest.raises(DeclarationError, match=r"transform of x: got 'shout'; expected one of .*domain"):
        features_at([item], data(email=["a"]), at(1))
    assert transform_of("domain", "x")("a@b.com") == "b.com"


def test_columns_come_in_the_order_declared() -> None:
    declared = [lead_age(group="fit"), events().count("n", **W), category("source", **W)]
    assert list(features_at(declared, draw(20), at(20))) == ["lead_age_days", "n", "source"]


def test_the_columns_read_are_named_without_the_lead_itself() -> None:
    declared = [
        category("industry", **W),
        leads(by="email:domain", country="CN").sum("cost_7d", "cost", window="7d", **W),
        outcomes(by="source").count("o", **W),
        events(page="pricing").count("e", **W),
    ]
    assert column_names(declared) == ("cost", "country", "email", "industry", "source")


def test_plans_of_shared_keys_are_those_that_need_history() -> None:
    plans = compile_plans([events().count("e", **W), leads(by="email:domain").count("d", **W)])
    assert [plan.name for plan in shared_plans(plans)] == ["leads by email:domain"]
