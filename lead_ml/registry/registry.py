"""The registered model of a project: which version is the champion, and the way back from the registry to a folder."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lead_ml.registry.store import connected, import_mlflow

CHAMPION, CHALLENGER = "champion", "challenger"
VERSION = "lead_ml_version"


def mark_promoted(
    runs: Path, project: str, bundle_version: str, *, promoted_at: str, why: str, forced: str | None = None
) -> bool:
    """Make a version the champion of the registry, tagged with when and why; it stops being the challenger.

    False where the version is not registered: then nothing is changed.
    """
    tags = {"promoted_at": promoted_at, "why": why} | ({} if forced is None else {"forced": forced})
    with connected(runs) as client:
        found = find_version(client, project, bundle_version)
        if found is None:
            return False
        client.set_registered_model_alias(project, CHAMPION, found.version)
        if CHALLENGER in client.get_model_version(project, found.version).aliases:
            client.delete_registered_model_alias(project, CHALLENGER)
        for name, value in tags.items():
            client.set_model_version_tag(project, found.version, name, value)
    return True


@contextmanager
def downloaded(uri: str) -> Iterator[Path]:
    """Download a model, such as ``models:/my-company@champion``, for a ``with`` block; the value is its bundle folder."""
    mlflow = import_mlflow()
    with tempfile.TemporaryDirectory() as scratch:
        model = Path(mlflow.artifacts.download_artifacts(artifact_uri=uri, dst_path=scratch))
        yield model / "artifacts" / "bundle"


def find_version(client: Any, project: str, bundle_version: str) -> Any | None:
    """Return MLflow's record of a bundle version, or None."""
    return next(
        iter(client.search_model_versions(f"name='{project}' and tags.{VERSION} = '{bundle_version}'")), None
    )
