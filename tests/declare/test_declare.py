"""Declarations: plain data that travels, and mistakes told before anything is computed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lead_ml.declare import (
    MICROSECONDS_PER_DAY,
    Attribute,
    category,
    events,
    from_json,
    lead_age,
    leads,
    number,
    ordinal,
    outcomes,
    span,
    to_json,
    validated,
)
from lead_ml.errors import DeclarationError

W = {"en": "Views", "zh": "浏览", "group": "engagement"}
ALL = [
    category("industry", **W),
    category("email", transform="domain", **W),
    number("cost", unit="EUR", **W),
    ordinal("size", ["S", "L"], **W),
    lead_age(group="fit"),
    events(type=["a", "b"], page="p").count("n_7d", window="7d", **W),
    events().sum("total", "value", **W),
    events(by="account_id").distinct("pages", "page", **W),
    events().days_since_first("days_first", **W),
    events().days_since_last("days_last", **W),
    events().decayed_sum("recent", half_life="12h", **W),
    leads(by="ip").count("ip_leads", **W),
    outcomes(by="source", stage="won").count("won_90d", window="90d", **W),
]


def test_declarations_travel_as_json_unchanged() -> None:
    assert from_json(to_json(ALL)) == tuple(ALL)
    assert validated(ALL) == tuple(ALL)


def test_what_a_newer_version_declares_is_told() -> None:
    with pytest.raises(DeclarationError, match="may come from a newer lead-ml"):
        from_json(b'[{"declares": "graph", "name": "x"}]')


@pytest.mark.parametrize(("text", "days"), [("30d", 30), ("12h", 0.5), ("15m", 1 / 96), ("1.5d", 1.5)])
def test_spans_are_microseconds(text: str, days: float) -> None:
    assert span(text) == round(days * MICROSECONDS_PER_DAY)


@given(st.text(max_size=8).filter(lambda text: not text[:1].isdigit()))
def test_anything_else_is_no_span(text: str) -> None:
    with pytest.raises(DeclarationError, match="length of time: got"):
        span(text)


@pytest.mark.parametrize("text", ["0d", "0.0h", "7", "7w", "-1d", "7 d"])
def test_spans_have_a_unit_and_are_positive(text: str) -> None:
    with pytest.raises(DeclarationError, match="such as 15m, 12h or 30d"):
        span(text)


def test_names_follow_the_column_and_units_the_aggregation() -> None:
    assert category("email", transform="domain", **W).name == "email_domain"
    assert events().days_since_last("d", **W).unit == "days"
    assert lead_age().unit == "days"
    assert events(type="a").count("n", **W).where == {"type": ("a",)}


@pytest.mark.parametrize(
    ("items", "message"),
    [
        ([category("Industry", **W)], "feature name: got 'Industry'; expected lower_snake_case"),
        ([category("a", **W), number("a", **W)], "duplicate feature a"),
        ([category("a", en="x", zh="x")], "group of feature a: got ''; expected one of fit, engagement"),
        ([category("a", en="x", zh="", group="fit")], "feature a has no wording"),
        ([events(color="red").count("n", **W)], "filter of feature n: got 'color'; expected one of type"),
        ([outcomes(by="lead_id").count("n", **W)], "feature n counts the lead's own outcomes"),
        ([events().decayed_sum("n", half_life="", **W)], "feature n has no half-life"),
        ([events().sum("n", "", **W)], "feature n has no column"),
        ([events().distinct("n", "", **W)], "feature n has no column"),
        ([Attribute(name="s", column="s", kind="ordinal", levels=("one",), **W)], "levels of ordinal s"),
    ],
)
def test_a_mistake_names_the_feature(items: list, message: str) -> None:
    with pytest.raises(DeclarationError, match=message):
        validated(items)
