"""How good the pairs called *same* are: precision and recall with intervals, from reviewed pairs drawn at random or from the model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.stats import beta

from lead_ml.lead_data.match.weights import Floats
from lead_ml.model.metrics import Interval, sigmoid

Mask = npt.NDArray[np.bool_]
_DOUBT = 1.5  # log-odds by which the model may be wrong everywhere
_UNSEEN = 0.05  # share of pairs that may be wrong for a reason that no column shows
_FEW = 3.0  # pairs by which the numbers of right ones differ by chance
_LEAST_AUDITED = 50
_DRAWS = 2_000
_LEVEL = 0.95
_UNKNOWN = Interval(np.nan, np.nan, np.nan)


@dataclass(frozen=True)
class MatchQuality:
    """Precision and recall of the pairs called *same*, each with a 95% interval.

    ``source`` is ``audit`` where reviewed pairs that were drawn at random say it, ``model`` where only the model does. Its interval then
    shows what follows if all of its log-odds are wrong by 1.5 in one direction, and if one pair in twenty is wrong for a
    reason that no column shows: it is no confidence interval. Recall is among pairs that were compared.
    """

    precision: Interval
    recall: Interval
    source: Literal["audit", "model"]
    audited: int = 0


@dataclass(frozen=True)
class Audit:
    """Reviewed pairs that were drawn at random: called *same* before the review, right, and the chance to be drawn."""

    same: Mask
    right: Mask
    chance: Floats


def by_model(log_odds: Floats, same: Mask) -> MatchQuality:
    """Return what the model says of its own decisions; NaN where it called no pair the same."""
    if not same.any():
        return MatchQuality(_UNKNOWN, _UNKNOWN, "model")
    said, low, high = (sigmoid(log_odds + by) for by in (0.0, -_DOUBT, _DOUBT))
    found, pairs = [np.minimum(low, 1 - _UNSEEN)[same], high[same]], int(same.sum())
    value = float(said[same].sum()) / pairs
    bounds = [float(found[0].sum() - _FEW) / pairs, float(found[1].sum() + _FEW) / pairs]
    recall = [float(p[same].sum()) / max(1e-9, float(p.sum())) for p in (said, low, high)]
    missed = 1 - max(recall) + _UNSEEN
    return MatchQuality(
        Interval(value, max(0.0, min(bounds[0], value)), min(1.0, max(bounds[1], value))),
        Interval(recall[0], min(*recall, 1 - missed), max(recall)),
        "model",
    )


def by_audit(audit: Audit, decided: tuple[int, int], pairs: int) -> MatchQuality | None:
    """Return what an audit says of the result, in which the answers are in force; None with too few pairs.

    The precision has Clopper and Pearson's interval at the effective number of pairs (Kish 1965), the recall a bootstrap. Of the `pairs`
    called *same* now, `decided[0]` were answered and are right; `decided[1]` pairs were missed before they were answered.
    """
    same, weight = audit.same, 1 / audit.chance
    if same.sum() < _LEAST_AUDITED:
        return None
    hits, size = float((weight * audit.right)[same].sum()), float(weight[same].sum())
    found = _exact(hits / size, size**2 / float((weight[same] ** 2).sum()))
    sure = min(1.0, decided[0] / max(1, pairs))
    precision = Interval(*(sure + (1 - sure) * share for share in (found.value, found.lower, found.upper)))
    return MatchQuality(precision, _recall(audit, decided[1]), "audit", len(same))


def _exact(share: float, n: float) -> Interval:
    wins, tail = share * n, (1 - _LEVEL) / 2
    lower = float(beta.ppf(tail, wins, n - wins + 1)) if wins > 0 else 0.0
    upper = float(beta.ppf(1 - tail, wins + 1, n - wins)) if wins < n else 1.0
    return Interval(share, lower, upper)


def _recall(audit: Audit, found_since: int) -> Interval:
    """Return the recall; pairs of each side are drawn anew, since they were drawn apart, and one more miss is always possible."""
    rng, weight = np.random.default_rng(0), 1 / audit.chance
    parts = [(weight * audit.right)[side] for side in (audit.same, ~audit.same)]
    found, missed = (
        rng.choice(part, (_DRAWS, len(part))).sum(axis=1) if len(part) else np.zeros(_DRAWS) for part in parts
    )
    most = float(np.max(weight[~audit.same], initial=0.0))
    value = _share(parts[0].sum(), parts[1].sum() - found_since)
    lower = float(np.quantile(_share(found, missed + most - found_since), 0.025))
    upper = float(np.quantile(_share(found, missed - found_since), 0.975))
    return Interval(float(value), min(lower, float(value)), max(upper, float(value)))


def _share(found: Floats, missed: Floats) -> Floats:
    left = np.maximum(0.0, missed)
    return np.asarray(found / np.maximum(1e-9, found + left))
