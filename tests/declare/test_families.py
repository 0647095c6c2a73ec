"""Features about one thing form one family."""

from __future__ import annotations

import pytest

from lead_ml.declare import (
    all_of,
    between,
    category,
    clock,
    events,
    families_of,
    lead_age,
    leads,
    number,
    ordinal,
    ratio,
    validated,
)
from lead_ml.errors import DeclarationError

W = {"en": "x", "zh": "x"}
calls, views = events(type="call"), events(type="page_view")

ONE = [
    [calls.count("a", window="7d", **W), calls.count("b", **W), calls.decayed_sum("c", half_life="7d", **W)],
    [calls.count("a", **W), calls.sum("b", of="value", **W), calls.days_since_last("c", **W)],
    [views.count("a", **W), views.distinct("b", of="page", **W), views.active_days("c", **W)],
    [lead_age(), events().days_since_first("b", **W)],
    [leads(by="ip").count("a", window="1h", **W), leads(by="ip").count("b", window="1d", **W)],
    [category("size", **W), ordinal("size", ["s", "l"], name="b", **W), number("size", name="c", **W)],
    [calls.count("a", **W), events(type="mail").count("b", family="a", **W)],
    [events(type="mail").count("b", family="a", **W), calls.count("a", **W)],
    [calls.count("a", family="touch", **W), views.count("b", family="touch", **W)],
]
APART = [
    [calls.count("a", **W), views.count("b", **W)],
    [views.count("a", **W), events(type="page_view", page="pricing").count("b", **W)],
    [calls.count("a", **W), events(by="account_id", type="call").count("b", **W)],
    [calls.count("a", **W), events(type="call", value=between(5)).count("b", **W)],
    [calls.count("a", **W), calls.mean("b", of="value", **W)],
    [category("email", transform="domain", **W), category("email", transform="free_mail", **W)],
    [lead_age(), calls.days_since_first("b", **W), clock("hour", **W), clock("weekday", **W)],
    [number("a", **W), ratio("b", number("a", **W), number("c", **W), **W)],
    [category("a", **W), all_of("b", {"a": "x", "c": "y"}, **W)],
    [calls.count("a", **W), calls.count("b", family="own", **W)],
]


@pytest.mark.parametrize("items", ONE)
def test_one_thing_is_one_family(items):
    assert len(set(families_of(items))) == 1


@pytest.mark.parametrize("items", APART)
def test_other_things_are_other_families(items):
    assert len(set(families_of(items))) == len(items)


def test_a_family_is_called_as_declared_or_after_its_first_feature():
    assert families_of(ONE[0]) == ("a", "a", "a")
    assert families_of(ONE[7]) == ("a", "a")
    assert families_of(ONE[8]) == ("touch", "touch")


def test_the_name_of_a_family_is_checked():
    with pytest.raises(DeclarationError, match="family of feature a"):
        validated([calls.count("a", group="fit", family="No Name", **W)])
