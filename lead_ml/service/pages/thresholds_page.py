"""The page that helps to set the thresholds, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from babel.dates import format_skeleton

from lead_ml.scoring import Scorer
from lead_ml.scoring.thresholds import Advice, Month, score_of
from lead_ml.service.pages.bars import rate_chart, volume_chart
from lead_ml.service.pages.cards import figure, threshold_cards, threshold_figures
from lead_ml.service.pages.evidence import ThresholdEvidence
from lead_ml.service.pages.frame import PageFrame

SHARES = ("sql_precision", "mql_precision", "sql_recall", "mql_recall")
NUMBERS = ("sql_per_week", "mql_per_week", "cost_per_sql", "cost_per_mql", "value_per_win", *SHARES)


@dataclass(frozen=True)
class AdviceShown:
    """The advice by every method, the numbers that it is based on, and whether the reader changed any of them."""

    advice: tuple[Advice, ...]
    numbers: Mapping[str, float]
    custom: bool = False


@dataclass(frozen=True)
class ThresholdsForm:
    """What the reader did with the form that approves thresholds.

    ``typed`` holds ``mql`` and ``sql`` in percent, ``why``, ``by`` and ``method``; ``problem`` is the catalog key of
    what was wrong; ``accepted`` is true right after an approval.
    """

    typed: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""
    accepted: bool = False


def thresholds_view(
    scorer: Scorer, evidence: ThresholdEvidence, shown: AdviceShown, form: ThresholdsForm, frame: PageFrame
) -> dict[str, Any]:
    """Return everything that the page of the thresholds shows."""
    current = {"mql": f"{100 * scorer.thresholds.mql:.6g}", "sql": f"{100 * scorer.thresholds.sql:.6g}"}
    intro = "pages.thresholds.intro_per_week" if evidence.dated else "pages.thresholds.intro_leads"
    return {
        "intro": frame.text(intro) if evidence.curve else "",
        "dated": evidence.dated,
        "thresholds": threshold_cards(scorer, evidence, frame),
        "advice": [_advised(item, frame) for item in shown.advice],
        "numbers": [
            (name, frame.text(f"pages.numbers.{name}"), _number(name, shown.numbers[name]))
            for name in NUMBERS
            if name in shown.numbers and (evidence.dated or not name.endswith("_per_week"))
        ],
        "custom": shown.custom,
        "charts": _charts(scorer, evidence, frame),
        "months": [_month(item, frame) for item in evidence.months],
        "form": {"why": "", "by": "", "method": "manual", **current, **form.typed},
        "model": scorer.version,
        "problem": frame.text(form.problem) if form.problem else "",
        "accepted": form.accepted and bool(scorer.thresholds.accepted_by),
    }


def _advised(item: Advice, frame: PageFrame) -> dict[str, Any]:
    mql, sql = threshold_figures(item.mql, frame), threshold_figures(item.sql, frame)
    return {
        "method": frame.text.name_of("pages.methods", item.method),
        "mql": mql,
        "sql": sql,
        "feasible": item.feasible,
        "explanation": _in_language(item.explanation, frame),
        "note": _in_language(item.note, frame),
        "use": frame.link("/review/thresholds", mql=mql["percent"], sql=sql["percent"], method=item.method)
        + "#accept",
    }


def _in_language(words: Mapping[str, str], frame: PageFrame) -> str:
    return words.get(frame.lang, words["en"]) if words else ""


def _charts(scorer: Scorer, evidence: ThresholdEvidence, frame: PageFrame) -> dict[str, Any] | None:
    if len(evidence.curve) < 2:
        return None
    thresholds, odds, numbers = scorer.thresholds, scorer.bundle.info.reference_odds, frame.text.numbers
    marks = [("MQL", score_of(thresholds.mql_logit, odds)), ("SQL", score_of(thresholds.sql_logit, odds))]
    volume = "pages.thresholds.curve_per_week" if evidence.dated else "pages.thresholds.curve_leads"
    return {
        "rates": rate_chart(evidence.curve, marks, numbers),
        "volume": volume_chart(evidence.curve, marks, numbers),
        "volume_title": frame.text(volume),
    }


def _month(item: Month, frame: PageFrame) -> dict[str, Any]:
    numbers = frame.text.numbers
    return {
        "month": format_skeleton("yMMM", date.fromisoformat(f"{item.month}-01"), locale=numbers.locale),
        "leads": numbers.number(item.leads),
        "crossed": numbers.number(item.crossed),
        "wins": numbers.number(item.wins),
        "precision": figure(item.precision, frame, share=True),
    }


def _number(name: str, value: float) -> str:
    """Write a value for an input field, which takes the same form in every language."""
    return f"{100 * value:g}" if name in SHARES else f"{value:g}"
