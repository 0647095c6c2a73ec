"""Ids and the order of the rows: neither may predict the outcome better than the date of creation does.

An export that lists the won deals first would, and so would ids that are assigned on conversion. Dated leads are compared
within twelfths of the creation: an id and a row number should be noise there. Undated leads may be sorted by time, so their order
may reflect drift; it is then compared with the honest range, as a column is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from lead_ml.evaluation.leakage.columns import number_bins, number_view
from lead_ml.evaluation.leakage.expected import Bench, Excess, excess, reference_of
from lead_ml.evaluation.leakage.measure import Information, auc, by_bins, standard_error
from lead_ml.evaluation.leakage.records import LeakageFinding, LeakageVerdict
from lead_ml.evaluation.leakage.sample import AuditSample
from lead_ml.tables.dataset import Floats

SURE = 4.0  # standard errors
SOME = 0.1  # of the honest reference: less is no finding, however sure
TIMES, PLACES = 12, 8
_DIGITS = re.compile(r"\d+")


def order_findings(bench: Bench, honest: tuple[str, ...]) -> list[LeakageFinding]:
    """Look at the number in the lead's id and at the position of its row."""
    sample = bench.sample
    probes = {"row order": sample.lead.astype(np.float64), "number in lead_id": _id_numbers(sample)}
    return [
        _probe(bench, honest, name, values) for name, values in probes.items() if len(np.unique(values)) > 1
    ]


def _probe(bench: Bench, honest: tuple[str, ...], name: str, values: Floats) -> LeakageFinding:
    sample = bench.sample
    if sample.created_at is None:
        return _undated(bench, honest, name, values)
    time = _ranks(sample.created_at.astype(np.float64))
    when = number_bins(time, TIMES)
    off = number_bins(_ranks(values) - time, PLACES)
    without = by_bins(sample, number_bins(time))
    with_ = by_bins(sample, when * (PLACES + 2) + off)
    gain = with_.information - without.information
    sure = gain / max(1e-12, standard_error(sample, with_.gain - without.gain))
    reference = reference_of(bench.all_of(honest).information, len(honest))
    verdict: LeakageVerdict = "clear"
    if sure > SURE and gain > SOME * reference:
        verdict = "leak" if gain > reference else "suspect"
    return _finding(sample, name, verdict, _Compared("the date of creation", without, with_, gain, reference))


def _undated(bench: Bench, honest: tuple[str, ...], name: str, values: Floats) -> LeakageFinding:
    probe = Bench(bench.sample, {**bench.views, name: number_view(name, values)})
    over: Excess = excess(bench.sample, bench.all_of(honest), probe.all_of([*honest, name]), len(honest))
    verdict: LeakageVerdict = "suspect" if over.lower > 1 else "clear"
    compared = _Compared("the honest columns", over.without, over.with_, over.gain, over.reference)
    return _finding(bench.sample, name, verdict, compared)


@dataclass(frozen=True)
class _Compared:
    """Information ``without`` and ``with_`` a probe, beside something ``known``; the gain and the honest reference."""

    known: str
    without: Information
    with_: Information
    gain: float
    reference: float


def _finding(sample: AuditSample, name: str, verdict: LeakageVerdict, found: _Compared) -> LeakageFinding:
    before, after = auc(sample.y, found.without.p).value, auc(sample.y, found.with_.p).value
    evidence: dict[str, float | str] = {
        "auc_without": before,
        "auc_with": after,
        "gain": found.gain,
        "honest_reference": found.reference,
    }
    said = f"the {name} raises the AUC from {before:.2f} with {found.known} to {after:.2f}"
    if verdict == "clear":
        said = f"the {name} adds little to {found.known} (AUC {before:.2f}, with it {after:.2f})"
    do = (
        ""
        if verdict == "clear"
        else "ask how the export is sorted and when ids are given out; columns written with them may leak too"
    )
    return LeakageFinding(check="order", subject=name, verdict=verdict, evidence=evidence, en=said, do=do)


def _id_numbers(sample: AuditSample) -> Floats:
    """Return the last run of digits in each id, -1 without one."""
    ids = sample.dataset.leads.lead_id
    found = (_DIGITS.findall(ids[row]) for row in sample.lead.tolist())
    return np.array([float(runs[-1][-15:]) if runs else -1.0 for runs in found])


def _ranks(values: Floats) -> Floats:
    from scipy.stats import rankdata

    return np.asarray(rankdata(values) / len(values))
