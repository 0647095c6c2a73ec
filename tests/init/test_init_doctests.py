"""The examples in the docstrings of the package hold."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import lead_ml.init

MODULES = [module.name for module in pkgutil.iter_modules(lead_ml.init.__path__)]


@pytest.mark.parametrize("name", MODULES)
def test_examples_hold(name: str) -> None:
    assert doctest.testmod(importlib.import_module(f"lead_ml.init.{name}")).failed == 0


def test_there_are_examples() -> None:
    modules = [importlib.import_module(f"lead_ml.init.{name}") for name in MODULES]
    assert sum(doctest.testmod(module).attempted for module in modules) >= 20
