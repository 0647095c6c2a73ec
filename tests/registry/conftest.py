"""One migrated SQLite store per session, copied by every test: its migrations take about nine seconds."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from registry_kit import adopt, another_version

from lead_ml.registry import log_run
from lead_ml.registry.runs import Run, open_run
from lead_ml.registry.store import connected


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty MLflow database."""
    runs = tmp_path_factory.mktemp("migrated") / "runs"
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        with connected(runs) as client:
            client.search_experiments()
    return runs / "mlflow.db"


@pytest.fixture
def runs(tmp_path: Path, migrated: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A runs folder with an empty store."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    folder = tmp_path / "project" / "runs"
    folder.mkdir(parents=True)
    shutil.copy(migrated, folder / "mlflow.db")
    return folder


@pytest.fixture(scope="session")
def logged(tmp_path_factory: pytest.TempPathFactory, migrated: Path, trained: Any) -> tuple[Path, Run, str]:
    """Runs folder, run and MLflow run id of a run that was logged once; read-only."""
    folder = tmp_path_factory.mktemp("logged") / "project" / "runs"
    folder.mkdir(parents=True)
    shutil.copy(migrated, folder / "mlflow.db")
    run = adopt(trained, folder)
    pictures = sorted((run.folder / "pictures").rglob("*.png"))
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        return folder, run, log_run(run, trained.project.params.model_dump(mode="json"), folder, pictures)


@pytest.fixture(scope="session")
def logged_twice(
    tmp_path_factory: pytest.TempPathFactory, migrated: Path, trained: Any
) -> tuple[Path, tuple[str, str]]:
    """A project with two versions, logged one after the other; copy it before use."""
    root = tmp_path_factory.mktemp("twice") / "project"
    (root / "runs").mkdir(parents=True)
    shutil.copy(migrated, root / "runs" / "mlflow.db")
    first = adopt(trained, root / "runs")
    second = another_version(first)
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        for run in (first, second):
            log_run(run, {}, root / "runs")
    return root, (first.record.version, second.record.version)


@pytest.fixture
def two(logged_twice: tuple[Path, tuple[str, str]], tmp_path: Path) -> tuple[Path, Run, Run]:
    """Runs folder and two logged versions, for a test that changes them."""
    root, (first, second) = logged_twice
    runs = shutil.copytree(root, tmp_path / "two") / "runs"
    return runs, open_run(runs, first), open_run(runs, second)
