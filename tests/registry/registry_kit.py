"""Runs and tables of leads for the tracking tests."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import msgspec
import pandas as pd
from asked import request_of
from seals import resealed

from lead_ml.registry.runs import Run, open_run, save_record
from lead_ml.registry.store import connected
from lead_ml.scoring import ScoreRequest
from lead_ml.tables.dataset import Dataset


def adopt(trained: Any, runs: Path) -> Run:
    """Copy the trained run into a runs folder, with a report and pictures of two targets that share a name."""
    folder = shutil.copytree(trained.run.folder, runs / trained.run.record.version)
    (folder / "report.html").write_text("<p>report</p>")
    for target in ("conversion", "fake"):
        picture = folder / "pictures" / target / "beeswarm.png"
        picture.parent.mkdir(parents=True, exist_ok=True)
        picture.write_bytes(target.encode())
    return open_run(runs, trained.run.record.version)


def another_version(run: Run) -> Run:
    """Seal the same scorer once more, with another card."""
    draft = shutil.copytree(run.folder, run.folder.with_name("draft"))
    (draft / "bundle" / "card.json").write_text('{"project": "demo", "targets": {}}')
    version = resealed(draft / "bundle").version
    folder = draft.rename(run.folder.with_name(version))
    save_record(folder, msgspec.structs.replace(run.record, version=version))
    return open_run(folder.parent, version)


def registered(runs: Path, project: str = "demo") -> list[Any]:
    """Return MLflow's records of the registered versions, oldest first, with their aliases."""
    with connected(runs) as client:
        found = client.search_model_versions(f"name='{project}'")
        return sorted(
            (client.get_model_version(project, item.version) for item in found), key=lambda item: item.version
        )


def version_at(runs: Path, alias: str) -> str | None:
    """Return the bundle version that an alias points at, or None."""
    found = registered(runs)
    return next((item.tags["lead_ml_version"] for item in found if alias in item.aliases), None)


def leads_of(dataset: Dataset, count: int) -> pd.DataFrame:
    """Write the first leads of a data set as the table that the pyfunc reads, with their events, at the end of the data."""
    return pd.DataFrame([_row(request_of(dataset, row, dataset.until)) for row in range(count)])


def _row(request: ScoreRequest) -> dict[str, Any]:
    events = msgspec.json.encode(request.events).decode()
    return {**request.lead, "as_of": request.as_of, "events": events}
