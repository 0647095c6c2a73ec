"""The two lines as cards: where they lie, what crosses them, what of that wins."""

from __future__ import annotations

from typing import Any

from lead_ml.language import catalog
from lead_ml.model.metrics import OptionalInterval
from lead_ml.scoring import Scorer
from lead_ml.scoring.thresholds import Threshold, score_of
from lead_ml.service.pages.evidence import LineEvidence
from lead_ml.service.pages.frame import Frame, day


def line_cards(scorer: Scorer, evidence: LineEvidence, frame: Frame) -> dict[str, Any]:
    """Return the lines in force with their history, and who accepted them."""
    lines = scorer.thresholds
    return {
        "cards": [
            _card("sql", lines.sql, lines.sql_logit, evidence.sql, scorer, frame),
            _card("mql", lines.mql, lines.mql_logit, evidence.mql, scorer, frame),
        ],
        "by": lines.accepted_by,
        "at": day(lines.accepted_at),
        "why": lines.why,
        "method": frame.text(f"method_{lines.method}"),
        "version": lines.version,
    }


def line_figures(line: Threshold, frame: Frame) -> dict[str, Any]:
    """Return the figures of a line as texts, each with its interval."""
    return {
        "share": frame.share(line.probability),
        "percent": f"{100 * line.probability:.6g}",
        "probability": line.probability,
        "score": f"{line.score:.0f}",
        "crossed": f"{line.crossed:,}",
        "per_week": _figure(line.per_week, frame, share=False),
        "precision": _figure(line.precision, frame, share=True),
        "recall": _figure(line.recall, frame, share=True),
        "value": _figure(line.value_per_week, frame, share=False),
    }


def _card(
    name: str, probability: float, logit: float, line: Threshold | None, scorer: Scorer, frame: Frame
) -> dict[str, Any]:
    return {
        "name": name,
        "title": frame.text(f"line_{name}"),
        "hint": frame.text(f"line_{name}_hint"),
        "share": frame.share(probability),
        "score": f"{score_of(logit, scorer.bundle.facts.reference_odds):.0f}",
        "figures": None if line is None else line_figures(line, frame),
    }


def _figure(interval: OptionalInterval, frame: Frame, *, share: bool) -> dict[str, str]:
    values = (interval.value, interval.lower, interval.upper)
    value, lower, upper = (
        "–" if v is None else frame.share(v) if share else _plain(v, frame) for v in values
    )
    between = "–" if frame.lang == "zh" else " to "
    return {"value": value, "range": "" if interval.lower is None else f"{lower}{between}{upper}"}


def _plain(value: float, frame: Frame) -> str:
    return catalog(frame.lang).numbers.plain(round(value, 1) if abs(value) >= 1 else round(value, 2))
