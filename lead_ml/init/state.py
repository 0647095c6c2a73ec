"""What is known while a project is drafted, and the time zone of its dates."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lead_ml.init.export_file import ExportFile
from lead_ml.init.leads import LeadsDraft
from lead_ml.init.questions import Findings
from lead_ml.init.tables import TableDraft


@dataclass
class DraftState:
    """The tables as understood, what was found, and columns that no model may use, with the reason (``apart``)."""

    leads: LeadsDraft
    events: TableDraft | None
    outcomes: TableDraft | None
    findings: Findings
    zone: str
    tags: Mapping[str, Mapping[str, int]]
    apart: dict[str, str] = field(default_factory=dict)
    known_at: dict[str, str] = field(default_factory=dict)

    @property
    def tables(self) -> tuple[TableDraft, ...]:
        """The tables, in the order leads, events, outcomes."""
        return tuple(t for t in (self.leads.table, self.events, self.outcomes) if t is not None)


def zone_of(leads: LeadsDraft, files: Sequence[ExportFile], findings: Findings) -> str:
    """Guess the zone of times without an offset from the language of the headers."""
    headers = "".join(name for file in files for name in file.columns)
    zone, reason = "UTC", "UTC"
    if re.search(r"[\u4e00-\u9fff]", headers):
        zone, reason = "Asia/Shanghai", "Shanghai"
    elif any(file.decimal == "," for file in files):
        zone, reason = "Europe/Berlin", "Berlin"
    created = leads.roles.get("created_at")
    dates = leads.dates.get(created.column) if created else None
    if dates is not None and dates.spelling != "unix":
        findings.ask("time_zone", zone=zone, reason=findings.say(f"zones.{reason}"))
    return zone
