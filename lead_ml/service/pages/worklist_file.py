"""The worklist in memory, read again when its file changes."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import msgspec

from lead_ml.errors import InputError
from lead_ml.scoring import Answer, Scorer, WorklistRow, read_worklist
from lead_ml.scoring.thresholds import grade_of, log_odds, stage_of
from lead_ml.scoring.worklist import WORKLIST


@dataclass(frozen=True)
class CurrentWorklist:
    """The open leads, best first, graded by the current thresholds; ``stale`` if another model scored some of them."""

    rows: tuple[WorklistRow, ...] = ()
    stale: bool = False
    error: str = ""

    @cached_property
    def by_id(self) -> dict[str, WorklistRow]:
        """Rows by lead id."""
        return {row.answer.lead_id: row for row in self.rows}

    @cached_property
    def sources(self) -> tuple[str, ...]:
        """The sources that occur, in alphabetical order."""
        return self._values("source")

    @cached_property
    def owners(self) -> tuple[str, ...]:
        """The owners that occur, in alphabetical order."""
        return self._values("owner")

    def _values(self, name: str) -> tuple[str, ...]:
        return tuple(sorted({value for row in self.rows if (value := row.lead.get(name))}))


@dataclass
class WorklistReader:
    """Reads ``worklist.jsonl`` from a folder; safe to share between threads."""

    runs: Path
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _key: object = None
    _current: CurrentWorklist = field(default_factory=CurrentWorklist)

    def current(self, scorer: Scorer) -> CurrentWorklist:
        """Return the worklist graded by the thresholds of `scorer`.

        Thresholds that were approved after scoring change grades and stages; probabilities stay as they are.
        """
        with self._lock:
            key = (_stamp(self.runs / WORKLIST), scorer.version, scorer.thresholds.version)
            if key != self._key:
                self._current, self._key = _read(self.runs, scorer), key
            return self._current


def _read(runs: Path, scorer: Scorer) -> CurrentWorklist:
    try:
        rows = read_worklist(runs)
    except InputError as error:
        return CurrentWorklist(error=str(error))
    if any(row.answer.model_version != scorer.version for row in rows):
        return CurrentWorklist(tuple(rows), stale=True)
    return CurrentWorklist(
        tuple(msgspec.structs.replace(row, answer=_graded(row.answer, scorer)) for row in rows)
    )


def _graded(answer: Answer, scorer: Scorer) -> Answer:
    thresholds = scorer.thresholds
    if answer.thresholds_version == thresholds.version:
        return answer
    if answer.grade is None:  # flagged as fake, or without a signal: no thresholds grade it
        return msgspec.structs.replace(answer, thresholds_version=thresholds.version)
    logit, mql, sql = log_odds(answer.probability), thresholds.mql_logit, thresholds.sql_logit
    return msgspec.structs.replace(
        answer,
        grade=grade_of(logit, mql, sql),
        stage=stage_of(logit, mql, sql),
        thresholds_version=thresholds.version,
    )


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size
