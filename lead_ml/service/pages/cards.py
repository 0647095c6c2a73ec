"""The MQL and SQL thresholds as cards: where they are, how many leads qualify, how many of those win."""

from __future__ import annotations

from typing import Any

from lead_ml.model.metrics import OptionalInterval
from lead_ml.scoring import Scorer
from lead_ml.scoring.thresholds import Threshold, score_of
from lead_ml.service.pages.evidence import ThresholdEvidence
from lead_ml.service.pages.frame import NO_VALUE, PageFrame


def threshold_cards(scorer: Scorer, evidence: ThresholdEvidence, frame: PageFrame) -> dict[str, Any]:
    """Return the current thresholds with their history, and who approved them."""
    odds, thresholds = scorer.bundle.info.reference_odds, scorer.thresholds
    places = (
        ("sql", thresholds.sql, thresholds.sql_logit, evidence.sql),
        ("mql", thresholds.mql, thresholds.mql_logit, evidence.mql),
    )
    return {
        "cards": [
            {
                "name": name,
                "share": frame.share(probability),
                "score": frame.text.numbers.number(score_of(logit, odds)),
                "figures": None if found is None else threshold_figures(found, frame),
            }
            for name, probability, logit, found in places
        ],
        "approval": _approval(scorer, frame),
        "note": frame.text("advice.falls_short")
        if any(found is not None and found.falls_short for *_, found in places)
        else "",
        "why": thresholds.why,
        "method": frame.text.name_of("pages.methods", thresholds.method),
    }


def threshold_figures(threshold: Threshold, frame: PageFrame) -> dict[str, Any]:
    """Return the figures of one threshold as texts, each with its interval."""
    return {
        "share": frame.share(threshold.probability),
        "percent": f"{100 * threshold.probability:.6g}",  # for an input field: the same in every language
        "score": frame.text.numbers.number(threshold.score),
        "volume": _volume(threshold, frame),
        "precision": figure(threshold.precision, frame, share=True),
        "expected": frame.share(threshold.expected),
        "recall": figure(threshold.recall, frame, share=True),
        "value": figure(threshold.value_per_week, frame, share=False),
    }


def _approval(scorer: Scorer, frame: PageFrame) -> str:
    """Say who approved the thresholds; a file written by hand may leave out the name, the date or both."""
    thresholds = scorer.thresholds
    if thresholds == scorer.bundle.thresholds:
        return frame.text("pages.cards.default")
    if not thresholds.accepted_by:
        return frame.text("pages.cards.approved_without_name")
    if not thresholds.accepted_at:
        return frame.text("pages.cards.approved_by", by=thresholds.accepted_by)
    return frame.text(
        "pages.cards.approved_on", by=thresholds.accepted_by, day=frame.day(thresholds.accepted_at)
    )


def _volume(threshold: Threshold, frame: PageFrame) -> dict[str, str]:
    """Return new leads per week or, if the data has no dates, the number of leads in the history."""
    if threshold.per_week.value is not None:
        return {"label": frame.text("pages.cards.per_week"), **figure(threshold.per_week, frame, share=False)}
    value = frame.text.numbers.number(threshold.crossed)
    return {"label": frame.text("pages.cards.leads"), "value": value, "range": ""}


def figure(interval: OptionalInterval, frame: PageFrame, *, share: bool) -> dict[str, str]:
    """Return a figure and the range of its interval as texts."""
    write = frame.share if share else lambda value: _amount(value, frame)
    value, lower, upper = write(interval.value), write(interval.lower), write(interval.upper)
    return {"value": value, "range": "" if NO_VALUE in (lower, upper) else frame.range(lower, upper)}


def _amount(value: float | None, frame: PageFrame) -> str:
    if value is None:
        return NO_VALUE
    return frame.text.numbers.plain(round(value, 1) if abs(value) >= 1 else round(value, 2))
