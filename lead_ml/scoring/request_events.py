"""The events of a scoring request: read by the rules of the events table, those that do not count listed with the cause."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from lead_ml.clean.numbers import as_number
from lead_ml.errors import RequestError
from lead_ml.language import Lang, catalog
from lead_ml.tables.cell_rules import TableRules
from lead_ml.tables.dataset import Coded, Events
from lead_ml.tables.instants import parse_iso
from lead_ml.tables.read.timestamps import cell_span

MAX_EVENTS = 20_000
MAX_TOTAL = 4e12  # values up to it still add up exactly in 64 bits, in millionths
SHOWN = 60  # characters of a value in a warning
EVENT_COLUMNS = ("type", "channel", "page", "session_id", "event_id")


class EventIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One event of the lead; instants are ISO 8601, those without a zone get the zone of the project.

    ``value`` is a number, or a text that is read as a cell of the events table is.
    """

    type: str
    occurred_at: str
    recorded_at: str | None = None
    event_id: str | None = None
    channel: str | None = None
    page: str | None = None
    session_id: str | None = None
    value: float | str | None = None


def instant_span(
    value: object, field: str, zone: ZoneInfo, rules: TableRules, column: str
) -> tuple[int, int] | None:
    """Read an instant as a file is read; what only ISO 8601 has, such as ``20260501T0800``, is read too."""
    value = rules.filled(column, value)
    span = cell_span(value, zone, rules.tags, rules.of(column).date_format)
    if span is None or span:
        return span or None
    at = parse_iso(str(value), field=field, zone=zone)
    return at, at


def read_events(
    events: Sequence[EventIn] | None,
    rules: TableRules,
    zone: ZoneInfo,
    created: tuple[int, int] | None,
    as_of: int,
) -> tuple[Events | None, tuple[str, ...]]:
    """Read events of a lead with its `created` span; also return which do not count at `as_of`, and why."""
    if events is None:
        return None, ()
    if len(events) > MAX_EVENTS:
        raise RequestError(
            "too many events", field="events", value=len(events), expected=f"up to {MAX_EVENTS:,}"
        )
    values = [_value(event, rules) for event in events]
    _check_values(events, values)
    rows: list[tuple[int, int, Mapping[str, str | None], float]] = []
    ignored: list[str] = []
    seen: set[str] = set()
    for k, event in enumerate(events):
        occurred, known = _instants(event, k, zone, rules)
        at = rules.at(occurred)
        known = max(at, known)
        texts = {name: rules.text(name, getattr(event, name)) for name in EVENT_COLUMNS}
        reason = _why_ignored(event, texts, rules) or _why_out_of_time(occurred, known, created, as_of)
        reason = reason or _why_repeated(texts["event_id"], seen)
        if reason:
            ignored.append(f"events[{k}]: {reason}")
        else:
            rows.append((at, known, texts, values[k]))
    instants = np.array([row[:2] for row in rows], dtype=np.int64).reshape(-1, 2).T.copy()
    columns = {name: Coded.of([texts[name] for *_, texts, _ in rows]) for name in EVENT_COLUMNS}
    numbers = np.array([value for *_, value in rows], dtype=np.float64)
    lead = np.zeros(len(rows), dtype=np.int64)
    return Events(lead, instants[0], instants[1], columns, numbers), tuple(ignored)


def _value(event: EventIn, rules: TableRules) -> float:
    """Return the number of an event as its cell is read; NaN is missing."""
    number = isinstance(event.value, float | int)
    return float(event.value) if number else as_number(rules.text("value", event.value) or "")  # type: ignore[arg-type]


def unread_values(events: Sequence[EventIn], rules: TableRules, lang: Lang) -> list[str]:
    """Word the values of events that are texts but no numbers."""
    texts = ((k, event.value) for k, event in enumerate(events) if isinstance(event.value, str))
    read = ((k, value, rules.text("value", value)) for k, value in texts)
    return [
        catalog(lang)("request.no_number", column=f"events[{k}].value", value=value[:SHOWN])
        for k, value, text in read
        if text is not None and math.isnan(as_number(text))
    ]


def _check_values(events: Sequence[EventIn], values: Sequence[float]) -> None:
    total = 0.0
    for k, (event, value) in enumerate(zip(events, values, strict=True)):
        given = isinstance(event.value, float | int) or not math.isnan(value)
        total += abs(value) if given else 0.0
        if not total < MAX_TOTAL:
            raise RequestError(
                f"events[{k}].value is out of range",
                field=f"events[{k}].value",
                value=event.value,
                expected=f"values that add up to less than {MAX_TOTAL:,.0f}",
            )


def _instants(event: EventIn, k: int, zone: ZoneInfo, rules: TableRules) -> tuple[tuple[int, int], int]:
    """Return the first and last microsecond of an event, and when it was recorded, 0 where that is not known."""
    occurred = instant_span(event.occurred_at, f"events[{k}].occurred_at", zone, rules, "occurred_at")
    recorded = instant_span(event.recorded_at, f"events[{k}].recorded_at", zone, rules, "recorded_at")
    if occurred is None:
        raise RequestError(
            f"events[{k}].occurred_at is missing",
            field=f"events[{k}].occurred_at",
            expected="an ISO 8601 instant",
        )
    return occurred, 0 if recorded is None else rules.at(recorded)


def _why_ignored(event: EventIn, texts: Mapping[str, str | None], rules: TableRules) -> str:
    """Return what an event lacks; a file counts such a row as rejected."""
    if texts["type"] is None:
        return "type is missing"
    needed = rules.where_filled
    filled = (
        needed in ("", "occurred_at") or texts.get(needed) or rules.text(needed, getattr(event, needed, None))
    )
    return "" if filled else f"{needed} is missing"


def _why_out_of_time(
    occurred: tuple[int, int], known: int, created: tuple[int, int] | None, as_of: int
) -> str:
    if known >= as_of:
        return "not known before as_of"
    return "before the lead was created" if created is not None and occurred[1] < created[0] else ""


def _why_repeated(event_id: str | None, seen: set[str]) -> str:
    if event_id is None:
        return ""
    if event_id in seen:
        return "duplicate event_id"
    seen.add(event_id)
    return ""
