"""What history says about the lines in force, and about every other line."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from lead_ml.project.params import ThresholdParams
from lead_ml.scoring import Scorer
from lead_ml.scoring.thresholds import CurvePoint, Month, Steps, Threshold, basis_of, by_month, curve

_KEPT = 8


@dataclass(frozen=True)
class LineEvidence:
    """The accepted lines replayed on history, the curve over all lines, and the SQL line by month; all may be empty."""

    mql: Threshold | None = None
    sql: Threshold | None = None
    curve: tuple[CurvePoint, ...] = ()
    months: tuple[Month, ...] = ()


@dataclass
class EvidenceCache:
    """Replays each pair of lines of each model once; safe to share between threads."""

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _found: dict[tuple[str, str], LineEvidence] = field(default_factory=dict)

    def of(self, scorer: Scorer) -> LineEvidence:
        """Return the evidence for the lines of a scorer; the first call takes about a second."""
        key = (scorer.version, scorer.thresholds.version)
        with self._lock:
            if key not in self._found:
                while len(self._found) >= _KEPT:
                    self._found.pop(next(iter(self._found)))
                self._found[key] = line_evidence(scorer)
            return self._found[key]


def line_evidence(scorer: Scorer) -> LineEvidence:
    """Replay the lines of a scorer on the history in its bundle."""
    history, facts = scorer.bundle.history, scorer.bundle.facts
    if history is None:
        return LineEvidence()
    steps = Steps.of(history)
    basis = basis_of(steps, threshold_params(scorer), reference_odds=facts.reference_odds)
    lines = scorer.thresholds
    return LineEvidence(
        mql=basis.threshold(lines.mql_logit, basis.cost_per_mql),
        sql=basis.threshold(lines.sql_logit, basis.cost_per_sql),
        curve=curve(steps, reference_odds=facts.reference_odds),
        months=by_month(steps, lines.sql_logit),
    )


def threshold_params(scorer: Scorer) -> ThresholdParams:
    """Return the numbers behind the advice of a bundle."""
    return ThresholdParams.model_validate(scorer.bundle.params.get("thresholds", {}))
