"""Columns that are filled, or hold a value, for one class only.

People leave form fields blank, and the blanks predict a little; people who know the outcome fill in a column afterwards, and
then the blanks predict nearly everything. So what counts is not whether the fill rate differs (with many leads it always does)
but by how much: as odds, since a column filled for 20% of the winners and nobody else hardly shows in the AUC. A winner here is whoever ever
won by the end of the data, within the horizon or later.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lead_ml.asof.labels import Mask
from lead_ml.evaluation.leakage.columns import View
from lead_ml.evaluation.leakage.expected import Bench
from lead_ml.evaluation.leakage.measure import Information, auc
from lead_ml.evaluation.leakage.records import LeakageFinding, LeakageVerdict
from lead_ml.evaluation.leakage.sample import AuditSample
from lead_ml.evaluation.leakage.whole import usual_precision
from lead_ml.model.metrics import logit
from lead_ml.tables.dataset import Floats, Indices

# The honest range of log-odds ratios: PRIOR_COLUMNS columns whose blanks shift the odds of a win by double, pooled with
# the median of the data set's own; WIDE times that is beyond it. A field whose blanks follow the standardized true logit
# of the generated worlds with slope 1 shifts odds by 2.5.
USUAL, PRIOR_COLUMNS, WIDE = math.log(2.0), 10, 3.0
NORMAL = 0.6745  # median of |z|
WIDEST = 2 * USUAL  # where an outcome filled most columns, as in a joined table of deals, they set no norm
BEYOND_DOUBT = 2.0  # times the end of the range, on the log scale, for a leak where the column is trusted
ALPHA = 0.001  # over all columns of a data set (Bonferroni)
PURE = 0.95
FEWEST = 10
# An honest column has at least the first AUC when it is asked how pure its best leads may be, and at most the second.
USUAL_AUC, MOST_AUC = 0.75, 0.98
# Quantile of the honest probabilities that no honest value's own leads should exceed as a whole.
CEILING = 0.99


def blank_findings(sample: AuditSample, views: Sequence[View]) -> list[LeakageFinding]:
    """Compare the fill rate of every lead column between the outcomes."""
    blanks = [found for view in views if (found := _blanks(sample, view, len(views)))]
    return [_of_blanks(sample, found, blanks) for found in blanks]


def value_findings(bench: Bench, columns: Sequence[str], honest: Sequence[str]) -> list[LeakageFinding]:
    """Look for values that exist for one class only, against what the `honest` columns say of the likeliest leads.

    A column with such a value is itself as strong as what it is held against, so all of them are left out of it: flags that are
    set together would hide each other.
    """
    sample, views = bench.sample, [bench.views[name] for name in columns]
    cells = sum(int(view.bins.max(initial=0)) + 1 for view in views)
    usual = {view.name: _usual_rates(bench, view) for view in views}
    pure = {view.name for view in views if _odd(sample, view, usual[view.name], cells).any()}
    rest = bench.all_of(name for name in honest if name not in pure)
    top = float(np.quantile(_chances(sample, rest), CEILING))
    ceilings = {name: np.minimum(0.99, np.maximum(top, usual[name])) for name in pure}
    return [
        found
        for view in views
        if view.name in pure and (found := _exclusive(sample, view, ceilings[view.name], cells))
    ]


@dataclass(frozen=True)
class _Blanks:
    """Shares filled of the positives and the negatives, the absolute log-odds ratio and its lower bound."""

    name: str
    shares: tuple[float, float]
    log_odds: float
    lower: float


def _blanks(sample: AuditSample, view: View, columns: int) -> _Blanks | None:
    filled = view.bins > 0
    if not 0 < filled.mean() < 1:
        return None
    ever = sample.ever
    (k1, n1), (k0, n0) = ((int(filled[ever == y].sum()), int((ever == y).sum())) for y in (1, 0))
    odds = abs(float(logit((k1 + 0.5) / (n1 + 1)) - logit((k0 + 0.5) / (n0 + 1))))
    (low1, high1), (low0, high0) = (
        logit(_limits(k, n, ALPHA / columns / 2)) for k, n in ((k1, n1), (k0, n0))
    )
    return _Blanks(view.name, (k1 / n1, k0 / n0), odds, max(0.0, float(low1 - high0), float(low0 - high1)))


def _limits(k: int, n: int, alpha: float) -> tuple[float, float]:
    """Return the exact one-sided bounds of a share (Clopper and Pearson, 1934), which hold in empty cells too."""
    from scipy.stats import beta

    low = float(beta.ppf(alpha, k, n - k + 1)) if k else 0.0
    high = float(beta.isf(alpha, k + 1, n - k)) if k < n else 1.0
    return low, high


def _of_blanks(sample: AuditSample, found: _Blanks, all_: Sequence[_Blanks]) -> LeakageFinding:
    weaker = [other.log_odds for other in all_ if other.log_odds < found.log_odds]
    end = _end_of_range(weaker)  # those as strong or stronger set no norm: leaks would excuse each other
    name, (positives, negatives) = found.name, found.shares
    verdict = _verdict(found, end, trusted=sample.trusted(name))
    do = f"ask who fills {name} in, and when; leave it out unless that is before the first score"
    return LeakageFinding(
        "fill",
        name,
        verdict,
        {
            "filled_positives": positives,
            "filled_negatives": negatives,
            "odds_ratio": float(np.exp(found.log_odds)),
            "odds_ratio_lower": float(np.exp(found.lower)),
            "largest_honest_odds_ratio": float(np.exp(end)),
        },
        f"{name} is filled for {positives:.1%} of the positives and {negatives:.1%} of the negatives",
        "" if verdict == "clear" else do,
        (name,),
    )


def _end_of_range(others: Sequence[float]) -> float:
    """Return the largest log-odds ratio that blanks of honest columns reach in this data set."""
    own = min(WIDEST, float(np.median(others)) / NORMAL) if others else 0.0
    pooled = (PRIOR_COLUMNS * USUAL**2 + len(others) * own**2) / (PRIOR_COLUMNS + len(others))
    return WIDE * math.sqrt(pooled)


def _verdict(found: _Blanks, end: float, *, trusted: bool) -> LeakageVerdict:
    if found.lower > (BEYOND_DOUBT * end if trusted else end):
        return "leak"
    doubtful = found.lower > end if trusted else found.log_odds > end and found.lower > USUAL
    return "suspect" if doubtful else "clear"


def _rarer(sample: AuditSample) -> Floats:
    """Return who is of the rarer class, ever, (rows,)."""
    return sample.ever if sample.ever.mean() <= 0.5 else 1 - sample.ever


def _chances(sample: AuditSample, known: Information) -> Floats:
    """Return each lead's probability of being of the rarer class, ever."""
    won = np.minimum(1.0, known.p * sample.ever.mean() / sample.y.mean())
    return np.asarray(won if sample.ever.mean() <= 0.5 else 1 - won)


