"""Logging a run: everything needed to understand it later, and its bundle as a version of the registered model."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from lead_ml.evaluation import Evaluation, KindRecord
from lead_ml.registry.card import card_markdown
from lead_ml.registry.figures import forward_figures
from lead_ml.registry.flat import flat_metrics, flat_params, metric_rows, section, tags_of
from lead_ml.registry.inputs import log_inputs
from lead_ml.registry.logged_model import log_model
from lead_ml.registry.registry import CHALLENGER, find_version
from lead_ml.registry.runs import ForwardScores, Run
from lead_ml.registry.store import connected, experiment_id, import_mlflow
from lead_ml.scoring import verify

BATCH = 100  # most parameters that MLflow takes at once
METRICS_TABLE = "metrics.json"


def log_run(
    run: Run, params: Mapping[str, Any], runs: Path, pictures: Sequence[Path] = (), *, alias: bool = True
) -> str:
    """Log a run with its bundle and register the bundle as a version of the model named after the project.

    One parent run per version, with a child run per target and candidate. The figures of all candidates have the same
    names, so that MLflow compares the child runs in one chart per figure.

    Parameters
    ----------
    run
        The run to log. Its bundle is verified first; MLflow then loads it from the copy and tries the example on it.
    params
        The content of ``params.yaml``, nested.
    runs
        Runs folder: decides the store, see :func:`lead_ml.registry.tracking_uri`. Its parent is the project.
    pictures
        Image files to log.
    alias
        Give the new version the alias ``challenger``.

    Returns
    -------
    str
        The MLflow run id; that of the earlier run where this bundle is registered already.

    Raises
    ------
    MissingExtra
        If mlflow is not installed.
    BundleError
        If the bundle is damaged.
    LeadMLError
        If the store fails.
    """
    verify(run.bundle)
    with connected(runs) as client:
        known = find_version(client, run.record.project, run.record.version)
        if known is not None:
            return str(known.run_id)
        place = experiment_id(client, runs, run.record.project)
        tags = tags_of(run, runs.resolve().parent)
        mlflow = import_mlflow()
        with mlflow.start_run(
            experiment_id=place, run_name=run.record.version, tags=tags, description=_summary(run)
        ) as active:
            log_params(mlflow, flat_params(params, run.record))
            log_inputs(mlflow, run, params)
            _log_files(mlflow, run, pictures)
            model = log_model(mlflow, run)
            for target, evaluation in _evaluations(run):
                _log_target(mlflow, run, evaluation, model.model_id)
                for record in evaluation.kinds:
                    _log_candidate(mlflow, run, target, record, params)
        _register(client, run, model, active.info.run_id, alias=alias)
        return str(active.info.run_id)


def log_params(mlflow: Any, flat: Mapping[str, str]) -> None:
    """Log parameters in batches that MLflow accepts."""
    items = list(flat.items())
    for start in range(0, len(items), BATCH):
        mlflow.log_params(dict(items[start : start + BATCH]))


def _evaluations(run: Run) -> Iterator[tuple[str, Evaluation]]:
    return ((target, found) for target in run.targets if (found := run.evaluation(target)) is not None)


def _summary(run: Run) -> str:
    return "\n\n".join(f"**{target}**: {found.headline}" for target, found in _evaluations(run))


def _log_target(mlflow: Any, run: Run, evaluation: Evaluation, model_id: str) -> None:
    """Log the figures of the candidate that ships with the model, and all candidates in one table and one figure."""
    target, kind = evaluation.target, run.record.kinds[evaluation.target]
    base_rate = evaluation.of("base rate").metrics["log_loss"].value
    mlflow.log_metrics(
        {**flat_metrics(target, evaluation.of(kind)), f"{target}/log_loss_base_rate": base_rate},
        model_id=model_id,
    )
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # MLflow's table writer selects columns in a way that pandas 3 deprecates
        mlflow.log_table(metric_rows(evaluation), METRICS_TABLE)
    scores = run.forward(target)
    if scores is not None:
        _log_figures(mlflow, scores, target, run.record.seed)


def _log_candidate(mlflow: Any, run: Run, target: str, record: KindRecord, params: Mapping[str, Any]) -> None:
    selected = record.kind == run.record.kinds[target]
    tags = {"target": target, "candidate": record.kind, "selected": str(selected).lower()}
    place = mlflow.active_run().info.experiment_id  # a nested run would go to the default experiment
    with mlflow.start_run(experiment_id=place, run_name=f"{target}: {record.kind}", nested=True, tags=tags):
        log_params(mlflow, {"calibration": record.calibration, **section(params, target, record.kind)})
        mlflow.log_metrics(flat_metrics(target, record))
        scores = run.forward(target)
        if scores is not None and record.kind in scores.probability:
            own = replace(scores, probability={record.kind: scores.probability[record.kind]})
            _log_figures(mlflow, own, target, run.record.seed)


def _log_figures(mlflow: Any, scores: ForwardScores, target: str, seed: int) -> None:
    for name, figure in forward_figures(scores, target, seed=seed).items():
        mlflow.log_figure(figure, f"figures/{target}/{name}.png")


def _log_files(mlflow: Any, run: Run, pictures: Sequence[Path]) -> None:
    for path in _evidence(run):
        mlflow.log_artifact(str(path))
    for picture in pictures:
        mlflow.log_artifact(str(picture), _folder(run, picture))
    mlflow.log_text(_card(run), "model_card.md")


def _evidence(run: Run) -> Iterator[Path]:
    """Yield the files that describe the run; the forward scores are never logged, for they name leads."""
    names = [
        "run.json",
        "intake.json",
        "report.html",
        *(f"evaluation-{target}.json" for target in run.targets),
    ]
    return (path for name in names if (path := run.folder / name).is_file())


def _folder(run: Run, picture: Path) -> str:
    """Keep the folders of the run, so that pictures of two targets do not overwrite each other."""
    home, folder = run.folder.resolve(), picture.resolve().parent
    inside = folder.is_relative_to(home) and folder != home
    return folder.relative_to(home).as_posix() if inside else "pictures"


def _card(run: Run) -> str:
    return card_markdown(msgspec.json.decode((run.bundle / "card.json").read_bytes()), run.record.version)


def _register(client: Any, run: Run, model: Any, run_id: str, *, alias: bool) -> None:
    from mlflow import MlflowException

    record = run.record
    try:
        client.get_registered_model(record.project)
    except MlflowException:
        client.create_registered_model(record.project)
    kinds = {f"kind.{target}": kind for target, kind in record.kinds.items()}
    version = client.create_model_version(
        name=record.project,
        source=model.model_uri,
        run_id=run_id,
        model_id=model.model_id,
        tags={"lead_ml_version": record.version, "synthetic": str(record.synthetic).lower(), **kinds},
        description=_card(run),
    )
    if alias:
        client.set_registered_model_alias(record.project, CHALLENGER, version.version)
