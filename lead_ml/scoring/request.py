"""A scoring request: one lead with its events, checked and turned into a data set of one row."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from lead_ml.asof.labels import Spine
from lead_ml.clean.numbers import as_number
from lead_ml.errors import RequestError
from lead_ml.language import Lang, catalog
from lead_ml.tables.cell_rules import CellRules, TableRules
from lead_ml.tables.dataset import Coded, Dataset, Events, Leads
from lead_ml.tables.instants import iso, parse_iso
from lead_ml.tables.read.timestamps import cell_span

MAX_EVENTS = 20_000
MAX_TOTAL = 4e12  # values up to it still add up exactly in 64 bits, in millionths
Scalar = str | int | float | bool | None
_SHOWN = 60  # characters of a value in a warning
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


class ScoreRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One lead to score.

    ``lead`` holds ``lead_id``, ``created_at`` and any attributes; leave ``events`` out where events are not known at all, and
    send an empty list where there were none. ``as_of`` defaults to the server's now. ``reasons`` is the number on either
    side, 0-100.
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
    """What a bundle knows of a lead: the columns its features read, and how their cells are read.

    ``numbers`` are the columns that features read as numbers, ``levels`` the values of a category or ordinal that models know.
    """

    columns: tuple[str, ...]
    rules: CellRules
    dated: bool
    numbers: frozenset[str] = frozenset()
    levels: Mapping[str, frozenset[str]] = field(default_factory=dict)


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
    rules, zone = schema.rules.leads, ZoneInfo(schema.rules.zone)
    as_of = now if request.as_of is None else parse_iso(request.as_of, field="as_of", zone=zone)
    lead = _under_our_names(request.lead, schema)
    lead_id = rules.text("lead_id", lead.get("lead_id"))
    if lead_id is None:
        raise RequestError("lead.lead_id is missing", field="lead.lead_id", expected="the id of the lead")
    created = _created(lead, schema, zone, as_of)
    texts = {name: _attribute(lead, name, rules) for name in schema.columns}
    columns = {name: Coded.of([text]) for name, text in texts.items()}
    events, ignored = _events(request.events, schema.rules.events, zone, created, as_of)
    unread = _unread_values(request.events or (), schema.rules.events, request.lang)
    at = (
        None
        if created is None
        else np.array([created[1] if rules.end_of_day else created[0]], dtype=np.int64)
    )
    spine = Spine(np.zeros(1, dtype=np.int64), np.array([as_of], dtype=np.int64))
    return Prepared(
        Dataset(Leads((lead_id,), at, columns), events, until=as_of, rules=schema.rules),
        spine,
        request.lang,
        request.reasons,
        ignored,
        (*_warnings(lead, texts, schema, request.lang), *unread),
    )


def _under_our_names(lead: Mapping[str, Scalar], schema: LeadSchema) -> Mapping[str, Scalar]:
    """Return a lead under our names: a raw row of the export has theirs, which ``columns`` in ``params.yaml`` maps."""
    names = schema.rules.leads.names
    ours = {
        names[name]: value for name, value in lead.items() if name in names and name not in schema.columns
    }
    return {**ours, **{name: value for name, value in lead.items() if names.get(name) not in ours}}


def _warnings(
    lead: Mapping[str, Scalar], texts: Mapping[str, str | None], schema: LeadSchema, lang: Lang
) -> Iterator[str]:
    """Word what no feature reads, and the values that no model knows or that are no numbers."""
    words = catalog(lang)
    unknown = sorted(set(lead) - set(schema.columns) - {"lead_id", "created_at"})
    if unknown:
        yield words("request.unread", columns=", ".join(unknown))
    for name, text in texts.items():
        if text is None:
            continue
        shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
        if name in schema.numbers and math.isnan(as_number(text)):
            yield words("request.no_number", column=name, value=shown)
        if name in schema.levels and text not in schema.levels[name]:
            yield words("request.unseen", column=name, value=shown)


def _created(
    lead: Mapping[str, Scalar], schema: LeadSchema, zone: ZoneInfo, as_of: int
) -> tuple[int, int] | None:
    """Return the first and last microsecond of the creation: the same, unless it is a date without a time."""
    if not schema.dated:
        return None
    value, field, rules = lead.get("created_at"), "lead.created_at", schema.rules.leads
    span = _span(value, field, zone, rules, "created_at")
    if span is None:
        raise RequestError(f"{field} is missing", field=field, value=value, expected="an ISO 8601 instant")
    if (span[1] if rules.end_of_day else span[0]) <= as_of:
        return span
    whole_day = span[0] <= as_of
    raise RequestError(
        f"{field} has no time of day, so it counts from the end of that day"
        if whole_day
        else "the lead is created after as_of",
        field=field,
        value=value,
        expected=f"an instant up to {iso(as_of)}",
        do="send the time of creation" if whole_day else "correct the clock of the sender, or send as_of",
    )


def _span(
    value: object, field: str, zone: ZoneInfo, rules: TableRules, column: str
) -> tuple[int, int] | None:
    """Read an instant as a file is read; what only ISO 8601 has, such as ``20260501T0800``, is read too."""
    value = rules.filled(column, value)
    span = cell_span(value, zone, rules.tags, rules.of(column).date_format)
    if span is None or span:
        return span or None
    at = parse_iso(str(value), field=field, zone=zone)
    return at, at


def _attribute(lead: Mapping[str, Scalar], name: str, rules: TableRules) -> str | None:
    value = lead.get(name)
    if isinstance(value, str) and len(value) > 20_000:
        raise RequestError(
            f"lead.{name} is too long", field=f"lead.{name}", value=value, expected="up to 20,000 characters"
        )
    return rules.text(name, value)


def _events(
    events: Sequence[EventIn] | None,
    rules: TableRules,
    zone: ZoneInfo,
    created: tuple[int, int] | None,
    as_of: int,
) -> tuple[Events | None, tuple[str, ...]]:
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
        at = occurred[1] if rules.end_of_day else occurred[0]
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


def _unread_values(events: Sequence[EventIn], rules: TableRules, lang: Lang) -> list[str]:
    """Word the values of events that are texts but no numbers."""
    texts = ((k, event.value) for k, event in enumerate(events) if isinstance(event.value, str))
    read = ((k, value, rules.text("value", value)) for k, value in texts)
    return [
        catalog(lang)("request.no_number", column=f"events[{k}].value", value=value[:_SHOWN])
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
    occurred = _span(event.occurred_at, f"events[{k}].occurred_at", zone, rules, "occurred_at")
    recorded = _span(event.recorded_at, f"events[{k}].recorded_at", zone, rules, "recorded_at")
    if occurred is None:
        raise RequestError(
            f"events[{k}].occurred_at is missing",
            field=f"events[{k}].occurred_at",
            expected="an ISO 8601 instant",
        )
    return occurred, 0 if recorded is None else recorded[1] if rules.end_of_day else recorded[0]


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
