"""Training one candidate on the small world."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path
from typing import Any

from lead_ml.registry.runs import Run
from lead_ml.workflows.train import train


def run_of_candidate(trained: Any, candidate: str, folder: Path) -> Run:
    """Train one candidate on the world, into a folder of its own."""
    root = folder / candidate
    root.mkdir()
    for part in ("params.yaml", "features", "models", "tables"):
        copy = shutil.copytree if (trained.root / part).is_dir() else shutil.copyfile
        copy(trained.root / part, root / part)
    return train(dataclasses.replace(trained.project, root=root), trained.dataset, candidates=[candidate])  # type: ignore[list-item]
