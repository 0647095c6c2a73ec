"""How good the pairs called *same* are: precision and recall with intervals, from reviewed pairs drawn at random or from the model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.stats import beta

from lead_ml.leads.match.weights import Floats
from lead_ml.model.metrics import Interval, sigmoid

Mask = npt.NDArray[np.bool_]
_DOUBT = 1.5  # log-odds by which the model may be wrong everywhere
_LEAST_AUDITED = 50
_DRAWS = 2_000
_LEVEL = 0.95


@dataclass(frozen=True)
class MatchQuality:
    """Precision and recall of the pairs called *same*, each with a 95% interval.

    ``source`` is ``audit`` where reviewed pairs that were drawn at random say it, ``model`` where only the model does: its interval
    then shows what follows if all of its log-odds are wrong by 1.5 in one direction. Recall is among pairs that were compared.
    """

    precision: Interval
    recall: Interval
    source: Literal["audit", "model"]
    audited: int = 0


def by_model(log_odds: Floats, same: Mask) -> MatchQuality:
    """Return what the model says of its own decisions."""
    belief = [sigmoid(log_odds + by) for by in (0.0, -_DOUBT, _DOUBT)]
    precision = [float(p[same].sum()) / max(1, int(same.sum())) for p in belief]
    recall = [float(p[same].sum()) / max(1e-9, float(p.sum())) for p in belief]
    return MatchQuality(Interval(*precision), Interval(recall[0], min(recall), max(recall)), "model")


def by_audit(same: Mask, right: Mask, chance: Floats) -> MatchQuality | None:
    """Return what reviewed pairs say that were drawn at random, each with its chance to be drawn; None with too few.

    The precision is Clopper and Pearson's interval at the effective number of pairs (Kish 1965), the recall a bootstrap.
    """
    weight = 1 / chance
    if same.sum() < _LEAST_AUDITED:
        return None
    hits, size = float((weight * right)[same].sum()), float(weight[same].sum())
    n = size**2 / float((weight[same] ** 2).sum())
    precision = _exact(hits / size, n)
    return MatchQuality(precision, _recall(same, right, weight), "audit", len(same))


def _exact(share: float, n: float) -> Interval:
    wins, tail = share * n, (1 - _LEVEL) / 2
    lower = float(beta.ppf(tail, wins, n - wins + 1)) if wins > 0 else 0.0
    upper = float(beta.ppf(1 - tail, wins + 1, n - wins)) if wins < n else 1.0
    return Interval(share, lower, upper)


def _recall(same: Mask, right: Mask, weight: Floats) -> Interval:
    """Return the recall; pairs of each side are drawn anew, since they were drawn apart, and one more miss is always possible."""
    rng = np.random.default_rng(0)
    found, missed = (weight * right)[same], (weight * right)[~same]
    draws = [rng.choice(part, (_DRAWS, len(part))).sum(axis=1) if len(part) else np.zeros(_DRAWS) for part in (found, missed)]
    most = float(np.max(weight[~same], initial=0.0))
    value = float(found.sum() / max(1e-9, found.sum() + missed.sum()))
    share = draws[0] / np.maximum(1e-9, draws[0] + draws[1])
    worst = draws[0] / np.maximum(1e-9, draws[0] + draws[1] + most)
    lower, upper = float(np.quantile(worst, 0.025)), float(np.quantile(share, 0.975))
    return Interval(value, min(lower, value), max(upper, value))
