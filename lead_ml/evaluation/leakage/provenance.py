"""Evidence in the data of when things were known."""

from __future__ import annotations

import numpy as np

from lead_ml.asof.kernel import delays, stored_of
from lead_ml.declare import MICROSECONDS_PER_DAY
from lead_ml.evaluation.leakage.columns import View, instants_of
from lead_ml.evaluation.leakage.records import LeakageFinding, LeakageVerdict
from lead_ml.evaluation.leakage.sample import AuditSample

SOME = 0.01  # share of the dates that must lie after the question: fewer are typing mistakes
FEWEST = 5
PLANS = 0.1  # share of the later dates that lie beyond the end of the data: they are plans then, and plans may be honest


def provenance_findings(sample: AuditSample, views: dict[str, View]) -> list[LeakageFinding]:
    """Look at current-state columns, late records, and dates later than the question."""
    findings = [_current(sample), _late_events(sample)]
    findings += [_dates(sample, view) for view in views.values() if view.kind == "date"]
    return [found for found in findings if found is not None]


def _current(sample: AuditSample) -> LeakageFinding | None:
    current = [name for name in sample.columns if not sample.trusted(name)]
    if not current:
        return None
    evidence: dict[str, float | str] = {"columns": len(current), "names": ", ".join(current)}
    said = (
        f"{len(current)} column{'s' if len(current) > 1 else ''} may be overwritten after the outcome, as nothing else is declared: "
        f"{', '.join(current)}; they stay out of the models"
    )
    do = "declare those that are filled in once, at creation: known_at: {column: creation} in params.yaml"
    return LeakageFinding(
        check="provenance",
        subject="current-state columns",
        verdict="clear",
        evidence=evidence,
        en=said,
        do=do,
    )


def _late_events(sample: AuditSample) -> LeakageFinding | None:
    events = sample.dataset.events
    if events is None:
        return None
    stored = stored_of(sample.dataset)
    rows, late = (len(events), delays(events)) if stored is None else stored.delays(sample.dataset)
    if not rows:
        return None
    evidence: dict[str, float | str] = {
        "events": rows,
        "recorded_later": len(late),
        "median_days_late": float(np.median(late / MICROSECONDS_PER_DAY)) if len(late) else 0.0,
    }
    said = (
        f"{len(late):,} of {rows:,} events were recorded after they happened; each counts only from its record on"
        if len(late)
        else "no event was recorded later than it happened, as far as the file says"
    )
    do = (
        ""
        if len(late)
        else "if people log calls or mails later, export recorded_at too: without it the past looks better informed than it was"
    )
    return LeakageFinding(
        check="provenance", subject="events", verdict="clear", evidence=evidence, en=said, do=do
    )


def _dates(sample: AuditSample, view: View) -> LeakageFinding | None:
    if sample.created_at is None:
        return None
    at = instants_of(sample.raw(view.name), sample, view.date_format)
    there = ~np.isnan(at)
    if not there.any():
        return None
    later = there & (at > sample.as_of)
    planned = float((at[later] >= sample.dataset.until).mean()) if later.any() else 0.0
    share = float(later.sum() / there.sum())
    verdict: LeakageVerdict = "clear"
    if later.sum() >= FEWEST and share >= SOME:
        verdict = "suspect" if planned > PLANS else "leak"
    days = (at - sample.as_of)[later] / MICROSECONDS_PER_DAY
    evidence: dict[str, float | str] = {
        "dates": int(there.sum()),
        "later_than_asked": int(later.sum()),
        "share_later": share,
        "share_beyond_the_data": planned,
        "median_days_later": float(np.median(days)) if later.any() else 0.0,
    }
    said = f"{int(later.sum()):,} of {int(there.sum()):,} dates in {view.name} ({share:.1%}) are later than the first score"
    do = {
        "leak": f"{view.name} was written after the question: leave it out, or bring it as dated events",
        "suspect": f"if {view.name} holds plans known at creation, trust it by name; else leave it out",
        "clear": "",
    }[verdict]
    return LeakageFinding(
        check="provenance",
        subject=view.name,
        verdict=verdict,
        evidence=evidence,
        en=said,
        do=do,
        columns=(view.name,),
    )
