"""The base rate, the windows and the words of an evaluation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from lead_ml.asof.labels import NEVER
from lead_ml.evaluation.backtest import Table
from lead_ml.evaluation.records import CandidateRecord, WindowRecord
from lead_ml.evaluation.split import Window
from lead_ml.model import Calibration
from lead_ml.model.metrics import Interval
from lead_ml.project.targets import Candidate
from lead_ml.tables.instants import iso

ENOUGH_POSITIVES = 200  # below, a difference between candidates is mostly noise: AUC half-width about .04
SUSPICIOUS_AUC = 0.95


def candidate_record(
    candidate: str,
    metrics: Mapping[str, Interval],
    calibration: Calibration,
    uncalibrated_log_loss: float,
    by_chance: dict[str, float],
) -> CandidateRecord:
    """Return the record of a candidate, without metrics that have no value, such as the calibration slope of a constant."""
    return CandidateRecord(
        candidate=candidate,
        metrics={
            name: found
            for name, found in metrics.items()
            if np.isfinite((found.value, found.lower, found.upper)).all()
        },
        calibration=calibration.method,
        slope=calibration.slope,
        intercept=calibration.intercept,
        uncalibrated_log_loss=uncalibrated_log_loss,
        random_split=by_chance,
    )


def base_rate(table: Table, window: Window) -> float:
    """Return the rate of positives among the fit rows of a window, as known before it began."""
    known = table.known(window.fit, window.start or NEVER)
    rate = float((known.y * known.weight).sum() / known.weight.sum())
    return min(max(rate, 1e-6), 1 - 1e-6)


def window_record(window: Window, table: Table) -> WindowRecord:
    """Count leads, rows and positives on both sides of a window."""
    created = table.dataset.leads.created_at
    return WindowRecord(
        name=window.name,
        start="" if created is None else iso(window.start),
        end="" if created is None else iso(int(created[table.lead[window.test]].max())),
        fit_rows=int(window.fit.sum()),
        fit_leads=len(np.unique(table.lead[window.fit])),
        fit_positives=int(table.labels.as_known(window.start or NEVER)[window.fit].sum()),
        test_rows=int(window.test.sum()),
        test_leads=len(np.unique(table.lead[window.test])),
        test_positives=int(table.labels.y[window.test].sum()),
    )


@dataclass(frozen=True)
class Compared:
    """The candidates on the forward window, in sentences.

    ``lead_over`` and ``over_base`` are the log-loss of the other candidates, and of the base rate, minus that of the winner.
    """

    winner: Candidate
    metrics: Mapping[Candidate, Mapping[str, Interval]]
    lead_over: Mapping[str, Interval]
    over_base: Interval
    positives: int
    optimistic: bool

    def headline(self) -> str:
        """Name the winner with its log-loss, how it compares with the base rate, and which candidates are tied with it."""
        loss = self.metrics[self.winner]["log_loss"]
        split = "random-fold (optimistic)" if self.optimistic else "forward"
        claim = f" has the lowest {split} log-loss," if self.lead_over else f": {split} log-loss"
        tied = [candidate for candidate, gap in self.lead_over.items() if gap.lower <= 0]
        beside = "clearly ahead of every other candidate" if self.lead_over else "better than the base rate"
        if self.over_base.upper < 0:
            beside = "worse than the base rate"
        elif self.over_base.lower <= 0:
            beside = "not significantly better than the base rate"
        elif tied:
            beside = f"statistically tied with {' and '.join(tied)}"
        interval = f"{loss.lower:.4f} to {loss.upper:.4f}, {self.positives:,} positive leads"
        return f"{self.winner}{claim} {loss.value:.4f} ({interval}); {beside}"

    def warnings(self) -> tuple[str, ...]:
        """Return what limits the figures of the winner, in sentences."""
        auc = self.metrics[self.winner]["roc_auc"].value
        few = self.positives < ENOUGH_POSITIVES
        found = (
            (self.optimistic, "The data has no dates: folds are random, so every figure is optimistic."),
            (few, f"Only {self.positives} positive leads: differences between candidates are mostly noise."),
            (
                auc > SUSPICIOUS_AUC,
                f"AUC {auc:.3f} is suspiciously high: check for leakage before you trust it.",
            ),
        )
        return tuple(text for holds, text in found if holds)
