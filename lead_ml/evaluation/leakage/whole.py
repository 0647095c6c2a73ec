"""All columns that are left, together: whether they predict better than intake data can, and which columns make them do so.

Columns that people fill in while they work a lead repeat each other, so that none of them looks too good beside the others.
The whole does. What a lead says about itself when it arrives reaches an AUC of .6 to .85; a scorer whose AUC surely exceeds
``INTAKE_AUC`` knows more. Where wins are rare, near-deterministic columns hardly show in the AUC, so the area under the precision-recall
curve is evaluated too: against the one that a scorer of that AUC has at the same rate of wins, if the scores of both classes are normal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from lead_ml.evaluation.leakage.expected import SURE, Bench, excess
from lead_ml.evaluation.leakage.measure import auc
from lead_ml.evaluation.leakage.sample import AuditSample
from lead_ml.model.metrics import Interval, pr_auc
from lead_ml.tables.dataset import Floats

INTAKE_AUC = 0.90
NOTICED = 0.5  # of the honest reference: what a column may add at most once the whole was too good
MOST_TRIED = 5  # columns whose removal is tried at each step, the strongest alone


@dataclass(frozen=True)
class Quality:
    """How well some columns predict together: AUC and PR-AUC with 95% intervals, and the rate of the outcome."""

    auc: Interval
    pr_auc: Interval
    rate: float

    @property
    def lift(self) -> float:
        """PR-AUC in units of the rate: that of a scorer that knows nothing is 1."""
        return self.pr_auc.value / self.rate

    @property
    def too_good(self) -> bool:
        """Whether this is surely beyond what intake data can reach."""
        return self.auc.lower > INTAKE_AUC or self.pr_auc.lower > usual_pr_auc(round(self.rate, 3))

    @property
    def unusual(self) -> bool:
        """Whether the estimate is beyond it: enough to go on doubting once the whole was surely too good."""
        return self.auc.value > INTAKE_AUC or self.pr_auc.value > usual_pr_auc(round(self.rate, 3))


@dataclass(frozen=True)
class Removal:
    """A column that was taken out because the whole was too good, with the whole before and after."""

    place: int
    before: Quality
    after: Quality


def quality_of(sample: AuditSample, p: Floats) -> Quality:
    """Measure out-of-fold probabilities."""
    return Quality(auc(sample.y, p), _pr_auc(sample.y, p), float(sample.y.mean()))


def bring_back(bench: Bench, honest: Sequence[str], columns: Sequence[str]) -> dict[str, Removal]:
    """Take one column after another out of the honest ones until they are no longer too good; return them in that order.

    ``columns`` are the lead columns that may be taken out. Once the whole was too good, its columns have lost the benefit of
    the doubt: those that still add ``NOTICED`` times the honest reference to the rest follow.
    """
    found, left = dict[str, Removal](), list(honest)
    others = [name for name in honest if name not in columns]
    if quality_of(bench.sample, bench.all_of(others).p).too_good:
        return found  # dated features alone are too good: no removal of a column would bring the figure back
    now = quality_of(bench.sample, bench.all_of(left).p)
    while (now.too_good or found) and (name := _strongest(bench, left, columns)):
        rest = [other for other in left if other != name]
        if not now.unusual and not _noticed(bench, rest, name):
            break
        after = quality_of(bench.sample, bench.all_of(rest).p)
        found[name], now, left = Removal(len(found) + 1, now, after), after, rest
    return found


def _noticed(bench: Bench, rest: Sequence[str], name: str) -> bool:
    known = bench.all_of(rest)
    over = excess(bench.sample, known, bench.all_of([*rest, name]), len(rest), known)
    return over.ratio > NOTICED and over.gain > SURE * over.error


def _strongest(bench: Bench, honest: Sequence[str], columns: Sequence[str]) -> str:
    """Return the column that carries most: the sum of what it holds alone and of what is lost without it."""
    tried = sorted(
        (name for name in honest if name in columns), key=lambda name: -bench.single(name).information
    )
    whole = bench.all_of(honest).information
    carried = {
        name: bench.single(name).information
        + whole
        - bench.all_of(other for other in honest if other != name).information
        for name in tried[:MOST_TRIED]
    }
    return max(carried, key=lambda name: carried[name], default="")


def _pr_auc(y: Floats, p: Floats) -> Interval:
    """Return the PR-AUC with its 95% interval on the scale of log-odds (Boyd, Eng and Page, 2013).

    The bounds of a perfect ranking are those of one that misses half a positive: else its interval would be 0 to 1.
    """
    positives, value = max(1.0, float(y.sum())), float(pr_auc(y, p))
    inside = float(np.clip(value, 0.5 / positives, 1 - 0.5 / positives))
    middle, half = np.log(inside / (1 - inside)), 1.96 / np.sqrt(positives * inside * (1 - inside))
    low, high = (1 / (1 + np.exp(-(middle + side * half))) for side in (-1, 1))
    return Interval(value, float(low), max(value, float(high)))


@cache
def usual_pr_auc(rate: float) -> float:
    """Return the PR-AUC of a scorer with an AUC of ``INTAKE_AUC`` whose scores are normal in both classes.

    >>> round(usual_pr_auc(0.1), 2), round(usual_pr_auc(0.38), 2)
    (0.6, 0.85)
    """
    _, precision, weight = _normal_scorer(rate, INTAKE_AUC)
    return float((precision * weight).sum() / weight.sum())


def usual_precision(rate: float, area: float, shares: Floats) -> Floats:
    """Return the precision that such a scorer with an AUC of `area` reaches among each of some shares of the leads, its best.

    >>> usual_precision(0.1, 0.9, np.array([0.01, 0.05])).round(2).tolist()
    [0.92, 0.73]
    """
    reached, precision, _ = _normal_scorer(rate, area)
    return np.asarray(np.interp(shares, reached[::-1], precision[::-1]))


def _normal_scorer(rate: float, area: float) -> tuple[Floats, Floats, Floats]:
    """Return the share of leads above each threshold, the precision among them, and the density of the positives."""
    from scipy.stats import norm

    score, apart = np.linspace(-8.0, 14.0, 4_401), np.sqrt(2) * norm.ppf(area)
    found, others = rate * norm.sf(score - apart), (1 - rate) * norm.sf(score)
    reached = np.maximum(found + others, 1e-300)
    return found + others, np.where(found > 1e-300, found / reached, 1.0), norm.pdf(score - apart)
