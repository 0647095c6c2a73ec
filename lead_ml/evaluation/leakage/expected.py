"""The honest range: how much information the columns that are not flagged hold together, and what exceeds it.

A fixed limit on the AUC flags good columns of predictable data and misses leaks in unpredictable data. So a column is
compared with the others: it is too good when it adds more information to all of them than they hold together. With few other
columns that would flag the only good one, so their information is shrunk toward that of whole honest data sets (empirical
Bayes)::

    reference = (m * I(the m others together) + PRIOR_COLUMNS * PRIOR_INFORMATION) / (m + PRIOR_COLUMNS)

and is at least the prior.

The prior is chosen on other data than the tests use: generated worlds (seeds from 1000 on) with an honest column of
every strength, up to the very logit that the wins are drawn from; see ``tests/evaluation/leakage`` for the seeds of the tests.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from lead_ml.evaluation.leakage.columns import View
from lead_ml.evaluation.leakage.measure import Information, by_bins, in_sample, standard_error, together
from lead_ml.evaluation.leakage.sample import AuditSample
from lead_ml.tables.dataset import Indices

PRIOR_COLUMNS = 10
PRIOR_INFORMATION = 0.12
SURE = 2.33  # standard errors; one-sided 1%
_COARSE = 9  # bins of each column of a crossed pair


@dataclass(frozen=True)
class Excess:
    """The information that something adds: ``gain`` with its standard ``error``, and the honest ``reference`` it is held against.

    All are shares of the entropy of the outcome; ``lower`` is the one-sided 99% bound of gain / reference.
    """

    gain: float
    error: float
    reference: float
    lower: float
    without: Information
    with_: Information

    @property
    def ratio(self) -> float:
        """Gain in units of the honest reference; above 1 is beyond the honest range."""
        return self.gain / self.reference

    def beyond(self, *, trusted: bool) -> bool:
        """Tell whether this is too good: by the bound for a trusted column, else by the estimate, where there is a gain at all."""
        return self.lower > 1 if trusted else self.ratio > 1 and self.gain > SURE * self.error


@dataclass
class Bench:
    """Views by name, and every joint fit once: the audit asks for the same sets again and again."""

    sample: AuditSample
    views: dict[str, View]
    alone: dict[str, Information] = field(default_factory=dict)
    joint: dict[tuple[str, ...], Information] = field(default_factory=dict)

    def single(self, name: str) -> Information:
        """Return the information of a column alone."""
        if name not in self.alone:
            self.alone[name] = by_bins(self.sample, self.views[name].bins)
        return self.alone[name]

    def all_of(self, names: Iterable[str]) -> Information:
        """Return the information of several columns together."""
        key = tuple(sorted(names))
        if key not in self.joint:
            self.joint[key] = together(self.sample, [self.views[name] for name in key])
        return self.joint[key]

    def sum_of(self, names: Iterable[str]) -> float:
        """Return the sum of what each column holds alone."""
        return sum(max(0.0, self.single(name).information) for name in names)


def reference_of(information: float, columns: int) -> float:
    """Shrink the information of some honest columns toward the prior; it is never less than the prior.

    Beside forty columns of noise the only good one would else be an outlier.

    >>> round(reference_of(0.36, 10), 6), reference_of(0.01, 40) == PRIOR_INFORMATION
    (0.24, True)
    >>> reference_of(0.0, 0) == PRIOR_INFORMATION
    True
    """
    total = columns * max(0.0, information) + PRIOR_COLUMNS * PRIOR_INFORMATION
    return max(PRIOR_INFORMATION, total / (columns + PRIOR_COLUMNS))


def excess(
    sample: AuditSample, without: Information, with_: Information, columns: int, honest: Information
) -> Excess:
    """Measure what is added, held against some honest columns; the bound covers the gain and the reference together."""
    reference = reference_of(honest.information, columns)
    share = columns / (columns + PRIOR_COLUMNS)
    added, gain = with_.gain - without.gain, with_.information - without.information
    lower = (gain - SURE * standard_error(sample, added - share * honest.gain)) / reference
    return Excess(gain, standard_error(sample, added), reference, lower, without, with_)


def synergy(bench: Bench, names: Sequence[str]) -> float:
    """Return the information of columns together beyond the sum of each alone.

    At most 0 for columns that are independent within either class (I of all <= sum of I of each); honest columns repeat
    each other, so theirs is far below.
    """
    return bench.all_of(names).information - bench.sum_of(names)


def by_strength(bench: Bench, names: Iterable[str]) -> list[str]:
    """Sort columns by their information alone, weakest first."""
    return sorted(names, key=lambda name: (bench.single(name).information, name))


def pair_synergy(bench: Bench, coarse: Mapping[str, Indices], pair: tuple[str, str], need: float) -> float:
    """Return the information of the crossed bins of two columns beyond the sum of both, where it may exceed `need`.

    The rates of the bins in their own sample overestimate it, and are quick to compute: where they are not beyond, 0 is returned.
    """
    crossed = coarse[pair[0]] * _COARSE + coarse[pair[1]]
    alone = bench.sum_of(pair)
    if in_sample(bench.sample, crossed) - alone <= need:
        return 0.0
    return by_bins(bench.sample, crossed).information - alone


def coarse_bins(view: View) -> Indices:
    """Fold bins to 9 of about equal size, in their order; bin 0 stays missing."""
    present = view.bins[view.bins > 0]
    if not len(present):
        return view.bins
    edges = np.unique(np.quantile(present, np.linspace(0, 1, _COARSE)[1:-1], method="lower"))
    return np.where(view.bins > 0, 1 + np.searchsorted(edges, view.bins, side="left"), 0)
