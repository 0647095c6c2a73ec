"""A new project: the reference project, copied out of the installed package, or one drafted from an export."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from lead_ml.errors import InputError
from lead_ml.init import Draft, draft_project
from lead_ml.language import Lang
from lead_ml.project.load import load_project

PARTS = ("params.yaml", "features", "models", "serving", "tables")


def init_project(folder: Path) -> list[Path]:
    """Copy the reference project into a new or empty folder and return the files written."""
    _check_empty(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for part in PARTS:
        _copy(part, folder)
    return _files(folder)


def init_from_export(
    folder: Path,
    leads: Path,
    events: Path | None = None,
    outcomes: Path | None = None,
    *,
    named: Mapping[str, str] | None = None,
    lang: Lang = "en",
) -> tuple[Draft, list[Path]]:
    """Write the project that fits an export into a new or empty folder; return the draft and the files written.

    The export is only read. Nothing is written before everything about it is understood. The folder may hold the
    exported files, in its subfolder ``data``. `named` are columns that the user names: ``created_at`` and ``outcome`` (who converted).
    """
    _check_empty(folder, [path for path in (leads, events, outcomes) if path is not None])
    draft = draft_project(folder, leads, events, outcomes, named=named or {}, lang=lang)
    for name, text in draft.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    _copy("serving", folder)
    load_project(folder)
    return draft, _files(folder)


def _copy(part: str, folder: Path) -> None:
    source = reference_project() / part
    if source.is_dir():
        shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copyfile(source, folder / part)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _check_empty(folder: Path, exports: Sequence[Path] = ()) -> None:
    data = (folder / "data").resolve()
    own = {path.resolve() for path in exports if path.resolve().is_relative_to(data)}
    if (folder.exists() and not folder.is_dir()) or any(path.resolve() not in own for path in _files(folder)):
        raise InputError(
            "the folder is not empty",
            source=str(folder),
            expected="a new or empty folder",
            do="name another one",
        )


def reference_project() -> Path:
    """Return the folder of the reference project: inside the wheel, or the checkout it was built from."""
    package = Path(__file__).resolve().parents[1]
    for place in (package / "_project", package.parent):
        if all((place / part).exists() for part in PARTS):
            return place
    raise InputError(
        "the reference project is missing from this installation", source=str(package), do="reinstall lead-ml"
    )
