"""A new project: the reference project, copied out of the installed package."""

from __future__ import annotations

import shutil
from pathlib import Path

from lead_ml.errors import InputError

PARTS = ("params.yaml", "features", "models", "serving")


def init_project(folder: Path) -> list[Path]:
    """Copy the reference project into a new or empty folder and return the files written.

    Raises
    ------
    InputError
        If the folder holds anything already.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(
            "the folder is not empty",
            source=str(folder),
            expected="a new or empty folder",
            do="name another one",
        )
    folder.mkdir(parents=True, exist_ok=True)
    source = reference_project()
    for part in PARTS:
        if (source / part).is_dir():
            shutil.copytree(source / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(source / part, folder / part)
    return sorted(path for path in folder.rglob("*") if path.is_file())


def reference_project() -> Path:
    """Return the folder of the reference project: inside the wheel, or the checkout it was built from."""
    package = Path(__file__).resolve().parents[1]
    for place in (package / "_project", package.parent):
        if all((place / part).exists() for part in PARTS):
            return place
    raise InputError(
        "the reference project is missing from this installation", source=str(package), do="reinstall lead-ml"
    )
