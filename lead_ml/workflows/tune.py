"""Tuning one target of a project."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from lead_ml.evaluation.tune import Tuned, tune
from lead_ml.workflows.load import load, reseeded
from lead_ml.workflows.training import Training


def tune_target(
    root: Path,
    data: Path | None,
    target: str,
    *,
    trials: int,
    seed: int | None = None,
    progress: Callable[[int, float], None] = lambda _number, _best: None,
) -> Tuned:
    """Tune the LightGBM parameters of one target; the trials are kept in ``runs/tune-<target>.journal``."""
    loaded = reseeded(load(root, data), seed)
    project = loaded.project
    project.task(target)
    training = Training(project, loaded.dataset)
    task = training.tasks[target]
    table = training.table(task)
    project.runs.mkdir(parents=True, exist_ok=True)
    return tune(
        training.recipes(task, ("lightgbm",))[0],
        table,
        training.windows(task, table),
        trials=trials,
        journal=project.runs / f"tune-{target}.journal",
        progress=progress,
    )
