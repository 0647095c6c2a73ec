"""A runs folder with fabricated versions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from runs_kit import ROWS, fabricate, forward, noisy, world

from lead_ml.registry.runs import Run
from lead_ml.workflows import promote as promotion


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty runs folder; no tracking server is named, and trials only verify."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setattr(promotion, "try_bundle", promotion.verify)
    folder = tmp_path / "runs"
    folder.mkdir()
    return folder


@pytest.fixture
def champion(runs: Path) -> Run:
    """A middling champion that serves."""
    logit, y = world()
    scores = forward(y, lightgbm=noisy(logit, 0.5), scorecard=np.full(ROWS, y.mean()))
    run = fabricate(runs, "champion", scores)
    promotion.promote(runs, run.record.version)
    return run
