"""Logging a run: everything needed to understand it later, and its bundle as a version of the registered model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from lead_ml.registry.card import card_markdown
from lead_ml.registry.flat import flat_metrics, flat_params, installed, tags_of
from lead_ml.registry.registry import CHALLENGER, find_version
from lead_ml.registry.runs import Run
from lead_ml.registry.store import connected, experiment_id, import_mlflow
from lead_ml.scoring import Facts, ScoreRequest, verify
from lead_ml.tables.instants import iso

BATCH = 100  # most parameters that MLflow takes at once
LIBRARIES = ("lightgbm", "mlflow", "msgspec", "numba", "numpy", "pandas", "scikit-learn", "scipy")
MODEL_CODE = Path(__file__).with_name("model_code.py")


def log_run(
    run: Run, params: Mapping[str, Any], runs: Path, pictures: Sequence[Path] = (), *, alias: bool = True
) -> str:
    """Log a run with its bundle and register the bundle as a version of the model named after the project.

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
        with mlflow.start_run(experiment_id=place, run_name=run.record.version, tags=tags) as active:
            _log_figures(mlflow, run, params)
            _log_files(mlflow, run, pictures)
            model = _log_model(mlflow, run)
        _register(client, run, model, active.info.run_id, alias=alias)
        return str(active.info.run_id)


def _log_figures(mlflow: Any, run: Run, params: Mapping[str, Any]) -> None:
    flat = list(flat_params(params, run.record).items())
    for start in range(0, len(flat), BATCH):
        mlflow.log_params(dict(flat[start : start + BATCH]))
    mlflow.log_metrics(flat_metrics(run))


def _log_files(mlflow: Any, run: Run, pictures: Sequence[Path]) -> None:
    for path in _evidence(run):
        mlflow.log_artifact(str(path))
    for picture in pictures:
        mlflow.log_artifact(str(picture), _shelf(run, picture))
    mlflow.log_text(_card(run), "model_card.md")


def _evidence(run: Run) -> Iterator[Path]:
    """Yield the files that tell about the run; the forward scores stay at home, for they name leads."""
    names = [
        "run.json",
        "intake.json",
        "report.html",
        *(f"evaluation-{target}.json" for target in run.targets),
    ]
    return (path for name in names if (path := run.folder / name).is_file())


def _shelf(run: Run, picture: Path) -> str:
    """Keep the folders of the run, so that pictures of two targets do not overwrite each other."""
    home, folder = run.folder.resolve(), picture.resolve().parent
    inside = folder.is_relative_to(home) and folder != home
    return folder.relative_to(home).as_posix() if inside else "pictures"


def _card(run: Run) -> str:
    return card_markdown(msgspec.json.decode((run.bundle / "card.json").read_bytes()), run.record.version)


def _log_model(mlflow: Any, run: Run) -> Any:
    import pandas as pd
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, Schema

    return mlflow.pyfunc.log_model(
        name="scorer",
        python_model=str(MODEL_CODE),
        artifacts={"bundle": str(run.bundle.resolve())},
        signature=ModelSignature(
            Schema([ColSpec("string", "request")]), Schema([ColSpec("string", "answer")])
        ),
        input_example=pd.DataFrame({"request": [example_request(run)]}),
        pip_requirements=requirements(),
        metadata={"lead_ml_version": run.record.version},
    )


def example_request(run: Run) -> str:
    """Return a body for ``POST /v1/score`` that the bundle answers: a lead of nobody, at the end of the data."""
    facts = msgspec.json.decode((run.bundle / "scorer.json").read_bytes(), type=Facts)
    moment = iso(facts.until)
    dated = {"created_at": moment} if facts.dated else {}
    lead = {"lead_id": "example", **dated, **dict.fromkeys(facts.columns)}
    return msgspec.json.encode(ScoreRequest(lead=lead, events=[], as_of=moment)).decode()


def requirements() -> list[str]:
    """Return what the pyfunc needs, pinned to what is installed here."""
    pins = [f"{name}=={version}" for name in LIBRARIES if (version := installed(name))]
    own = installed("lead-ml")
    return [f"lead-ml=={own}" if own else "lead-ml", *pins]


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
