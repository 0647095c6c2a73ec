"""The page that helps to set the thresholds, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from babel.dates import format_skeleton

from lead_ml.scoring import Scorer
from lead_ml.scoring.thresholds import Acceptance, Advice, Month, ThresholdLog, log_odds, score_of
from lead_ml.service.pages.bars import rate_chart, volume_chart
from lead_ml.service.pages.cards import figure, threshold_cards, threshold_figures
from lead_ml.service.pages.evidence import ThresholdEvidence, threshold_params
from lead_ml.service.pages.frame import NO_VALUE, PageFrame

SHARES = ("sql_precision", "mql_precision", "sql_recall", "mql_recall")
MONEY = ("cost_per_sql", "cost_per_mql", "value_per_win")
LATEST = 10  # acceptances on the page
NUMBERS = ("sql_per_week", "mql_per_week", *MONEY, *SHARES)


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
    scorer: Scorer,
    evidence: ThresholdEvidence,
    shown: AdviceShown,
    form: ThresholdsForm,
    log: ThresholdLog,
    frame: PageFrame,
) -> dict[str, Any]:
    """Return everything that the page of the thresholds shows."""
    current = {"mql": f"{100 * scorer.thresholds.mql:.6g}", "sql": f"{100 * scorer.thresholds.sql:.6g}"}
    currency = threshold_params(scorer).currency
    intro = "pages.thresholds.intro_per_week" if evidence.dated else "pages.thresholds.intro_leads"
    return {
        "intro": frame.text(intro) if evidence.curve else "",
        "dated": evidence.dated,
        "thresholds": threshold_cards(scorer, evidence, frame),
        "advice": [_advised(item, shown, frame) for item in shown.advice],
        "value_label": in_currency(frame.text("pages.cards.value"), currency),
        "numbers": [
            (
                name,
                in_currency(frame.text(f"pages.numbers.{name}"), currency if name in MONEY else ""),
                _number(name, shown.numbers[name]),
            )
            for name in NUMBERS
            if name in shown.numbers and (evidence.dated or not name.endswith("_per_week"))
        ],
        "custom": shown.custom,
        "charts": _charts(scorer, evidence, frame),
        "months": [_month(item, frame) for item in evidence.months],
        "history": [_acceptance(item, frame) for item in reversed(log.acceptances[-LATEST:])],
        "damaged": _damaged(log, frame),
        "form": {"why": "", "by": "", "method": "manual", **current, **form.typed},
        "model": scorer.version,
        "problem": frame.text(form.problem) if form.problem else "",
        "accepted": form.accepted and bool(scorer.thresholds.accepted_by),
    }


def in_currency(label: str, currency: str) -> str:
    """Add the currency of the project, if it names one, to the label of an amount."""
    return f"{label} ({currency})" if currency else label


def _acceptance(item: Acceptance, frame: PageFrame) -> dict[str, str]:
    scores = (score_of(log_odds(threshold), item.reference_odds) for threshold in (item.mql, item.sql))
    mql, sql = map(frame.text.numbers.number, scores)
    return {
        "day": frame.day(item.accepted_at) or NO_VALUE,
        "by": item.accepted_by or NO_VALUE,
        "mql": mql,
        "sql": sql,
        "method": frame.text.name_of("pages.methods", item.method),
        "why": item.why or NO_VALUE,
    }


def _damaged(log: ThresholdLog, frame: PageFrame) -> str:
    if not log.damaged:
        return ""
    used = "pages.thresholds.last_readable" if log.acceptances else "pages.thresholds.defaults"
    return f"{frame.text('pages.thresholds.damaged')} {frame.text(used)}"


def _advised(item: Advice, shown: AdviceShown, frame: PageFrame) -> dict[str, Any]:
    mql, sql = threshold_figures(item.mql, frame), threshold_figures(item.sql, frame)
    return {
        "method": frame.text.name_of("pages.methods", item.method),
        "mql": mql,
        "sql": sql,
        "feasible": item.feasible,
        "explanation": _in_language(item.explanation, frame),
        "note": _in_language(item.note, frame),
        "use": frame.link(
            "/review/thresholds",
            **{name: _number(name, shown.numbers[name]) for name in NUMBERS if shown.custom},
            mql=mql["percent"],
            sql=sql["percent"],
            method=item.method,
        )
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
