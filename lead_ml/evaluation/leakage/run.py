"""All checks in order, and the figures of the same small model with and without the flagged columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from msgspec.structs import replace

from lead_ml.asof.join import features_at
from lead_ml.asof.labels import Mask, Spine
from lead_ml.declare import Age, Aggregate, Declaration, is_category
from lead_ml.errors import TooLittleData
from lead_ml.evaluation.leakage.columns import View, number_view, view_of
from lead_ml.evaluation.leakage.earlier import earlier_findings
from lead_ml.evaluation.leakage.expected import Bench
from lead_ml.evaluation.leakage.fill import blank_findings, value_findings
from lead_ml.evaluation.leakage.measure import auc, fitted
from lead_ml.evaluation.leakage.names import name_findings
from lead_ml.evaluation.leakage.order import order_findings
from lead_ml.evaluation.leakage.person import Sides, person_findings
from lead_ml.evaluation.leakage.provenance import provenance_findings
from lead_ml.evaluation.leakage.records import AuditFigures, AuditReport, LeakageFinding, ranked
from lead_ml.evaluation.leakage.sample import FEWEST, AuditSample, take_sample
from lead_ml.evaluation.leakage.strength import strength_findings, strengths
from lead_ml.evaluation.leakage.whole import quality_of
from lead_ml.evaluation.split import DatedRows, forward_windows
from lead_ml.model.metrics import Interval
from lead_ml.project.task import Task
from lead_ml.tables.dataset import Dataset


def audit(
    dataset: Dataset,
    task: Task,
    declarations: Sequence[Declaration] = (),
    *,
    seed: int | None = None,
    fit: Mask | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> AuditReport:
    """Audit every lead column of a data set, of whatever role, against one target.

    Usable `declarations` of dated records serve as the honest reference, and are asked earlier. `fit` (leads,) marks the leads
    that a split of your own learns from, to have that one checked for persons on both sides. The same arguments give the same report.
    """
    sample = take_sample(dataset, task, tuple(declarations), task.common.seed if seed is None else seed)
    views = {name: view_of(name, sample) for name in sample.columns}
    findings = provenance_findings(sample, views)
    progress(f"{task.name}: {len(views)} columns of {len(sample):,} leads")
    if not sample.measurable:
        findings += name_findings(sample, {}, _leaks(findings))
        return _report(sample, findings, None)
    dated = _dated_views(sample)
    bench = Bench(sample, {**views, **dated})
    findings += blank_findings(sample, tuple(views.values()))
    found = strengths(bench, tuple(views), tuple(dated), _leaks(findings))
    findings += strength_findings(bench, found, tuple(views), tuple(dated))
    progress("columns alone and together")
    honest = bench.all_of(found.honest)
    findings += value_findings(bench, tuple(views), found.honest)
    findings += order_findings(bench, found.honest)
    sides = None if fit is None else Sides(fit[sample.lead], ~fit[sample.lead], in_use=True)
    findings += person_findings(sample, honest, sides)
    progress("blanks, order, persons")
    findings += earlier_findings(sample)
    progress("earlier snapshots")
    findings += name_findings(sample, {name: bench.single(name) for name in views}, _leaks(findings))
    return replace(_report(sample, findings, bench), suspect=found.suspect or _suspect(bench, findings))


def _suspect(bench: Bench, findings: Sequence[LeakageFinding]) -> bool:
    """Tell whether the columns that are not flagged predict too well for their figure to be called honest."""
    flagged = {name for found in findings if found.verdict != "clear" for name in found.columns}
    return quality_of(bench.sample, bench.all_of(n for n in bench.views if n not in flagged).p).too_good


def _report(sample: AuditSample, findings: Sequence[LeakageFinding], bench: Bench | None) -> AuditReport:
    report = AuditReport(
        target=sample.task.name, rows=len(sample), positives=int(sample.y.sum()), findings=ranked(findings)
    )
    if bench is None:
        return report
    kept = [name for name in bench.views if name not in report.flagged]
    return replace(report, honest=_figures(bench, kept), leaky=_figures(bench, tuple(bench.views)))


def _dated_views(sample: AuditSample) -> dict[str, View]:
    """Return the features of dated records at the first snapshot, those that vary, under names no column has."""
    items = [
        item for item in sample.declarations if isinstance(item, Age | Aggregate) and not is_category(item)
    ]
    raw = features_at(items, sample.dataset, Spine(sample.lead, sample.as_of)) if items else {}
    names = {f"{name} (feature)" if name in sample.columns else name: name for name in raw}
    views = {shown: number_view(shown, np.asarray(raw[name])) for shown, name in names.items()}
    return {name: view for name, view in views.items() if view.distinct > 1}


def _leaks(findings: Sequence[LeakageFinding]) -> frozenset[str]:
    return frozenset(name for found in findings if found.verdict == "leak" for name in found.columns)


def _figures(bench: Bench, names: Sequence[str]) -> AuditFigures:
    """Measure the small LightGBM on some columns, at random by person and forward in time."""
    views = [bench.views[name] for name in sorted(names)]
    by_chance = quality_of(bench.sample, bench.all_of(names).p)
    return AuditFigures(
        columns=len(views),
        random_auc=by_chance.auc,
        forward_auc=_forward(bench.sample, views),
        random_pr_auc=by_chance.pr_auc,
        random_lift=by_chance.lift,
    )


def _forward(sample: AuditSample, views: Sequence[View]) -> Interval | None:
    created, y = sample.dataset.leads.created_at, sample.y
    if created is None or not views:
        return None
    try:
        rows = DatedRows.of(sample.task, Spine(sample.lead, sample.as_of), created, sample.person)
        window = forward_windows(rows, test_share=sample.task.common.split.test_share, folds=2)[-1]
    except TooLittleData:
        return None
    if min(min(y[rows].sum(), (1 - y[rows]).sum()) for rows in (window.fit, window.test)) < FEWEST:
        return None
    # The word scores of texts are fitted across folds, so they know later outcomes: only lengths go forward.
    X = np.column_stack([view.matrix[:, :1] for view in views])
    infos = [view.infos[0] for view in views]
    p = fitted(np.ascontiguousarray(X[window.fit]), y[window.fit], infos, sample.seed, X[window.test])
    return auc(y[window.test], p)
