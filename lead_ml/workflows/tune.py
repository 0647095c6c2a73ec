"""From a project to a finished search: trials, pictures, MLflow runs, and the best parameters in ``params.yaml``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from lead_ml import registry as tracking
from lead_ml.evaluation.search_spaces import space_of
from lead_ml.evaluation.tune import Rolling, tune
from lead_ml.evaluation.tuned import Tuned
from lead_ml.project.targets import Candidate
from lead_ml.registry.tune_figures import tuning_pictures
from lead_ml.workflows.load import load, reseeded
from lead_ml.workflows.params_file import set_params
from lead_ml.workflows.training import Training


def tune_target(
    root: Path,
    data: Path | None,
    target: str,
    *,
    candidate: Candidate = "lightgbm",
    trials: int,
    seed: int | None = None,
    track: bool = True,
    progress: Callable[[int, float], None] = lambda _number, _best: None,
) -> Tuned:
    """Tune one candidate of one target.

    The trials are kept in ``runs/tune-<target>.journal``, the pictures in the folder of :func:`tuning_folder`; with `track`
    the trials become runs where MLflow is installed.
    """
    loaded = reseeded(load(root, data), seed)
    project = loaded.project
    space_of(project.task(target).spec, candidate)  # fails before the features are computed
    training = Training(project, loaded.dataset)
    task = training.tasks[target]
    table = training.table(task)
    project.runs.mkdir(parents=True, exist_ok=True)
    tuned = tune(
        training.recipes(task, (candidate,))[0],
        Rolling(table, training.windows(task, table)),
        trials=trials,
        journal=project.runs / f"tune-{target}.journal",
        options=project.params.evaluation,
        progress=progress,
    )
    pictures = tuning_pictures(tuned, tuning_folder(root, target, candidate))
    if track and tracking.available():
        tracking.log_tuning(tuned, project.runs, project.params.project, pictures)
    return tuned


def tuning_folder(root: Path, target: str, candidate: Candidate) -> Path:
    """Return the folder of the pictures of a search."""
    return root / "runs" / f"tune-{target}-{candidate}"


def write_tuned(root: Path, tuned: Tuned) -> Path | None:
    """Write the best parameters into ``params.yaml``; None, and nothing is changed, where those in use are as good."""
    if not tuned.better:
        return None
    path = root / "params.yaml"
    set_params(path, (tuned.target, tuned.candidate), {**tuned.params, **tuned.fixed})
    return path
