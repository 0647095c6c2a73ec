"""Which columns are personal or sensitive, and what no feature may do with them."""

from __future__ import annotations

import pytest

from lead_ml.declare import Declaration, category, ideal_customer, leads, number, validated
from lead_ml.errors import DeclarationError
from lead_ml.project.params import params_from
from lead_ml.project.personal import check_personal
from lead_ml.project.words import says_sensitive

WORDS = {"en": "Words", "zh": "文字", "group": "fit"}
DATA = {"leads": {"path": "leads.csv"}}


def check(*features: Declaration, **privacy: object) -> None:
    check_personal(validated(features), params_from({"project": "p", "data": DATA, "privacy": privacy}))


@pytest.mark.parametrize(
    "feature",
    [
        category("email", **WORDS),
        category("email", transform="normal_email", **WORDS),
        category("phone", transform="normal_phone", **WORDS),
        number("phone", **WORDS),
        category("name", **WORDS),
        category("ip", **WORDS),
        leads(by="account_id").last("last_name", of="name", **WORDS),
        ideal_customer("icp", of=("source", "email"), **WORDS),
    ],
    ids=lambda item: f"{type(item).__name__}-{item.name}",
)
def test_no_feature_shows_who_a_person_is(feature: Declaration) -> None:
    others = [category(name, **WORDS) for name in ("source",)]
    if feature.name == "icp":
        others.append(category("email", **WORDS))
    with pytest.raises(DeclarationError, match="which says who a person is"):
        check(*others, feature)


@pytest.mark.parametrize(
    "feature",
    [
        category("email", transform="free_mail", **WORDS),
        category("email", transform="domain", **WORDS),
        number("name", transform="name_gibberish", **WORDS),
        category("ip", transform="ip_network", **WORDS),
        leads(by="phone:normal_phone").count("same_phone", **WORDS),
        leads(by="account_id").distinct("people", of="email", **WORDS),
        category("company", **WORDS),
    ],
    ids=lambda item: item.name,
)
def test_a_feature_may_tell_something_of_a_person(feature: Declaration) -> None:
    check(feature)


def test_a_project_names_further_personal_columns() -> None:
    check(category("wechat", **WORDS))
    with pytest.raises(DeclarationError, match="shows wechat"):
        check(category("wechat", **WORDS), personal=["wechat"])


@pytest.mark.parametrize(
    "name", ["gender", "Religion", "ethnic_group", "HealthStatus", "性别", "政治面貌", "firms.disability"]
)
def test_a_sensitive_column_needs_a_reason(name: str) -> None:
    feature = category(name, name="sensitive", **WORDS)
    with pytest.raises(DeclarationError, match=r"is sensitive personal data.*privacy: \{sensitive:"):
        check(feature)
    with pytest.raises(DeclarationError):
        check(feature, sensitive={name: ""})
    check(feature, sensitive={name: "a women's health clinic; consent is asked for"})


@pytest.mark.parametrize(
    "name",
    [
        "generic",
        "sextant",
        "racer",
        "industry",
        "health_insurance_product",
        "company_size",
        "产品",
        "union_square_store",
    ],
)
def test_other_columns_need_none(name: str) -> None:
    assert not says_sensitive(name)
