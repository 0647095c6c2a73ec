"""The data of a run as MLflow's data sets: one per table, named by the digest of what was read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lead_ml.registry.runs import Run

MAX_DIGEST = 36  # MLflow refuses longer digests


def log_inputs(mlflow: Any, run: Run, params: Mapping[str, Any]) -> None:
    """Log every table that the active run was trained on, with the place that ``params.yaml`` gives for it."""
    from mlflow.data.code_dataset_source import CodeDatasetSource
    from mlflow.data.meta_dataset import MetaDataset

    for table, digest in run.record.data_digests.items():
        source = CodeDatasetSource(tags={"table": table, **_place(params, table)})
        mlflow.log_input(
            MetaDataset(source, name=table, digest=digest[:MAX_DIGEST]),
            context="training",
            tags={"digest": digest},
        )


def _place(params: Mapping[str, Any], table: str) -> dict[str, str]:
    """Return path, or url with table or query, as declared; nothing for a table that came as a DataFrame."""
    declared = (params.get("data") or {}).get(table) or {}
    return {name: str(declared[name]) for name in ("path", "url", "table", "query") if declared.get(name)}
