"""Features made of others: a table that is looked up, several columns that must agree, what a lead looks at most."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from lead_ml.asof.join import column_names, features_at
from lead_ml.asof.labels import Spine
from lead_ml.declare import (
    GIVEN,
    Lookup,
    all_of,
    category,
    compare,
    events,
    from_json,
    ideal_customer,
    interest,
    leads,
    lookup,
    number,
    ordinal,
    read_table,
    to_json,
    validated,
)
from lead_ml.errors import DeclarationError
from lead_ml.project.load import load_project
from lead_ml.tables.dataset import Coded, Dataset, Events, Leads
from lead_ml.testing import check_features
from lead_ml.workflows.init import reference_project

W = {"en": "x", "zh": "x", "group": "fit"}
DAY = 86_400_000_000
NOW = 1_767_225_600_000_000
TAGS = {"price": {"page": ("pricing", "plans")}, "jobs": {"page": "careers"}, "docs": {"page": "docs"}}


def leads_of(**columns: list[str | None]) -> Dataset:
    n = len(next(iter(columns.values())))
    table = Leads(tuple(f"L{k}" for k in range(n)), None, {k: Coded.of(v) for k, v in columns.items()})
    return Dataset(table)


def values(item: Any, data: Dataset, as_of: int = 0) -> list[str | None]:
    n = len(data.leads)
    column = features_at([item], data, Spine(np.arange(n), np.full(n, as_of)))[item.name]
    assert isinstance(column, Coded)
    return column.values()


def listed(item: Lookup, table: dict[str, str]) -> Lookup:
    return msgspec.structs.replace(item, table=table)


# lookup


def test_a_value_is_found_whatever_its_case_width_and_suffix() -> None:
    item = listed(lookup("city", "t.csv", **W), {"beijing": "one", "北京": "one", "new york": "big"})
    found = values(item, leads_of(city=["BEIJING", "北京市", "Ｂｅｉｊｉｎｇ", "New  York", "Nowhere", None]))
    assert found == ["one", "one", "one", "big", None, None]


def test_what_is_not_listed_can_have_a_label_of_its_own_and_missing_stays_missing() -> None:
    item = listed(lookup("email:domain", "t.csv", otherwise="no", **W), {"rival.com": "rival"})
    found = values(item, leads_of(email=["Ann@RIVAL.com", "b@acme.com", "no address", None]))
    assert found == ["rival", "no", None, None]


def test_a_column_that_the_data_lacks_is_missing_everywhere() -> None:
    item = listed(lookup("city", "t.csv", **W), {"beijing": "one"})
    assert values(item, leads_of(country=["CN", "US"])) == [None, None]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("city,tier\n", "is empty"),
        ("city,tier\nBeijing,\n", "row 2"),
        ("# a comment\ncity,tier\n,one\n", "row 3"),
        ("city,tier\nBeijing,one\nBEIJING,two\n", "row 3: beijing has two labels"),
    ],
)
def test_a_table_that_cannot_be_used_is_told_with_its_row(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DeclarationError, match=said):
        read_table(path)


def test_a_table_that_is_absent_or_of_another_encoding_is_told(tmp_path: Path) -> None:
    with pytest.raises(DeclarationError, match="cannot be read"):
        read_table(tmp_path / "none.csv")
    (tmp_path / "gb.csv").write_bytes("城市,级别\n北京,一线\n".encode("gb18030"))
    with pytest.raises(DeclarationError, match="UTF-8"):
        read_table(tmp_path / "gb.csv")


def test_two_spellings_stand_before_the_label(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('\ufeff# mine\ncity,城市,tier\nBeijing,北京,one\n,"上海",one\n', encoding="utf-8")
    assert read_table(path) == {"beijing": "one", "北京": "one", "上海": "one"}


def test_the_table_is_read_when_the_project_is_loaded_and_changes_its_digest(
    world: Path, tmp_path: Path
) -> None:
    import shutil

    root = tmp_path / "mine"
    shutil.copytree(world, root, ignore=shutil.ignore_patterns("runs", "*.csv"))
    shutil.copytree(world / "tables", root / "tables", dirs_exist_ok=True)
    before = load_project(root)
    (root / "tables" / "city_tiers.csv").write_text("city,tier\nHangzhou,home\n", encoding="utf-8")
    after = load_project(root)
    assert tier_of(before).table["hangzhou"] == "新一线 new tier 1"
    assert tier_of(after).table == {"hangzhou": "home"}
    assert before.digest != after.digest


def tier_of(project: Any) -> Lookup:
    return next(item for item in project.declarations if item.name == "city_tier")


def test_the_cities_of_the_reference_project_have_one_label_each_in_both_scripts() -> None:
    table = read_table(reference_project() / "tables" / "city_tiers.csv")
    for english, chinese in (
        ("Beijing", "北京"),
        ("Chengdu", "成都"),
        ("London", "伦敦"),
        ("Berlin", "柏林"),
    ):
        assert table[english.casefold()] == table[chinese]
    assert len(table) > 500
    assert len(set(table.values())) == 8


# all_of


def test_all_of_is_false_before_it_is_missing_and_missing_before_it_is_true() -> None:
    item = all_of("both", {"email:free_mail": "true", "company": GIVEN, "source": ("web", "ads")}, **W)
    data = leads_of(
        email=["a@gmail.com", "a@gmail.com", "a@acme.com", None, None, "a@gmail.com", "a@qq.com"],
        company=["Acme", None, "Acme", "Acme", None, "Acme", "Acme"],
        source=["web", "web", "ads", "ads", "ads", "fair", None],
    )
    assert values(item, data) == ["true", "false", "false", None, "false", "false", None]


# compare


def test_a_comparison_is_missing_where_a_column_is_or_the_rule_cannot_tell() -> None:
    item = compare("at_home", "phone", "country", rule="phone_in_country", **W)
    data = leads_of(
        phone=["+49 30 901820", "13805712233", "13805712233", None, "030 901820", "+49 30 901820"],
        country=["Germany", "DE", "中国", "DE", "DE", None],
    )
    assert values(item, data) == ["true", "false", "true", None, None, None]
    assert column_names([item]) == ("country", "phone")


def test_an_unknown_rule_is_refused_with_those_there_are() -> None:
    item = compare("x", "phone", "country", rule="likes", **W)
    with pytest.raises(DeclarationError, match="expected one of name_in_email, phone_in_country"):
        values(item, leads_of(phone=["1"], country=["DE"]))


# interest


def watched(*rows: tuple[str, float]) -> Dataset:
    """One lead and its page views: page and age in days at NOW."""
    at = np.array([NOW - round(age * DAY) for _, age in rows], dtype=np.int64)
    lead = np.zeros(len(rows), dtype=np.int64)
    columns = {"type": Coded.of(["page_view"] * len(rows)), "page": Coded.of([page for page, _ in rows])}
    table = Leads(("L0",), np.array([NOW - 400 * DAY]), {})
    return Dataset(table, Events(lead, at, at, columns, np.full(len(rows), np.nan)), until=NOW)


@pytest.mark.parametrize(
    ("rows", "tag"),
    [
        ([("pricing", 1.0)], "price"),
        ([("pricing", 60.0), ("plans", 60.0), ("docs", 1.0)], "docs"),
        ([("docs", 5.0), ("docs", 5.0), ("pricing", 4.0)], "docs"),
        ([("docs", 3.0), ("careers", 3.0)], "jobs"),  # equal: declared first
        ([("home", 1.0)], None),
        ([("docs", -1.0)], None),  # not yet known
        ([], None),
    ],
)
def test_the_interest_is_the_tag_that_weighs_most(rows: list[tuple[str, float]], tag: str | None) -> None:
    item = interest("interest", TAGS, half_life="30d", **W)
    assert values(item, watched(*rows), NOW) == [tag]


def test_without_an_events_table_the_interest_is_missing() -> None:
    assert values(interest("interest", TAGS, half_life="30d", **W), leads_of(source=["web"])) == [None]


def test_tags_share_one_walk_over_the_events() -> None:
    from lead_ml.asof.join import Compiled

    compiled = Compiled.of([interest("interest", TAGS, half_life="30d", **W), events().count("n", **W)])
    assert len(compiled.plans) == 1


# together

MADE = [
    category("source", **W),
    ordinal("size", ("low", "high"), **W),
    listed(lookup("city", "t.csv", name="tier", **W), {"beijing": "one", "alpha": "two"}),
    listed(lookup("email:domain", "t.csv", name="rival", otherwise="no", **W), {"acme.com": "rival"}),
    all_of("both", {"email:free_mail": "true", "company": GIVEN}, **W),
    compare("at_home", "phone", "country", rule="phone_in_country", **W),
    compare("own_mail", "name", "email", rule="name_in_email", **W),
    category("name", transform="random_letters", **W),
    category("email", transform="keyboard_walk", **W),
    leads(by="message:near_text").count("same_text_1d", window="1d", **W),
    interest("interest", TAGS, half_life="3d", **W),
    interest("account_interest", TAGS, half_life="3d", by="account_id", **W),
    ideal_customer("icp", of=("source", "size", "tier", "both"), **W),
]


@pytest.mark.parametrize("seed", range(4))
def test_what_is_made_of_others_keeps_the_contract_of_features(seed: int) -> None:
    check_features(validated(MADE), seed=seed, leads=60)


def test_declarations_travel_as_json_with_their_tables() -> None:
    declared = validated(MADE)
    assert from_json(to_json(declared)) == declared


def test_the_columns_behind_a_profile_are_read_even_where_it_stands_alone() -> None:
    *_, icp = validated(MADE)
    assert column_names([icp]) == ("city", "company", "email", "size", "source")


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        (
            [ideal_customer("icp", of=("nothing",), **W)],
            "needs categories and ordinals of the lead: got 'nothing'",
        ),
        ([number("n", **W), ideal_customer("icp", of=("n",), **W)], "needs categories and ordinals"),
        ([ideal_customer("icp", of=(), **W)], "names of features"),
        ([interest("i", {"one": {"page": "x"}}, half_life="3d", **W)], "at least two tags"),
        ([interest("i", {"a": {"color": "x"}, "b": {}}, half_life="3d", **W)], "filter of feature i"),
        ([all_of("a", {"email": GIVEN}, **W)], "at least two columns"),
        ([lookup("city", "", **W)], "names no table"),
    ],
)
def test_what_cannot_be_made_is_refused(declared: list[Any], said: str) -> None:
    with pytest.raises(DeclarationError, match=said):
        validated(declared)
