"""Tables that tests of reading start from, and an instant by other means than the library's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from lead_ml.tables.dataset import Dataset
from lead_ml.tables.read import IntakeReport

NOW = datetime(2025, 1, 1, tzinfo=UTC)
LEADS = (
    "lead_id,created_at,source\nL1,2024-05-01 10:00,web\nL2,2024-05-02 10:00,fair\nL3,2024-05-03 10:00,web\n"
)
EVENTS = (
    "lead_id,occurred_at,type\nL1,2024-05-01 11:00,visit\nL2,2024-05-02 12:00,visit\n"
    "L2,2024-05-03 12:00,call\nL3,2024-05-04 12:00,visit\n"
)
OUTCOMES = (
    "lead_id,occurred_at,stage\nL1,2024-05-06 11:00,mql\nL1,2024-05-07 11:00,won\n"
    "L2,2024-05-08 11:00,lost\nL3,2024-05-09 11:00,mql\n"
)
Reader = Callable[..., tuple[Dataset, IntakeReport]]


def us(text: str) -> int:
    """Microseconds UTC of an aware ISO text, by float-free arithmetic of the standard library."""
    span = datetime.fromisoformat(text) - datetime(1970, 1, 1, tzinfo=UTC)
    return (span.days * 86_400 + span.seconds) * 1_000_000 + span.microseconds
