"""DuckDB in its best form found: code the ids, lay events out by lead, join, then aggregate.

Tried at 10 M events and slower: events in time order (groups fall out of the cache), ``FILTER`` for
``count_if`` and for ``CASE`` (a quarter), filters on texts after the join, ``count(DISTINCT)`` for pages and channels (bits) and for sessions and days (two levels: the youngest row of
each), decayed sums from weights computed once an event. First and last text: the extreme of instant and code in one number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import log
from pathlib import Path
from typing import Any

from feature_engines.declared import FEATURES, FEW, ZERO, by_value, filters, flag, shown
from feature_engines.measured import Steps
from lead_ml.declare import MICROSECONDS_PER_DAY, Aggregate

DAY = f"{MICROSECONDS_PER_DAY}::DOUBLE"


def prepare() -> None:
    """Import what is used."""
    import duckdb  # noqa: F401


def keep(folder: Path) -> None:
    """Write ``kept.duckdb``: coded keys, and events by lead and time with coded texts."""
    import duckdb

    target = folder / "kept.duckdb"
    target.unlink(missing_ok=True)
    with duckdb.connect(target) as connection:
        for statement in (*_coded(folder), _by_lead(kept=True)):
            connection.execute(statement)


def features(folder: Path, layout: str, steps: Steps) -> Any:
    """Return the features as an Arrow table."""
    import duckdb

    kept = layout == "kept"
    with duckdb.connect(folder / "kept.duckdb" if kept else ":memory:", read_only=kept) as connection:
        with steps("lay out"):
            connection.execute("SET preserve_insertion_order = false")
            for statement in () if kept else (*_coded(folder), _by_lead(kept=False)):
                connection.execute(statement)
            connection.execute(_snapshots(folder))
        with steps("aggregate"):
            return connection.sql(query()).to_arrow_table()


def table(found: Any) -> Any:
    return found


def _coded(folder: Path) -> Iterator[str]:
    """Code leads by number, and texts with few values as enumerations."""
    source = f"'{folder / 'events.parquet'}'"
    yield f"CREATE TEMP VIEW events AS FROM {source}"
    for name in FEW:
        yield f"CREATE TYPE {name}_code AS ENUM (SELECT DISTINCT {name} FROM {source} WHERE {name} IS NOT NULL)"
    yield f"""
        CREATE TABLE keys AS SELECT lead_id, (row_number() OVER () - 1)::INT AS lead
        FROM (SELECT DISTINCT lead_id FROM '{folder / "spine.parquet"}')"""


def _by_lead(*, kept: bool) -> str:
    few = ", ".join(f"{name}::{name}_code AS {name}" for name in FEW)
    return f"""
        CREATE {"" if kept else "TEMP"} TABLE laid AS
        SELECT lead, known_at, occurred_at, value, {few},
            CASE WHEN session_id IS NULL THEN NULL ELSE hash(session_id) END AS session_id
        FROM events JOIN keys USING (lead_id) ORDER BY lead{", known_at" if kept else ""}"""


def _snapshots(folder: Path) -> str:
    return f"""
        CREATE TEMP TABLE snapshots AS
        SELECT lead_id, lead, as_of, row_number() OVER (ORDER BY lead)::INT AS snap
        FROM '{folder / "spine.parquet"}' JOIN keys USING (lead_id) ORDER BY lead"""


def query() -> str:
    """Return the query: one aggregation for most features, another one for each column of many values."""
    once = ", ".join(f"{_term(item)} AS {item.name}" for item in FEATURES if not by_value(item))
    answers = ", ".join(_answer(item) for item in FEATURES)
    many = tuple(dict.fromkeys(by_value(item) for item in FEATURES if by_value(item)))
    once_an_event = [
        f"occurred_at // {MICROSECONDS_PER_DAY} AS day, 1::BIGINT << day % 62 AS day_bit",
        *(f"1::BIGINT << enum_code({name})::BIGINT AS {name}_bit" for name in FEW),
        *(f"occurred_at * 64 + enum_code({name}) AS {name}_at" for name in shown()),
        *(f"{_passes(where)} AS {name}" for name, where in filters().items()),
    ]
    return f"""
        WITH flagged AS NOT MATERIALIZED (
            SELECT * EXCLUDE (type, page, channel), {", ".join(once_an_event)} FROM laid),
        joined AS NOT MATERIALIZED (
            SELECT snap, as_of - occurred_at AS age, e.*
            FROM flagged e JOIN snapshots s ON e.lead = s.lead AND e.known_at < s.as_of),
        once AS (SELECT snap, {once} FROM joined GROUP BY snap)
        {"".join(f", by_{column} AS ({_by_value(column)})" for column in many)}
        SELECT lead_id, as_of, {answers} FROM snapshots LEFT JOIN once USING (snap)
        {" ".join(f"LEFT JOIN by_{column} USING (snap)" for column in many)}"""


def _by_value(column: str) -> str:
    items = [item for item in FEATURES if by_value(item) == column]
    if any(item.where for item in items):
        raise ValueError("this engine was not taught a filter on a distinct count of many values")
    counts = ", ".join(f"count_if({_condition({}, item.window)}) AS {item.name}" for item in items)
    youngest = f"SELECT snap, min(age) AS age FROM joined WHERE {column} IS NOT NULL GROUP BY snap, {column}"
    return f"SELECT snap, {counts} FROM ({youngest}) GROUP BY snap"


def _answer(item: Aggregate) -> str:
    if item.aggregation in ZERO:
        return f"coalesce({item.name}, 0) AS {item.name}"
    if item.aggregation in ("first", "last"):
        return f"enum_range(NULL::{item.of}_code)[{item.name} % 64 + 1] AS {item.name}"
    return item.name


def _term(item: Aggregate) -> str:  # noqa: PLR0911, PLR0912
    condition = _condition(item.where, item.window)

    def only(value: str) -> str:
        return value if condition == "true" else f"CASE WHEN {condition} THEN {value} END"

    match item.aggregation:
        case "count":
            return f"count_if({condition})"
        case "sum":
            return f"sum({only(item.of)})"
        case "mean":
            return f"avg({only(item.of)})"
        case "max":
            return f"max({only(item.of)})"
        case "distinct":
            return f"bit_count(bit_or({only(f'{item.of}_bit')}))"
        case "active_days":
            return f"bit_count(bit_or({only('day_bit')}))"
        case "days_since_first":
            return f"max({only('age')}) / {DAY}"
        case "days_since_last":
            return f"min({only('age')}) / {DAY}"
        case "decayed_sum":
            weight = f"exp(age * {-log(2) / item.half_life:.17e})"
            return f"sum({only(f'{weight} * {item.of}' if item.of else weight)})"
        case "share":
            among = _condition(item.among, item.window)
            return f"count_if({condition} AND {among}) / nullif(count_if({among}), 0)"
        case "trend":
            return f"2 * count_if({condition}) - count_if({_condition(item.where, 2 * item.window)})"
        case "first":
            return f"min({only(f'{item.of}_at')})"
        case "last":
            return f"max({only(f'{item.of}_at')})"
    raise ValueError(f"this engine was not taught {item.aggregation}")


def _condition(where: Mapping[str, tuple[str, ...]], window: int) -> str:
    parts = [f"age <= {window}"] if window else []
    return " AND ".join(parts + ([flag(where)] if where else [])) or "true"


def _passes(where: Mapping[str, tuple[str, ...]]) -> str:
    parts = (f"{column} IN ({', '.join(map(repr, values))})" for column, values in where.items())
    return f"coalesce({' AND '.join(parts)}, false)"
