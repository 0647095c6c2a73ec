"""The worklist in memory, read again when it was written again."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import msgspec

from lead_ml.errors import InputError
from lead_ml.scoring import Answer, Scorer, WorklistRow, read_worklist
from lead_ml.scoring.thresholds import grade_of, log_odds, stage_of

WORKLIST = "worklist.jsonl"


@dataclass(frozen=True)
class Rows:
    """The open leads, best first, as the lines in force grade them; ``stale`` if another model scored them."""

    rows: tuple[WorklistRow, ...] = ()
    stale: bool = False
    error: str = ""

    @cached_property
    def by_id(self) -> dict[str, WorklistRow]:
        """Rows by the id of their lead."""
        return {row.answer.lead_id: row for row in self.rows}

    @cached_property
    def sources(self) -> tuple[str, ...]:
        """The sources that occur, in order of the alphabet."""
        return tuple(sorted({source for row in self.rows if (source := row.lead.get("source"))}))


@dataclass
class Board:
    """Reads ``worklist.jsonl`` of a folder; safe to share between threads."""

    runs: Path
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _key: object = None
    _rows: Rows = field(default_factory=Rows)

    def rows(self, scorer: Scorer) -> Rows:
        """Return the worklist under the lines of `scorer`.

        Lines that were accepted after the scoring grade the same probabilities anew; the probabilities stay.
        """
        with self._lock:
            key = (_stamp(self.runs / WORKLIST), scorer.version, scorer.thresholds.version)
            if key != self._key:
                self._rows, self._key = _read(self.runs, scorer), key
            return self._rows


def _read(runs: Path, scorer: Scorer) -> Rows:
    try:
        rows = read_worklist(runs)
    except InputError as error:
        return Rows(error=str(error))
    stale = any(row.answer.model_version != scorer.version for row in rows)
    if stale:
        return Rows(tuple(rows), stale=True)
    return Rows(tuple(WorklistRow(row.lead, _graded(row.answer, scorer)) for row in rows))


def _graded(answer: Answer, scorer: Scorer) -> Answer:
    lines = scorer.thresholds
    if answer.thresholds_version == lines.version:
        return answer
    logit, mql, sql = log_odds(answer.probability), lines.mql_logit, lines.sql_logit
    return msgspec.structs.replace(
        answer,
        grade=grade_of(logit, mql, sql),
        stage=stage_of(logit, mql, sql),
        thresholds_version=lines.version,
    )


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size
