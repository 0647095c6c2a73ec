"""A search in MLflow: one parent run per study, a child run per trial; a continued search adds its new trials."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lead_ml.evaluation.tuned import TrialRecord, Tuned
from lead_ml.registry.store import connected, experiment_id, import_mlflow

STUDY, TRIAL = "lead_ml_study", "trial"
PARENT = "mlflow.parentRunId"


def log_tuning(tuned: Tuned, runs: Path, project: str, pictures: Sequence[Path] = ()) -> str:
    """Log a search with its pictures and return the id of its MLflow run, the same for the same study."""
    with connected(runs) as client:
        experiment = experiment_id(client, runs, project)
        parent = _parent(client, experiment, tuned)
        client.log_batch(parent, metrics=_metrics(_figures(tuned), step=tuned.trials), tags=_best(tuned))
        known = _known(experiment, parent)
        for trial in tuned.history:
            if str(trial.number) not in known:
                _log_trial(client, experiment, parent, tuned, trial)
        for picture in pictures:
            client.log_artifact(parent, str(picture))
        client.set_terminated(parent)
        return parent


def _parent(client: Any, experiment: str, tuned: Tuned) -> str:
    found = client.search_runs([experiment], f"tags.{STUDY} = '{tuned.study}'", max_results=1)
    if found:
        return str(found[0].info.run_id)
    name = f"tune {tuned.target}: {tuned.candidate}"
    tags = {STUDY: tuned.study, "target": tuned.target, "candidate": tuned.candidate}
    return str(client.create_run(experiment, tags=tags, run_name=name).info.run_id)


def _known(experiment: str, parent: str) -> set[str]:
    """Return the numbers of the trials that were logged before."""
    found = import_mlflow().search_runs([experiment], f"tags.`{PARENT}` = '{parent}'", output_format="list")
    return {run.data.tags[TRIAL] for run in found}


def _log_trial(client: Any, experiment: str, parent: str, tuned: Tuned, trial: TrialRecord) -> None:
    from mlflow.entities import Param

    tags = {PARENT: parent, TRIAL: str(trial.number), "target": tuned.target, "candidate": tuned.candidate}
    run = client.create_run(experiment, tags=tags, run_name=f"trial {trial.number + 1}").info.run_id
    metrics = _metrics({f"{tuned.target}/log_loss": trial.log_loss})
    params = [Param(name, str(value)) for name, value in trial.params.items()]
    client.log_batch(run, metrics=metrics, params=params)
    client.set_terminated(run)


def _metrics(figures: Mapping[str, float], step: int = 0) -> list[Any]:
    from mlflow.entities import Metric

    now = time.time_ns() // 1_000_000
    return [Metric(name, value, now, step) for name, value in figures.items()]


def _best(tuned: Tuned) -> list[Any]:
    """Tags, not parameters: the best may change when the search continues, and MLflow's parameters may not."""
    from mlflow.entities import RunTag

    best = {f"best.{name}": str(value) for name, value in tuned.params.items()}
    tags = {**best, "significant": str(tuned.significant).lower()}
    return [RunTag(name, value) for name, value in tags.items()]


def _figures(tuned: Tuned) -> dict[str, float]:
    gap = tuned.difference
    found = {
        "log_loss": tuned.log_loss,
        "log_loss_in_use": tuned.log_loss_now,
        "log_loss_difference": gap.value,
        "log_loss_difference_lower": gap.lower,
        "log_loss_difference_upper": gap.upper,
    }
    return {f"{tuned.target}/{name}": value for name, value in found.items()}
