"""The direction of imports is a test: it passes, and it would fail."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
pytestmark = pytest.mark.slow


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of what import-linter reads, that may be spoilt."""
    for name in ("lead_ml", "features", "models", "serving"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("features", "models"):
        (tmp_path / name / "__init__.py").touch()
    shutil.copyfile(ROOT / "pyproject.toml", tmp_path / "pyproject.toml")
    return tmp_path


def lint(folder: Path) -> tuple[int, str]:
    tool = Path(sys.executable).with_name("lint-imports")
    if not tool.is_file():
        pytest.skip("import-linter is not installed")
    env = {**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "200"}
    done = subprocess.run(
        [str(tool), "--no-cache"],
        cwd=folder,
        capture_output=True,
        text=True,
        env=env,
        check=False,
        timeout=300,
    )
    return done.returncode, done.stdout + done.stderr


def test_imports_go_downward_only() -> None:
    code, told = lint(ROOT)
    assert code == 0, told


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("lead_ml/asof/labels.py", "from features import profile", "The engine never imports a project"),
        ("lead_ml/workflows/score.py", "import models", "The engine never imports a project"),
        ("lead_ml/asof/kernel/plan.py", "from lead_ml import scoring", "Layers of the engine"),
        ("lead_ml/errors.py", "from lead_ml.cli import console", "Layers of the engine"),
        ("lead_ml/scoring/answer.py", "import mlflow", "MLflow only in registry"),
        ("lead_ml/scoring/reasons/reasons.py", "import shap", "Contributions are our own, not those of shap"),
        ("lead_ml/workflows/train.py", "import dask", "Dask only in cluster"),
    ],
)
def test_a_forbidden_import_is_found(copy: Path, module: str, line: str, contract: str) -> None:
    path = copy / module
    future = "from __future__ import annotations\n"
    text = path.read_text(encoding="utf-8")
    spoilt = text.replace(future, f"{future}{line}\n", 1) if future in text else f"{line}\n{text}"
    path.write_text(spoilt, encoding="utf-8")
    code, told = lint(copy)
    assert code != 0, told
    assert f"{contract} BROKEN" in " ".join(told.split()), told


def test_the_unspoilt_copy_passes(copy: Path) -> None:
    code, told = lint(copy)
    assert code == 0, told
