"""Errors: one tree, and messages that say what, which value, what was expected and what to do."""

from __future__ import annotations

import pytest

from lead_ml import errors
from lead_ml.errors import (
    BundleError,
    InputError,
    LeadMLError,
    MissingExtra,
    ParamsError,
    RequestError,
    shorten,
)


def test_one_base_catches_all() -> None:
    found = [item for item in vars(errors).values() if isinstance(item, type) and issubclass(item, Exception)]
    assert len(found) == 10
    assert all(issubclass(item, LeadMLError) for item in found)
    assert issubclass(errors.DeclarationError, ParamsError)


def test_every_class_stands_in_the_drawing() -> None:
    for item in vars(errors).values():
        if isinstance(item, type) and issubclass(item, Exception):
            assert item.__name__ in (errors.__doc__ or "")


def test_a_message_is_put_together_from_its_parts() -> None:
    error = BundleError("the lid is open", value=3, expected="0", do="close it")
    assert str(error) == "the lid is open: got 3; expected 0. Close it."
    assert (error.problem, error.value, error.expected, error.do) == ("the lid is open", 3, "0", "close it")
    assert str(LeadMLError("it broke.")) == "it broke."
    assert LeadMLError("x").value is None
    assert "got None" in str(LeadMLError("x", value=None))


@pytest.mark.parametrize(
    ("rows", "count", "place"),
    [([], None, "leads.csv:"), ([7], None, "leads.csv, row 7:"), ([7, 9], None, "leads.csv, rows 7, 9:"),
     (list(range(2, 9)), None, "leads.csv, rows 2, 3, 4, 5, 6 and 2 more:"), ([2], 12_000, "leads.csv, rows 2 and 11,999 more:")],
)  # fmt: skip
def test_rows_are_shown_up_to_five_with_the_count_of_all(rows, count, place) -> None:
    error = InputError("bad", source="leads.csv", rows=rows, count=count)
    assert str(error).startswith(place)
    assert error.rows == tuple(rows[:5])
    assert error.count == (len(rows) if count is None else count)


def test_long_values_are_cut() -> None:
    assert shorten("a" * 200).endswith("...")
    assert len(shorten("a" * 200)) == 80
    assert len(str(LeadMLError("x", value="a" * 10_000))) < 120


def test_a_request_error_carries_its_field_and_a_missing_extra_its_command() -> None:
    assert RequestError("x", field="lead.email").field == "lead.email"
    assert "pip install 'lead-ml[train]'" in str(MissingExtra("shap", "train"))
