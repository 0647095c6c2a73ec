"""One small project for the worlds with a known half-life."""

from __future__ import annotations

from typing import Any

import decay_world
import pytest


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A project with few snapshots."""
    return decay_world.write_project(tmp_path_factory.mktemp("decay") / "small")
