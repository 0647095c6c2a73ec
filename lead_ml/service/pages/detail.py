"""One lead: how its score comes about, and whether it looks real, as plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lead_ml.scoring import Answer, FakeAnswer, Reasons, Scorer, WorklistRow, reworded
from lead_ml.scoring.reasons import Reason
from lead_ml.scoring.thresholds import POINTS_PER_LOGIT, log_odds
from lead_ml.scoring.thresholds.scale import probability_of
from lead_ml.service.pages.bars import Band, band, group_pieces, lengths
from lead_ml.service.pages.frame import Frame, day, kind_word, signed

TOP = 5
_FACTS = ("lead_id", "company", "job_title", "source", "country", "owner", "created_at")


def detail_view(row: WorklistRow, scorer: Scorer, frame: Frame, *, stale: bool = False) -> dict[str, Any]:
    """Return everything that the page of one lead shows."""
    answer = row.answer
    translate = frame.lang == "zh" and not stale
    reasons = reworded(answer.reasons, scorer, "conversion", frame.lang) if translate else answer.reasons
    return {
        "title": row.lead.get("name") or row.lead.get("company") or answer.lead_id,
        "facts": [(frame.text(name), _fact(name, row.lead)) for name in _FACTS if row.lead.get(name)],
        "probability": frame.share(answer.probability),
        "lower": frame.share(answer.lower),
        "upper": frame.share(answer.upper),
        "band": band(answer.probability, answer.lower, answer.upper),
        "marks": [("MQL", _mark(scorer.thresholds.mql)), ("SQL", _mark(scorer.thresholds.sql))],
        "score": f"{answer.score:.0f}",
        "grade": answer.grade,
        "grade_told": frame.text(f"grade_{answer.grade}"),
        "stage_word": frame.text(f"stage_{answer.stage}"),
        "stage": answer.stage,
        "sum": _sum(answer, scorer, frame),
        "sides": _sides(reasons, ("for", "against"), ("none_for", "none_against")),
        "rest": _rest(answer, reasons),
        "english_only": frame.lang == "zh" and stale,
        "fake": None if answer.fake is None else _fake(answer.fake, scorer, frame, translate),
        "model": answer.model_version,
        "kind": kind_word(frame, scorer),
        "lines": answer.thresholds_version,
        "as_of": day(answer.as_of),
        "reference_until": day(answer.reference_until),
        "events_supplied": answer.events_supplied,
    }


def _fact(name: str, lead: Mapping[str, str]) -> str:
    return day(lead[name]) if name == "created_at" else lead[name]


def _mark(probability: float) -> Band:
    return band(probability, probability, probability)


def _sum(answer: Answer, scorer: Scorer, frame: Frame) -> dict[str, Any]:
    """Return the sum that leads to the score: the base, each group, the total, all in points."""
    odds = scorer.bundle.facts.reference_odds
    total = 50 + (log_odds(answer.probability) - log_odds(odds / (1 + odds))) * POINTS_PER_LOGIT
    pieces = group_pieces(answer.groups)
    base = total - sum(piece.points for piece in pieces)
    return {
        "base": f"{base:.1f}",
        "base_share": frame.share(probability_of(answer.base)),
        "groups": [(frame.text(f"group_{piece.name}"), piece, signed(piece.points)) for piece in pieces],
        "total": f"{total:.1f}",
        "clipped": abs(total - answer.score) > 0.05,
    }


def _sides(reasons: Reasons, names: tuple[str, str], empty: tuple[str, str]) -> list[dict[str, Any]]:
    sides = (reasons.for_[:TOP], reasons.against[:TOP])
    most = max((abs(reason.points) for side in sides for reason in side), default=1.0)
    return [
        {"name": name, "empty": none, "reasons": _bars(side, most)}
        for name, none, side in zip(names, empty, sides, strict=True)
    ]


def _bars(side: Sequence[Reason], most: float) -> list[dict[str, Any]]:
    widths = lengths([reason.points for reason in side], most)
    return [
        {"text": reason.text, "points": signed(reason.points), "width": width, "group": reason.group}
        for reason, width in zip(side, widths, strict=True)
    ]


def _rest(answer: Answer, reasons: Reasons) -> str:
    """Return the points of every reason that is not shown, so that what is shown adds up."""
    shown = sum(
        reason.contribution for side in (reasons.for_[:TOP], reasons.against[:TOP]) for reason in side
    )
    return signed((sum(answer.groups.values()) - shown) * POINTS_PER_LOGIT)


def _fake(fake: FakeAnswer, scorer: Scorer, frame: Frame, translate: bool) -> dict[str, Any]:
    reasons = reworded(fake.reasons, scorer, "fake", frame.lang) if translate else fake.reasons
    return {
        "flag": fake.flag,
        "told": frame.text("fake_yes" if fake.flag else "fake_no"),
        "probability": frame.share(fake.probability),
        "lower": frame.share(fake.lower),
        "upper": frame.share(fake.upper),
        "band": band(fake.probability, fake.lower, fake.upper),
        "sides": _sides(reasons, ("for_fake", "against_fake"), ("", "")),
        "kind": kind_word(frame, scorer, "fake"),
    }
