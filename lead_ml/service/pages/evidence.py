"""What the history of scored leads shows about the current thresholds, and about every other threshold."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from lead_ml.project.params import ThresholdParams
from lead_ml.scoring import Scorer
from lead_ml.scoring.thresholds import CurvePoint, Month, Steps, Threshold, basis_of, by_month, curve

_MAX_ENTRIES = 8


@dataclass(frozen=True)
class ThresholdEvidence:
    """Backtest of the current thresholds, the curve over all thresholds, and SQL by month; empty without history."""

    mql: Threshold | None = None
    sql: Threshold | None = None
    curve: tuple[CurvePoint, ...] = ()
    months: tuple[Month, ...] = ()

    @property
    def dated(self) -> bool:
        """True if the history has dates, so that volumes are per week."""
        return bool(self.curve) and self.curve[0].per_week is not None


@dataclass
class EvidenceCache:
    """Runs the backtest once per model and pair of thresholds; safe to share between threads."""

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _found: dict[tuple[str, str], ThresholdEvidence] = field(default_factory=dict)

    def of(self, scorer: Scorer) -> ThresholdEvidence:
        """Return the evidence for the thresholds of a scorer; the first call takes about a second."""
        key = (scorer.version, scorer.thresholds.version)
        with self._lock:
            if key not in self._found:
                while len(self._found) >= _MAX_ENTRIES:
                    self._found.pop(next(iter(self._found)))
                self._found[key] = threshold_evidence(scorer)
            return self._found[key]


def threshold_evidence(scorer: Scorer) -> ThresholdEvidence:
    """Run the backtest of the thresholds of a scorer on the history in its bundle."""
    history, facts = scorer.bundle.history, scorer.bundle.info
    if history is None:
        return ThresholdEvidence()
    steps = Steps.of(history)
    basis = basis_of(steps, threshold_params(scorer), reference_odds=facts.reference_odds)
    thresholds = scorer.thresholds
    return ThresholdEvidence(
        mql=basis.threshold(thresholds.mql_logit, basis.cost_per_mql),
        sql=basis.threshold(thresholds.sql_logit, basis.cost_per_sql),
        curve=curve(steps, reference_odds=facts.reference_odds),
        months=by_month(steps, thresholds.sql_logit),
    )


def threshold_params(scorer: Scorer) -> ThresholdParams:
    """Return the threshold parameters that the advice in a bundle is based on."""
    return ThresholdParams.model_validate(scorer.bundle.params.get("thresholds", {}))
