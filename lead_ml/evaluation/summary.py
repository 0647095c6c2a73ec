"""The base rate, the windows and the words of an evaluation."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import numpy as np

from lead_ml.asof.labels import NEVER
from lead_ml.evaluation.backtest import Table
from lead_ml.evaluation.records import (
    SIGNAL_WINS,
    CandidateRecord,
    Evaluation,
    WindowRecord,
    ranks_nothing,
)
from lead_ml.evaluation.split import Window
from lead_ml.language import Catalog, Lang, catalog
from lead_ml.model import Calibration
from lead_ml.model.metrics import Interval
from lead_ml.project.targets import Signal
from lead_ml.tables.instants import iso

ENOUGH_POSITIVES = 200  # below, a difference between candidates is mostly noise: AUC half-width about .04
SUSPICIOUS_AUC = 0.95
BASE = "base rate"


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
    y, weight = table.labels.as_known(window.start or NEVER)[window.fit], table.weights(window.fit)
    rate = float((y * weight).sum() / weight.sum())
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


def signal_of(over_base: Interval, auc: Interval, positives: int) -> Signal:
    """Say what the gain over the base rate means. A constant that follows the rate better or worse than the past did ranks nothing."""
    if over_base.upper < 0 and not ranks_nothing(auc):
        return "worse"
    if over_base.lower > 0 and auc.lower > 0.5:
        return "signal"
    return "none" if positives >= SIGNAL_WINS else "unknown"


def warnings_of(auc: float, positives: int, *, optimistic: bool) -> tuple[str, ...]:
    """Return what limits the figures of the chosen candidate, in sentences."""
    few = positives < ENOUGH_POSITIVES
    found = (
        (optimistic, "The data has no dates: folds are random, so every figure is optimistic."),
        (
            few,
            f"Only {positives} positive leads were evaluated: intervals are wide, and small differences are noise.",
        ),
        (auc > SUSPICIOUS_AUC, f"AUC {auc:.3f} is suspiciously high: check for leakage before you trust it."),
    )
    return tuple(text for holds, text in found if holds)


def headline(found: Evaluation, lang: Lang = "en") -> str:
    """Say in one sentence how far the chosen candidate is better than the base rate, and in another why it was chosen."""
    words, own, base = catalog(lang), found.of(found.chosen).metrics, found.of(BASE).metrics
    number = words.numbers.number
    gap = found.over_base
    gain = words(
        f"evaluation.{_what(found)}",
        name=candidate_name(found.chosen, lang),
        split=words("evaluation.random" if found.optimistic else "evaluation.forward"),
        loss=number(own["log_loss"].value, 4),
        base=number(base["log_loss"].value, 4),
        gap=interval_text(turned(gap) if found.signal == "worse" else gap, words),
        auc=interval_text(own["roc_auc"], words, 3),
        leads=found.tested.test_leads,
        rate=found.base_rate,
    )
    return gain[:1].upper() + gain[1:] + words("evaluation.then") + _why(found, words)


def _what(found: Evaluation) -> str:
    """Return the key of what the gain over the base rate means, in the catalog section ``evaluation``."""
    if found.signal in ("signal", "worse"):
        return found.signal
    if found.constant:
        return "constant"
    return f"{found.signal}_flat" if found.over_base.lower > 0 else found.signal


def candidate_name(candidate: str, lang: Lang = "en") -> str:
    """Return the name of a candidate, or of the base rate, for people."""
    return catalog(lang).name_of("report.candidates", candidate)


def interval_text(found: Interval, words: Catalog, digits: int = 4) -> str:
    """Return a figure with its bounds as a language writes it."""
    shown = {name: words.numbers.number(part, digits) for name, part in msgspec.structs.asdict(found).items()}
    return words("report.interval", **shown)


def turned(gap: Interval) -> Interval:
    """Return how far the other side is ahead."""
    return Interval(-gap.value, -gap.upper, -gap.lower)


def reason_of(found: Evaluation) -> str:
    """Return the key of why the candidate was chosen, in the catalog section ``evaluation``."""
    choice, where = found.choice, "random" if found.optimistic else "chosen"
    if not found.lead_over:
        return "chosen_alone"
    if not choice.leads:
        return f"{where}_unseen"
    if not choice.behind:
        return f"{where}_only"
    return f"{where}_tied" if len(choice.tied) > 1 else f"{where}_best"


def _why(found: Evaluation, words: Catalog) -> str:
    choice = found.choice
    others = [candidate_name(name, words.language) for name in choice.tied if name != choice.candidate]
    return words(
        f"evaluation.{reason_of(found)}",
        leads=choice.leads,
        name=candidate_name(choice.candidate, words.language),
        others=words("report.separator").join(others),
    )
