"""A scoring request: one lead with its events, checked and turned into a data set of one row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from lead_ml.asof.labels import Spine
from lead_ml.clean.text import as_text
from lead_ml.errors import RequestError
from lead_ml.language import Lang
from lead_ml.tables.dataset import Coded, Dataset, Events, Leads
from lead_ml.tables.instants import iso, parse_iso

MAX_EVENTS = 20_000
MAX_TOTAL = 4e12  # values up to it still add up exactly in 64 bits, in millionths
Scalar = str | int | float | bool | None
EVENT_COLUMNS = ("type", "channel", "page", "session_id", "event_id")


class EventIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One event of the lead; instants are ISO 8601, those without a zone get the zone of the project."""

    type: str
    occurred_at: str
    recorded_at: str | None = None
    event_id: str | None = None
    channel: str | None = None
    page: str | None = None
    session_id: str | None = None
    value: float | None = None


class ScoreRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One lead to score.

    ``lead`` holds ``lead_id``, ``created_at`` and any attributes; leave ``events`` out where events are not known at all, and
    send an empty list where there were none. ``as_of`` defaults to the server's now. ``reasons``, 0-100, is how many
    of the strongest are shown on either side, more where those left out would outweigh them.
    """

    lead: dict[str, Scalar]
    events: list[EventIn] | None = None
    as_of: str | None = None
    lang: Lang = "en"
    reasons: Annotated[int, msgspec.Meta(ge=0, le=100)] = 5


class BatchRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Several leads; each is checked on its own."""

    leads: Annotated[list[msgspec.Raw], msgspec.Meta(min_length=1, max_length=1_000)]


@dataclass(frozen=True)
class LeadSchema:
    """What a bundle knows of a lead: the columns its features read, the zone of naive instants, missing tags."""

    columns: tuple[str, ...]
    zone: str
    missing: frozenset[str]
    dated: bool


@dataclass(frozen=True)
class Prepared:
    """A checked request: a data set of one lead, its snapshot, and what was left out."""

    dataset: Dataset
    spine: Spine
    lang: Lang
    top: int
    ignored: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def prepare(request: ScoreRequest, schema: LeadSchema, now: int) -> Prepared:
    """Check a request against the schema of a bundle.

    Raises
    ------
    RequestError
        With the path of the field: no lead_id, no or an unreadable created_at, a lead created after as_of, too
        many events, an event that is not readable.
    """
    zone = ZoneInfo(schema.zone)
    as_of = now if request.as_of is None else parse_iso(request.as_of, field="as_of", zone=zone)
    lead_id = as_text(request.lead.get("lead_id"), schema.missing)
    if lead_id is None:
        raise RequestError("lead.lead_id is missing", field="lead.lead_id", expected="the id of the lead")
    created = _created(request.lead, schema, zone, as_of)
    columns = {name: Coded.of([_attribute(request.lead, name, schema)]) for name in schema.columns}
    events, ignored = _events(request.events, schema, zone, created, as_of)
    unknown = sorted(set(request.lead) - set(schema.columns) - {"lead_id", "created_at"})
    warnings = (f"columns that no feature reads: {', '.join(unknown)}",) if unknown else ()
    leads = Leads((lead_id,), None if created is None else np.array([created], dtype=np.int64), columns)
    spine = Spine(np.zeros(1, dtype=np.int64), np.array([as_of], dtype=np.int64))
    return Prepared(
        Dataset(leads, events, until=as_of), spine, request.lang, request.reasons, ignored, warnings
    )


def _created(lead: Mapping[str, Scalar], schema: LeadSchema, zone: ZoneInfo, as_of: int) -> int | None:
    if not schema.dated:
        return None
    value = lead.get("created_at")
    if not isinstance(value, str):
        raise RequestError(
            "lead.created_at is missing", field="lead.created_at", value=value, expected="an ISO 8601 instant"
        )
    created = parse_iso(value, field="lead.created_at", zone=zone)
    if created > as_of:
        raise RequestError(
            "the lead is created after as_of",
            field="lead.created_at",
            value=value,
            expected=f"an instant up to {iso(as_of)}",
            do="correct the clock of the sender, or send as_of",
        )
    return created


def _attribute(lead: Mapping[str, Scalar], name: str, schema: LeadSchema) -> str | None:
    value = lead.get(name)
    if isinstance(value, str) and len(value) > 20_000:
        raise RequestError(
            f"lead.{name} is too long", field=f"lead.{name}", value=value, expected="up to 20,000 characters"
        )
    return as_text(value, schema.missing)


def _events(
    events: Sequence[EventIn] | None, schema: LeadSchema, zone: ZoneInfo, created: int | None, as_of: int
) -> tuple[Events | None, tuple[str, ...]]:
    if events is None:
        return None, ()
    if len(events) > MAX_EVENTS:
        raise RequestError(
            "too many events", field="events", value=len(events), expected=f"up to {MAX_EVENTS:,}"
        )
    _check_values(events)
    rows: list[tuple[int, int, EventIn]] = []
    ignored: list[str] = []
    seen: set[str] = set()
    for k, event in enumerate(events):
        occurred, known = _instants(event, k, zone)
        reason = _why_ignored(event, occurred, known, created, as_of, seen)
        if reason:
            ignored.append(f"events[{k}]: {reason}")
        else:
            rows.append((occurred, known, event))
    kept = [event for *_, event in rows]
    instants = np.array([row[:2] for row in rows], dtype=np.int64).reshape(-1, 2).T.copy()
    texts = {
        name: Coded.of([as_text(getattr(event, name), schema.missing) for event in kept])
        for name in EVENT_COLUMNS
    }
    values = np.array([event.value for event in kept], dtype=np.float64)  # None becomes NaN
    return Events(np.zeros(len(kept), dtype=np.int64), instants[0], instants[1], texts, values), tuple(
        ignored
    )


def _check_values(events: Sequence[EventIn]) -> None:
    total = 0.0
    for k, event in enumerate(events):
        total += abs(event.value or 0.0)
        if not total < MAX_TOTAL:
            raise RequestError(
                f"events[{k}].value is out of range",
                field=f"events[{k}].value",
                value=event.value,
                expected=f"values that add up to less than {MAX_TOTAL:,.0f}",
            )


def _instants(event: EventIn, k: int, zone: ZoneInfo) -> tuple[int, int]:
    occurred = parse_iso(event.occurred_at, field=f"events[{k}].occurred_at", zone=zone)
    if event.recorded_at is None:
        return occurred, occurred
    return occurred, max(occurred, parse_iso(event.recorded_at, field=f"events[{k}].recorded_at", zone=zone))


def _why_ignored(
    event: EventIn, occurred: int, known: int, created: int | None, as_of: int, seen: set[str]
) -> str:
    if known >= as_of:
        return "not known before as_of"
    if created is not None and occurred < created:
        return "before the lead was created"
    if event.event_id is not None:
        if event.event_id in seen:
            return "duplicate event_id"
        seen.add(event.event_id)
    return ""
