"""The figures of the same small model with and without the flagged columns."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lead_ml.asof.labels import Spine
from lead_ml.errors import TooLittleData
from lead_ml.evaluation.leakage.columns import View
from lead_ml.evaluation.leakage.expected import Bench
from lead_ml.evaluation.leakage.measure import auc, fitted
from lead_ml.evaluation.leakage.records import AuditFigures
from lead_ml.evaluation.leakage.sample import FEWEST, AuditSample
from lead_ml.evaluation.split import Window, forward_windows
from lead_ml.model.metrics import Interval


def figures_of(bench: Bench, names: Sequence[str]) -> AuditFigures:
    """Measure the small LightGBM on some columns, at random by person and forward in time."""
    sample = bench.sample
    views = [bench.views[name] for name in sorted(names)]
    return AuditFigures(
        columns=len(views),
        random_auc=auc(sample.y, bench.all_of(names).p),
        forward_auc=_forward(sample, views),
    )


def _forward(sample: AuditSample, views: Sequence[View]) -> Interval | None:
    window = _window(sample)
    if window is None or not views:
        return None
    # The word scores of texts are fitted across folds, so they know later outcomes: only lengths go forward.
    X = np.column_stack([view.matrix[:, :1] for view in views])
    y, infos = sample.y, [view.infos[0] for view in views]
    p = fitted(np.ascontiguousarray(X[window.fit]), y[window.fit], infos, sample.seed, X[window.test])
    return auc(y[window.test], p)


def _window(sample: AuditSample) -> Window | None:
    created = sample.dataset.leads.created_at
    if created is None:
        return None
    split = sample.params.split
    try:
        window = forward_windows(
            Spine(sample.lead, sample.as_of),
            np.ones(len(sample), dtype=bool),
            created,
            sample.person,
            horizon_us=sample.horizon_us if split.embargo else 0,
            test_share=split.test_share,
            folds=2,
        )[-1]
    except TooLittleData:
        return None
    few = min(min(sample.y[rows].sum(), (1 - sample.y[rows]).sum()) for rows in (window.fit, window.test))
    return window if few >= FEWEST else None
