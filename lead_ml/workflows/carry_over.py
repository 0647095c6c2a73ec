"""What becomes of the thresholds when another version serves: the same scores, with the volume and win rate of its own history."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

from lead_ml.errors import LeadMLError
from lead_ml.model.metrics import OptionalInterval
from lead_ml.project.params import ThresholdParams
from lead_ml.scoring import read_replay
from lead_ml.scoring.thresholds import Threshold, accepted_thresholds, basis_of, log_of, read_log

_PLACES: tuple[tuple[Literal["mql", "sql"], str], ...] = (("mql", "MQL"), ("sql", "SQL"))


class Thresholding(msgspec.Struct, frozen=True, kw_only=True):
    """The thresholds of one version, replayed on the history in its bundle; None where there is none."""

    version: str
    mql: Threshold | None = None
    sql: Threshold | None = None


class CarriedOver(msgspec.Struct, frozen=True, kw_only=True):
    """The thresholds before and after a change of the version: accepted ones are carried over, defaults belong to a version."""

    accepted: bool
    before: Thresholding | None
    after: Thresholding

    @property
    def words(self) -> str:
        """Say what happens to the thresholds, and how volume and win rate change."""
        said = (
            "the accepted thresholds are carried over with their scores"
            if self.accepted
            else "no thresholds were accepted, so the defaults of this version apply"
        )
        pairs = [
            (name, getattr(self.before, field, None), getattr(self.after, field)) for field, name in _PLACES
        ]
        changes = [_change(name, old, new) for name, old, new in pairs if old is not None and new is not None]
        return "; ".join([said, *changes])


def carried_over(runs: Path, previous: str | None, version: str) -> CarriedOver:
    """Replay the thresholds that are in effect under either version."""
    return CarriedOver(
        accepted=bool(read_log(log_of(runs / version / "bundle")).acceptances),
        before=None if previous is None else _thresholding(runs, previous),
        after=_thresholding(runs, version),
    )


def _thresholding(runs: Path, version: str) -> Thresholding:
    bundle = runs / version / "bundle"
    try:
        found = read_replay(bundle)
    except LeadMLError:  # a version that serves no more may be damaged
        return Thresholding(version=version)
    if found.history is None:
        return Thresholding(version=version)
    odds = found.info.reference_odds
    thresholds = accepted_thresholds(bundle, found.defaults, odds)
    params = ThresholdParams.model_validate(found.params.get("thresholds", {}))
    basis = basis_of(found.history, params, reference_odds=odds)
    return Thresholding(
        version=version,
        mql=basis.threshold(thresholds.mql_logit, basis.cost_per_mql),
        sql=basis.threshold(thresholds.sql_logit, basis.cost_per_sql),
    )


def _change(name: str, old: Threshold, new: Threshold) -> str:
    score = f"{name} at score {new.score:.0f}" + ("" if _same(old, new) else f" (before: {old.score:.0f})")
    dated = old.per_week.value is not None and new.per_week.value is not None
    before, after = (
        (f"{old.per_week.value:.1f}", f"{new.per_week.value:.1f} leads per week")
        if dated
        else (f"{old.crossed:,}", f"{new.crossed:,} leads of the history")
    )
    return f"{score}: {before} -> {after}, win rate {_share(old.precision)} -> {_share(new.precision)}"


def _same(old: Threshold, new: Threshold) -> bool:
    return abs(old.score - new.score) < 0.5


def _share(rate: OptionalInterval) -> str:
    return "unknown" if rate.value is None else f"{rate.value:.1%}"
