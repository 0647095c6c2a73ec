"""A run in MLflow's form: flat parameters, flat metrics, rows of tables, tags. Pure functions of plain data."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from lead_ml.evaluation import CandidateRecord, Evaluation
from lead_ml.registry.runs import Run, RunRecord

MAX_VALUE = 6_000  # MLflow refuses longer parameter values
# MLflow draws a chart for each
CHARTED = ("log_loss", "brier", "ece", "roc_auc", "pr_auc", "lift_10", "capture_20")


def flat_params(params: Mapping[str, Any], record: RunRecord) -> dict[str, str]:
    """Flatten the params of a run and its data digests to dotted names.

    >>> dict(_flat({"split": {"folds": 4}, "trust": ["a", "b"]}))
    {'split.folds': '4', 'trust': '["a", "b"]'}
    """
    digests = {"data_digest": dict(record.data_digests)} if record.data_digests else {}
    return dict(_flat({**params, **digests}))


def flat_metrics(target: str, record: CandidateRecord) -> dict[str, float]:
    """Name the figures of one candidate ``<target>/<metric>``; a figure that does not exist is left out.

    The names are those of every candidate, so that MLflow compares their runs in one chart.
    """
    found = {name: record.metrics[name].value for name in CHARTED if name in record.metrics}
    return {f"{target}/{name}": float(value) for name, value in found.items() if math.isfinite(value)}


def metric_rows(evaluation: Evaluation) -> dict[str, list[Any]]:
    """Return every figure of every candidate of a target with its interval, as the columns of a table."""
    rows = [
        (evaluation.target, record.candidate, name, found.value, found.lower, found.upper)
        for record in evaluation.candidates
        for name, found in record.metrics.items()
    ]
    names = ("target", "candidate", "metric", "value", "lower", "upper")
    return {name: [row[k] for row in rows] for k, name in enumerate(names)}


def section(params: Mapping[str, Any], target: str, candidate: str) -> dict[str, str]:
    """Return the parameters of one candidate, flat."""
    found = params.get(target, {}).get(candidate, {})
    return dict(_flat({candidate: found} if found else {}))


def tags_of(run: Run, root: Path) -> dict[str, str]:
    """Return the tags of a run; `root` is the project, whose git commit is named where it has one."""
    record = run.record
    tags = {
        "lead_ml_version": record.version,
        "lead_ml_release": installed("lead-ml") or "source",
        "seed": str(record.seed),
        "synthetic": str(record.synthetic).lower(),
        "dated": str(record.dated).lower(),
        "project_digest": record.project_digest,
        "features_digest": record.features,
        "cold_start_stage": record.cold_start_stage,
        **{f"candidate.{target}": candidate for target, candidate in record.candidates.items()},
    }
    commit = git_commit(root)
    return {**tags, "mlflow.source.git.commit": commit} if commit else tags


def git_commit(root: Path) -> str | None:
    """Return the commit of a project, with ``-dirty`` where tracked files differ from it; None outside git."""
    git = shutil.which("git")
    if git is None:
        return None
    command = [git, "-C", str(root), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() or None


def installed(package: str) -> str | None:
    """Return the installed version of a package, None where it runs from its sources."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _flat(content: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in content.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{prefix}{name}.")
        else:
            text = value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
            yield f"{prefix}{name}", text[:MAX_VALUE]
