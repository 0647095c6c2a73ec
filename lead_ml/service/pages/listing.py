"""The ranked list of open leads, as plain data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lead_ml.scoring import Scorer, WorklistRow
from lead_ml.service.pages.bars import band, group_pieces
from lead_ml.service.pages.cards import line_cards
from lead_ml.service.pages.evidence import LineEvidence
from lead_ml.service.pages.frame import Frame, day, kind_word, signed
from lead_ml.service.pages.worklist import Rows

PAGE_ROWS = 50
GRADES = ("A", "B", "C", "D")
FAKE = "fake"
_MOST_TEXT = 100
_SEARCHED = ("name", "company", "lead_id")


@dataclass(frozen=True)
class ListQuery:
    """What the reader asked for: ``grade`` A-D or ``fake`` for the flagged ones, empty for all."""

    page: int = 1
    grade: str = ""
    source: str = ""
    q: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> ListQuery:
        """Read a query string; what makes no sense counts as not asked."""
        page = query.get("page", "1")
        grade = query.get("grade", "")
        return cls(
            page=max(1, int(page)) if page.isascii() and page.isdecimal() and len(page) < 7 else 1,
            grade=grade if grade in (*GRADES, FAKE) else "",
            source=query.get("source", "")[:_MOST_TEXT],
            q=query.get("q", "").strip()[:_MOST_TEXT],
        )

    def matches(self, row: WorklistRow) -> bool:
        """Tell whether a lead is asked for."""
        answer = row.answer
        if self.grade == FAKE:
            if answer.fake is None or not answer.fake.flag:
                return False
        elif self.grade and answer.grade != self.grade:
            return False
        if self.source and row.lead.get("source") != self.source:
            return False
        wanted = self.q.casefold()
        return not wanted or any(wanted in text.casefold() for text in _searched(row))


def list_view(
    rows: Rows, scorer: Scorer, evidence: LineEvidence, query: ListQuery, frame: Frame
) -> dict[str, Any]:
    """Return everything that the worklist page shows."""
    found = [row for row in rows.rows if query.matches(row)]
    pages = max(1, -(-len(found) // PAGE_ROWS))
    page = min(query.page, pages)
    shown = found[(page - 1) * PAGE_ROWS : page * PAGE_ROWS]
    top = _scale_top(shown)
    return {
        "model": scorer.version,
        "kind": kind_word(frame, scorer),
        "cold_start_stage": scorer.bundle.facts.cold_start_stage,
        "as_of": day(rows.rows[0].answer.as_of) if rows.rows else "",
        "total": len(rows.rows),
        "empty": not rows.rows and not rows.error,
        "stale": rows.stale,
        "broken": bool(rows.error),
        "tiles": _tiles(rows.rows, query, frame),
        "lines": line_cards(scorer, evidence, frame),
        "sources": rows.sources,
        "query": query,
        "filtered": query != ListQuery(page=query.page),
        "found": len(found),
        "rows": [_row(row, frame, top) for row in shown],
        "page": page,
        "pages": pages,
        "previous": _page_link(frame, query, page - 1) if page > 1 else "",
        "next": _page_link(frame, query, page + 1) if page < pages else "",
        "top": frame.share(top),
        "has_fake": "fake" in scorer.bundle.parts,
    }


def _searched(row: WorklistRow) -> tuple[str, ...]:
    return (row.answer.lead_id, *(row.lead.get(name, "") for name in _SEARCHED))


def _tiles(rows: Sequence[WorklistRow], query: ListQuery, frame: Frame) -> list[dict[str, Any]]:
    grades = Counter(row.answer.grade for row in rows)
    flagged = sum(row.answer.fake is not None and row.answer.fake.flag for row in rows)
    tiles = [(grade, grades[grade], frame.text(f"grade_{grade}")) for grade in GRADES]
    if any(row.answer.fake is not None for row in rows):
        tiles.append((FAKE, flagged, frame.text("flagged")))
    return [
        {
            "key": key,
            "count": f"{count:,}",
            "label": label,
            "active": query.grade == key,
            "href": frame.link(
                "/review", grade="" if query.grade == key else key, source=query.source, q=query.q
            ),
        }
        for key, count, label in tiles
    ]


def _row(row: WorklistRow, frame: Frame, top: float) -> dict[str, Any]:
    answer, lead = row.answer, row.lead
    return {
        "href": frame.link(f"/review/{_quoted(answer.lead_id)}"),
        "title": lead.get("name") or lead.get("company") or answer.lead_id,
        "company": lead.get("company", "") if lead.get("name") else "",
        "source": lead.get("source", ""),
        "created": day(lead.get("created_at", "")),
        "probability": frame.share(answer.probability),
        "lower": frame.share(answer.lower),
        "upper": frame.share(answer.upper),
        "band": band(answer.probability, answer.lower, answer.upper, top),
        "score": f"{answer.score:.0f}",
        "grade": answer.grade,
        "stage": answer.stage,
        "stage_word": frame.text(f"stage_{answer.stage}"),
        "fake": answer.fake is not None and answer.fake.flag,
        "fake_share": "" if answer.fake is None else frame.share(answer.fake.probability),
        "groups": group_pieces(answer.groups),
        "groups_told": _told(answer.groups, frame),
        "strongest": _strongest(answer.groups, frame),
    }


def _told(groups: Mapping[str, float], frame: Frame) -> str:
    return ", ".join(
        f"{frame.text(f'group_{piece.name}')} {signed(piece.points, 0)}" for piece in group_pieces(groups)
    )


def _strongest(groups: Mapping[str, float], frame: Frame) -> str:
    piece = max(group_pieces(groups), key=lambda piece: abs(piece.points), default=None)
    return "" if piece is None else f"{frame.text(f'group_{piece.name}')} {signed(piece.points, 0)}"


def _scale_top(rows: Sequence[WorklistRow]) -> float:
    """Return the round probability at which the small bars end, so that rare conversions are told apart too."""
    most = max((row.answer.upper for row in rows), default=1.0)
    return next((top for top in (0.05, 0.1, 0.2, 0.5) if most <= top), 1.0)


def _page_link(frame: Frame, query: ListQuery, page: int) -> str:
    return frame.link("/review", page=page, grade=query.grade, source=query.source, q=query.q)


def _quoted(lead_id: str) -> str:
    from urllib.parse import quote

    return quote(lead_id, safe="")
