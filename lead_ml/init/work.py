"""What is known while a project is drafted, and the time zone that its clocks are taken to show."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lead_ml.init.leads import LeadsDraft
from lead_ml.init.questions import Findings
from lead_ml.init.source import Source
from lead_ml.init.tables import TableDraft


@dataclass
class Work:
    """The tables as understood, what was found on the way, and columns that no model may see, with the cause (``apart``)."""

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
        """The tables that there are, in the order leads, events, outcomes."""
        return tuple(t for t in (self.leads.table, self.events, self.outcomes) if t is not None)


def zone_of(leads: LeadsDraft, sources: Sequence[Source], findings: Findings) -> str:
    """Guess the zone of times without an offset by the language of the headers."""
    headers = "".join(name for source in sources for name in source.profiles)
    zone = "UTC"
    if re.search(r"[\u4e00-\u9fff]", headers):
        zone = "Asia/Shanghai"
    elif any(source.decimal == "," for source in sources):
        zone = "Europe/Berlin"
    created = leads.roles.get("created_at")
    moments = leads.dates.get(created.column) if created else None
    if moments is not None and moments.spelling != "unix":
        why = {"UTC": "nothing in the files tells", "Asia/Shanghai": "the headers are Chinese"}
        findings.ask(
            "In which time zone are the times and dates?",
            f"{zone} ({why.get(zone, 'numbers have a decimal comma')})",
            "`time_zone` below, such as America/Sao_Paulo",
        )
    return zone
