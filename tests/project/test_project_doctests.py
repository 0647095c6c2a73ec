"""The examples in the docstrings of projects, data sets, errors and the contract of features."""

from __future__ import annotations

import doctest
import importlib
import inspect
from pathlib import Path

import pytest

import lead_ml
from lead_ml import errors
from lead_ml.project import targets
from lead_ml.tables import dataset

MODULES = (
    "errors",
    "project.load",
    "project.params",
    "project.schema",
    "project.targets",
    "tables.changes",
    "tables.columns",
    "tables.dataset",
    "tables.instants",
    "tables.read.canonical",
    "tables.read.date_formats",
    "tables.read.mapping",
    "tables.read.reshape",
    "tables.read.timestamps",
    "tables.summary",
    "testing.checks",
    "testing.sample",
)


@pytest.mark.parametrize("name", MODULES)
def test_examples_hold(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(lead_ml.__file__).parents[1])
    result = doctest.testmod(importlib.import_module(f"lead_ml.{name}"))
    assert result.failed == 0
    assert result.attempted > 0


@pytest.mark.parametrize(
    "found",
    [
        *(getattr(dataset, name) for name in ("Changes", "Coded", "Dataset", "Events", "Leads", "Outcomes")),
        *(getattr(targets, name) for name in ("Column", "Fake", "ModelSpec", "Uniform", "Won")),
        *(getattr(errors, name) for name in ("InputError", "LeadMLError", "MissingExtra", "RequestError")),
    ],
    ids=lambda found: found.__name__,
)
def test_every_field_of_a_public_class_is_documented_with_an_example(found: type) -> None:
    text = inspect.getdoc(found) or ""
    assert ">>>" in text
    for name in inspect.signature(found).parameters:
        assert name in text, name
