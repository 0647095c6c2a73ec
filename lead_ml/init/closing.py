"""Which columns of the leads say that a lead is closed, apart from outcomes: a status, a close date, the reason for losing it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lead_ml.init.answers import closings_of, names_a_reason, unsure_of
from lead_ml.init.export import ExportColumn
from lead_ml.init.names import target_names
from lead_ml.init.questions import Findings
from lead_ml.init.target import MOST_STAGES, DraftTarget, speaks_of_stages

_MOST_REASONS = 60
_OFTEN = 0.9  # a reason or a date that nearly all leads have does not say that they are closed


@dataclass(frozen=True)
class DraftClosing:
    """The section ``closing`` of ``params.yaml`` in the names of the file; ``reasons`` is a column of reasons, if there is one."""

    column: str = ""
    stages: Mapping[str, str] = field(default_factory=dict)
    date: str = ""
    reason: str = ""
    reasons: str = ""

    @property
    def columns(self) -> frozenset[str]:
        """The columns that say how a lead ended."""
        return frozenset({self.column, self.date, self.reason, self.reasons} - {""})

    def settings(self, ours: Mapping[str, str]) -> dict[str, Any]:
        """Return the section, without default values; `ours` is our name of each column of the file."""
        named = {key: ours[name] for key in ("column", "date", "reason") if (name := getattr(self, key))}
        return {**named, **({"stages": dict(self.stages)} if self.stages else {})}


def closing_in_leads(
    left: Mapping[str, ExportColumn], target: DraftTarget, findings: Findings
) -> DraftClosing:
    """Find what says that a lead is closed, in the columns without a role; a status of its own is asked about where unsure."""
    reasons = next((name for name, p in left.items() if _holds_reasons(p)), "")
    status = _status(left, target)
    date = target.date if target.kind == "dated" and target.column else _lost_date(left)
    stages = dict(sorted(closings_of(left[status].texts).items())) if status else {}
    lost = reasons if reasons and left[reasons].fill < _OFTEN and not set(stages.values()) - {"won"} else ""
    for name in (lost, "" if status else date):
        if name:
            findings.ask("closing_filled", column=name)
    if status:
        _ask_stages(left[status], stages, findings)
    return DraftClosing(status, stages, date, reason=lost, reasons=reasons)


def _ask_stages(status: ExportColumn, stages: Mapping[str, str], findings: Findings) -> None:
    pairs = findings.say("separator").join(f"{theirs} = {ours}" for theirs, ours in stages.items())
    unsure = sorted(unsure_of(status.texts))
    if unsure:
        findings.ask("closing", column=status.name, pairs=pairs, others=findings.names(unsure))
    else:
        findings.note("closing", column=status.name, pairs=pairs)


def _status(left: Mapping[str, ExportColumn], target: DraftTarget) -> str:
    """Return the column of the status: that of the target if it has stages, else the one whose name or values say so.

    A column that says who was lost comes before one that only says who won.
    """
    likeness = target_names("stage").likeness
    found = [
        p
        for name, p in left.items()
        if 1 < p.distinct <= MOST_STAGES
        and closings_of(p.texts)
        and (likeness(name) or speaks_of_stages(p))
        and not names_a_reason(name)
    ]
    found = [p for p in found if set(closings_of(p.texts).values()) - {"won"}] or found
    own = [p.name for p in found if p.name == target.column]
    best = sorted(found, key=lambda p: (-likeness(p.name), p.place))
    return next(iter([*own, *(p.name for p in best)]), "")


def _holds_reasons(p: ExportColumn) -> bool:
    """Return whether a column holds the reason why a lead was lost: by its name, and few enough texts."""
    few = 0 < p.distinct <= _MOST_REASONS and p.kind not in ("date", "number", "id")
    return few and names_a_reason(p.name)


def _lost_date(left: Mapping[str, ExportColumn]) -> str:
    dates = (p for p in left.values() if p.kind == "date" and 0 < p.fill < _OFTEN)
    return next((p.name for p in dates if target_names("lost_at").likeness(p.name)), "")
