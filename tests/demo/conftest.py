"""One synthetic world and the reference project."""

from __future__ import annotations

import pytest
from demo_kit import ROOT

from lead_ml.demo import SynthWorld, generate
from lead_ml.project.load import Project, load_project


@pytest.fixture(scope="session")
def world() -> SynthWorld:
    return generate(12_000, 11)


@pytest.fixture(scope="session")
def project() -> Project:
    return load_project(ROOT)
