"""Which leads the worklist shows, and in which order: the filters and the sorting of its address."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter

from lead_ml.scoring import WorklistRow

GRADES = ("A", "B", "C", "D")
STAGES = ("sql", "mql", "none", "verify")
FAKE, STALE = "fake", "stale"
UNASSIGNED = "(none)"
BEST_FIRST = "-probability"
DESCENDING = ("created_at", "probability", "score")  # sorted downwards by the first click
SORTED = ("lead", "source", "owner", *DESCENDING, "grade", "stage")
_MAX_TEXT = 100
_SEARCHED = ("name", "company", "email", "phone")
_LEAST_DIGITS = 5

Wording = Callable[[str], str]


@dataclass(frozen=True)
class WorklistQuery:
    """Filters, order and page number; an empty filter selects all but the stale leads.

    ``grade`` is A-D, ``fake`` for flagged leads, or ``stale``; ``owner`` may be ``(none)``. ``sort`` is a column of ``SORTED``,
    downwards with a minus before it; empty, the best leads come first.
    """

    page: int = 1
    grade: str = ""
    source: str = ""
    owner: str = ""
    q: str = ""
    sort: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> WorklistQuery:
        """Read a query string; invalid values are ignored."""
        page, grade, sort = (query.get(name, "") for name in ("page", "grade", "sort"))
        return cls(
            page=max(1, int(page)) if page.isascii() and page.isdecimal() and len(page) < 7 else 1,
            grade=grade if grade in (*GRADES, FAKE, STALE) else "",
            source=query.get("source", ""),
            owner=query.get("owner", ""),
            q=query.get("q", "").strip()[:_MAX_TEXT],
            sort=sort if sort.removeprefix("-") in SORTED and sort != BEST_FIRST else "",
        )

    @property
    def filtered(self) -> bool:
        """Whether any filter is set."""
        return any((self.grade, self.source, self.owner, self.q))

    @property
    def order(self) -> tuple[str, bool]:
        """The column that the leads are sorted by, and whether downwards."""
        sort = self.sort or BEST_FIRST
        return sort.removeprefix("-"), sort.startswith("-")

    def toggled(self, column: str) -> str:
        """Return what ``sort`` becomes after a click on the header of a column."""
        current, descending = self.order
        downwards = not descending if column == current else column in DESCENDING
        wanted = f"-{column}" if downwards else column
        return "" if wanted == BEST_FIRST else wanted

    def select(self, rows: Sequence[WorklistRow], source_text: Wording) -> list[WorklistRow]:
        """Return the leads that pass the filters, in the order that was asked for; `source_text` words a source."""
        found = [row for row in rows if self.matches(row)]
        if not self.sort:
            return found
        column, descending = self.order
        keyed = [(_key(row, column, source_text), row) for row in found]
        known = [pair for pair in keyed if pair[0] not in ("", b"")]
        known.sort(key=itemgetter(0), reverse=descending)
        return [row for _, row in known] + [row for key, row in keyed if key in ("", b"")]

    def matches(self, row: WorklistRow) -> bool:
        """Return whether a lead passes the filters."""
        if STALE in (row.state, self.grade):
            graded = row.state == self.grade
        else:
            graded = self.grade in ("", row.answer.grade, FAKE if is_flagged(row) else "")
        return graded and self.matches_apart_from_grade(row)

    def matches_apart_from_grade(self, row: WorklistRow) -> bool:
        """Return whether a lead passes all filters but that of the grade."""
        return (
            self.source in ("", row.lead.get("source"))
            and self.owner in ("", row.lead.get("owner") or UNASSIGNED)
            and self._found_in(row)
        )

    def _found_in(self, row: WorklistRow) -> bool:
        wanted = self.q.casefold()
        texts = (row.answer.lead_id, *(row.lead.get(name, "") for name in _SEARCHED))
        if any(wanted in text.casefold() for text in texts):
            return True
        digits = "" if re.search(r"[^\d\s()+./-]", wanted) else re.sub(r"\D", "", wanted)
        return len(digits) >= _LEAST_DIGITS and digits in re.sub(r"\D", "", row.lead.get("phone", ""))


def is_flagged(row: WorklistRow) -> bool:
    """Return whether a lead is flagged as possibly fake."""
    return row.answer.fake is not None and row.answer.fake.flag


def title_of(row: WorklistRow) -> str:
    """Return what a lead is called."""
    return row.lead.get("name") or row.lead.get("company") or row.answer.lead_id


def _key(row: WorklistRow, column: str, source_text: Wording) -> float | str | bytes:
    """Return what a lead is sorted by; an empty text or grade comes last in both directions."""
    answer = row.answer
    match column:
        case "probability":
            return answer.probability
        case "score":
            return answer.score
        case "grade":
            return answer.grade or ""
        case "stage":
            return float(STAGES.index(answer.stage))
        case "created_at":
            return row.lead.get("created_at", "")
    text = title_of(row) if column == "lead" else row.lead.get(column, "")
    return _collated(source_text(text) if column == "source" else text)


def _collated(text: str) -> bytes:
    """Return bytes that sort a text without regard to case, and common Chinese characters by their pronunciation."""
    return text.casefold().encode("gb18030", "replace")
