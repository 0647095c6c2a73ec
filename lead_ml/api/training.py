"""From DataFrames to a trained run."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from lead_ml.api.frames import Frame, arrow_of, write_frame
from lead_ml.api.run import TrainedRun
from lead_ml.errors import InputError, LeadMLError
from lead_ml.project.load import Project, load_project
from lead_ml.project.targets import CANDIDATES, Candidate
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
    candidates: Sequence[str] | str | None = None,
    seed: int | None = None,
    track: bool = True,
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
    track
        Log the run to MLflow, where it is installed.
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
    root, candidates = Path(folder), _candidates(candidates)
    frames = {"leads": leads, "events": events, "outcomes": outcomes}
    tables = {name: arrow_of(frame, name) for name, frame in frames.items() if frame is not None}
    named = {
        role: column for role, column in (("created_at", created), ("outcome", outcome)) if column is not None
    }
    if not (root / "params.yaml").is_file():
        _drafted(root, tables, named)
    elif named:
        raise InputError(
            "holds a project already, so its params.yaml says which column is which",
            source=str(root),
            value=", ".join(named.values()),
            do="edit params.yaml, or name another folder",
        )
    else:
        for name, table in tables.items():
            write_frame(table, root / "data" / f"{name}.parquet")
    return train(root, candidates=candidates, seed=seed, track=track, progress=progress)


def train(
    project: Project | Path | str,
    dataset: Dataset | None = None,
    *,
    candidates: Sequence[str] | str | None = None,
    seed: int | None = None,
    track: bool = True,
    progress: Callable[[str], None] = lambda _: None,
) -> TrainedRun:
    """Train a project on its own data, as ``lead-ml train`` does.

    Parameters
    ----------
    project
        A project of :func:`lead_ml.load_project`, or its folder.
    dataset
        Data that are in memory already, of :func:`lead_ml.load`; they are trained on without audit and MLflow.
    candidates, seed, track, progress
        As for :func:`fit`.

    Examples
    --------
    >>> run = lead_ml.train(lead_ml.load_project("my-company"))  # doctest: +SKIP
    """
    candidates = _candidates(candidates)
    if dataset is not None:
        loaded = project if isinstance(project, Project) else load_project(Path(project))
        return TrainedRun.of(train_dataset(loaded, dataset, candidates=candidates, progress=progress))
    root = project.root if isinstance(project, Project) else Path(project)
    return TrainedRun.of(
        train_project(root, None, candidates=candidates, seed=seed, track=track, progress=progress)
    )


def _drafted(root: Path, tables: Mapping[str, pa.Table], named: Mapping[str, str]) -> None:
    """Write the tables and the project that fits them; leave nothing behind if they cannot be understood."""
    _check_free(root)
    existed = root.is_dir()
    try:
        paths = {
            name: write_frame(table, root / "data" / f"{name}.parquet") for name, table in tables.items()
        }
        init_from_export(root, paths["leads"], paths.get("events"), paths.get("outcomes"), named=named)
    except LeadMLError:
        shutil.rmtree(root / "data" if existed else root, ignore_errors=True)
        raise


def _candidates(names: Sequence[str] | str | None) -> tuple[Candidate, ...] | None:
    """Return the candidates asked for; one may be given as a plain string."""
    if names is None:
        return None
    asked = (names,) if isinstance(names, str) else tuple(names)
    unknown = [name for name in asked if name not in CANDIDATES]
    if unknown or not asked:
        raise InputError(
            "unknown candidate", source="candidates", value=", ".join(unknown), expected=", ".join(CANDIDATES)
        )
    return tuple(candidate for candidate in CANDIDATES if candidate in asked)


def _check_free(root: Path) -> None:
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise InputError(
            "the folder is not empty and holds no project",
            source=str(root),
            expected="a new or empty folder, or one with params.yaml",
            do="name another folder",
        )
