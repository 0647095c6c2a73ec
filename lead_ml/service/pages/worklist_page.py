"""The ranked list of open leads, as plain data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from functools import cache
from typing import Any
from urllib.parse import quote

from lead_ml.scoring import Scorer, WorklistRow
from lead_ml.scoring.reasons import code_text
from lead_ml.service.pages.bars import GroupBar, group_bars, probability_bar
from lead_ml.service.pages.cards import threshold_cards
from lead_ml.service.pages.contact import contact_fields
from lead_ml.service.pages.evidence import ThresholdEvidence
from lead_ml.service.pages.frame import NO_VALUE, PageFrame
from lead_ml.service.pages.worklist_file import CurrentWorklist
from lead_ml.service.pages.worklist_query import (
    BEST_FIRST,
    FAKE,
    GRADES,
    SORTED,
    STALE,
    UNASSIGNED,
    Wording,
    WorklistQuery,
    is_flagged,
    title_of,
)

PAGE_ROWS = 50
_HEADS = {
    "lead": "worklist.lead",
    "probability": "pages.probability",
    "score": "pages.score",
    "grade": "pages.grade",
    "stage": "worklist.stage",
}


def worklist_view(
    worklist: CurrentWorklist,
    scorer: Scorer,
    evidence: ThresholdEvidence,
    query: WorklistQuery,
    frame: PageFrame,
) -> dict[str, Any]:
    """Return everything that the worklist page shows."""
    rows, source_text = worklist.rows, source_wording(scorer, frame)
    found = query.select(rows, source_text)
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
        "sources": [(source, source_text(source)) for source in worklist.sources],
        "owners": _owners(worklist, frame),
        "query": query,
        "sorts": _sorts(query, worklist, frame),
        "grades": _grades(rows, frame),
        "filtered": query.filtered,
        "found": frame.text("worklist.found", count=len(found)),
        "rows": [_row(row, source_text, frame, top) for row in shown],
        "heads": _heads(query, worklist, frame, frame.range("0", frame.share(top))),
        "csv": _link(frame, query, path="/review.csv", page=""),
        "page_of": frame.text("worklist.page_of", page=page, pages=pages) if pages > 1 else "",
        "previous": _link(frame, query, page=page - 1) if page > 1 else "",
        "next": _link(frame, query, page=page + 1) if page < pages else "",
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


def source_wording(scorer: Scorer, frame: PageFrame) -> Wording:
    """Return what words a source in the language of the page, each source once."""
    return cache(lambda source: code_text(scorer.bundle.declarations, "source", source, frame.lang))


def columns_of(worklist: CurrentWorklist) -> tuple[str, ...]:
    """Return the columns of the table; that of the owner only where any lead has one."""
    return tuple(column for column in SORTED if column != "owner" or worklist.owners)


def column_text(column: str, frame: PageFrame) -> str:
    """Return the header of a column."""
    return frame.text(_HEADS.get(column, f"pages.fields.{column}"))


def _heads(
    query: WorklistQuery, worklist: CurrentWorklist, frame: PageFrame, scale: str
) -> list[dict[str, Any]]:
    """Return the headers that sort the table by their column."""
    current, descending = query.order
    return [
        {
            "name": column,
            "label": column_text(column, frame),
            "scale": scale if column == "probability" else "",
            "href": _link(frame, query, page="", sort=query.toggled(column)),
            "sorted": ("descending" if descending else "ascending") if column == current else "",
        }
        for column in columns_of(worklist)
    ]


def _sorts(query: WorklistQuery, worklist: CurrentWorklist, frame: PageFrame) -> list[tuple[str, str, bool]]:
    """Return every order that can be asked for, by its value in the address."""
    orders = [("", frame.text("worklist.best_first"))]
    for column in columns_of(worklist):
        for sign, key in (("", "worklist.ascending"), ("-", "worklist.descending")):
            orders.append((f"{sign}{column}", frame.text(key, column=column_text(column, frame))))
    return [(value, label, value == query.sort) for value, label in orders if value != BEST_FIRST]


def _owners(worklist: CurrentWorklist, frame: PageFrame) -> list[tuple[str, str]]:
    """Return the owners to choose from; those of leads without one come last."""
    if not worklist.owners:
        return []
    alone = any(not row.lead.get("owner") for row in worklist.rows)
    nobody = [(UNASSIGNED, frame.text("worklist.unassigned"))] if alone else []
    return [*((owner, owner) for owner in worklist.owners if owner != UNASSIGNED), *nobody]


def _grades(rows: Sequence[WorklistRow], frame: PageFrame) -> list[tuple[str, str]]:
    fake = [(FAKE, frame.text("pages.fake"))] if any(row.answer.fake is not None for row in rows) else []
    stale = [(STALE, frame.text("worklist.old"))] if any(row.state == STALE for row in rows) else []
    return [*((grade, grade) for grade in GRADES), *fake, *stale]


def _tiles(every: Sequence[WorklistRow], query: WorklistQuery, frame: PageFrame) -> list[dict[str, Any]]:
    """Count the leads of each grade among those that pass the other filters: as many as the link of the tile shows."""
    rows = [row for row in every if query.matches_apart_from_grade(row)]
    ranked = [row for row in rows if row.state != STALE]
    grades = Counter[str](row.answer.grade or "" for row in ranked)
    tiles = [(grade, grades[grade], frame.text(f"pages.grades.{grade}")) for grade in GRADES]
    if any(row.answer.fake is not None for row in every):
        tiles.append((FAKE, sum(map(is_flagged, ranked)), frame.text("pages.fake")))
    if any(row.state == STALE for row in every):
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


def _row(row: WorklistRow, source_text: Wording, frame: PageFrame, top: float) -> dict[str, Any]:
    answer, lead = row.answer, row.lead
    bars = group_bars(answer.groups)
    probability = frame.share(answer.probability)
    interval = frame.range(frame.share(answer.lower), frame.share(answer.upper))
    return {
        "href": frame.link(f"/review/{quote(answer.lead_id, safe='')}"),
        "title": title_of(row),
        "company": lead.get("company", "") if lead.get("name") else "",
        "contact": contact_fields(lead),
        "link": row.link,
        "source": source_text(lead.get("source", "")) or NO_VALUE,
        "owner": lead.get("owner") or NO_VALUE,
        "created": frame.day(lead.get("created_at", "")) or NO_VALUE,
        "probability": probability,
        "interval": interval,
        "bar": probability_bar(answer.probability, answer.lower, answer.upper, top),
        "bar_label": frame.text("pages.with_interval", share=probability, interval=interval),
        "score": frame.text.numbers.number(answer.score),
        "answer": answer,
        "stage_name": frame.text(f"pages.stages.{answer.stage}"),
        "fake": is_flagged(row),
        "fake_share": "" if answer.fake is None else frame.share(answer.fake.probability),
        "groups": bars,
        "groups_label": ", ".join(_with_points(bar, frame) for bar in bars),
        "strongest": strongest_driver(bars, frame),
    }


def strongest_driver(bars: Sequence[GroupBar], frame: PageFrame) -> str:
    """Return the group that moves the score most, with its points; nothing where there is none."""
    strongest = sorted(bars, key=lambda bar: -abs(bar.points))[:1]
    return "".join(_with_points(bar, frame) for bar in strongest)


def _with_points(bar: GroupBar, frame: PageFrame) -> str:
    return f"{frame.text(f'pages.groups.{bar.name}')} {frame.points(bar.points, 0)}"


def _scale_top(rows: Sequence[WorklistRow]) -> float:
    """Return the round probability at which the small bars end, so that low probabilities stay distinguishable."""
    most = max((row.answer.upper for row in rows), default=1.0)
    return next((top for top in (0.05, 0.1, 0.2, 0.5) if most <= top), 1.0)


def _link(frame: PageFrame, query: WorklistQuery, *, path: str = "/review", **changes: object) -> str:
    return frame.link(path, **(asdict(query) | changes))
