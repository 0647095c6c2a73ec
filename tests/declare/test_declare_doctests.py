"""Every public docstring of declarations has an example, and every example holds."""

from __future__ import annotations

import doctest
import inspect
from typing import Any

import pytest

import lead_ml
import lead_ml.declare

NAMES: dict[str, Any] = {name: getattr(lead_ml.declare, name) for name in lead_ml.declare.__all__}
PUBLIC = [found for found in NAMES.values() if inspect.isclass(found) or inspect.isfunction(found)]
METHODS = [
    method for name, method in inspect.getmembers(lead_ml.declare.Over, inspect.isfunction) if name[0] != "_"
]


@pytest.mark.parametrize("found", [*PUBLIC, *METHODS], ids=lambda found: found.__name__)
def test_the_examples_of_a_public_name_hold(found: Any) -> None:
    tests = doctest.DocTestFinder(recurse=False).find(
        found, found.__name__, globs=dict(NAMES) | vars_of(found)
    )
    assert sum(len(test.examples) for test in tests) > 0
    for test in tests:
        assert doctest.DocTestRunner().run(test).failed == 0


def vars_of(found: Any) -> dict[str, Any]:
    return dict(vars(inspect.getmodule(found)))


@pytest.mark.parametrize("found", [*PUBLIC, *METHODS], ids=lambda found: found.__name__)
def test_every_parameter_of_a_function_is_documented(found: Any) -> None:
    if inspect.isclass(found):
        return
    text = inspect.getdoc(found) or ""
    assert "Parameters\n----------" in text
    assert "Returns\n-------" in text
    for name in inspect.signature(found).parameters:
        assert name in ("self",) or name in text, name


def test_every_name_of_declarations_that_a_project_uses_is_exported() -> None:
    assert {
        "GIVEN",
        "all_of",
        "between",
        "clock",
        "difference",
        "ideal_customer",
        "interest",
        "lookup",
        "ratio",
    } <= set(lead_ml.__all__)
