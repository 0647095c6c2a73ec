"""All that training fits and chooses before the test window, to be compared between data sets that differ in it."""

from __future__ import annotations

import hashlib
import pickle
from typing import Any

from lead_ml.asof.matrix import take
from lead_ml.workflows.load import Loaded
from lead_ml.workflows.train import _audited
from lead_ml.workflows.work import HERE


def training_of(loaded: Loaded) -> Any:
    """Return the training of a project, after the audit that leaves leaks out."""
    return _audited(loaded, None, HERE, lambda _: None)[0]


def fit_side(training: Any, target: str) -> dict[str, Any]:
    """Return all that training fits and chooses before the test window, as bytes where there are arrays."""
    task = training.tasks[target]
    table = training.table(task)
    windows = training.windows(task, table)
    forward = training.evaluate(task, table, windows)
    rows = windows[-1].fit
    found: dict[str, Any] = {
        "features": [item.name for item in training.declarations],
        "left out": training.left_out,
        "start": windows[-1].start,
        "rows": list(zip(table.lead[rows].tolist(), table.as_of[rows].tolist(), strict=True)),
        "choice": forward.evaluation.choice,
    }
    seen = take(table.raw, rows)
    for name, item in forward.evaluated.items():
        fitted = item.scores.fitted
        logit = fitted.model.predict_logit(fitted.matrix(seen))
        found[name] = (
            fitted.encoder,
            item.scores.recipe.params,
            hashlib.sha256(logit.tobytes()).hexdigest(),
            item.calibration,
        )
    return found


def start_of(training: Any, target: str) -> int:
    """Return where the test window of a target begins."""
    task = training.tasks[target]
    return int(training.windows(task, training.table(task))[-1].start)


def same(first: dict[str, Any], second: dict[str, Any]) -> None:
    """Assert that two fits are the same, to the byte."""
    assert first.keys() == second.keys()
    for name, value in first.items():
        assert pickle.dumps(value) == pickle.dumps(second[name]) or value == second[name], name
