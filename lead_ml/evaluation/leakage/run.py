"""All checks in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from lead_ml.asof.join import features_at
from lead_ml.asof.labels import Mask, Spine
from lead_ml.declare import Age, Aggregate, Declaration, is_category
from lead_ml.evaluation.leakage.columns import View, number_view, view_of
from lead_ml.evaluation.leakage.earlier import earlier_findings
from lead_ml.evaluation.leakage.expected import Bench
from lead_ml.evaluation.leakage.figures import figures_of
from lead_ml.evaluation.leakage.fill import blank_findings, value_findings
from lead_ml.evaluation.leakage.names import name_findings
from lead_ml.evaluation.leakage.order import order_findings
from lead_ml.evaluation.leakage.person import Sides, person_findings
from lead_ml.evaluation.leakage.provenance import provenance_findings
from lead_ml.evaluation.leakage.records import AuditReport, LeakageFinding, ranked
from lead_ml.evaluation.leakage.sample import AuditSample, take_sample
from lead_ml.evaluation.leakage.strength import strength_findings, strengths
from lead_ml.project.params import Params
from lead_ml.project.targets import ModelSpec
from lead_ml.tables.dataset import Dataset


def audit(
    dataset: Dataset,
    spec: ModelSpec,
    params: Params,
    declarations: Sequence[Declaration] = (),
    *,
    seed: int | None = None,
    fit: Mask | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> AuditReport:
    """Audit every lead column of a data set, of whatever role, against one target.

    Parameters
    ----------
    declarations
        Usable declared features; those of dated records serve as the honest reference, and are asked earlier.
    seed
        Seed of the folds; that of the params by default. The same arguments give the same report.
    fit
        Mask over the leads (leads,) that a split of your own learns from, to have that split checked for persons on both
        sides; None checks the one of lead-ml.

    Raises
    ------
    InputError
        If the target needs outcomes, or a column, that the data lacks.
    """
    sample = take_sample(dataset, spec, params, tuple(declarations), params.seed if seed is None else seed)
    views = {name: view_of(name, sample) for name in sample.columns}
    findings = provenance_findings(sample, views)
    progress(f"{spec.name}: {len(views)} columns of {len(sample):,} leads")
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
    findings += value_findings(sample, tuple(views.values()), honest)
    findings += order_findings(bench, found.honest)
    sides = None if fit is None else Sides(fit[sample.lead], ~fit[sample.lead])
    findings += person_findings(sample, honest, sides)
    progress("blanks, order, persons")
    findings += earlier_findings(sample)
    progress("earlier snapshots")
    findings += name_findings(sample, {name: bench.single(name) for name in views}, _leaks(findings))
    return _report(sample, findings, bench)


def _report(sample: AuditSample, findings: Sequence[LeakageFinding], bench: Bench | None) -> AuditReport:
    report = AuditReport(
        target=sample.spec.name,
        rows=len(sample),
        positives=int(sample.y.sum()),
        findings=ranked(findings),
        honest=None,
        leaky=None,
    )
    if bench is None:
        return report
    from msgspec.structs import replace

    kept = [name for name in bench.views if name not in report.flagged]
    return replace(report, honest=figures_of(bench, kept), leaky=figures_of(bench, tuple(bench.views)))


def _dated_views(sample: AuditSample) -> dict[str, View]:
    """Return the features of dated records at the first snapshot, those that vary, under names no column has."""
    items = [
        item for item in sample.declarations if isinstance(item, Age | Aggregate) and not is_category(item)
    ]
    raw = features_at(items, sample.dataset, Spine(sample.lead, sample.as_of)) if items else {}
    names = {
        item.name: f"{item.name} (feature)" if item.name in sample.columns else item.name for item in items
    }
    views = {shown: number_view(shown, np.asarray(raw[name])) for name, shown in names.items()}
    return {name: view for name, view in views.items() if view.distinct > 1}


def _leaks(findings: Sequence[LeakageFinding]) -> frozenset[str]:
    return frozenset(name for found in findings if found.verdict == "leak" for name in found.columns)
