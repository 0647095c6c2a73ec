"""Fixtures that many tests share: one small synthetic project, trained once per session."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

if TYPE_CHECKING:
    from lead_ml.project.load import Project
    from lead_ml.registry.runs import Run
    from lead_ml.tables.dataset import Dataset

os.environ.pop(
    "COLUMNS", None
)  # the processes of pytest-xdist have it, and a console keeps the width it starts with

os.environ["LEAD_ML_PSEUDONYM_KEY"] = "5e" * 32  # of pseudonyms, so that two trainings give the same bytes

LEADS = 2_500
SEED = 11


@dataclass(frozen=True)
class TrainedWorld:
    """A promoted run on a small synthetic world, with its worklist written."""

    root: Path
    project: Project
    dataset: Dataset
    run: Run

    @property
    def runs(self) -> Path:
        return self.root / "runs"

    @property
    def bundle(self) -> Path:
        return self.run.bundle


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a small synthetic project with quick settings; treat it as read-only."""
    from lead_ml.demo import generate, write
    from lead_ml.workflows.init import init_project

    root = tmp_path_factory.mktemp("world") / "demo"
    init_project(root)
    write(generate(LEADS, SEED), root)
    params = yaml.safe_load((root / "params.yaml").read_text(encoding="utf-8"))
    params["evaluation"] = {"bootstrap": 50}
    params["split"] = {"folds": 2, "test_share": 0.25}
    params["snapshots"] = {"ages_days": [3, 14, 30]}
    params["threads"] = 1
    for target in ("conversion", "fake"):
        params[target].setdefault("lightgbm", {})["rounds"] = 30
    (root / "params.yaml").write_text(yaml.safe_dump(params, allow_unicode=True), encoding="utf-8")
    return root


@pytest.fixture(scope="session")
def trained(world: Path) -> TrainedWorld:
    """The small world after train, promote and score; tests that change it copy ``root`` first."""
    from lead_ml.lead_data.channels.records import CHANNELS_FILE
    from lead_ml.scoring import Scorer, Served, serve_version
    from lead_ml.workflows.channels import channels_of, save_channels
    from lead_ml.workflows.load import load
    from lead_ml.workflows.score import open_leads_of, save_worklist, score_open
    from lead_ml.workflows.train import train

    loaded = load(world)
    run = train(loaded.project, loaded.dataset)
    save_channels(channels_of(loaded.project, loaded.dataset), run.folder / CHANNELS_FILE)
    served = Served(
        version=run.record.version,
        folder=f"{run.record.version}/bundle",
        at="2026-01-01T00:00:00Z",
        why="tests",
    )
    serve_version(loaded.project.runs, served)
    scorer = Scorer.load(run.bundle)
    answers, opened = score_open(scorer, loaded.dataset), open_leads_of(scorer, loaded.dataset)
    save_worklist(answers, loaded.dataset, loaded.project.runs, opened)
    return TrainedWorld(world, loaded.project, loaded.dataset, run)
