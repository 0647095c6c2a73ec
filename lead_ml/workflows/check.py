"""Checking a project's data: everything read, nothing trained."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lead_ml.tables.read import write_rejected
from lead_ml.workflows.load import Loaded, load
from lead_ml.workflows.training import usable_features


@dataclass(frozen=True)
class Checked:
    """A project as read: features left out because their columns are overwritten later, and files of rejected rows."""

    loaded: Loaded
    left_out: tuple[str, ...]
    rejected_files: tuple[Path, ...]


def check_project(root: Path, data: Path | None) -> Checked:
    """Read a project with its data and write the rejected rows of each table into ``runs/rejected``."""
    loaded = load(root, data)
    written = write_rejected(loaded.intake, loaded.project.runs / "rejected")
    _, left_out = usable_features(loaded.project, loaded.dataset)
    return Checked(loaded, left_out, written)


def warm_kernels() -> None:
    """Compile the feature kernels and keep them in numba's cache."""
    from lead_ml.asof.kernel import warm

    warm()
