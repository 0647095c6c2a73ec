"""Drafted projects, each read and drafted once per session."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ugly import EXPORTS, Drafted, write

from lead_ml.init import Draft, draft_project
from lead_ml.workflows.init import init_from_export


@pytest.fixture(scope="session")
def drafted(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Drafted]:
    """Write one of the ugly exports and the project that fits it."""
    found: dict[str, Drafted] = {}

    def make(name: str) -> Drafted:
        if name not in found:
            folder = tmp_path_factory.mktemp(name)
            files = EXPORTS[name](folder)
            before = _digest(files)
            draft, _ = init_from_export(folder / "project", **files)
            found[name] = Drafted(folder / "project", files, draft, before, _digest(files))
        return found[name]

    return make


@pytest.fixture
def draft_of(tmp_path: Path) -> Callable[..., Draft]:
    """Draft a project from a header and rows."""

    def make(header: str, rows: list[list[Any]], **options: Any) -> Draft:
        file = write(tmp_path / "leads.csv", header.split(","), rows, **options)
        return draft_project(tmp_path / "project", file)

    return make


def _digest(files: dict[str, Path]) -> str:
    return hashlib.sha256(b"".join(path.read_bytes() for path in files.values())).hexdigest()
