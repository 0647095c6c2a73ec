"""Logging a run: everything needed to understand it later, and its bundle as a version of the registered model."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from lead_ml.evaluation import CandidateRecord, Evaluation
from lead_ml.registry.card import card_markdown
from lead_ml.registry.figures import forward_figures
from lead_ml.registry.flat import flat_metrics, flat_params, metric_rows, section, tags_of
from lead_ml.registry.logged_model import log_model
from lead_ml.registry.registry import CHALLENGER, find_version
from lead_ml.registry.runs import ForwardScores, Run
from lead_ml.registry.store import connected, experiment_id, import_mlflow
from lead_ml.scoring import verify

MAX_DIGEST = 36  # MLflow refuses longer digests


def log_run(run: Run, params: Mapping[str, Any], runs: Path, pictures: Sequence[Path] = ()) -> str:
    """Log a run with its bundle and register the bundle as a version of the model named after the project.

    One parent run per version, with a child run per target and candidate whose figures have the same names, so that MLflow
    compares them in one chart per figure. A bundle that is registered already is not logged again: its run id is returned.
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
            mlflow.log_params(flat_params(params, run.record))
            _log_inputs(mlflow, run, params)
            _log_files(mlflow, run, pictures)
            model = log_model(mlflow, run)
            for target, evaluation in _evaluations(run):
                _log_target(mlflow, run, evaluation, model.model_id)
                for record in evaluation.candidates:
                    _log_candidate(mlflow, run, target, record, params)
        _register(client, run, model, active.info.run_id)
        return str(active.info.run_id)


def _evaluations(run: Run) -> Iterator[tuple[str, Evaluation]]:
    return ((target, found) for target in run.targets if (found := run.evaluation(target)) is not None)


def _summary(run: Run) -> str:
    return "\n\n".join(f"**{target}**: {found.headline}" for target, found in _evaluations(run))


def _log_inputs(mlflow: Any, run: Run, params: Mapping[str, Any]) -> None:
    """Log every table that was read as a data set, named by its digest, with its place in ``params.yaml`` if it has one."""
    from mlflow.data.code_dataset_source import CodeDatasetSource
    from mlflow.data.meta_dataset import MetaDataset

    for table, digest in run.record.data_digests.items():
        declared = (params.get("data") or {}).get(table) or {}
        place = {
            name: str(declared[name]) for name in ("path", "url", "table", "query") if declared.get(name)
        }
        source = CodeDatasetSource(tags={"table": table, **place})
        dataset = MetaDataset(source, name=table, digest=digest[:MAX_DIGEST])
        mlflow.log_input(dataset, context="training", tags={"digest": digest})


def _log_target(mlflow: Any, run: Run, evaluation: Evaluation, model_id: str) -> None:
    """Log the figures of the candidate that ships with the model, and all candidates in one table and one figure."""
    target, candidate = evaluation.target, run.record.candidates[evaluation.target]
    base_rate = evaluation.of("base rate").metrics["log_loss"].value
    mlflow.log_metrics(
        {**flat_metrics(target, evaluation.of(candidate)), f"{target}/log_loss_base_rate": base_rate},
        model_id=model_id,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the table writer selects columns in a way that pandas 3 deprecates
        mlflow.log_table(metric_rows(evaluation), "metrics.json")
    scores = run.forward(target)
    if scores is not None:
        _log_figures(mlflow, scores, target, run.record.seed)


def _log_candidate(
    mlflow: Any, run: Run, target: str, record: CandidateRecord, params: Mapping[str, Any]
) -> None:
    selected = record.candidate == run.record.candidates[target]
    tags = {"target": target, "candidate": record.candidate, "selected": str(selected).lower()}
    place = mlflow.active_run().info.experiment_id  # a nested run would go to the default experiment
    with mlflow.start_run(
        experiment_id=place, run_name=f"{target}: {record.candidate}", nested=True, tags=tags
    ):
        mlflow.log_params({"calibration": record.calibration, **section(params, target, record.candidate)})
        mlflow.log_metrics(flat_metrics(target, record))
        scores = run.forward(target)
        if scores is not None and record.candidate in scores.probability:
            own = replace(scores, probability={record.candidate: scores.probability[record.candidate]})
            _log_figures(mlflow, own, target, run.record.seed)


def _log_figures(mlflow: Any, scores: ForwardScores, target: str, seed: int) -> None:
    for name, figure in forward_figures(scores, target, seed=seed).items():
        mlflow.log_figure(figure, f"figures/{target}/{name}.png")


def _log_files(mlflow: Any, run: Run, pictures: Sequence[Path]) -> None:
    """Log the files that describe the run; the forward scores are never logged, for they name leads."""
    evaluations = [f"evaluation-{target}.json" for target in run.targets]
    for name in ("run.json", "intake.json", "report.html", *evaluations):
        if (run.folder / name).is_file():
            mlflow.log_artifact(str(run.folder / name))
    for picture in pictures:  # in the folder of their target: those of two targets may share a name
        mlflow.log_artifact(str(picture), picture.parent.relative_to(run.folder).as_posix())
    mlflow.log_text(_card(run), "model_card.md")


def _card(run: Run) -> str:
    return card_markdown(msgspec.json.decode((run.bundle / "card.json").read_bytes()), run.record.version)


def _register(client: Any, run: Run, model: Any, run_id: str) -> None:
    """Register the bundle as a version, the challenger until it is promoted."""
    from mlflow import MlflowException

    record = run.record
    try:
        client.get_registered_model(record.project)
    except MlflowException:
        client.create_registered_model(record.project)
    candidates = {f"candidate.{target}": candidate for target, candidate in record.candidates.items()}
    version = client.create_model_version(
        name=record.project,
        source=model.model_uri,
        run_id=run_id,
        model_id=model.model_id,
        tags={"lead_ml_version": record.version, "synthetic": str(record.synthetic).lower(), **candidates},
        description=_card(run),
    )
    client.set_registered_model_alias(record.project, CHALLENGER, version.version)
