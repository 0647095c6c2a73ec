"""Runs and requests for the tracking tests."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from lead_ml.registry.runs import Run, open_run, save_record
from lead_ml.scoring import EventIn, ScoreRequest
from lead_ml.scoring.manifest import seal
from lead_ml.tables.dataset import Dataset
from lead_ml.tables.instants import iso


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
    (draft / "bundle" / "thresholds.json").unlink(missing_ok=True)
    (draft / "bundle" / "card.json").write_text('{"project": "demo", "targets": {}}')
    version = seal(draft / "bundle").version
    folder = draft.rename(run.folder.with_name(version))
    save_record(folder, msgspec.structs.replace(run.record, version=version))
    return open_run(folder.parent, version)


def requests_of(dataset: Dataset, count: int) -> list[str]:
    """Write the first leads of a data set, with their events, as bodies of ``POST /v1/score`` at the end of the data."""
    return [msgspec.json.encode(_request(dataset, row)).decode() for row in range(count)]


def _request(dataset: Dataset, row: int) -> ScoreRequest:
    leads, events = dataset.leads, dataset.events
    assert leads.created_at is not None
    assert events is not None
    lead = {name: column.take(np.array([row])).values()[0] for name, column in leads.columns.items()}
    own = np.nonzero(events.lead == row)[0]
    columns = {
        name: column.take(own).values() for name, column in events.columns.items() if name != "event_id"
    }
    return ScoreRequest(
        lead={"lead_id": leads.lead_id[row], "created_at": iso(int(leads.created_at[row])), **lead},
        events=[
            EventIn(
                occurred_at=iso(int(events.occurred_at[k])),
                recorded_at=iso(int(events.known_at[k])),
                **{name: values[n] for name, values in columns.items() if values[n] is not None},  # type: ignore[arg-type]
            )
            for n, k in enumerate(own)
        ],
        as_of=iso(dataset.until),
    )
