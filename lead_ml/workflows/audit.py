"""The leakage audit of a project: its data read, every target's columns evaluated."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lead_ml.errors import ParamsError
from lead_ml.evaluation.backtest import Progress
from lead_ml.evaluation.leakage import CHECKS, AuditReport, as_dict, audit, left_out_columns
from lead_ml.project.load import Project
from lead_ml.tables.dataset import Dataset
from lead_ml.workflows.load import Loaded, load
from lead_ml.workflows.training import usable_features, without_outcomes

__all__ = ["CHECKS", "as_dict", "audit_of", "audit_project", "audit_target", "leaks_of", "left_out_columns"]

TARGET = "conversion"


def audit_project(
    root: Path,
    data: Path | None,
    *,
    targets: Sequence[str] = (TARGET,),
    seed: int | None = None,
    progress: Progress = lambda _: None,
) -> tuple[Project, dict[str, AuditReport]]:
    """Read a project with its data and audit the columns against some of its targets, writing nothing.

    Raises
    ------
    ParamsError, InputError
        If the project or its data is wrong, a target does not exist, or it has no outcomes yet.
    """
    loaded = load(root, data)
    progress("data read")
    reports = {
        target: audit_target(loaded.project, loaded.dataset, target, seed=seed, progress=progress)
        for target in targets
    }
    return loaded.project, reports


def audit_of(loaded: Loaded, progress: Progress = lambda _: None) -> AuditReport | None:
    """Audit the data of a project against its conversion target; None while there are no outcomes."""
    if without_outcomes(loaded.project.tasks[TARGET], loaded.dataset):
        return None
    return audit_target(loaded.project, loaded.dataset, progress=progress)


def leaks_of(loaded: Loaded, report: AuditReport | None) -> tuple[str, ...]:
    """Return the lead columns that training leaves out after an audit: leaks that the project trusts by no name."""
    return () if report is None else left_out_columns(report, loaded.project.params.trust)


def audit_target(
    project: Project,
    dataset: Dataset,
    target: str = TARGET,
    *,
    seed: int | None = None,
    progress: Progress = lambda _: None,
) -> AuditReport:
    """Audit the columns of a data set against one target of a project.

    Raises
    ------
    ParamsError
        If the project has no such target.
    InputError
        If the target counts dated outcomes and there is no such table.
    """
    task = project.task(target)
    if without_outcomes(task, dataset):
        raise ParamsError(
            f"the {target} target counts dated outcomes, and the project names no table of them",
            expected="data.outcomes in params.yaml",
            do="audit again when there are outcomes",
        )
    declarations, _ = usable_features(project, dataset)
    return audit(dataset, task.spec, project.params, declarations, seed=seed, progress=progress)
