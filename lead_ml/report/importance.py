"""How much each feature contributes to scores: mean absolute contributions, saved beside the pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from lead_ml.declare import GROUPS, Declaration
from lead_ml.language import LANGUAGES
from lead_ml.scoring import BundlePart, Scored
from lead_ml.scoring.reasons import group_label, importance
from lead_ml.tables.dataset import Floats

NAME = "importance.json"
GOLDEN = "the golden rows of the bundle, whose columns are shuffled: a rough estimate"


def global_importance(scored: Scored, sampled_from: int | None = None) -> dict[str, Any]:
    """Return ``basis`` (on which rows), ``features`` and ``groups``, strongest first.

    ``mean_abs`` is the mean absolute contribution to the logit of the probability shown; that of a group is of the sum
    of its features, so features with opposite contributions do not count twice.
    """
    rows, all_rows = len(scored.logit), sampled_from or len(scored.logit)
    sample = "" if rows == all_rows else f"a random sample of {rows:,} of "
    basis = f"{sample}{all_rows:,} snapshots"
    return _importance(scored.part.fitted.declarations, scored.contributions[:, :-1], basis)


def importance_of(part: BundlePart, folder: Path) -> dict[str, Any]:
    """Return the importance that was saved in a folder, else a rough one from the golden rows of the bundle."""
    path = folder / NAME
    if path.is_file():
        return msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
    parts = part.calibration.scale_contributions(part.fitted.model.contributions(part.golden.X))
    return _importance(part.fitted.declarations, parts[:, :-1], GOLDEN)


def _importance(declarations: Sequence[Declaration], parts: Floats, basis: str) -> dict[str, Any]:
    groups = []
    for group in GROUPS:
        columns = [k for k, item in enumerate(declarations) if item.group == group]
        if columns:
            names = {lang: group_label(group, lang) for lang in LANGUAGES}
            mean = float(np.abs(parts[:, columns].sum(axis=1)).mean())
            groups.append({"group": group, **names, "features": len(columns), "mean_abs": mean})
    return {
        "basis": basis,
        "features": [msgspec.to_builtins(item) for item in importance(declarations, parts)],
        "groups": sorted(groups, key=lambda row: -row["mean_abs"]),
    }
