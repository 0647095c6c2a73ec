"""A search in MLflow: one parent run per study, a child run per trial; a continued search adds its new trials."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lead_ml.evaluation.tuned import TrialRecord, Tuned
from lead_ml.registry.store import connected, experiment_id

STUDY, TRIAL = "lead_ml_study", "trial"
PARENT = "mlflow.parentRunId"
MOST = 1_000


def log_tuning(tuned: Tuned, runs: Path, project: str, pictures: Sequence[Path] = ()) -> str:
    """Log a search and return the id of its MLflow run.

    Parameters
    ----------
    tuned
        What the search found; the same study is logged to the same run.
    runs
        Runs folder: decides the store, see :func:`lead_ml.registry.tracking_uri`.
    project
        Name of the experiment.
    pictures
        Image files to log.

    Raises
    ------
    MissingExtra
        If mlflow is not installed.
    LeadMLError
        If the store fails.
    """
    with connected(runs) as client:
        experiment = experiment_id(client, runs, project)
        parent = _parent(client, experiment, tuned)
        for name, value in _best(tuned).items():
            client.set_tag(parent, name, value)
        client.log_batch(parent, metrics=_metrics(_figures(tuned), step=tuned.trials))
        known = _known(client, experiment, parent)
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
    name = f"tune {tuned.target}: {tuned.kind}"
    tags = {STUDY: tuned.study, "target": tuned.target, "candidate": tuned.kind}
    return str(client.create_run(experiment, tags=tags, run_name=name).info.run_id)


def _known(client: Any, experiment: str, parent: str) -> set[str]:
    found, token = set(), None
    while True:
        page = client.search_runs(
            [experiment], f"tags.`{PARENT}` = '{parent}'", max_results=MOST, page_token=token
        )
        found |= {run.data.tags[TRIAL] for run in page}
        token = page.token
        if not token:
            return found


def _log_trial(client: Any, experiment: str, parent: str, tuned: Tuned, trial: TrialRecord) -> None:
    tags = {PARENT: parent, TRIAL: str(trial.number), "target": tuned.target, "candidate": tuned.kind}
    run = client.create_run(experiment, tags=tags, run_name=f"trial {trial.number + 1}").info.run_id
    client.log_batch(
        run, metrics=_metrics({f"{tuned.target}/log_loss": trial.log_loss}), params=_params(trial.params)
    )
    client.set_terminated(run)


def _metrics(figures: Mapping[str, float], step: int = 0) -> list[Any]:
    from mlflow.entities import Metric

    now = time.time_ns() // 1_000_000
    return [Metric(name, value, now, step) for name, value in figures.items()]


def _params(values: Mapping[str, float]) -> list[Any]:
    from mlflow.entities import Param

    return [Param(name, str(value)) for name, value in values.items()]


def _best(tuned: Tuned) -> dict[str, str]:
    """Tags, not parameters: the best may change when the search continues, and MLflow's parameters may not."""
    return {f"best.{name}": str(value) for name, value in tuned.params.items()} | {
        "significant": str(tuned.significant).lower()
    }


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
