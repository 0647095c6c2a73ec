"""The versions of a project: what was recorded of each, and the reports written of them."""

from __future__ import annotations

from pathlib import Path

import msgspec

from lead_ml.evaluation.leakage import from_json
from lead_ml.registry.runs import AUDIT_FILE, Run, open_run
from lead_ml.report import report_data, write_report
from lead_ml.scoring import BundleInfo, served_version
from lead_ml.scoring.worklist import CHAMPION
from lead_ml.tables.instants import iso

__all__ = ["Version", "flagged_columns", "list_versions", "open_run", "report_data", "write_report"]


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a project; figures are those of its conversion model on the forward window, None without one."""

    version: str
    serves: bool
    data_until: str
    candidate: str
    roc_auc: float | None
    log_loss: float | None
    base_rate_log_loss: float | None
    positives: int | None


def list_versions(runs: Path) -> list[Version]:
    """List every version in a runs folder, by the end of its data, the latest first."""
    serving = served_version(runs).version if (runs / CHAMPION).is_file() else ""
    found = [open_run(runs, path.parent.name) for path in runs.glob("*/run.json")]
    ordered = sorted(found, key=lambda run: (-run.record.fit_until, run.record.version))
    return [_version(run, serving) for run in ordered]


def flagged_columns(run: Run) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the columns that the leakage audit of a run flagged: those that a model uses, and the others; none without an audit."""
    path = run.folder / AUDIT_FILE
    if not path.is_file():
        return (), ()
    flagged = from_json(path.read_bytes()).flagged
    read = msgspec.json.decode((run.bundle / "scorer.json").read_bytes(), type=BundleInfo).columns
    used = tuple(name for name in flagged if name in read)
    return used, tuple(name for name in flagged if name not in read)


def _version(run: Run, serving: str) -> Version:
    evaluation, candidate = run.evaluation("conversion"), run.record.candidates["conversion"]

    def figure(candidate: str, metric: str) -> float | None:
        found = evaluation and evaluation.of(candidate).metrics.get(metric)
        return found.value if found else None

    return Version(
        version=run.record.version,
        serves=run.record.version == serving,
        data_until=iso(run.record.fit_until) if run.record.dated else "-",
        candidate=candidate,
        roc_auc=figure(candidate, "roc_auc"),
        log_loss=figure(candidate, "log_loss"),
        base_rate_log_loss=figure("base rate", "log_loss"),
        positives=None if evaluation is None else evaluation.tested.test_positives,
    )
