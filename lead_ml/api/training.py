"""From DataFrames to a trained run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from lead_ml.api.frames import Frame, write_frame
from lead_ml.api.run import TrainedRun
from lead_ml.errors import InputError
from lead_ml.project.load import Project, load_project
from lead_ml.project.targets import Kind
from lead_ml.tables.dataset import Dataset
from lead_ml.workflows.init import init_from_export
from lead_ml.workflows.train import train as train_dataset
from lead_ml.workflows.train import train_project

FOLDER = "lead-ml-project"


def fit(
    leads: Frame,
    *,
    events: Frame | None = None,
    outcomes: Frame | None = None,
    created: str | None = None,
    outcome: str | None = None,
    folder: Path | str = FOLDER,
    candidates: Sequence[Kind] | None = None,
    seed: int | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> TrainedRun:
    """Draft a project from tables, train every candidate, and evaluate it on leads created later.

    Column roles, dates and the target are worked out as by ``lead-ml init``; what could not be decided is listed at the
    top of ``params.yaml`` in `folder`. A second call with the same folder trains the project that is there, with any
    edits, on the tables given.

    Parameters
    ----------
    leads
        One row per lead: an id, when it was created, any attributes. A pandas DataFrame, or any table with the Arrow C
        interface.
    events
        What the leads did: lead id, when, what type.
    outcomes
        What became of them: lead id, when, which stage (``won``, ``lost``, ``invalid``, ...).
    created
        Column of `leads` with the creation date, where the name does not say it.
    outcome
        Column of `leads` that says who converted, for data without `outcomes`.
    folder
        Folder of the project: its data, definitions and versions.
    candidates
        Candidates to train, such as ``["logistic"]``; all by default.
    seed
        Overrides the seed of ``params.yaml``.
    progress
        Called with a few words after every step, for example ``print``.

    Returns
    -------
    TrainedRun
        With ``report()``, ``metrics`` and ``model``.

    Raises
    ------
    InputError
        If a table cannot be read, or the folder holds something other than a project.
    TooLittleData
        If a trained candidate was asked for by name and there are too few outcomes.

    Examples
    --------
    >>> run = lead_ml.fit(leads, events=events, outcomes=outcomes)  # doctest: +SKIP
    >>> run = lead_ml.fit(leads, created="CreateDate", outcome="Converted")  # doctest: +SKIP
    """
    root = Path(folder)
    tables = {"leads": leads, "events": events, "outcomes": outcomes}
    given = {name: frame for name, frame in tables.items() if frame is not None}
    if not (root / "params.yaml").is_file():
        _check_free(root)
        paths = {name: write_frame(frame, root / "data" / f"{name}.parquet") for name, frame in given.items()}
        named = {"created_at": created, "outcome": outcome}
        init_from_export(
            root,
            paths["leads"],
            paths.get("events"),
            paths.get("outcomes"),
            named={role: column for role, column in named.items() if column is not None},
        )
    else:
        for name, frame in given.items():
            write_frame(frame, root / "data" / f"{name}.parquet")
    return train(root, candidates=candidates, seed=seed, progress=progress)


def train(
    project: Project | Path | str,
    dataset: Dataset | None = None,
    *,
    candidates: Sequence[Kind] | None = None,
    seed: int | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> TrainedRun:
    """Train a project on its own data, as ``lead-ml train`` does.

    Parameters
    ----------
    project
        A project of :func:`lead_ml.load_project`, or its folder.
    dataset
        Data that are in memory already, of :func:`lead_ml.load`; they are trained on without audit and MLflow.
    candidates, seed, progress
        As for :func:`fit`.

    Examples
    --------
    >>> run = lead_ml.train(lead_ml.load_project("my-company"))  # doctest: +SKIP
    """
    if dataset is not None:
        loaded = project if isinstance(project, Project) else load_project(Path(project))
        return TrainedRun.of(train_dataset(loaded, dataset, kinds=candidates, progress=progress))
    root = project.root if isinstance(project, Project) else Path(project)
    return TrainedRun.of(train_project(root, None, kinds=candidates, seed=seed, progress=progress))


def _check_free(root: Path) -> None:
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise InputError(
            "the folder is not empty and holds no project",
            source=str(root),
            expected="a new or empty folder, or one with params.yaml",
            do="name another folder",
        )
