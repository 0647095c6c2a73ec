"""Evidence in the data of when things were known."""

from __future__ import annotations

from datetime import UTC
from typing import Any

import numpy as np
import numpy.typing as npt

from lead_ml.asof.kernel import delays, stored_of
from lead_ml.declare import MICROSECONDS_PER_DAY
from lead_ml.evaluation.leakage.columns import View, instants_of
from lead_ml.evaluation.leakage.records import LeakageFinding, LeakageVerdict
from lead_ml.evaluation.leakage.sample import AuditSample
from lead_ml.tables.read.column_kinds import LevelCounts
from lead_ml.tables.read.timestamps import span_of

SOME = 0.01  # share of the dates that must lie after the question: fewer are typing mistakes
FEWEST = 5
MIXED = 0.2  # share of the filled cells of a column of words that must be dates
PLANS = 0.5  # share of the later dates that lie beyond the end of the data: they are plans then, and plans may be honest


def provenance_findings(sample: AuditSample, views: dict[str, View]) -> list[LeakageFinding]:
    """Look at current-state columns, late records, and dates later than the question."""
    findings = [_current(sample), _late_events(sample)]
    findings += [_dates(sample, view) for view in views.values() if _holds_dates(sample, view)]
    return [found for found in findings if found is not None]


def _holds_dates(sample: AuditSample, view: View) -> bool:
    """Tell whether a column holds dates, or words and dates (*open*, *2026-03-01*)."""
    if view.kind not in ("category", "text"):
        return view.kind == "date"
    levels = LevelCounts(sample.dataset.leads.columns[view.name])
    return levels.share(lambda text: span_of(text, UTC) is not None) >= MIXED


def _current(sample: AuditSample) -> LeakageFinding | None:
    current = [name for name in sample.columns if not sample.trusted(name)]
    if not current:
        return None
    names = ", ".join(current)
    said = (
        f"{len(current)} column{'s' if len(current) > 1 else ''} may be overwritten after the outcome, as nothing else is declared: "
        f"{names}; they stay out of the models"
    )
    do = "declare those that are filled in once, at creation: known_at: {column: creation} in params.yaml"
    evidence: dict[str, float | str] = {"columns": len(current), "names": names}
    return LeakageFinding("provenance", "current-state columns", "clear", evidence, said, do)


def _late_events(sample: AuditSample) -> LeakageFinding | None:
    events = sample.dataset.events
    if events is None:
        return None
    stored = stored_of(sample.dataset)
    rows, late = (len(events), delays(events)) if stored is None else stored.delays(sample.dataset)
    if not rows:
        return None
    if len(late):
        do = ""
        said = f"{len(late):,} of {rows:,} events were recorded after they happened; each counts only from its record on"
    else:
        do = "if people log calls or mails later, export recorded_at too: without it the past looks better informed than it was"
        said = "no event was recorded later than it happened, as far as the file says"
    evidence: dict[str, float | str] = {
        "events": rows,
        "recorded_later": len(late),
        "median_days_late": _median_days(late),
    }
    return LeakageFinding("provenance", "events", "clear", evidence, said, do)


def _dates(sample: AuditSample, view: View) -> LeakageFinding | None:
    if sample.created_at is None:
        return None
    at = instants_of(sample.raw(view.name), sample, view.date_format)
    dates, after = int((~np.isnan(at)).sum()), at > sample.as_of
    if not dates:
        return None
    later = int(after.sum())
    share, planned = later / dates, float((at[after] >= sample.dataset.until).mean()) if later else 0.0
    verdict: LeakageVerdict = "clear"
    if later >= FEWEST and share >= SOME:
        verdict = "suspect" if planned > PLANS else "leak"
    return LeakageFinding(
        "provenance",
        view.name,
        verdict,
        {
            "dates": dates,
            "later_than_asked": later,
            "share_later": share,
            "share_beyond_the_data": planned,
            "median_days_later": _median_days((at - sample.as_of)[after]),
        },
        f"{later:,} of {dates:,} dates in {view.name} ({share:.1%}) are later than the first score",
        {
            "leak": f"{view.name} was written after the question: leave it out, or bring it as dated events",
            "suspect": f"if {view.name} holds plans known at creation, trust it by name; else leave it out",
            "clear": "",
        }[verdict],
        (view.name,),
    )


def _median_days(spans: npt.NDArray[Any]) -> float:
    return float(np.median(spans / MICROSECONDS_PER_DAY)) if len(spans) else 0.0
