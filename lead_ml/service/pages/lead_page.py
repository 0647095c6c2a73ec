"""One lead: how its score was calculated, and whether it looks genuine, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lead_ml.scoring import Answer, FakeAnswer, Reasons, Scorer, WorklistRow, reworded
from lead_ml.scoring.reasons import LEAST_POINTS, Reason, code_text, label
from lead_ml.scoring.thresholds import POINTS_PER_LOGIT, log_odds
from lead_ml.scoring.thresholds.scale import probability_of
from lead_ml.service.pages.bars import ProbabilityBar, group_bars, lengths, probability_bar
from lead_ml.service.pages.contact import contact_fields
from lead_ml.service.pages.frame import PageFrame
from lead_ml.service.pages.worklist_query import title_of

_FIELDS = ("lead_id", "company", "job_title", "email", "phone", "source", "country", "owner", "created_at")
_WORKLIST_LANG = "en"  # the worklist file holds its reasons in English


def lead_view(row: WorklistRow, scorer: Scorer, frame: PageFrame) -> dict[str, Any]:
    """Return everything that the page of one lead shows."""
    answer, number = row.answer, frame.text.numbers.number
    stale = answer.model_version != scorer.version  # then only the texts of that version are known
    translated = frame.lang != _WORKLIST_LANG and not stale
    reasons = reworded(answer.reasons, scorer, "conversion", frame.lang) if translated else answer.reasons
    return {
        "title": title_of(row),
        "fields": _fields(row.lead, scorer, frame),
        "link": row.link,
        **_probability(answer, frame),
        "marks": _marks(answer, scorer),
        "score": number(answer.score),
        "answer": answer,
        "grade_meaning": frame.text(f"pages.grades.{answer.grade}") if answer.grade else "",
        "stage_name": frame.text(f"pages.stages.{answer.stage}"),
        "sum": _sum(answer, scorer, frame),
        "sides": _sides(reasons, ("for", "against"), frame),
        "rest": _rest(reasons, frame),
        "families": [] if stale else _families(answer, scorer, frame),
        "stale": stale,
        "english_only": stale and frame.lang != _WORKLIST_LANG,
        "fake": None if answer.fake is None else _fake(answer.fake, scorer, frame, translated),
        "source": frame.text(
            "lead.scored_by", model_type=frame.text.name_of("pages.model_types", answer.candidate)
        ),
        "dates": [
            frame.text(key, day=frame.day(moment))
            for key, moment in (
                ("pages.as_of", answer.as_of),
                ("lead.reference_until", answer.reference_until),
            )
            if moment
        ],
        "no_events": not answer.events_supplied and _reads_events(scorer),
    }


def _fields(lead: Mapping[str, str], scorer: Scorer, frame: PageFrame) -> list[tuple[str, str, str]]:
    """Return what is known of the lead: label, text, and the address of a link or nothing."""
    links = {field.name: field.href for field in contact_fields(lead)}
    return [
        (
            frame.text(f"pages.fields.{name}"),
            frame.day(value)
            if name == "created_at"
            else value
            if name in links
            else code_text(scorer.bundle.declarations, name, value, frame.lang),
            links.get(name, ""),
        )
        for name in _FIELDS
        if (value := lead.get(name))
    ]


def _reads_events(scorer: Scorer) -> bool:
    """Return whether any feature uses events; in a project without events, the page does not mention them."""
    return any(getattr(item, "stream", "") == "events" for item in scorer.bundle.declarations)


def _probability(answer: Answer | FakeAnswer, frame: PageFrame) -> dict[str, Any]:
    return {
        "probability": frame.share(answer.probability),
        "interval": frame.range(frame.share(answer.lower), frame.share(answer.upper)),
        "bar": probability_bar(answer.probability, answer.lower, answer.upper),
    }


def _marks(answer: Answer, scorer: Scorer) -> list[tuple[str, ProbabilityBar]]:
    """Return the thresholds that graded the lead; those of a different version are not known."""
    thresholds = scorer.thresholds
    if answer.thresholds_version != thresholds.version:
        return []
    places = (("MQL", thresholds.mql), ("SQL", thresholds.sql))
    return [(name, probability_bar(place, place, place)) for name, place in places]


def _sum(answer: Answer, scorer: Scorer, frame: PageFrame) -> dict[str, Any]:
    """Return the sum that gives the score: the base, each group, the total, all in points."""
    number, odds = frame.text.numbers.number, scorer.bundle.info.reference_odds
    total = 50 + (log_odds(answer.probability) - log_odds(odds / (1 + odds))) * POINTS_PER_LOGIT
    bars = group_bars(answer.groups)
    return {
        "base": number(total - sum(bar.points for bar in bars), 1),
        "base_share": frame.share(probability_of(answer.base)),
        "groups": [(frame.text(f"pages.groups.{bar.name}"), bar, frame.points(bar.points)) for bar in bars],
        "total": number(total, 1),
        "clipped": abs(total - answer.score) > 0.05,
    }


def _sides(reasons: Reasons, names: tuple[str, str], frame: PageFrame) -> list[dict[str, Any]]:
    sides = (reasons.for_, reasons.against)
    most = max((abs(reason.points) for side in sides for reason in side), default=1.0)
    return [
        {
            "name": name,
            "title": frame.text(f"lead.{name}.title"),
            "empty": frame.text(f"lead.{name}.empty"),
            "reasons": [
                {
                    "text": reason.text,
                    "points": frame.points(reason.points),
                    "width": width,
                    "members": _members(reason, frame),
                }
                for reason, width in zip(side, lengths([r.points for r in side], most), strict=True)
            ],
        }
        for name, side in zip(names, sides, strict=True)
    ]


def _members(reason: Reason, frame: PageFrame) -> list[tuple[str, str]]:
    """Return the features behind a reason with their points, where there are several."""
    return [(member.text, frame.points(member.points)) for member in reason.visible]


def _rest(reasons: Reasons, frame: PageFrame) -> str:
    """Say what all reasons that are not shown add up to, so that the page adds up; nothing where it is 0.0."""
    points = reasons.other_points
    return "" if abs(points) < LEAST_POINTS else frame.text("lead.rest", points=points)


def _families(answer: Answer, scorer: Scorer, frame: PageFrame) -> list[tuple[str, str]]:
    """Return every family that moves the score, by the name of its first feature, with its points."""
    explainer = scorer.bundle.parts["conversion"].explainer
    ranked = sorted(answer.families.items(), key=lambda pair: -abs(pair[1]))
    return [
        (label(explainer.declarations[explainer.families[family][0]], frame.lang), frame.points(points))
        for family, part in ranked
        if family in explainer.families and abs(points := part * POINTS_PER_LOGIT) >= LEAST_POINTS
    ]


def _fake(fake: FakeAnswer, scorer: Scorer, frame: PageFrame, translated: bool) -> dict[str, Any]:
    reasons = reworded(fake.reasons, scorer, "fake", frame.lang) if translated else fake.reasons
    return {
        "flag": fake.flag,
        "verdict": frame.text("lead.flagged" if fake.flag else "lead.not_flagged"),
        **_probability(fake, frame),
        "sides": _sides(reasons, ("for_fake", "against_fake"), frame),
        "rest": _rest(reasons, frame),
    }
