"""From a project to a finished search: trials, pictures, MLflow runs, and the best parameters in ``params.yaml``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from lead_ml import registry as tracking
from lead_ml.errors import ParamsError
from lead_ml.evaluation.search_spaces import space_of
from lead_ml.evaluation.split import groups_of
from lead_ml.evaluation.tune import tune
from lead_ml.evaluation.tuned import Tuned
from lead_ml.project.targets import Kind
from lead_ml.registry.tune_figures import tuning_pictures
from lead_ml.workflows.load import load
from lead_ml.workflows.params_file import set_params
from lead_ml.workflows.pipeline import reseeded
from lead_ml.workflows.training_table import build_table, recipes_of, usable_features, windows_of


def tune_target(
    root: Path,
    data: Path | None,
    target: str,
    *,
    kind: Kind = "lightgbm",
    trials: int,
    seed: int | None = None,
    track: bool = True,
    progress: Callable[[int, float], None] = lambda _number, _best: None,
) -> Tuned:
    """Tune one candidate of one target.

    The trials are kept in ``runs/tune-<target>.journal``, the pictures in the folder of :func:`tuning_folder`; where
    MLflow is installed the trials become runs.

    Parameters
    ----------
    target
        ``conversion`` or ``fake``, whichever the project defines.
    kind
        A candidate with a search space.
    track
        Log the search to MLflow.
    """
    loaded = reseeded(load(root, data), seed)
    project, dataset = loaded.project, loaded.dataset
    if target not in project.specs:
        raise ParamsError("target", value=target, expected=f"one of {', '.join(project.specs)}")
    space_of(project.specs[target], kind)  # fails before the features are computed
    declarations, _ = usable_features(project, dataset)
    groups = groups_of(dataset.leads)
    table = build_table(project, dataset, target, declarations, groups)
    project.runs.mkdir(parents=True, exist_ok=True)
    tuned = tune(
        recipes_of(project, target, (kind,), declarations)[0],
        table,
        windows_of(project, table, target, groups),
        trials=trials,
        journal=project.runs / f"tune-{target}.journal",
        options=project.params.evaluation,
        progress=progress,
    )
    pictures = tuning_pictures(tuned, tuning_folder(root, target, kind))
    if track and tracking.available():
        tracking.log_tuning(tuned, project.runs, project.params.project, pictures)
    return tuned


def tuning_folder(root: Path, target: str, kind: Kind) -> Path:
    """Return the folder of the pictures of a search."""
    return root / "runs" / f"tune-{target}-{kind}"


def write_tuned(root: Path, tuned: Tuned) -> Path | None:
    """Write the best parameters into ``params.yaml``; None, and nothing is changed, where those in use are as good."""
    if not tuned.better:
        return None
    path = root / "params.yaml"
    set_params(path, (tuned.target, tuned.kind), {**tuned.params, **tuned.fixed})
    return path
