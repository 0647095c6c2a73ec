"""The global pictures of a run: what moves the scores of each target."""

from __future__ import annotations

from pathlib import Path

from lead_ml.errors import MissingExtra
from lead_ml.registry.runs import Run
from lead_ml.report.pictures import global_pictures
from lead_ml.scoring import Scorer
from lead_ml.workflows.load import Loaded
from lead_ml.workflows.training import labelled_spine


def draw_pictures(run: Run, loaded: Loaded) -> list[Path]:
    """Draw the global pictures of every target with shap; none where shap is not installed."""
    scorer = Scorer.load(run.bundle)
    found: list[Path] = []
    for target in run.targets:
        spine, _ = labelled_spine(loaded.project.tasks[target], loaded.dataset)
        scored = scorer.scored(loaded.dataset, spine)[target]
        try:
            found += global_pictures(
                scored, scored.part.fitted.declarations, run.folder / "pictures" / target
            )
        except MissingExtra:
            return []
    return found
