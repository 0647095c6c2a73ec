"""The base rate, the windows and the words of an evaluation."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lead_ml.asof.labels import NEVER, Mask
from lead_ml.evaluation.backtest import Table
from lead_ml.evaluation.records import KindRecord, WindowRecord
from lead_ml.evaluation.split import Window
from lead_ml.model.metrics import Interval
from lead_ml.tables.instants import iso

ENOUGH_POSITIVES = 200  # below, a difference between candidates is mostly noise: AUC half-width about .04
SUSPICIOUS_AUC = 0.95


def base_record(metrics: Mapping[str, Interval]) -> KindRecord:
    """Return the record of the base rate from its metrics."""
    return KindRecord(
        kind="base rate",
        metrics=measurable(metrics),
        calibration="identity",
        slope=1.0,
        intercept=0.0,
        uncalibrated_log_loss=metrics["log_loss"].value,
        random_split={},
    )


def measurable(metrics: Mapping[str, Interval]) -> dict[str, Interval]:
    """Leave out what has no value, such as the calibration slope of a constant."""
    return {
        name: found
        for name, found in metrics.items()
        if np.isfinite((found.value, found.lower, found.upper)).all()
    }


def base_rate(table: Table, window: Window) -> float:
    """Return the rate of positives among the fit rows of a window, as known before it began."""
    weight = table.weights(window.fit)
    y = table.labels.as_known(window.start or NEVER)[window.fit]
    rate = float((y * weight).sum() / weight.sum())
    return min(max(rate, 1e-6), 1 - 1e-6)


def window_record(window: Window, table: Table) -> WindowRecord:
    """Count leads, rows and positives on both sides of a window."""
    created = table.dataset.leads.created_at
    end = int(created[table.lead[window.test]].max()) if created is not None else 0
    return WindowRecord(
        name=window.name,
        start=iso(window.start) if created is not None else "",
        end=iso(end) if created is not None else "",
        fit_rows=int(window.fit.sum()),
        fit_leads=len(np.unique(table.lead[window.fit])),
        fit_positives=int(table.labels.as_known(window.start or NEVER)[window.fit].sum()),
        test_rows=int(window.test.sum()),
        test_leads=len(np.unique(table.lead[window.test])),
        test_positives=int(table.labels.y[window.test].sum()),
    )


def winning_leads(table: Table, test: Mask) -> int:
    """Count the leads with a positive row."""
    return len(np.unique(table.lead[test & (table.labels.y > 0)]))


def headline(
    winner: str,
    intervals: Mapping[str, Mapping[str, Interval]],
    lead_over: Mapping[str, Interval],
    over_base: Interval,
    positives: int,
    optimistic: bool,
) -> str:
    """Name the winner with its log-loss, how it compares with the base rate, and which candidates are tied with it.

    Parameters
    ----------
    lead_over, over_base
        Log-loss of the other candidates, and of the base rate, minus that of the winner, with paired intervals.
    """
    loss = intervals[winner]["log_loss"]
    split = "random-fold (optimistic)" if optimistic else "forward"
    tied = [kind for kind, gap in lead_over.items() if gap.lower <= 0]
    figures = f"{loss.value:.4f} ({loss.lower:.4f} to {loss.upper:.4f}, {positives:,} positive leads)"
    first = (
        f"{winner} has the lowest {split} log-loss, {figures}"
        if lead_over
        else f"{winner}: {split} log-loss {figures}"
    )
    if over_base.upper < 0:
        return f"{first}; worse than the base rate"
    if over_base.lower <= 0:
        return f"{first}; not significantly better than the base rate"
    if tied:
        return f"{first}; statistically tied with {' and '.join(tied)}"
    return (
        f"{first}; clearly ahead of every other candidate"
        if lead_over
        else f"{first}; better than the base rate"
    )


def warnings(intervals: Mapping[str, Interval], positives: int, optimistic: bool) -> tuple[str, ...]:
    """Return what limits the figures of the winner, in sentences."""
    found = []
    if optimistic:
        found.append("The data has no dates: folds are random, so every figure is optimistic.")
    if positives < ENOUGH_POSITIVES:
        found.append(f"Only {positives} positive leads: differences between candidates are mostly noise.")
    if intervals["roc_auc"].value > SUSPICIOUS_AUC:
        found.append(
            f"AUC {intervals['roc_auc'].value:.3f} is suspiciously high: check for leakage before you trust it."
        )
    return tuple(found)
