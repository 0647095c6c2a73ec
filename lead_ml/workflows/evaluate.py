"""The forward evaluation by itself, writing nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lead_ml.evaluation import Evaluation
from lead_ml.evaluation.backtest import Progress
from lead_ml.project.targets import Kind
from lead_ml.workflows.audit import audit_of, leaks_of
from lead_ml.workflows.load import load, reseeded
from lead_ml.workflows.training import Training
from lead_ml.workflows.work import HERE, Work


def evaluate_project(
    root: Path,
    data: Path | None,
    *,
    kinds: Sequence[Kind] | None = None,
    seed: int | None = None,
    progress: Progress = lambda _: None,
    work: Work = HERE,
) -> dict[str, Evaluation]:
    """Evaluate every target of a project forward in time; return the evaluations by target."""
    loaded = reseeded(load(root, data, work), seed)
    leaks = leaks_of(loaded, audit_of(loaded, progress))
    candidates = None if kinds is None else tuple(kinds)
    training = Training(loaded.project, loaded.dataset, leaks, candidates, work, progress)
    found = {}
    for name, task in training.tasks.items():
        table = training.table(task)
        found[name] = training.evaluate(task, table, training.windows(task, table)).evaluation
    return found
