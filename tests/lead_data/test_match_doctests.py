"""The examples in the docstrings of matching hold."""

from __future__ import annotations

import doctest
import importlib

import pytest


@pytest.mark.parametrize("name", ["fields", "hubs", "key_index", "similarity"])
def test_examples_hold(name: str) -> None:
    result = doctest.testmod(importlib.import_module(f"lead_ml.lead_data.match.{name}"))
    assert result.attempted > 0
    assert result.failed == 0
