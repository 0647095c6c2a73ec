"""The small world, shipped as each kind: trained once per session."""

from __future__ import annotations

from typing import Any

import pytest
from kinds import run_of_kind

from lead_ml.project.targets import KINDS
from lead_ml.registry.runs import Run
from lead_ml.scoring import Scorer


@pytest.fixture(scope="session", params=KINDS)
def kind_run(request: Any, trained: Any, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run per kind."""
    return run_of_kind(trained, request.param, tmp_path_factory.mktemp("kinds"))


@pytest.fixture(scope="session")
def kind_scorer(kind_run: Run) -> Scorer:
    """The scorer of a run per kind."""
    return Scorer.load(kind_run.bundle)


@pytest.fixture(scope="session")
def scorer(trained: Any) -> Scorer:
    """The scorer of the trained world."""
    return Scorer.load(trained.bundle)
