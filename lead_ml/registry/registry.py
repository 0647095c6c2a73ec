"""The registered model of a project: its versions, their aliases, and the way back from the registry to a folder."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from shutil import copytree
from typing import Any, NamedTuple

from lead_ml.errors import BundleError, LeadMLError
from lead_ml.registry.store import connected, import_mlflow, store_exists
from lead_ml.scoring import verify
from lead_ml.tables.instants import iso

CHAMPION, CHALLENGER = "champion", "challenger"
VERSION = "lead_ml_version"


class Registered(NamedTuple):
    """A version in the registry: MLflow's own number, ours, kind per target, ISO 8601 UTC, aliases."""

    number: str
    version: str
    kinds: dict[str, str]
    created: str
    aliases: tuple[str, ...]


def versions(runs: Path, project: str) -> list[Registered]:
    """Return the registered versions of a project, oldest first; empty where nothing was registered."""
    import_mlflow()
    if not store_exists(runs):
        return []
    with connected(runs) as client:
        aliases = _aliases(client, project)
        return [
            Registered(
                number=str(item.version),
                version=item.tags[VERSION],
                kinds={
                    name[5:]: kind for name, kind in sorted(item.tags.items()) if name.startswith("kind.")
                },
                created=iso(int(item.creation_timestamp) // 1_000 * 1_000_000),
                aliases=tuple(sorted(alias for alias, at in aliases.items() if at == str(item.version))),
            )
            for item in _all(client, project)
        ]


def alias_of(runs: Path, project: str, alias: str) -> str | None:
    """Return the bundle version that an alias points at, or None."""
    return next((item.version for item in versions(runs, project) if alias in item.aliases), None)


def set_alias(runs: Path, project: str, alias: str, bundle_version: str) -> None:
    """Point an alias at a version.

    Raises
    ------
    LeadMLError
        If that version is not registered.
    """
    with connected(runs) as client:
        found = _required(client, project, bundle_version)
        client.set_registered_model_alias(project, alias, found.version)


def record_promotion(
    runs: Path, project: str, bundle_version: str, *, promoted_at: str, why: str, forced: str | None = None
) -> None:
    """Tag a version with when and why it was promoted, and the reason given where it was forced.

    Raises
    ------
    LeadMLError
        If that version is not registered.
    """
    tags = {"promoted_at": promoted_at, "why": why} | ({} if forced is None else {"forced": forced})
    with connected(runs) as client:
        found = _required(client, project, bundle_version)
        for name, value in tags.items():
            client.set_model_version_tag(project, found.version, name, value)


def mark_promoted(
    runs: Path, project: str, bundle_version: str, *, promoted_at: str, why: str, forced: str | None = None
) -> bool:
    """Make a version the champion of the registry and record why; it stops being the challenger.

    Returns
    -------
    bool
        False where the version is not registered: nothing was changed.
    """
    with connected(runs) as client:
        found = find_version(client, project, bundle_version)
        if found is None:
            return False
        client.set_registered_model_alias(project, CHAMPION, found.version)
        if _aliases(client, project).get(CHALLENGER) == str(found.version):
            client.delete_registered_model_alias(project, CHALLENGER)
    record_promotion(runs, project, bundle_version, promoted_at=promoted_at, why=why, forced=forced)
    return True


@contextmanager
def downloaded(uri: str) -> Iterator[Path]:
    """Download a logged model for the length of a ``with`` block; the value is its bundle folder.

    Parameters
    ----------
    uri
        Address of a registered or logged model, such as ``models:/my-company@champion``, at the tracking server of
        ``MLFLOW_TRACKING_URI``.
    """
    mlflow = import_mlflow()
    with tempfile.TemporaryDirectory() as scratch:
        yield (
            Path(mlflow.artifacts.download_artifacts(artifact_uri=uri, dst_path=scratch))
            / "artifacts"
            / "bundle"
        )


def fetch_bundle(runs: Path, project: str, version: str, folder: Path) -> Path:
    """Copy the bundle of a registered version into a new folder, verified but not parsed.

    Raises
    ------
    LeadMLError
        If that version is not registered.
    BundleError
        If the folder is not empty, or the registry's copy is damaged.
    """
    if folder.exists() and any(folder.iterdir()):
        raise BundleError(f"{folder} is not empty", do="name a new folder; a bundle is never overwritten")
    with connected(runs) as client, tempfile.TemporaryDirectory() as scratch:
        found = _required(client, project, version)
        uri = f"models:/{project}/{found.version}"
        model = Path(import_mlflow().artifacts.download_artifacts(artifact_uri=uri, dst_path=scratch))
        bundle = model / "artifacts" / "bundle"
        if verify(bundle).version != version:
            raise BundleError(
                f"{uri} holds another bundle",
                value=verify(bundle).version,
                expected=version,
                do="train again",
            )
        copytree(bundle, folder, dirs_exist_ok=True)
    return folder


def find_version(client: Any, project: str, bundle_version: str) -> Any | None:
    """Return MLflow's record of a bundle version, or None."""
    return next((item for item in _all(client, project) if item.tags[VERSION] == bundle_version), None)


def _required(client: Any, project: str, bundle_version: str) -> Any:
    found = find_version(client, project, bundle_version)
    if found is None:
        known = ", ".join(item.tags[VERSION] for item in _all(client, project)) or "none"
        raise LeadMLError(
            f"version of {project} in the registry",
            value=bundle_version,
            expected=f"one of those registered: {known}",
            do="log the run first: lead-ml train does, where mlflow is installed",
        )
    return found


def _all(client: Any, project: str) -> list[Any]:
    """Return the versions that lead-ml registered, oldest first."""
    found: list[Any] = []
    token: str | None = None
    while True:
        page = client.search_model_versions(f"name='{project}'", max_results=1_000, page_token=token)
        found += [item for item in page if VERSION in item.tags]
        token = page.token
        if not token:
            return sorted(found, key=lambda item: int(item.version))


def _aliases(client: Any, project: str) -> Mapping[str, str]:
    """Return version by alias; a search of versions does not fill them in."""
    models = client.search_registered_models(f"name='{project}'")
    return {alias: str(number) for model in models for alias, number in model.aliases.items()}
