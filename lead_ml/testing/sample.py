"""A random data set that fits some declarations: shared keys, ties in time, late records and missing values."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from lead_ml.asof.join import column_names
from lead_ml.clean import TRANSFORMS
from lead_ml.declare import MICROSECONDS_PER_DAY, Aggregate, Attribute, Declaration, Lookup, Rate, operands
from lead_ml.project.schema import STAGES
from lead_ml.tables.dataset import Changes, Coded, Dataset, Events, Extra, Indices, Instants, Leads, Outcomes

START = 1_767_225_600_000_000  # 2026-01-01
HOUR = MICROSECONDS_PER_DAY // 24
DAYS = 90
MISSING_SHARE = 0.15
EVENTS_PER_LEAD = 6

_PLAIN = ("alpha", "beta", "gamma", "7", "2.5")


@cache
def _texts() -> Mapping[str, Sequence[str]]:
    """Return values of well-known columns, in several languages and states of disorder, from ``sample.toml``."""
    found: Mapping[str, Sequence[str]] = tomllib.loads(
        Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
    )
    return found


def sample_dataset(
    declarations: Sequence[Declaration],
    *,
    seed: int = 7,
    leads: int = 200,
    history: Collection[str] = (),
    extra: Mapping[str, str] = MappingProxyType({}),
) -> Dataset:
    """Draw leads, events and outcomes with the columns and values that the declarations name.

    Parameters
    ----------
    declarations
        Validated declarations.
    seed
        Seed of the draw: the same seed gives the same data.
    leads
        Number of leads.
    history
        Lead columns that change over time: up to three changes per lead, some before its creation and many at the same
        time, with unrelated values in the leads table.
    extra
        Extra tables by name, with the key of each (``column`` or ``column:transform``): with the columns that the
        declarations name, and a few rows per key.

    Returns
    -------
    Dataset
        Timestamps are whole hours within 90 days, so that ties are common; a third of the records is known late.

    Examples
    --------
    >>> from lead_ml.declare import category
    >>> sample_dataset([category("industry", en="Industry", zh="行业", group="fit")], leads=20)
    Dataset(20 leads, 120 events, 20 outcomes, until 2026-05-12T22:00:00.000001Z)
    """
    rng = np.random.default_rng(seed)
    created = START + rng.integers(0, DAYS * 24, leads) * HOUR
    keys = [key.split(":")[0] for key in extra.values()]
    own = sorted({name for name in (*column_names(declarations), *keys) if name.split(".")[0] not in extra})
    columns = {name: _column(rng, _pool(name, declarations), leads) for name in own}
    events = _events(rng, declarations, created)
    outcomes = _outcomes(rng, declarations, created)
    until = max(int(part.max(initial=START)) for part in (created, events.known_at, outcomes.known_at)) + 1
    ids = tuple(f"L{k:04d}" for k in range(leads))
    return Dataset(
        Leads(ids, created, columns),
        events,
        outcomes,
        until,
        history={name: _history(rng, name, declarations, created) for name in sorted(history)},
        extra={name: _extra(rng, name, key, declarations) for name, key in sorted(extra.items())},
    )


def _history(
    rng: np.random.Generator, column: str, declarations: Sequence[Declaration], created: Instants
) -> Changes:
    n = len(created) * 3
    owner = rng.integers(0, len(created), n)
    at = created[owner] + rng.integers(-2, 30 * 24, n) * HOUR
    return Changes.of(owner, at, {column: _column(rng, _pool(column, declarations), n)})


def _extra(rng: np.random.Generator, table: str, key: str, declarations: Sequence[Declaration]) -> Extra:
    column, colon, transform = key.partition(":")
    texts = Coded.of(_pool(column, declarations)[:-1])
    keys = (texts.map(TRANSFORMS[transform]) if colon else texts).levels
    n = len(keys) * 4
    at = START + rng.integers(0, DAYS * 24, n) * HOUR
    names = [name for name in column_names(declarations) if name.split(".")[0] == table]
    columns = {name.partition(".")[2]: _column(rng, _pool(name, declarations), n) for name in names}
    return Extra(key, tuple(keys), Changes.of(rng.integers(0, len(keys), n), at, columns))


def _events(rng: np.random.Generator, declarations: Sequence[Declaration], created: Instants) -> Events:
    n = EVENTS_PER_LEAD * len(created)
    lead, occurred, known = _times(rng, created, n)
    pools = {
        "type": ("page_view", "call"),
        "channel": ("web",),
        "page": ("home", "about"),
        "session_id": tuple(f"s{k}" for k in range(40)),
    }
    columns = {
        name: _column(rng, (*_filters(name, "events", declarations), *values), n)
        for name, values in pools.items()
    }
    columns["event_id"] = Coded.of([f"e{k:06d}" for k in rng.permutation(n)])
    return Events(lead, occurred, known, columns, _numbers(rng, n))


def _outcomes(rng: np.random.Generator, declarations: Sequence[Declaration], created: Instants) -> Outcomes:
    n = len(created)
    lead, occurred, known = _times(rng, created, n)
    stage = _column(rng, (*_filters("stage", "outcomes", declarations), *STAGES), n, missing=0.0)
    reason = _column(rng, (*_filters("reason", "outcomes", declarations), "other"), n)
    return Outcomes(lead, occurred, known, {"stage": stage, "reason": reason}, _numbers(rng, n))


def _times(rng: np.random.Generator, created: Instants, n: int) -> tuple[Indices, Instants, Instants]:
    lead = rng.integers(0, len(created), n)
    occurred = created[lead] + rng.integers(0, 40 * 24, n) * HOUR
    late = np.where(rng.random(n) < 1 / 3, rng.integers(1, 10 * 24, n), 0)
    return lead, occurred, occurred + late * HOUR


def _numbers(rng: np.random.Generator, n: int) -> Any:
    return np.where(rng.random(n) < MISSING_SHARE, np.nan, rng.integers(0, 2_000, n) / 16)


def _column(rng: np.random.Generator, pool: Sequence[str], n: int, missing: float = MISSING_SHARE) -> Coded:
    levels = tuple(dict.fromkeys(pool))
    codes = rng.integers(0, len(levels), n).astype(np.int32)
    return Coded(np.where(rng.random(n) < missing, np.int32(-1), codes), levels)


def _pool(column: str, declarations: Sequence[Declaration]) -> tuple[str, ...]:
    levels = tuple(
        level
        for item in declarations
        if isinstance(item, Attribute) and item.column == column and not item.transform
        for level in item.levels
    )
    listed = tuple(
        text
        for item in declarations
        if isinstance(item, Lookup) and item.of.column == column and not item.of.transform
        for text in list(item.table)[:3]
    )
    return (*levels, *listed, *_filters(column, "leads", declarations), *_texts().get(column, _PLAIN))


def _filters(column: str, stream: str, declarations: Sequence[Declaration]) -> tuple[str, ...]:
    """Return the values of a column that some feature asks for, so that the draw holds them."""
    found: list[str] = []
    for item in (part for declared in declarations for part in operands(declared) or (declared,)):
        if isinstance(item, Aggregate) and item.stream == stream:
            found += [*item.where.get(column, ()), *item.among.get(column, ())]
        if isinstance(item, Rate):
            found += item.stages if (stream, column) == ("outcomes", "stage") else ()
            found += item.where.get(column, ()) if stream == "leads" else ()
    return tuple(found)