def _usual_rates(bench: Bench, view: View) -> Floats:
    """Return per bin the rate that the best leads of an honest column reach, as many as are in the bin.

    The column's own AUC counts, so that the top of a strong and smooth number is not taken for a flag.
    """
    rows = np.bincount(view.bins) / len(view.bins)
    area = max(USUAL_AUC, auc(bench.sample.y, bench.single(view.name).p).value)
    rate = float(_rarer(bench.sample).mean())
    return usual_precision(rate, min(area, MOST_AUC), rows)


def _odd(sample: AuditSample, view: View, ceiling: Floats, cells: int) -> Mask:
    """Tell which bins are of the rarer class only, in more leads than a rate of `ceiling` (bins,) explains."""
    from scipy.stats import binom

    rows, hits = np.bincount(view.bins), np.bincount(view.bins, weights=_rarer(sample))
    tail = binom.sf(hits - 1, rows, ceiling)
    return np.asarray(
        (rows >= FEWEST) & (hits >= PURE * rows) & (tail < ALPHA / cells) & (rows < len(sample))
    )


def _exclusive(sample: AuditSample, view: View, ceiling: Floats, cells: int) -> LeakageFinding | None:
    """Find values of the rarer class only, in more leads than the likeliest leads of the honest columns would explain."""
    odd = _odd(sample, view, ceiling, cells)
    if not odd.any():
        return None
    few, rarer = sample.ever.mean() <= 0.5, _rarer(sample)
    inside = odd[view.bins]
    leads, found, most = int(inside.sum()), int(rarer[inside].sum()), float(ceiling[odd].max())
    return LeakageFinding(
        "fill",
        f"values of {view.name}",
        "suspect" if sample.trusted(view.name) else "leak",
        {
            "leads": leads,
            "of_one_class": found,
            "likeliest_honest": most,
            "values": ", ".join(_values(sample, view, np.flatnonzero(odd))),
        },
        f"{view.name} has values that only {'positives' if few else 'negatives'} have: {found:,} of {leads:,} leads; "
        f"of the leads that the other columns rate highest, at most {most:.0%} would be",
        f"ask when these values of {view.name} are written; leave it out unless that is before the first score",
        (view.name,),
    )


def _values(sample: AuditSample, view: View, bins: Indices) -> list[str]:
    """Name the values of the bins: those of a category as written in the data, else the number of the bin."""
    if view.infos[0].kind != "category":
        return ["(missing)" if number == 0 else f"range {number}" for number in bins[:5].tolist()]
    column = sample.raw(view.name)
    first = [int(np.argmax(view.bins == number)) for number in bins[:5].tolist()]
    return ["(missing)" if column.codes[row] < 0 else column.levels[column.codes[row]] for row in first]
