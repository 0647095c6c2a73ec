"""Ibis on DuckDB: the same steps as the SQL, as Ibis expressions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from math import log
from operator import and_
from pathlib import Path
from typing import Any

from feature_engines.declared import FEATURES, FEW, ZERO, by_value, filters, flag, shown
from feature_engines.measured import Steps
from lead_ml.declare import MICROSECONDS_PER_DAY, Aggregate

Levels = Mapping[str, Sequence[str]]


def prepare() -> None:
    """Import what is used."""
    import ibis

    ibis.duckdb.connect().disconnect()


def keep(folder: Path) -> None:
    """Write ``kept.ibis.duckdb``: keys, and events by lead and time."""
    import ibis

    target = folder / "kept.ibis.duckdb"
    target.unlink(missing_ok=True)
    connection = ibis.duckdb.connect(target)
    keys = _keys(connection, folder)
    connection.create_table("laid", _by_lead(connection, folder, keys).order_by("lead", "known_at"))
    connection.disconnect()


def features(folder: Path, layout: str, steps: Steps) -> Any:
    """Return the features as an Arrow table."""
    import ibis

    kept = layout == "kept"
    database = folder / "kept.ibis.duckdb" if kept else ":memory:"
    connection = ibis.duckdb.connect(database, read_only=kept)
    connection.raw_sql("SET preserve_insertion_order = false")
    with steps("lay out"):
        keys = connection.table("keys") if kept else _keys(connection, folder)
        laid = connection.table("laid") if kept else _laid(connection, folder, keys)
        snapshots = _snapshots(connection, folder, keys)
        levels = {name: _levels(laid, name) for name in FEW}
    with steps("aggregate"):
        found = _answers(_joined(_flagged(laid, levels), snapshots), snapshots, levels).to_pyarrow()
    connection.disconnect()
    return found


def table(found: Any) -> Any:
    return found


def _keys(connection: Any, folder: Path) -> Any:
    import ibis

    names = connection.read_parquet(folder / "spine.parquet").select("lead_id").distinct()
    return connection.create_table("keys", names.mutate(lead=ibis.row_number().cast("int32")))


def _laid(connection: Any, folder: Path, keys: Any) -> Any:
    ordered = _by_lead(connection, folder, keys).order_by("lead")
    return connection.create_table("laid", ordered, temp=True)


def _by_lead(connection: Any, folder: Path, keys: Any) -> Any:
    import ibis

    events = connection.read_parquet(folder / "events.parquet")
    session = ibis.ifelse(events.session_id.isnull(), None, events.session_id.hash())
    return events.mutate(session_id=session).join(keys, "lead_id").drop("lead_id", "event_id")


def _snapshots(connection: Any, folder: Path, keys: Any) -> Any:
    import ibis

    spine = connection.read_parquet(folder / "spine.parquet").join(keys, "lead_id")
    rows = spine.select("lead_id", "lead", "as_of")
    numbered = rows.mutate(snap=ibis.row_number().over(order_by=rows.lead).cast("int32"))
    return connection.create_table("snapshots", numbered.order_by("lead"), temp=True)


def _levels(laid: Any, name: str) -> list[str]:
    return sorted(laid.select(name).distinct().to_pyarrow()[name].drop_null().to_pylist())


def _flagged(laid: Any, levels: Levels) -> Any:
    """Evaluate every filter once an event, and turn texts with few values into bits."""
    import ibis

    flags = {name: _passes(laid, where) for name, where in filters().items()}
    codes = {name: [(level, k) for k, level in enumerate(levels[name])] for name in FEW}
    bits = {
        name: laid[name].cases(*((level, 1 << k) for level, k in codes[name]), else_=0).cast("int64")
        for name in FEW
    }
    packed = {f"{name}_at": laid.occurred_at * 64 + laid[name].cases(*codes[name]) for name in shown()}
    day = laid.occurred_at // MICROSECONDS_PER_DAY
    day_bit = ibis.literal(1, "int64") << day % 62
    return laid.mutate(**flags, **packed, **bits, day=day, day_bit=day_bit)


def _passes(rows: Any, where: Mapping[str, tuple[str, ...]]) -> Any:
    return reduce(and_, (rows[column].isin(values).fill_null(False) for column, values in where.items()))


def _joined(laid: Any, snapshots: Any) -> Any:
    few = snapshots.select("snap", "lead", "as_of")
    joined = laid.join(few, [laid.lead == few.lead, laid.known_at < few.as_of])
    return joined.mutate(age=joined.as_of - joined.occurred_at)


def _answers(joined: Any, snapshots: Any, levels: Levels) -> Any:
    terms = {item.name: _term(joined, item) for item in FEATURES if not by_value(item)}
    answers = snapshots
    for part in (joined.group_by("snap").aggregate(**terms), *_by_values(joined)):
        answers = answers.left_join(part, "snap").drop("snap_right")
    columns = {item.name: _answer(answers, item, levels) for item in FEATURES}
    return answers.select("lead_id", "as_of", **columns)


def _by_values(joined: Any) -> Iterator[Any]:
    for column in dict.fromkeys(by_value(item) for item in FEATURES if by_value(item)):
        items = [item for item in FEATURES if by_value(item) == column]
        if any(item.where for item in items):
            raise ValueError("this engine was not taught a filter on a distinct count of many values")
        present = joined.filter(joined[column].notnull())
        youngest = present.group_by("snap", column).aggregate(age=present.age.min())
        counts = {item.name: _count(_condition(youngest, {}, item.window)) for item in items}
        yield youngest.group_by("snap").aggregate(**counts)


def _answer(answers: Any, item: Aggregate, levels: Levels) -> Any:
    found = answers[item.name]
    if item.aggregation in ("first", "last"):
        return (found % 64).cases(*enumerate(levels[item.of]))
    return found.fill_null(0) if item.aggregation in ZERO else found


def _term(rows: Any, item: Aggregate) -> Any:  # noqa: PLR0911, PLR0912
    import ibis

    condition = _condition(rows, item.where, item.window)

    def only(value: Any) -> Any:
        return ibis.ifelse(condition, value, None) if item.where or item.window else value

    match item.aggregation:
        case "count":
            return _count(condition)
        case "sum":
            return only(rows[item.of]).sum()
        case "mean":
            return only(rows[item.of]).mean()
        case "max":
            return only(rows[item.of]).max()
        case "distinct":
            return _builtin("bit_count", "scalar", int)(only(rows[item.of]).bit_or())
        case "active_days":
            return _builtin("bit_count", "scalar", int)(only(rows.day_bit).bit_or())
        case "days_since_first":
            return only(rows.age).max() / MICROSECONDS_PER_DAY
        case "days_since_last":
            return only(rows.age).min() / MICROSECONDS_PER_DAY
        case "decayed_sum":
            weight = (rows.age * (-log(2) / item.half_life)).exp()
            return only(weight * rows[item.of] if item.of else weight).sum()
        case "share":
            among = _condition(rows, item.among, item.window)
            return _count(condition & among) / _count(among).nullif(0)
        case "trend":
            return 2 * _count(condition) - _count(_condition(rows, item.where, 2 * item.window))
        case "first":
            return only(rows[f"{item.of}_at"]).min()
        case "last":
            return only(rows[f"{item.of}_at"]).max()
    raise ValueError(f"this engine was not taught {item.aggregation}")


def _count(condition: Any) -> Any:
    return _builtin("count_if", "agg", bool)(condition)


def _condition(rows: Any, where: Mapping[str, tuple[str, ...]], window: int) -> Any:
    parts = [rows.age <= window] if window else []
    parts += [rows[flag(where)]] if where else []
    return reduce(and_, parts) if parts else rows.age.notnull()


def _builtin(name: str, kind: str, takes: type) -> Any:
    """Return a function of DuckDB that Ibis does not name."""
    import ibis

    def function(x):  # type: ignore[no-untyped-def]
        pass

    function.__name__, function.__annotations__ = name, {"x": takes, "return": int}
    return getattr(ibis.udf, kind).builtin(function)
