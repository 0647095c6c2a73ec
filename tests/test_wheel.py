"""The wheel is whole: whoever installs it has the reference project, the pages and the types."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index"]
    done = subprocess.run(
        [*command, "--wheel-dir", str(target), str(ROOT)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return next(target.glob("lead_ml-*.whl"))


@pytest.fixture(scope="module")
def unpacked(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as file:
        file.extractall(target)
    return target


def files_of(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as file:
        return set(file.namelist())


def test_the_wheel_holds_the_reference_project(wheel: Path) -> None:
    held = files_of(wheel)
    project = [
        ROOT / "params.yaml",
        *(path for part in ("features", "models", "serving", "tables") for path in (ROOT / part).rglob("*")),
    ]
    for path in project:
        if path.is_file() and "__pycache__" not in path.parts:
            assert f"lead_ml/_project/{path.relative_to(ROOT).as_posix()}" in held


def test_the_wheel_holds_every_file_of_the_package(wheel: Path) -> None:
    held = files_of(wheel)
    package = [
        path for path in (ROOT / "lead_ml").rglob("*") if path.is_file() and "__pycache__" not in path.parts
    ]
    missing = [name for path in package if (name := path.relative_to(ROOT).as_posix()) not in held]
    assert not missing
    assert "lead_ml/py.typed" in held
    assert any(name.endswith(".html") for name in held)


def test_the_wheel_holds_the_license_and_nothing_of_the_tests(wheel: Path) -> None:
    held = files_of(wheel)
    assert any(name.endswith("licenses/LICENSE") for name in held)
    assert not [
        name
        for name in held
        if name.startswith(("tests/", "benchmarks/", "features/")) or "__pycache__" in name
    ]


def test_init_works_from_the_unpacked_wheel(unpacked: Path, tmp_path: Path) -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv.pop(1)); import lead_ml; from lead_ml.cli import main; "
        "sys.stdout.write(lead_ml.__file__ + '\\n'); main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(unpacked), "init", str(tmp_path / "mine")],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": ""},
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(str(unpacked))
    for name in ("params.yaml", "features/engagement.py", "models/conversion.py", "serving/service.py"):
        assert (tmp_path / "mine" / name).read_bytes() == (ROOT / name).read_bytes()
