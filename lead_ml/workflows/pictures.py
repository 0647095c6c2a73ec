"""The global pictures of a run: the contributions of the features to the scores of each target."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from lead_ml.model.fit import take
from lead_ml.registry.runs import Run
from lead_ml.report import global_pictures, sampled
from lead_ml.scoring import score_part
from lead_ml.workflows.assemble import Trained

MOST_EXPLAINED = (
    20_000  # snapshots: contributions are exact, and take minutes for a million rows of a tree model
)


def draw_pictures(run: Run, trained: Mapping[str, Trained]) -> list[Path]:
    """Draw the global pictures of every target from its training table, sampled where that is large."""
    found: list[Path] = []
    for target, item in trained.items():
        mature = np.flatnonzero(item.table.labels.used)
        rows = mature[sampled(len(mature), MOST_EXPLAINED, run.record.seed)]
        scored = score_part(item.part, take(item.table.raw, rows))
        found += global_pictures(scored, run.folder / "pictures" / target, sampled_from=len(mature))
    return found
