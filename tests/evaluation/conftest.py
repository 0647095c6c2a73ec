"""One small evaluation of every candidate."""

from __future__ import annotations

import pytest
from evaluate_kit import evaluated, made
from small import draw


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory):
    return made(tmp_path_factory.mktemp("evaluate"), draw(600))


@pytest.fixture(scope="session")
def forward(small):
    return evaluated(*small, candidates=("scorecard", "logistic", "lightgbm"))
