"""The leakage audit of a project: its data read, every target's columns evaluated."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lead_ml.errors import ParamsError
from lead_ml.evaluation.backtest import Progress
from lead_ml.evaluation.leakage import CHECKS, AuditReport, as_dict, audit, left_out_columns
from lead_ml.project.load import Project
from lead_ml.tables.dataset import Dataset
from lead_ml.workflows.load import load
from lead_ml.workflows.training import usable_features, without_outcomes

__all__ = ["CHECKS", "as_dict", "audit_project", "audit_target", "left_out_columns"]

TARGET = "conversion"


def audit_project(
    root: Path,
    data: Path | None,
    *,
    targets: Sequence[str] = (TARGET,),
    seed: int | None = None,
    progress: Progress = lambda _: None,
) -> tuple[Project, dict[str, AuditReport]]:
    """Read a project with its data and audit the columns against some of its targets, writing nothing."""
    loaded = load(root, data)
    progress("data read")
    reports = {
        target: audit_target(loaded.project, loaded.dataset, target, seed=seed, progress=progress)
        for target in targets
    }
    return loaded.project, reports


def audit_target(
    project: Project,
    dataset: Dataset,
    target: str = TARGET,
    *,
    seed: int | None = None,
    progress: Progress = lambda _: None,
) -> AuditReport:
    """Audit the columns of a data set against one target of a project."""
    task = project.task(target)
    if without_outcomes(task, dataset):
        raise ParamsError(
            f"the {target} target counts dated outcomes, and the project names no table of them",
            expected="data.outcomes in params.yaml",
            do="audit again when there are outcomes",
        )
    declarations, _ = usable_features(project, dataset)
    return audit(dataset, task, declarations, seed=seed, progress=progress)
