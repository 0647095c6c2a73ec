"""The page that helps to set the lines, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lead_ml.scoring import Scorer
from lead_ml.scoring.thresholds import Advice, Month, score_of
from lead_ml.service.pages.bars import rate_chart, volume_chart
from lead_ml.service.pages.cards import line_cards, line_figures
from lead_ml.service.pages.evidence import LineEvidence
from lead_ml.service.pages.frame import Frame

CHART = (640.0, 220.0)
SHARES = ("sql_precision", "mql_precision", "sql_recall", "mql_recall")
NUMBERS = ("sql_per_week", "mql_per_week", "cost_per_sql", "cost_per_mql", "value_per_win", *SHARES)


def lines_view(
    scorer: Scorer,
    evidence: LineEvidence,
    advice: tuple[Advice, ...],
    numbers: Mapping[str, float],
    frame: Frame,
    *,
    own: bool = False,
    wanted: Mapping[str, str] | None = None,
    problem: str = "",
    accepted: bool = False,
) -> dict[str, Any]:
    """Return everything that the page of the lines shows.

    Parameters
    ----------
    advice, numbers
        By every method, and the numbers that it rests on.
    own
        Whether the reader changed a number.
    wanted
        What stands in the form for accepting: ``mql`` and ``sql`` in percent, ``why``, ``by``, ``method``.
    problem
        What was wrong with a form, in words.
    """
    form = {
        "mql": f"{100 * scorer.thresholds.mql:.6g}",
        "sql": f"{100 * scorer.thresholds.sql:.6g}",
        "why": "",
        "by": "",
    }
    return {
        "lines": line_cards(scorer, evidence, frame),
        "advice": [_advised(item, frame) for item in advice],
        "numbers": [
            (name, frame.text(name), _number(name, numbers[name])) for name in NUMBERS if name in numbers
        ],
        "own": own,
        "charts": _charts(scorer, evidence),
        "months": [_month(item, frame) for item in evidence.months],
        "form": {**form, "method": "manual", **(wanted or {})},
        "model": scorer.version,
        "problem": problem,
        "accepted": accepted,
    }


def _advised(item: Advice, frame: Frame) -> dict[str, Any]:
    chinese = frame.lang == "zh"
    mql, sql = line_figures(item.mql, frame), line_figures(item.sql, frame)
    return {
        "method": frame.text(f"method_{item.method}"),
        "mql": mql,
        "sql": sql,
        "feasible": item.feasible,
        "told": item.explanation["zh" if chinese else "en"],
        "note": item.note["zh" if chinese else "en"],
        "take": frame.link("/review/thresholds", mql=mql["percent"], sql=sql["percent"], method=item.method)
        + "#accept",
    }


def _charts(scorer: Scorer, evidence: LineEvidence) -> dict[str, Any] | None:
    if len(evidence.curve) < 2:
        return None
    lines, odds = scorer.thresholds, scorer.bundle.facts.reference_odds
    marks = [("MQL", score_of(lines.mql_logit, odds)), ("SQL", score_of(lines.sql_logit, odds))]
    return {
        "rates": rate_chart(evidence.curve, marks, *CHART),
        "volume": volume_chart(evidence.curve, marks, *CHART),
        "dated": evidence.curve[0].per_week is not None,
    }


def _month(item: Month, frame: Frame) -> dict[str, str]:
    interval = item.precision
    between = "–" if frame.lang == "zh" else " to "
    known = interval.lower is not None
    return {
        "month": item.month,
        "leads": f"{item.leads:,}",
        "crossed": f"{item.crossed:,}",
        "wins": f"{item.wins:,}",
        "precision": frame.share(interval.value),
        "range": f"{frame.share(interval.lower)}{between}{frame.share(interval.upper)}" if known else "",
    }


def _number(name: str, value: float) -> str:
    return f"{100 * value:g}" if name in SHARES else f"{value:g}"
