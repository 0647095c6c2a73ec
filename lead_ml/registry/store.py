"""Where MLflow keeps things: SQLite in the runs folder, or the server named by ``MLFLOW_TRACKING_URI``."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from lead_ml.errors import LeadMLError, MissingExtra

DATABASE, ARTIFACTS = "mlflow.db", "mlartifacts"
URI = "MLFLOW_TRACKING_URI"
DEFAULTS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "GIT_PYTHON_REFRESH": "quiet",
}
DATABASE_SCHEMES = ("sqlite", "postgresql", "mysql", "mssql")


def available() -> bool:
    """Tell whether mlflow is installed, without importing it."""
    return find_spec("mlflow") is not None


def tracking_uri(runs: Path) -> str:
    """Return the tracking URI: the environment's, else SQLite in the runs folder."""
    return os.environ.get(URI) or f"sqlite:///{(runs / DATABASE).resolve().as_posix()}"


def store_exists(runs: Path) -> bool:
    """Tell whether anything can have been logged: a server is named, or the runs folder holds a database."""
    return bool(os.environ.get(URI)) or (runs / DATABASE).is_file()


@contextmanager
def connected(runs: Path) -> Iterator[Any]:
    """Point mlflow at the store of a runs folder and yield a client; the caller's own tracking URI comes back after."""
    mlflow = import_mlflow()
    from sqlalchemy.exc import SQLAlchemyError

    before, uri = os.environ.get(URI), tracking_uri(runs)
    runs.mkdir(parents=True, exist_ok=True)
    mlflow.set_tracking_uri(uri)
    try:
        yield mlflow.MlflowClient(tracking_uri=uri)
    except (mlflow.MlflowException, SQLAlchemyError) as error:
        raise LeadMLError(
            f"MLflow failed: {str(error).splitlines()[0]}",
            do=f"check that the store answers, or set {URI} to another one",
        ) from error
    finally:
        mlflow.set_tracking_uri(before)


def import_mlflow() -> Any:
    """Import mlflow with telemetry and pickles off, unless the environment says otherwise."""
    if not available():
        raise MissingExtra("mlflow", "train")
    for name, value in DEFAULTS.items():
        os.environ.setdefault(name, value)
    import mlflow

    return mlflow


def experiment_id(client: Any, runs: Path, project: str) -> str:
    """Return the experiment of a project, created on first use.

    A plain database knows no place for files, so its artifacts go to the runs folder; a server has its own.
    """
    found = client.get_experiment_by_name(project)
    if found is not None:
        return str(found.experiment_id)
    bare = tracking_uri(runs).startswith(DATABASE_SCHEMES)
    place = (runs / ARTIFACTS).resolve().as_uri() if bare else None
    return str(client.create_experiment(project, artifact_location=place))
