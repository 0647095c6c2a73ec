"""A scoring request: one lead with its events, checked and turned into a data set of one row."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from lead_ml.asof.labels import Spine
from lead_ml.clean.numbers import as_number
from lead_ml.errors import RequestError
from lead_ml.language import Lang, catalog
from lead_ml.scoring.known_values import NOTHING, KnownValues
from lead_ml.scoring.request_events import SHOWN, EventIn, instant_span, read_events, unread_values
from lead_ml.tables.cell_rules import CellRules, TableRules
from lead_ml.tables.dataset import Coded, Dataset, Leads
from lead_ml.tables.instants import iso, parse_iso

Scalar = str | int | float | bool | None


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
    """What a bundle knows of a lead: the columns its features read, how their cells are read, and which values models know.

    ``known_from`` is the end of the history of keys that many leads share: what was known of them before, it cannot say.
    """

    columns: tuple[str, ...]
    rules: CellRules
    dated: bool
    known: KnownValues = NOTHING
    known_from: int | None = None


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
    _check_moment(as_of, schema)
    lead = _under_our_names(request.lead, schema)
    lead_id = rules.text("lead_id", lead.get("lead_id"))
    if lead_id is None:
        raise RequestError("lead.lead_id is missing", field="lead.lead_id", expected="the id of the lead")
    created = _created(lead, schema, zone, as_of)
    texts = {name: _attribute(lead, name, rules) for name in schema.columns}
    columns = {name: Coded.of([text]) for name, text in texts.items()}
    events, ignored = read_events(request.events, schema.rules.events, zone, created, as_of)
    unread = unread_values(request.events or (), schema.rules.events, request.lang)
    at = None if created is None else np.array([rules.at(created)], dtype=np.int64)
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
    """Return a lead under our names: a raw row of the export has theirs, which ``columns`` in ``params.yaml`` maps.

    As in a file, what is mapped to one of our names replaces a column of that name. A row is raw if it has a name that is theirs only.
    """
    names, ours = schema.rules.leads.names, {*schema.columns, "lead_id", "created_at"}
    if not any(name in names and name not in ours for name in lead):
        return lead
    own = {name: value for name, value in lead.items() if name not in names}
    return own | {names[name]: value for name, value in lead.items() if name in names}


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
        shown = text if len(text) <= SHOWN else f"{text[:SHOWN]}..."
        if name in schema.known.numbers and math.isnan(as_number(text)):
            yield words("request.no_number", column=name, value=shown)
        if schema.known.unknown(name, text):
            yield words("request.unseen", column=name, value=shown)


def _check_moment(as_of: int, schema: LeadSchema) -> None:
    if schema.known_from is not None and as_of < schema.known_from:
        raise RequestError(
            "as_of lies before the end of the history of keys that many leads share",
            field="as_of",
            value=iso(as_of),
            expected=f"an instant from {iso(schema.known_from)} on",
            do="leave as_of out to score as of now; lead-ml explain --as-of answers for the past from the data",
        )


def _created(
    lead: Mapping[str, Scalar], schema: LeadSchema, zone: ZoneInfo, as_of: int
) -> tuple[int, int] | None:
    """Return the first and last microsecond of the creation: the same, unless it is a date without a time."""
    if not schema.dated:
        return None
    value, field, rules = lead.get("created_at"), "lead.created_at", schema.rules.leads
    span = instant_span(value, field, zone, rules, "created_at")
    if span is None:
        raise RequestError(f"{field} is missing", field=field, value=value, expected="an ISO 8601 instant")
    if rules.at(span) <= as_of:
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


def _attribute(lead: Mapping[str, Scalar], name: str, rules: TableRules) -> str | None:
    value = lead.get(name)
    if isinstance(value, str) and len(value) > 20_000:
        raise RequestError(
            f"lead.{name} is too long", field=f"lead.{name}", value=value, expected="up to 20,000 characters"
        )
    return rules.text(name, value)
