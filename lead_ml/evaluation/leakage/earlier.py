"""The same snapshots some days earlier: how fast the AUC falls.

The label is the same, the features are computed some days earlier. A feature that predicts well on the last day and not at
all the day before follows from the outcome (a contract sent, a quote accepted); its date is right, but it is of no use to sales.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from lead_ml.asof.join import features_at
from lead_ml.asof.labels import Spine
from lead_ml.declare import MICROSECONDS_PER_DAY, Aggregate, is_category
from lead_ml.evaluation.leakage.columns import number_view
from lead_ml.evaluation.leakage.expected import Bench, excess
from lead_ml.evaluation.leakage.measure import auc
from lead_ml.evaluation.leakage.records import LeakageFinding, LeakageVerdict
from lead_ml.evaluation.leakage.sample import FEWEST, AuditSample, labeled

LAGS_DAYS = (0, 1, 3, 7, 14)
MOST_ROWS = 20_000


def earlier_findings(sample: AuditSample) -> list[LeakageFinding]:
    """Compare the event features at an age with the same features days before; nothing without dated events."""
    features = [
        item
        for item in sample.declarations
        if isinstance(item, Aggregate) and item.stream == "events" and not is_category(item)
    ]
    ages = [day for day in sample.task.common.snapshots.ages_days if day > max(LAGS_DAYS)]
    if not features or not ages or sample.dataset.events is None:
        return []
    aged = _aged(sample, ages[0])
    if not aged.measurable:
        return []
    benches = [_bench(aged, features, lag) for lag in LAGS_DAYS]
    return [_of_all(benches, ages[0]), *(_of_feature(benches, item.name) for item in features)]


def _aged(sample: AuditSample, age: int) -> AuditSample:
    """Return the sample of leads that were still open at an age, one row each."""
    spine, y = labeled(sample.dataset, sample.task, (age,))
    created = sample.dataset.leads.created_at
    assert created is not None
    rows = np.flatnonzero(spine.as_of - created[spine.lead] == age * MICROSECONDS_PER_DAY)
    rows = np.sort(np.random.default_rng(sample.seed).permutation(rows)[:MOST_ROWS])
    return sample.on(spine.take(rows), y[rows])


def _bench(sample: AuditSample, features: Sequence[Aggregate], lag: int) -> Bench:
    as_of = sample.as_of - lag * MICROSECONDS_PER_DAY
    raw = features_at(features, sample.dataset, Spine(sample.lead, as_of))
    return Bench(sample, {item.name: number_view(item.name, np.asarray(raw[item.name])) for item in features})


def _by_lag(areas: Sequence[float]) -> dict[str, float | str]:
    return {f"auc_{lag}d_earlier": area for lag, area in zip(LAGS_DAYS, areas, strict=True)}


def _of_all(benches: Sequence[Bench], age: int) -> LeakageFinding:
    areas = [auc(bench.sample.y, bench.all_of(bench.views).p).value for bench in benches]
    falls = [f"{area:.2f} {lag} d before" for lag, area in zip(LAGS_DAYS, areas, strict=True)]
    said = f"at an age of {age} days all event features together reach an AUC of {areas[0]:.2f}; {', '.join(falls[1:])}"
    evidence = {**_by_lag(areas), "age_days": age, "leads": len(benches[0].sample)}
    return LeakageFinding("earlier", "all event features", "clear", evidence, said)


def _of_feature(benches: Sequence[Bench], name: str) -> LeakageFinding:
    """Compare what a feature adds on the last day with all that the features knew the day before."""
    now, before = benches[0], benches[1]
    areas = [auc(bench.sample.y, bench.single(name).p).value for bench in benches]
    verdict: LeakageVerdict = "clear"
    evidence, do = _by_lag(areas), ""
    fall = now.single(name).information - before.single(name).information
    known = before.all_of(before.views)
    if fall > 0.5 * known.information and fall > 0.02 and now.sample.y.sum() >= FEWEST:
        added = replace(now.views[name], name=f"{name} now")
        both = Bench(now.sample, {**before.views, added.name: added})
        over = excess(now.sample, known, both.all_of(both.views), len(before.views), known)
        evidence |= {
            "gain_of_the_last_day": over.gain,
            "honest_reference": over.reference,
            "times_the_reference_lower": over.lower,
        }
        if over.lower > 1:
            verdict = "suspect"
            do = f"{name} follows from the outcome: score leads before it happens, or leave it out"
    said = f"{name} falls from an AUC of {areas[0]:.2f} to {areas[1]:.2f} one day earlier, {areas[-1]:.2f} two weeks earlier"
    return LeakageFinding("earlier", name, verdict, evidence, said, do)
