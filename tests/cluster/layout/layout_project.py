"""Copies of the small world with other data sections, and what of a bundle can be compared."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import yaml


def project_at(folder: Path, world: Path, **data: Any) -> Path:
    """Copy a world without its runs, and change its data section."""
    shutil.copytree(world, folder, ignore=shutil.ignore_patterns("runs", "__pycache__"))
    params = yaml.safe_load((folder / "params.yaml").read_text(encoding="utf-8"))
    params["data"] |= data
    (folder / "params.yaml").write_text(yaml.safe_dump(params, allow_unicode=True), encoding="utf-8")
    return folder


def files_of(folder: Path) -> dict[str, bytes]:
    """Return the files of a bundle that do not name where the data is."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in ("params.json", "manifest.json")
    }
