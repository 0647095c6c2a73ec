from __future__ import annotations

import pytest

from lead_ml.clean.csv_cells import harmless


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "@SUM(A1)",
        "+cmd|' /C calc'!A0",
        "-cmd",
        "-1+cmd|' /C calc'!A0",
        "\t=1",
        "\r@x",
        "+",
        "-",
        " =A1",
    ],
)
def test_formulas_get_an_apostrophe(text):
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Li Na",
        "-2.5",
        "+86 139 1234 5678",
        "+1 (415) 555-2671",
        "a=b",
        "x@y.com",
        "1-2",
        "-1,5",
        "— dash",
    ],
)
def test_all_else_stays_as_it_is(text):
    assert harmless(text) == text
