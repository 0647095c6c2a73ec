"""The small world, shipped as each candidate: trained once per session."""

from __future__ import annotations

from typing import Any

import pytest
from candidates import run_of_candidate

from lead_ml.project.targets import CANDIDATES
from lead_ml.registry.runs import Run
from lead_ml.scoring import Scorer


@pytest.fixture(scope="session", params=CANDIDATES)
def candidate_run(request: Any, trained: Any, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run per candidate."""
    return run_of_candidate(trained, request.param, tmp_path_factory.mktemp("candidates"))


@pytest.fixture(scope="session")
def candidate_scorer(candidate_run: Run) -> Scorer:
    """The scorer of a run per candidate."""
    return Scorer.load(candidate_run.bundle)


@pytest.fixture(scope="session")
def scorer(trained: Any) -> Scorer:
    """The scorer of the trained world."""
    return Scorer.load(trained.bundle)
