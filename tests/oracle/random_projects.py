"""Random small projects: few leads, shared and missing keys, ties, duplicates, late records, windows equal to gaps."""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from lead_ml.asof.join import Compiled, features_at
from lead_ml.asof.kernel import aggregate_coded
from lead_ml.asof.labels import Spine
from lead_ml.declare import between, events, leads, outcomes
from lead_ml.tables.dataset import Coded, Dataset, Events, Leads, Outcomes

EXAMPLES = int(os.environ.get("LEAD_ML_EXAMPLES", "60"))
HOUR = 3_600_000_000
START = 1_700_000_000_000_000
W = {"en": "x", "zh": "x", "group": "engagement"}


def _behaviour(by: str, tag: str):
    every, views = events(by=by), events(by=by, type="view", page=("a", "b"))
    mixed = events(by=by, type=("view", "call"))
    return [
        every.count(f"{tag}_n", **W),
        views.count(f"{tag}_views_2h", window="2h", **W),
        mixed.count(f"{tag}_mixed_5h", window="5h", **W),
        mixed.sum(f"{tag}_value_2h", "value", window="2h", **W),
        every.sum(f"{tag}_value", "value", **W),
        views.distinct(f"{tag}_sessions", "session_id", **W),
        every.distinct(f"{tag}_sessions_5h", "session_id", window="5h", **W),
        every.distinct(f"{tag}_pages_2h", "page", window="2h", **W),
        every.distinct(f"{tag}_people", "lead_id", **W),
        views.days_since_first(f"{tag}_first", **W),
        mixed.days_since_last(f"{tag}_last", **W),
        every.decayed_sum(f"{tag}_decayed", half_life="3h", **W),
        mixed.decayed_sum(f"{tag}_decayed_value", of="value", half_life="1h", **W),
        events(by=by, channel="mail").count(f"{tag}_absent_column", **W),
        every.sum(f"{tag}_absent_of", "price", **W),
        every.distinct(f"{tag}_absent_distinct", "channel", **W),
        mixed.mean(f"{tag}_mean_5h", "value", window="5h", **W),
        every.max(f"{tag}_max", "value", **W),
        mixed.max(f"{tag}_max_2h", "value", window="2h", **W),
        every.max(f"{tag}_max_5h", "value", window="5h", **W),
        every.active_days(f"{tag}_days", zone="Asia/Shanghai", **W),
        mixed.active_days(f"{tag}_days_5h", window="5h", **W),
        views.share(f"{tag}_share_5h", window="5h", **W),
        views.share(f"{tag}_share", among=mixed, **W),
        every.longest_gap(f"{tag}_gap_5h", window="5h", **W),
        mixed.longest_gap(f"{tag}_gap_2h", window="2h", **W),
        *([every.longest_gap(f"{tag}_gap", **W)] if by == "lead_id" else []),
        mixed.trend(f"{tag}_trend_2h", window="2h", **W),
        every.first(f"{tag}_first_page", "page", **W),
        views.first(f"{tag}_first_session_5h", "session_id", window="5h", **W),
        every.last(f"{tag}_last_type", "type", **W),
        mixed.last(f"{tag}_last_page_2h", "page", window="2h", **W),
        every.first(f"{tag}_first_absent", "channel", **W),
        events(by=by, type="call", value=between(0.1, 50)).count(f"{tag}_middling_calls", **W),
        events(by=by, value=between(at_least=1)).sum(f"{tag}_large_5h", "value", window="5h", **W),
    ]


