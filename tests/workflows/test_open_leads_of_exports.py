"""An export of each shape, as a new user brings it: the worklist holds exactly the leads that are open."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lead_ml.demo import SynthSettings, generate, write
from lead_ml.project.targets import CLOSING_STAGES
from lead_ml.scoring import read_worklist
from lead_ml.workflows.init import init_from_export
from lead_ml.workflows.load import load
from lead_ml.workflows.score import score_project
from lead_ml.workflows.train import train

LEADS, THIRD = 1_500, (0.28, 0.40)


@pytest.fixture(scope="module")
def world() -> Any:
    """A world in which about every third lead is closed at the end of the data."""
    return generate(
        LEADS, 3, days=260, settings=replace(SynthSettings(), closed_share=0.3, labelled_share=0.3)
    )


def open_in(world: Any, shape: str) -> set[str]:
    """Return which leads the tables of a world leave open, by its own records."""
    ids = np.array(world.data.leads.lead_id)
    if shape == "status":
        return set(ids[world.data.leads.columns["lead_status"].among(("Working",))])
    outcomes = world.data.outcomes
    closed = np.zeros(len(ids), dtype=bool)
    stages = ("won",) if shape == "column" else CLOSING_STAGES
    closed[outcomes.lead[outcomes.columns["stage"].among(stages)]] = True
    return set(ids[~closed])


@pytest.mark.slow
@pytest.mark.parametrize("shape", ["outcomes", "status", "close_date", "column"])
def test_the_worklist_holds_exactly_the_open_leads(world: Any, shape: str, tmp_path: Path) -> None:
    data, root = tmp_path / "data", tmp_path / "mine"
    write(world, data, closing=shape)  # type: ignore[arg-type]
    outcomes = data / "outcomes.csv" if shape == "outcomes" else None
    init_from_export(root, data / "leads.csv", data / "events.csv", outcomes)
    loaded = load(root)
    version = train(loaded.project, loaded.dataset, candidates=("scorecard",)).record.version
    done = score_project(root, None, version=version)
    listed = {row.answer.lead_id: row.state for row in read_worklist(root / "runs")}
    truth = open_in(world, shape)
    notes = " ".join(done.notes("en"))
    if shape != "column":
        assert THIRD[0] < 1 - len(truth) / LEADS < THIRD[1]
        assert set(listed) == truth
        assert set(listed.values()) <= {"open", "stale"}
        assert "cannot be distinguished" not in notes
        return
    leads, month = loaded.dataset.leads, loaded.dataset.until - 30 * 86_400_000_000
    recent = {one for one, at in zip(leads.lead_id, leads.created_at, strict=True) if at >= month}
    assert set(listed) == truth & recent
    assert set(listed.values()) == {"undecided"}
    assert "open leads cannot be distinguished from lost ones" in notes
    assert done.heading(5, "en") == f"Top 5 of {len(listed):,} leads without an outcome"
