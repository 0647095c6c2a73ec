"""What an audit found, as plain data: saved with a run, printed by the CLI, drawn by the report."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Literal

import msgspec

from lead_ml.errors import InputError
from lead_ml.model.metrics import Interval

Check = Literal["provenance", "fill", "strength", "earlier", "order", "person", "name"]
LeakageVerdict = Literal["leak", "suspect", "clear"]
CHECKS: dict[str, str] = {
    "provenance": "Where values come from, and when",
    "fill": "Filled, or valued, for one class only",
    "strength": "Too good, alone or together",
    "earlier": "The same question asked earlier",
    "order": "Ids and the order of the rows",
    "person": "The same person on both sides",
    "name": "Names that suggest the outcome",
}
_SEVERITY = {"leak": 0, "suspect": 1, "clear": 2}


class LeakageFinding(msgspec.Struct, frozen=True):
    """What one check found about one subject: figures as ``evidence``, a sentence ``en``, and ``do``, the next step.

    ``subject`` is a lead column, a declared feature, a set of columns joined by `` + ``, or what the check looked at;
    ``columns`` are the lead columns among it.
    """

    check: Check
    subject: str
    verdict: LeakageVerdict
    evidence: dict[str, float | str]
    en: str
    do: str = ""
    columns: tuple[str, ...] = ()


class AuditFigures(msgspec.Struct, frozen=True, kw_only=True):
    """How well a small LightGBM does with some columns: on the latest leads, and on random folds by person.

    ``forward_auc`` is None where the leads are not dated or too few of them won; ``random_lift`` is the PR-AUC in units of the
    rate of the outcome; ``columns`` counts lead columns and dated features.
    """

    columns: int
    random_auc: Interval
    forward_auc: Interval | None
    random_pr_auc: Interval
    random_lift: float


class AuditReport(msgspec.Struct, frozen=True, kw_only=True):
    """All findings on one target, worst first; ``rows`` and ``positives`` count the audited leads, one snapshot each.

    ``honest`` is measured without the flagged columns, ``leaky`` with them; None where there are too few outcomes. With
    ``suspect`` the columns that no single check flags were too good together, so that ``honest`` may still contain a leak.
    """

    target: str
    rows: int
    positives: int
    findings: tuple[LeakageFinding, ...]
    honest: AuditFigures | None = None
    leaky: AuditFigures | None = None
    suspect: bool = False

    @property
    def leaks(self) -> tuple[str, ...]:
        """Lead columns with a verdict of leak, sorted."""
        return self._columns("leak")

    @property
    def flagged(self) -> tuple[str, ...]:
        """Lead columns with a verdict of leak or suspect, sorted."""
        return self._columns("leak", "suspect")

    def of(self, check: str, subject: str | None = None) -> tuple[LeakageFinding, ...]:
        """Return the findings of a check, about one subject or all."""
        return tuple(f for f in self.findings if f.check == check and subject in (None, f.subject))

    def _columns(self, *verdicts: LeakageVerdict) -> tuple[str, ...]:
        return tuple(sorted({name for f in self.findings if f.verdict in verdicts for name in f.columns}))


def left_out_columns(report: AuditReport, trusted: Collection[str]) -> tuple[str, ...]:
    """Return the lead columns that training leaves out: the leaks that nobody trusts by name, sorted."""
    return tuple(name for name in report.leaks if name not in trusted)


def ranked(findings: Collection[LeakageFinding]) -> tuple[LeakageFinding, ...]:
    """Sort findings: worst first, then by check and subject."""
    order = list(CHECKS)
    return tuple(sorted(findings, key=lambda f: (_SEVERITY[f.verdict], order.index(f.check), f.subject)))


def as_dict(report: AuditReport, trusted: Collection[str] = ()) -> dict[str, Any]:
    """Return a report as plain data for pages and JSON, with ``flagged``, ``leaks`` and ``left_out`` beside the rest."""
    plain: dict[str, Any] = msgspec.to_builtins(report)
    names = {"flagged": report.flagged, "leaks": report.leaks, "left_out": left_out_columns(report, trusted)}
    return {**plain, **{name: list(columns) for name, columns in names.items()}}


def to_json(report: AuditReport) -> bytes:
    """Encode as indented JSON."""
    return msgspec.json.format(msgspec.json.encode(report), indent=1)


def from_json(data: bytes) -> AuditReport:
    """Decode what :func:`to_json` wrote; an InputError says that it is no audit report."""
    try:
        return msgspec.json.decode(data, type=AuditReport)
    except msgspec.DecodeError as error:
        raise InputError(
            f"the audit cannot be read: {error}", source="audit", do="run lead-ml audit again"
        ) from error
