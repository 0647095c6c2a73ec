"""Every rule of the cleaning package stands as an example in its docstring, and every example holds."""

from __future__ import annotations

import doctest
import importlib

import pytest


@pytest.mark.parametrize(
    "name",
    [
        "address",
        "company",
        "contact",
        "display",
        "fold",
        "invented",
        "mail",
        "names",
        "near_text",
        "numbers",
        "person",
        "phone",
        "places",
        "text",
        "trace",
        "word_lists",
    ],
)
def test_examples_hold(name: str) -> None:
    result = doctest.testmod(importlib.import_module(f"lead_ml.clean.{name}"))
    assert result.attempted > 0
    assert result.failed == 0
