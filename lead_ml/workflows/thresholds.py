"""Accepting the thresholds of one method for the version that serves."""

from __future__ import annotations

from datetime import UTC, datetime

from lead_ml.errors import ParamsError
from lead_ml.scoring import Scorer, accept_thresholds
from lead_ml.scoring.thresholds import Thresholds


def accept_method(scorer: Scorer, method: str, *, by: str, why: str) -> Thresholds:
    """Accept the thresholds of one method for a bundle; they are kept beside it and apply from the next request."""
    advice = next((item for item in scorer.bundle.advice if item.method == method), None)
    if advice is None or scorer.folder is None:
        raise ParamsError(f"this version has no advice by {method}", do="train with more outcomes")
    thresholds = Thresholds.of(
        mql=advice.mql.probability,
        sql=advice.sql.probability,
        method=method,
        accepted_by=by,
        accepted_at=datetime.now(UTC).isoformat(timespec="seconds"),
        why=why,
    )
    accept_thresholds(scorer.folder, thresholds)
    return thresholds