DECLARATIONS = [
    *_behaviour("lead_id", "own"),
    *_behaviour("account_id", "account"),
    leads(by="email:domain").count("domain_leads_5h", window="5h", **W),
    leads(by="email:domain").days_since_first("domain_first", **W),
    leads(by="source").count("source_leads", **W),
    leads(by="source").sum("source_cost_5h", "cost", window="5h", **W),
    leads(by="source", account_id=("A", "B")).distinct("source_accounts_2h", "account_id", window="2h", **W),
    leads(by="source").decayed_sum("source_decayed_cost", of="cost", half_life="2h", **W),
    outcomes(by="source", stage="won").count("source_won_5h", window="5h", **W),
    outcomes(by="source", stage="won").sum("source_amount", "amount", **W),
    outcomes(by="source", stage="invalid").distinct("source_reasons", "reason", **W),
    outcomes(by="nowhere").count("no_such_key", **W),
    leads(by="source").last("source_last_account", "account_id", **W),
    leads(by="*").count("everyone_5h", window="5h", **W),
]
RATES = [
    leads(by="source").conversion_rate("source_rate", within="3h", window="5h", strength=2.0, **W),
    leads(by="account_id", source="ads").conversion_rate(
        "account_rate", within="5h", window="4h", stage=("won", "lost"), **W
    ),
]
DECLARATIONS += RATES
COMPILED = Compiled.of(DECLARATIONS)
SHARED = tuple(plan for plan in COMPILED.plans if plan.key != "lead_id")

