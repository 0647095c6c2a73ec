"""What check and train say of cells that declared features cannot use."""

from __future__ import annotations

import pytest

from lead_ml.declare import category, number, ratio
from lead_ml.tables.dataset import Coded, Dataset, Leads
from lead_ml.workflows.cell_notes import cell_notes

WORDS = {"en": "X", "zh": "某"}


def data(*cells: str | None) -> Dataset:
    return Dataset(Leads(tuple(map(str, range(len(cells)))), None, {"x": Coded.of(cells)}))


@pytest.mark.parametrize("cells", [["$48,000.00", "$5.00", None], ["48%", "5%", "free"], ["48.000,50 €"] * 3])
def test_amounts_declared_as_a_category_are_named(cells: list[str | None]) -> None:
    (note,) = cell_notes([category("x", **WORDS)], data(*cells))
    assert note.startswith("x is declared as a category, but ")
    assert 'declare number("x")' in note
    assert repr(cells[0]) in note


@pytest.mark.parametrize("cells", [["web", "fair"], ["1", "2"], [None], ["web", "fair", "$5"], []])
def test_other_categories_are_not(cells: list[str | None]) -> None:
    assert cell_notes([category("x", **WORDS)], data(*cells)) == ()


def test_numbers_that_cannot_be_read_are_counted() -> None:
    declared = ratio("r", number("x", **WORDS), number("y", **WORDS), **WORDS)
    notes = cell_notes([declared], data("5", "abc", "abc", "n.a", None, "$7"))
    assert notes == ("x: 3 of 5 cells are not numbers, such as 'abc', and count as missing",)
    assert cell_notes([declared], data("5", "48.000,50 €", "48%", "yes", None)) == ()
    assert 'set decimal: ","' in cell_notes([declared], data("7,5", "8,25"))[0]
    assert cell_notes([number("x", transform="domain", **WORDS)], data("abc")) == ()
