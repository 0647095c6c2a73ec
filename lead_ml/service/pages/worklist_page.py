"""The ranked list of open leads, as plain data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import quote

from lead_ml.scoring import Scorer, WorklistRow
from lead_ml.scoring.reasons import code_text
from lead_ml.service.pages.bars import GroupBar, group_bars, probability_bar
from lead_ml.service.pages.cards import threshold_cards
from lead_ml.service.pages.evidence import ThresholdEvidence
from lead_ml.service.pages.frame import NO_VALUE, PageFrame
from lead_ml.service.pages.worklist_file import CurrentWorklist

PAGE_ROWS = 50
GRADES = ("A", "B", "C", "D")
FAKE, STALE = "fake", "stale"
_MAX_TEXT = 100
_SEARCHED = ("name", "company")


@dataclass(frozen=True)
class WorklistQuery:
    """Filters and page number: ``grade`` is A-D, ``fake`` for flagged leads, or ``stale``; an empty filter selects all but the stale."""

    page: int = 1
    grade: str = ""
    source: str = ""
    q: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> WorklistQuery:
        """Read a query string; invalid values are ignored."""
        page = query.get("page", "1")
        grade = query.get("grade", "")
        return cls(
            page=max(1, int(page)) if page.isascii() and page.isdecimal() and len(page) < 7 else 1,
            grade=grade if grade in (*GRADES, FAKE, STALE) else "",
            source=query.get("source", "")[:_MAX_TEXT],
            q=query.get("q", "").strip()[:_MAX_TEXT],
        )

    def matches(self, row: WorklistRow) -> bool:
        """Return whether a lead passes the filters."""
        wanted, searched = self.q.casefold(), (row.lead.get(name, "") for name in _SEARCHED)
        if STALE in (row.state, self.grade):
            graded = row.state == self.grade
        else:
            graded = self.grade in ("", row.answer.grade, FAKE if _is_flagged(row) else "")
        return (
            graded
            and self.source in ("", row.lead.get("source"))
            and any(wanted in text.casefold() for text in (row.answer.lead_id, *searched))
        )


def worklist_view(
    worklist: CurrentWorklist,
    scorer: Scorer,
    evidence: ThresholdEvidence,
    query: WorklistQuery,
    frame: PageFrame,
) -> dict[str, Any]:
    """Return everything that the worklist page shows."""
    rows = worklist.rows
    found = [row for row in rows if query.matches(row)]
    pages = max(1, -(-len(found) // PAGE_ROWS))
    page = min(query.page, pages)
    shown = found[(page - 1) * PAGE_ROWS : page * PAGE_ROWS]
    top = _scale_top(shown)
    return {
        "model": scorer.version,
        "model_type": frame.text.name_of(
            "pages.model_types", scorer.bundle.parts["conversion"].fitted.candidate
        ),
        "open_leads": _open_leads(rows, frame),
        "undecided": any(row.state == "undecided" for row in rows),
        "as_of": frame.text("pages.as_of", day=frame.day(rows[0].answer.as_of))
        if rows and rows[0].answer.as_of
        else "",
        "empty": not rows and not worklist.error,
        "stale": worklist.stale,
        "unreadable": bool(worklist.error),
        "tiles": _tiles(rows, query, frame),
        "thresholds": threshold_cards(scorer, evidence, frame),
        "sources": [(source, _source(source, scorer, frame)) for source in worklist.sources],
        "query": query,
        "filtered": query != WorklistQuery(page=query.page),
        "found": frame.text("worklist.found", count=len(found)),
        "rows": [_row(row, scorer, frame, top) for row in shown],
        "page_of": frame.text("worklist.page_of", page=page, pages=pages) if pages > 1 else "",
        "previous": _link(frame, query, page=page - 1) if page > 1 else "",
        "next": _link(frame, query, page=page + 1) if page < pages else "",
        "scale": frame.range("0", frame.share(top)),
        "has_fake": "fake" in scorer.bundle.parts,
        "groups": " · ".join(
            frame.text(f"pages.groups.{group}")
            for group in scorer.bundle.parts["conversion"].explainer.groups
        ),
    }


def _open_leads(rows: Sequence[WorklistRow], frame: PageFrame) -> str:
    """Count the ranked leads, in words that do not call a lead open if it may be lost."""
    ranked = [row.state for row in rows if row.state != STALE]
    if "undecided" in ranked:
        return frame.text("worklist.undecided_leads", count=len(ranked))
    return frame.text("worklist.open_leads", count=len(ranked))


def _is_flagged(row: WorklistRow) -> bool:
    return row.answer.fake is not None and row.answer.fake.flag


def _tiles(rows: Sequence[WorklistRow], query: WorklistQuery, frame: PageFrame) -> list[dict[str, Any]]:
    ranked = [row for row in rows if row.state != STALE]
    grades = Counter[str](row.answer.grade or "" for row in ranked)
    tiles = [(grade, grades[grade], frame.text(f"pages.grades.{grade}")) for grade in GRADES]
    if any(row.answer.fake is not None for row in rows):
        tiles.append((FAKE, sum(map(_is_flagged, ranked)), frame.text("pages.fake")))
    if len(ranked) < len(rows):
        tiles.append((STALE, len(rows) - len(ranked), frame.text("worklist.old")))
    return [
        {
            "key": key,
            "count": frame.text.numbers.number(count),
            "label": label,
            "active": query.grade == key,
            "href": _link(frame, query, page="", grade="" if query.grade == key else key),
        }
        for key, count, label in tiles
    ]


def _row(row: WorklistRow, scorer: Scorer, frame: PageFrame, top: float) -> dict[str, Any]:
    answer, lead = row.answer, row.lead
    bars = group_bars(answer.groups)
    probability = frame.share(answer.probability)
    interval = frame.range(frame.share(answer.lower), frame.share(answer.upper))
    strongest = sorted(bars, key=lambda bar: -abs(bar.points))[:1]
    return {
        "href": frame.link(f"/review/{quote(answer.lead_id, safe='')}"),
        "title": lead.get("name") or lead.get("company") or answer.lead_id,
        "company": lead.get("company", "") if lead.get("name") else "",
        "source": _source(lead.get("source", ""), scorer, frame) or NO_VALUE,
        "created": frame.day(lead.get("created_at", "")) or NO_VALUE,
        "probability": probability,
        "interval": interval,
        "bar": probability_bar(answer.probability, answer.lower, answer.upper, top),
        "bar_label": frame.text("pages.with_interval", share=probability, interval=interval),
        "score": frame.text.numbers.number(answer.score),
        "answer": answer,
        "stage_name": frame.text(f"pages.stages.{answer.stage}"),
        "fake": _is_flagged(row),
        "fake_share": "" if answer.fake is None else frame.share(answer.fake.probability),
        "groups": bars,
        "groups_label": ", ".join(_with_points(bar, frame) for bar in bars),
        "strongest": "".join(_with_points(bar, frame) for bar in strongest),
    }


def _source(source: str, scorer: Scorer, frame: PageFrame) -> str:
    return code_text(scorer.bundle.declarations, "source", source, frame.lang)


def _with_points(bar: GroupBar, frame: PageFrame) -> str:
    return f"{frame.text(f'pages.groups.{bar.name}')} {frame.points(bar.points, 0)}"


def _scale_top(rows: Sequence[WorklistRow]) -> float:
    """Return the round probability at which the small bars end, so that low probabilities stay distinguishable."""
    most = max((row.answer.upper for row in rows), default=1.0)
    return next((top for top in (0.05, 0.1, 0.2, 0.5) if most <= top), 1.0)


def _link(frame: PageFrame, query: WorklistQuery, **changes: object) -> str:
    return frame.link("/review", **(asdict(query) | changes))