hours = st.integers(0, 12)
halves = st.integers(0, 24).map(lambda n: n * HOUR // 2)
delays = st.one_of(st.just(0), st.integers(1, 16).map(lambda n: n * HOUR // 2), st.integers(1, 3))
numbers = st.sampled_from([np.nan, 0.0, 0.1, 0.2, 1 / 3, -2.5, 1e11, 5e-6, 123.456789])


def texts(*values: str):
    return st.sampled_from([None, *values])


@st.composite
def projects(draw):
    size = draw(st.integers(1, 6))
    people = draw(st.lists(st.tuples(halves, *_LEAD), min_size=size, max_size=size))
    created = START + np.array([person[0] for person in people], dtype=np.int64)
    names = ("account_id", "email", "source", "cost")
    table = Leads(
        tuple(f"L{k}" for k in range(size)),
        created,
        {name: Coded.of([person[k + 1] for person in people]) for k, name in enumerate(names)},
    )
    who = st.integers(0, size - 1)
    happened = draw(st.lists(st.tuples(who, halves, delays, numbers, *_EVENT), max_size=24))
    staged = draw(st.lists(st.tuples(who, halves, delays, numbers, *_OUTCOME), max_size=8))
    return Dataset(
        table,
        Events(
            *_times(happened),
            _columns(happened, "type", "page", "session_id", "event_id"),
            _numbers(happened),
        ),
        Outcomes(*_times(staged), _columns(staged, "stage", "reason"), _numbers(staged)),
    )


_LEAD = (
    texts("A", "B"),
    texts("a@x.com", "b@x.com", "c@y.org", "no address"),
    texts("ads", "web"),
    texts("1.5", "20", "much"),
)
_EVENT = (
    texts("view", "call", "form"),
    texts("a", "b", "c"),
    texts("s1", "s2", "s3"),
    texts("e1", "e2", "e3", "e4"),
)
_OUTCOME = (texts("won", "lost", "invalid"), texts("bot", "test"))


def _times(rows):
    lead = np.array([row[0] for row in rows], dtype=np.int64)
    occurred = START + np.array([row[1] for row in rows], dtype=np.int64)
    return lead, occurred, occurred + np.array([row[2] for row in rows], dtype=np.int64)


def _columns(rows, *names):
    return {name: Coded.of([row[4 + k] for row in rows]) for k, name in enumerate(names)}


def _numbers(rows):
    return np.array([row[3] for row in rows], dtype=np.float64)


@st.composite
def asked(draw, size: int):
    """Snapshots, on the grid of the rows and just beside it, with repeats, in any order."""
    moments = st.tuples(st.integers(0, size - 1), st.integers(-2, 44), st.sampled_from([0, 0, 1, -1]))
    chosen = draw(st.lists(moments, min_size=1, max_size=12))
    lead = np.array([who for who, _, _ in chosen], dtype=np.int64)
    return lead, START + np.array([half * HOUR // 2 + by for _, half, by in chosen], dtype=np.int64)


@st.composite
def questions(draw):
    project = draw(projects())
    return project, *draw(asked(len(project.leads)))


def answers(project, lead, as_of):
    """Return the declared features by name, each a list over the snapshots of a text, a float or None for missing."""
    return plain(features_at(COMPILED, project, Spine(lead, as_of)))


def plain(columns):
    """Return columns as lists of texts, floats and None."""
    return {
        name: column.values() if isinstance(column, Coded) else floats(column)
        for name, column in columns.items()
    }


def floats(column):
    return [None if np.isnan(value) else value for value in column.tolist()]


def decoded(plan, project, lead, as_of, kept=None):
    """Return the answers of one plan, column by column, as lists of texts, floats and None."""
    matrix, texts = aggregate_coded(plan, project, lead, as_of, kept)
    found = [floats(column) for column in matrix.T]
    for k, item in enumerate(plan.features):
        if item.aggregation in ("first", "last"):
            levels = texts[plan.shown_columns.index(item.of)]
            found[k] = [None if code is None else levels[int(code)] for code in found[k]]
    return found


def picked(table, rows):
    """Return the rows of events or outcomes, by mask or position."""
    columns = {name: column.take(rows) for name, column in table.columns.items()}
    number = {"value": table.value[rows]} if isinstance(table, Events) else {"amount": table.amount[rows]}
    return replace(
        table,
        lead=table.lead[rows],
        occurred_at=table.occurred_at[rows],
        known_at=table.known_at[rows],
        columns=columns,
        **number,
    )


def only_leads(project, wanted):
    """Return the project of some leads (positions) alone."""
    place = np.full(len(project.leads), -1)
    place[wanted] = np.arange(len(wanted))
    table = Leads(
        tuple(project.leads.lead_id[k] for k in wanted),
        project.leads.created_at[wanted],
        {name: column.take(wanted) for name, column in project.leads.columns.items()},
    )
    parts = {}
    for name in ("events", "outcomes"):
        rows = picked(getattr(project, name), place[getattr(project, name).lead] >= 0)
        parts[name] = replace(rows, lead=place[rows.lead])
    return Dataset(table, **parts)


def shuffled(project, random):
    """Return the same project with rows and levels in another order."""

    def order(size):
        return np.array(random.sample(range(size), size), dtype=np.int64)

    def relevelled(text):
        new = order(len(text.levels))
        lookup = np.append(np.argsort(new), -1).astype(np.int32)
        return Coded(lookup[text.codes], tuple(text.levels[k] for k in new))

    def mixed(table):
        table = picked(table, order(len(table)))
        return replace(table, columns={name: relevelled(text) for name, text in table.columns.items()})

    leads = replace(project.leads, columns={k: relevelled(v) for k, v in project.leads.columns.items()})
    return Dataset(leads, mixed(project.events), mixed(project.outcomes))


def busy(generator, *, leads, events, outcomes):
    """Return a random project with many rows to a key."""

    def text(size, *levels):
        return Coded(generator.integers(-1, len(levels), size).astype(np.int32), levels)

    def rows(size):
        lead = generator.integers(0, leads, size)
        occurred = START + generator.integers(0, 60, size) * HOUR // 2
        return (
            lead,
            occurred,
            occurred + generator.integers(0, 12, size) * HOUR * generator.integers(0, 2, size),
        )

    sessions = tuple(f"s{k}" for k in range(40))
    happened = {"type": text(events, "view", "call", "form"), "page": text(events, "a", "b", "c")}
    happened["session_id"] = text(events, *sessions)
    staged = {"stage": text(outcomes, "won", "lost", "invalid"), "reason": text(outcomes, "bot", "test")}
    columns = {"account_id": text(leads, "A", "B"), "email": text(leads, "a@x.com", "b@y.org")}
    columns |= {"source": text(leads, "ads", "web"), "cost": text(leads, "1.5", "20")}
    created = START + generator.integers(0, 30, leads) * HOUR
    return Dataset(
        Leads(tuple(f"L{k}" for k in range(leads)), created, columns),
        Events(*rows(events), happened, generator.normal(0, 100, events)),
        Outcomes(*rows(outcomes), staged, generator.normal(0, 100, outcomes)),
    )
