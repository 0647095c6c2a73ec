from __future__ import annotations

import pytest

from lead_ml.project.params import Params, params_from
from lead_ml.project.schema import TABLES, known_at_of, required_roles, role_names, sources_of, usable_columns


def params(**more: object) -> Params:
    return params_from({"project": "p", "data": {"leads": {"path": "leads.csv"}}, **more})


@pytest.mark.parametrize(
    ("table", "required"),
    [
        ("leads", ("lead_id",)),
        ("events", ("lead_id", "occurred_at", "type")),
        ("outcomes", ("lead_id", "occurred_at", "stage")),
        ("lead_history", ("lead_id", "changed_at", "field", "value")),
        ("extra.firms", ("key", "known_at")),
    ],
)
def test_each_table_needs_what_the_contract_says(table: str, required: tuple[str, ...]) -> None:
    assert required_roles(table) == required


def test_role_names_are_unique_within_a_table() -> None:
    for table in TABLES:
        assert len(set(role_names(table))) == len(role_names(table))


def test_intake_roles_are_known_at_creation_and_the_others_are_not() -> None:
    assert known_at_of("source", params()) == "creation"
    for column in ("owner", "cost", "last_activity", "Converted"):
        assert known_at_of(column, params()) == "current"


def test_params_override_when_a_column_is_known() -> None:
    declared = params(known_at={"source": "current", "landing_page": "creation"})
    assert known_at_of("source", declared) == "current"
    assert known_at_of("landing_page", declared) == "creation"


def test_a_current_column_is_usable_only_when_trusted_by_name() -> None:
    columns = ("owner", "source", "tags", "email")
    assert usable_columns(params(), columns) == ("source", "email")
    assert usable_columns(params(trust=["tags"]), columns) == ("source", "tags", "email")


def test_a_trusted_column_that_the_leads_lack_is_not_invented() -> None:
    assert usable_columns(params(trust=["tags"]), ("source",)) == ("source",)


def test_a_column_as_it_stood_is_usable() -> None:
    history = {"leads": {"path": "leads.csv"}, "lead_history": {"path": "changes.csv"}}
    declared = params(data=history, known_at={"tags": "history"})
    assert known_at_of("tags", declared) == "history"
    assert usable_columns(declared, ("tags", "owner")) == ("tags",)


def test_a_column_of_an_extra_table_is_usable_where_its_key_is() -> None:
    extra = {
        "firms": {"path": "firms.csv", "key": "account_id"},
        "sizes": {"path": "s.csv", "key": "tags:domain"},
    }
    declared = {"data": {"leads": {"path": "leads.csv"}, "extra": extra}}
    columns = ("firms.sector", "sizes.rank", "other.thing")
    assert [sources_of(column, params(**declared)) for column in columns] == [
        ("account_id",),
        ("tags",),
        ("other.thing",),
    ]
    assert usable_columns(params(**declared), columns) == ("firms.sector",)
    assert usable_columns(params(**declared, trust=["tags"]), columns) == ("firms.sector", "sizes.rank")
