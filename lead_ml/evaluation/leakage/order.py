"""Ids and the order of the rows: neither may predict the outcome better than the date of creation does.

An export that lists the won deals first would, and so would ids that are assigned on conversion. Dated leads are compared
within twelfths of the creation: an id and a row number should be noise there. Undated leads may be sorted by time, so their order
may reflect drift; it is then compared with the honest range, as a column is.
"""

from __future__ import annotations

import re

import numpy as np

from lead_ml.evaluation.leakage.columns import number_bins, number_view
from lead_ml.evaluation.leakage.expected import Bench, Excess, excess
from lead_ml.evaluation.leakage.measure import auc, by_bins
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
    sample, known = bench.sample, bench.all_of(honest)
    if sample.created_at is None:
        probe = Bench(sample, {**bench.views, name: number_view(name, values)})
        over = excess(sample, known, probe.all_of([*honest, name]), len(honest), known)
        return _finding(sample, name, "suspect" if over.lower > 1 else "clear", "the honest columns", over)
    time = _ranks(sample.created_at.astype(np.float64))
    off = number_bins(_ranks(values) - time, PLACES)
    with_ = by_bins(sample, number_bins(time, TIMES) * (PLACES + 2) + off)
    over = excess(sample, by_bins(sample, number_bins(time)), with_, len(honest), known)
    verdict: LeakageVerdict = "clear"
    if over.gain > SURE * max(1e-12, over.error) and over.gain > SOME * over.reference:
        verdict = "leak" if over.gain > over.reference else "suspect"
    return _finding(sample, name, verdict, "the date of creation", over)


def _finding(
    sample: AuditSample, name: str, verdict: LeakageVerdict, beside: str, over: Excess
) -> LeakageFinding:
    before, after = (auc(sample.y, found.p).value for found in (over.without, over.with_))
    said = f"the {name} raises the AUC from {before:.2f} with {beside} to {after:.2f}"
    do = "ask how the export is sorted and when ids are given out; columns written with them may leak too"
    if verdict == "clear":
        said, do = f"the {name} adds little to {beside} (AUC {before:.2f}, with it {after:.2f})", ""
    evidence: dict[str, float | str] = {
        "auc_without": before,
        "auc_with": after,
        "gain": over.gain,
        "honest_reference": over.reference,
    }
    return LeakageFinding("order", name, verdict, evidence, said, do)


def _id_numbers(sample: AuditSample) -> Floats:
    """Return the last run of digits in each id, -1 without one."""
    ids = sample.dataset.leads.lead_id
    found = (_DIGITS.findall(ids[row]) for row in sample.lead.tolist())
    return np.array([float(runs[-1][-15:]) if runs else -1.0 for runs in found])


def _ranks(values: Floats) -> Floats:
    from scipy.stats import rankdata

    return np.asarray(rankdata(values) / len(values))
