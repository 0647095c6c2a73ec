"""What leads do: Poisson processes whose rates depend on the hidden intent and never on the drawn win.

The rate of each type of event falls with the age of the lead; it stops when the lead is closed. While a lead is open, its
events therefore carry information about its intent only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lead_ml.demo.arrival import DAY, SECOND
from lead_ml.demo.people import Objects
from lead_ml.demo.vocabulary import vocabulary
from lead_ml.tables.dataset import Coded, Events, Floats, Indices, Instants

_FADE_DAYS = 18.0
_STEADY = 0.25  # share of events spread evenly over half a year instead of fading
_VIEW_SECONDS = 25.0
_READING = 0.9


@dataclass(frozen=True)
class Habit:
    """One type of event: how many an average lead has, how that number grows with intent, and how they are recorded.

    ``bend`` is how fast the growth saturates, see :func:`bent`.
    """

    type: str
    channel: str
    number: float
    growth: float
    two_way: bool = False
    late_share: float = 0.0
    late_days: float = 0.0
    bend: float = 0.0


def bent(values: Floats, bend: float) -> Floats:
    """Return (1 - exp(-bend x)) / bend, a line of slope 1 at 0 that flattens to the right.

    >>> bent(np.array([-1.0, 0.0, 1.0, 3.0]), 0.5).round(2)
    array([-1.3 , -0.  ,  0.79,  1.55])
    """
    return np.asarray(-np.expm1(-bend * values) / bend) if bend else values


_HABITS = (
    Habit("email_open", "email", 3.0, 0.25),
    Habit("email_click", "email", 0.6, 0.55),
    Habit("webinar", "event", 0.15, 0.4, late_share=0.9, late_days=1.0),
    Habit("chat", "web", 0.15, 0.6),
    Habit("call_connected", "phone", 0.55, 0.45, two_way=True, late_share=0.35, late_days=1.5),
    Habit("email_reply", "email", 0.35, 0.6, two_way=True),
    Habit("unsubscribe", "email", 0.07, -0.7),
)
_SESSIONS = Habit("page_view", "web", 1.9, 0.75, bend=0.8)
_MORE_FORMS = Habit("form_submit", "web", 0.15, 0.6)


@dataclass(frozen=True)
class EventRows:
    """Events under construction: lead, age in seconds, and their texts."""

    lead: Indices
    second: Floats
    type: Objects
    channel: Objects
    page: Objects
    late_seconds: Floats
    session: Indices


def draw_events(
    rng: np.random.Generator,
    created_at: Instants,
    intent: Floats,
    kind: Objects,
    closed_after_days: Floats,
    until: int,
) -> Events:
    """Draw all events of all leads, in the order in which they became known."""
    frailty = rng.gamma(2.0, 0.5, len(intent))
    fake = np.isin(kind, ("bot", "mash", "wrong_number", "test"))
    # Who reads a lot reads a lot, whatever the interest: the tenth page view says little.
    reading = rng.lognormal(-(_READING**2) / 2, _READING, len(intent))
    on_the_web = frailty * reading * np.where(kind == "bot", 0.3, 1.0)
    parts = [_forms(rng, intent, on_the_web), _views(rng, intent, on_the_web, kind)]
    for habit in _HABITS:
        reach = np.where(fake, 0.0 if habit.two_way else 0.3, 1.0)
        parts.append(_plain(rng, habit, intent, frailty * reach))
    rows = _joined(parts)
    occurred = created_at[rows.lead] + np.round(rows.second).astype(np.int64) * SECOND
    known = occurred + np.round(rows.late_seconds).astype(np.int64) * SECOND
    kept = np.flatnonzero((rows.second < closed_after_days[rows.lead] * DAY / SECOND) & (known <= until))
    kept = kept[np.lexsort((rows.type[kept].astype(str), rows.lead[kept], known[kept]))]
    return _as_events(rng, rows, occurred, known, kept)


def _as_events(
    rng: np.random.Generator, rows: EventRows, occurred: Instants, known: Instants, kept: Indices
) -> Events:
    types = rows.type[kept]
    minutes = np.round(rng.lognormal(np.log(8), 0.7, len(kept)), 1)
    session = [f"s{number}" if number >= 0 else None for number in rows.session[kept]]
    columns = {
        "event_id": Coded.of([f"e{number:07d}" for number in range(len(kept))]),
        "type": Coded.of(list(types)),
        "channel": Coded.of(list(rows.channel[kept])),
        "page": Coded.of(list(rows.page[kept])),
        "session_id": Coded.of(session),
    }
    value = np.where((types == "call_connected") | (types == "webinar"), minutes, np.nan)
    return Events(rows.lead[kept], occurred[kept], known[kept], columns, value)


def _forms(rng: np.random.Generator, intent: Floats, reach: Floats) -> EventRows:
    """Return the form that created each lead, at the second of its creation, and the few later ones."""
    again, second = _moments(rng, _MORE_FORMS, intent, reach)
    lead = np.concatenate([np.arange(len(intent)), again])
    page_number = np.floor(2.6 + 1.1 * intent[lead] + rng.normal(0, 1.5, len(lead)))
    page = np.clip(page_number, 0, len(vocabulary().form_pages) - 1).astype(np.int64)
    pages = np.array(vocabulary().form_pages, dtype=object)[page]
    return _rows(_MORE_FORMS, lead, np.concatenate([np.zeros(len(intent)), second]), pages)


def _views(rng: np.random.Generator, intent: Floats, reach: Floats, kind: Objects) -> EventRows:
    """Return page views in sessions; the first session follows the form within the minute."""
    lead, second = _moments(rng, _SESSIONS, intent, reach)
    stayed = np.flatnonzero(rng.random(len(intent)) < 0.6)
    lead, second = np.concatenate([stayed, lead]), np.concatenate([np.full(len(stayed), 4.0), second])
    session = np.repeat(np.arange(len(lead)), rng.geometric(0.4, len(lead)))
    gaps = rng.exponential(_VIEW_SECONDS, len(session)).cumsum()
    first = np.searchsorted(session, np.arange(len(lead)))
    at = second[session] + gaps - gaps[first][session]
    late = np.where(rng.random(len(session)) < 0.03, rng.exponential(6 * 3600, len(session)), 0.0)
    pages = _pages(rng, intent[lead[session]], kind[lead[session]])
    return _rows(_SESSIONS, lead[session], at, pages, late, session)


def _pages(rng: np.random.Generator, intent: Floats, kind: Objects) -> Objects:
    usual = np.array([0.22, 0.2, 0.1, 0.1, 0.1, 0.15, 0.05, 0.05, 0.03])
    lean = np.array([0.0, 0.1, 0.7, 0.2, 0.3, -0.3, 0.3, 0.3, -0.5])
    share = usual * np.exp(intent[:, None] * lean)
    share[:, -1] *= np.where(kind == "student", 8.0, 1.0)
    cumulated = np.cumsum(share, axis=1)
    chosen = (rng.random(len(intent))[:, None] * cumulated[:, -1:] > cumulated).sum(axis=1)
    pages: Objects = np.array(vocabulary().pages, dtype=object)[chosen]
    return pages


def _plain(rng: np.random.Generator, habit: Habit, intent: Floats, reach: Floats) -> EventRows:
    lead, second = _moments(rng, habit, intent, reach)
    late = np.where(
        rng.random(len(lead)) < habit.late_share, rng.exponential(habit.late_days * 86_400, len(lead)), 0.0
    )
    return _rows(habit, lead, second, late=late)


def _moments(rng: np.random.Generator, habit: Habit, intent: Floats, reach: Floats) -> tuple[Indices, Floats]:
    number = rng.poisson(habit.number * reach * np.exp(habit.growth * bent(intent, habit.bend)))
    lead = np.repeat(np.arange(len(intent)), number)
    fading = rng.exponential(_FADE_DAYS, len(lead))
    days = np.where(rng.random(len(lead)) < _STEADY, rng.uniform(0, 180, len(lead)), fading)
    return lead, days * 86_400 + 60


def _rows(
    habit: Habit,
    lead: Indices,
    second: Floats,
    page: Objects | None = None,
    late: Floats | None = None,
    session: Indices | None = None,
) -> EventRows:
    size = len(lead)
    return EventRows(
        lead=lead,
        second=second,
        type=np.full(size, habit.type, dtype=object),
        channel=np.full(size, habit.channel, dtype=object),
        page=np.full(size, None, dtype=object) if page is None else page,
        late_seconds=np.zeros(size) if late is None else late,
        session=np.full(size, -1) if session is None else session,
    )


def _joined(parts: list[EventRows]) -> EventRows:
    return EventRows(
        *(np.concatenate([getattr(part, name) for part in parts]) for name in EventRows.__dataclass_fields__)
    )
