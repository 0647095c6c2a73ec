"""Every acceptance of thresholds, one JSON line each, only ever appended to: the thresholds of a project outlive its versions.

A bundle in ``runs/<version>/bundle`` uses the ``thresholds.jsonl`` of its runs folder, any other bundle a file of its own beside
its manifest. The last readable line is in effect. Under a version with other reference odds, it keeps its score.
"""

from __future__ import annotations

import logging
import math
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from lead_ml.errors import RequestError
from lead_ml.scoring.thresholds.accepted import Thresholds
from lead_ml.scoring.thresholds.scale import log_odds, probability_of
from lead_ml.tables.durable import append_line

NAME = "thresholds.jsonl"
_OF_A_RUN = (
    "run.json",
    "../champion.json",
)  # beside the bundle's folder: one of them shows that it is that of a project

logger = logging.getLogger(__name__)


class Acceptance(msgspec.Struct, frozen=True, kw_only=True):
    """One line: the thresholds as probabilities under a version whose ``reference_odds`` score 50; who, when (ISO 8601 UTC), why."""

    mql: float
    sql: float
    reference_odds: float
    method: str
    accepted_by: str = ""
    accepted_at: str = ""
    why: str = ""
    model_version: str = ""

    def under(self, reference_odds: float) -> Thresholds:
        """Return the thresholds of the same scores under other reference odds; RequestError where the line is impossible."""
        accepted = {name: getattr(self, name) for name in ("method", "accepted_by", "accepted_at", "why")}
        if not 0 < self.reference_odds < math.inf:
            raise RequestError("reference_odds", value=self.reference_odds, expected="a positive number")
        found = Thresholds.of(self.mql, self.sql, **accepted)
        if reference_odds == self.reference_odds:
            return found
        shift = math.log(reference_odds) - math.log(self.reference_odds)
        mql, sql = (probability_of(log_odds(threshold) + shift) for threshold in (self.mql, self.sql))
        return Thresholds.of(mql, sql, **accepted)


@dataclass(frozen=True)
class ThresholdLog:
    """The readable acceptances, oldest first, and the numbers of the lines that cannot be read (0: the file cannot)."""

    acceptances: tuple[Acceptance, ...] = ()
    damaged: tuple[int, ...] = ()

    def in_effect(self, defaults: Thresholds, reference_odds: float) -> Thresholds:
        """Return the last acceptance that is possible under a version's reference odds, or the version's defaults."""
        for acceptance in reversed(self.acceptances):
            with suppress(RequestError):
                return acceptance.under(reference_odds)
        return defaults


def log_of(bundle: Path) -> Path:
    """Return where the acceptances of a bundle are."""
    run = bundle.resolve().parent
    of_a_run = bundle.resolve().name == "bundle" and any((run / name).is_file() for name in _OF_A_RUN)
    return (run.parent if of_a_run else bundle) / NAME


def read_log(path: Path) -> ThresholdLog:
    """Read the acceptances; a line that cannot be read is skipped, never an error."""
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return ThresholdLog()
    except OSError:
        return ThresholdLog(damaged=(0,))
    found = {number: _read(line) for number, line in enumerate(lines, start=1) if line.strip()}
    return ThresholdLog(
        tuple(item for item in found.values() if item is not None),
        tuple(number for number, item in found.items() if item is None),
    )


def accepted_thresholds(bundle: Path, defaults: Thresholds, reference_odds: float) -> Thresholds:
    """Return the thresholds in effect under a bundle with these defaults and reference odds."""
    log = read_log(log_of(bundle))
    if log.damaged:
        logger.warning("%s: lines %s cannot be read and are skipped", log_of(bundle), list(log.damaged)[:5])
    return log.in_effect(defaults, reference_odds)


def accept_thresholds(
    bundle: Path, thresholds: Thresholds, *, reference_odds: float, model_version: str
) -> None:
    """Append an acceptance in one write that is on disk when this returns; OSError where it cannot be."""
    content = {name: getattr(thresholds, name) for name in thresholds.__struct_fields__ if name != "version"}
    line = Acceptance(**content, reference_odds=reference_odds, model_version=model_version)
    append_line(log_of(bundle), msgspec.json.encode(line))


def _read(line: bytes) -> Acceptance | None:
    try:
        found = msgspec.json.decode(line, type=Acceptance)
        found.under(found.reference_odds)
    except (msgspec.DecodeError, UnicodeDecodeError, RequestError):
        return None
    return found
