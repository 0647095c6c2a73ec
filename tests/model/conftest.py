"""Fixtures: one small table of leads, and every candidate on it."""

from __future__ import annotations

import numpy as np
import pytest
from model_samples import CANDIDATES, Sample, draw, unfitted

from lead_ml.model import Classifier


@pytest.fixture(scope="session")
def sample() -> Sample:
    return draw()


@pytest.fixture(scope="session")
def all_fitted(sample: Sample) -> dict[str, Classifier]:
    return {candidate: sample.fitted(unfitted(candidate, sample.columns)) for candidate in CANDIDATES}


@pytest.fixture(params=CANDIDATES)
def fitted(request, all_fitted: dict[str, Classifier]) -> Classifier:
    return all_fitted[request.param]


@pytest.fixture(params=CANDIDATES)
def fresh(request, sample: Sample) -> Classifier:
    return unfitted(request.param, sample.columns)


@pytest.fixture
def strange_rows(sample: Sample) -> np.ndarray:
    """Rows far outside the fit: all missing, huge, infinite, unseen codes."""
    return np.array(
        [
            [np.nan, np.nan, np.nan, np.nan, 0.0, 0.0],
            [1e12, -1e12, 1e300, -4.0, 1.0, 1.0],
            [np.inf, 0.0, -np.inf, 4.0, 2.0, 2.0],
            [-0.0, 1e-300, 0.0, 0.0, 5.0, 4.0],
            [2.0, 30.0, 0.0, 4.0, 77.0, 99.0],
        ]
    )
