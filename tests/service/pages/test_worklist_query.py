"""Filters and orders of the worklist: every lead that matches, none twice, in the order that was asked for."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lead_ml.scoring import WorklistRow, read_worklist
from lead_ml.service.pages import WorklistQuery
from lead_ml.service.pages.contact import contact_fields
from lead_ml.service.pages.worklist_query import BEST_FIRST, SORTED, UNASSIGNED, title_of


@pytest.fixture(scope="module")
def rows(trained: Any) -> list[WorklistRow]:
    """Leads of every kind: some without an owner, a source or a date, some without a grade."""
    found = read_worklist(trained.runs)
    for place, name in ((3, "owner"), (5, "source"), (7, "created_at"), (8, "owner"), (11, "name")):
        lead = {key: value for key, value in found[place].lead.items() if key != name}
        found[place] = msgspec.structs.replace(found[place], lead=lead)
    return found


def ids(rows: list[WorklistRow]) -> list[str]:
    return [row.answer.lead_id for row in rows]


def value(row: WorklistRow, column: str) -> Any:
    if column == "lead":
        return title_of(row)
    found = (
        getattr(row.answer, column, None) if column in ("probability", "score", "grade", "stage") else None
    )
    return found if found is not None else row.lead.get(column, "")


@pytest.mark.parametrize("sort", [sign + column for column in SORTED for sign in ("", "-")])
def test_a_column_sorts_all_leads_both_ways_and_those_without_a_value_come_last(
    rows: list[WorklistRow], sort: str
) -> None:
    column, down = sort.removeprefix("-"), sort.startswith("-")
    plain, found = WorklistQuery().select(rows, str), WorklistQuery.of({"sort": sort}).select(rows, str)
    assert sorted(ids(found)) == sorted(ids(plain))
    values = [value(row, column) for row in found]
    known = [item for item in values if item != ""]
    assert values == known + [""] * (len(values) - len(known))
    if column in ("created_at", "probability", "score", "grade"):
        assert known == sorted(known, reverse=down)
    place = {lead_id: number for number, lead_id in enumerate(ids(plain))}
    for one, other in pairwise(found):
        if value(one, column) == value(other, column):
            assert place[one.answer.lead_id] < place[other.answer.lead_id]


def test_names_sort_without_case_and_chinese_by_pronunciation(rows: list[WorklistRow]) -> None:
    names = ["张三", "bob", "Alice", "李四", "ZOE", "陈晨"]
    named = [WorklistRow({"name": name}, row.answer) for name, row in zip(names, rows, strict=False)]
    found = WorklistQuery.of({"sort": "lead"}).select(named, str)
    assert [row.lead["name"] for row in found] == ["Alice", "bob", "ZOE", "陈晨", "李四", "张三"]


@pytest.mark.parametrize("column", SORTED)
def test_clicking_a_header_twice_turns_the_order_round(column: str) -> None:
    first = WorklistQuery.of(
        {"sort": WorklistQuery(sort="grade" if column != "grade" else "lead").toggled(column)}
    )
    second = WorklistQuery.of({"sort": first.toggled(column)})
    assert first.order[0] == second.order[0] == column
    assert first.order[1] is not second.order[1]


def test_best_first_is_the_order_of_the_file_under_either_name(rows: list[WorklistRow]) -> None:
    assert WorklistQuery.of({"sort": BEST_FIRST}) == WorklistQuery()
    assert WorklistQuery.of({"sort": "evil"}) == WorklistQuery()
    open_rows = [row for row in rows if row.state == "open"]
    assert ids(WorklistQuery().select(rows, str)) == ids(open_rows)


def test_an_owner_keeps_exactly_the_leads_of_that_owner(rows: list[WorklistRow]) -> None:
    open_rows = [row for row in rows if row.state == "open"]
    for owner in {row.lead.get("owner", UNASSIGNED) for row in open_rows}:
        found = WorklistQuery.of({"owner": owner}).select(rows, str)
        assert ids(found) == ids([row for row in open_rows if row.lead.get("owner", UNASSIGNED) == owner])
        assert found
    long = msgspec.structs.replace(rows[0], lead={"owner": "x" * 300})
    assert WorklistQuery.of({"owner": "x" * 300}).select([long], str) == [long]


@pytest.mark.parametrize("q", ["LI@EXAMPLE.cn", "138 0013", "(138)0013-8000", "8613800138000", "example"])
def test_a_lead_is_found_by_its_address_and_by_its_number_however_written(
    rows: list[WorklistRow], q: str
) -> None:
    row = WorklistRow({"email": "li@example.cn", "phone": "+86 138-0013-8000"}, rows[0].answer)
    assert WorklistQuery.of({"q": q}).matches(row)
    for other in ("wang@", "13900139000", "X8613800138000"):
        assert not WorklistQuery.of({"q": other}).matches(row)


@pytest.mark.parametrize(
    ("name", "text", "href"),
    [
        ("email", "li@example.cn", "mailto:li@example.cn"),
        ("email", "a@b.cn?bcc=x@y.cn", ""),
        ("email", "a@b.cn?bcc=x", "mailto:a@b.cn%3Fbcc%3Dx"),
        ("email", "javascript:alert(1)@x", ""),
        ("email", "a@b.cn, c@d.cn", ""),
        ("email", "none", ""),
        ("phone", "+1 (415) 555-2671", "tel:+14155552671"),
        ("phone", "138.0013.8000", "tel:13800138000"),
        ("phone", "+49 (0)30 1234", ""),
        ("phone", "555-1234 ext 12", ""),
        ("phone", "030/123, 030/124", ""),
        ("phone", "12", ""),
    ],
)
def test_a_contact_field_links_only_to_one_plain_address_or_number(name: str, text: str, href: str) -> None:
    (field,) = contact_fields({name: text})
    assert field == (name, text, href)


@given(st.text(max_size=40), st.sampled_from(["email", "phone"]))
def test_no_text_makes_a_link_of_another_kind(text: str, name: str) -> None:
    for field in contact_fields({name: text}):
        assert field.href == "" or field.href.startswith(("mailto:", "tel:"))
        assert not set(field.href) & set(" \"'<>?&\r\n")
