"""pandas on the leads of a slice: code the texts, join, aggregate sorted rows."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from math import log
from operator import and_
from pathlib import Path
from typing import Any

import numpy as np

from feature_engines.declared import FEATURES, filters, flag
from feature_engines.measured import Steps
from lead_ml.declare import MICROSECONDS_PER_DAY, Aggregate

SLICE = 20  # one lead in so many
TEXTS = ("type", "page", "channel", "session_id")


def prepare() -> None:
    """Import what is used."""
    import pandas  # noqa: F401


def keep(folder: Path) -> None:
    """Write the slice's events by lead and time, texts as categories."""
    events = _slice(folder, "events").drop(columns="event_id")
    laid = events.astype(dict.fromkeys(("lead_id", *TEXTS), "category"))
    laid.sort_values(["lead_id", "known_at"], kind="stable").to_parquet(folder / "kept.pandas.parquet")


def features(folder: Path, layout: str, steps: Steps) -> Any:
    """Return the features of the slice as a DataFrame."""
    import pandas as pd

    with steps("read"):
        spine = _slice(folder, "spine")
        spine = spine.sort_values(["lead_id", "as_of"], ignore_index=True)
        spine["snap"] = np.arange(len(spine))
        if layout == "kept":
            events = pd.read_parquet(folder / "kept.pandas.parquet")
        else:
            events = _slice(folder, "events").drop(columns="event_id")
            events = events.astype(dict.fromkeys(("lead_id", *TEXTS), "category"))
        spine["lead"] = pd.Categorical(spine["lead_id"], dtype=events["lead_id"].dtype).codes
    with steps("join"):
        joined = spine.drop(columns="lead_id").merge(_coded(events), on="lead", sort=False)
        joined = joined[joined["known_at"] < joined["as_of"]].sort_values("snap", kind="stable")
        joined["age"] = joined["as_of"] - joined["occurred_at"]
    with steps("aggregate"):
        groups = _Groups(joined, len(spine), {name: events[name].cat.categories for name in TEXTS})
        columns = {item.name: groups.feature(item) for item in FEATURES}
        return pd.concat([spine[["lead_id", "as_of"]], pd.DataFrame(columns)], axis=1)


def table(found: Any) -> Any:
    import pyarrow as pa

    return pa.Table.from_pandas(found, preserve_index=False)


def _slice(folder: Path, name: str) -> Any:
    """Return the rows of the first leads; names are as wide as they sort."""
    import pandas as pd

    last = pd.read_parquet(folder / "spine.parquet", columns=["lead_id"])["lead_id"].max()
    until = f"L{(int(last[1:]) + 1) // SLICE:07d}"
    return pd.read_parquet(folder / f"{name}.parquet", filters=[("lead_id", "<", until)])


def _coded(events: Any) -> Any:
    """Replace texts by their filters, evaluated once an event, and by codes."""
    flags = {name: _passes(events, where) for name, where in filters().items()}
    codes = {name: events[name].cat.codes for name in TEXTS}
    day = events["occurred_at"] // MICROSECONDS_PER_DAY
    lead = events["lead_id"].cat.codes
    return events.drop(columns=["lead_id", *TEXTS]).assign(lead=lead, day=day, **flags, **codes)


def _passes(events: Any, where: Mapping[str, tuple[str, ...]]) -> Any:
    return reduce(and_, (events[column].isin(values) for column, values in where.items()))


class _Groups:
    """Aggregation over rows that are sorted by snapshot: no hashing but for distinct counts."""

    def __init__(self, rows: Any, snapshots: int, levels: Mapping[str, Any]) -> None:
        self.rows = {name: rows[name].to_numpy() for name in rows.columns}
        self.snapshots, self.levels = snapshots, levels

    def feature(self, item: Aggregate) -> Any:  # noqa: PLR0911, PLR0912
        take = self._take(item.where, item.window)
        snap, age = self.rows["snap"][take], self.rows["age"][take]
        of = self.rows[item.of][take] if item.of else None
        match item.aggregation:
            case "count":
                return self._count(snap)
            case "sum":
                return self._sum(snap, np.nan_to_num(of))
            case "mean":
                given = ~np.isnan(of)
                return _quotient(self._sum(snap[given], of[given]), self._count(snap[given]))
            case "max":
                given = ~np.isnan(of)
                return self._extreme(np.maximum, snap[given], of[given])
            case "distinct":
                return self._distinct(snap, of)
            case "active_days":
                return self._distinct(snap, self.rows["day"][take])
            case "days_since_first":
                return self._extreme(np.maximum, snap, age) / MICROSECONDS_PER_DAY
            case "days_since_last":
                return self._extreme(np.minimum, snap, age) / MICROSECONDS_PER_DAY
            case "decayed_sum":
                weight = np.exp(age * (-log(2) / item.half_life))
                return self._sum(snap, weight if of is None else weight * np.nan_to_num(of))
            case "share":
                among = self._take(item.among, item.window)
                both = self.rows["snap"][take & among]
                return _quotient(self._count(both), self._count(self.rows["snap"][among]))
            case "trend":
                double = self._take(item.where, 2 * item.window)
                return 2 * self._count(snap) - self._count(self.rows["snap"][double])
            case "first":
                return self._text(item.of, np.maximum, snap, age, of)
            case "last":
                return self._text(item.of, np.minimum, snap, age, of)
        raise ValueError(f"this engine was not taught {item.aggregation}")

    def _take(self, where: Mapping[str, tuple[str, ...]], window: int) -> Any:
        take = np.ones(len(self.rows["snap"]), dtype=bool)
        if window:
            take &= self.rows["age"] <= window
        return take & self.rows[flag(where)] if where else take

    def _count(self, snap: Any) -> Any:
        return np.bincount(snap, minlength=self.snapshots)

    def _sum(self, snap: Any, values: Any) -> Any:
        return np.bincount(snap, weights=values, minlength=self.snapshots)

    def _distinct(self, snap: Any, codes: Any) -> Any:
        import pandas as pd

        pairs = (snap.astype(np.int64) << 32) + codes
        return np.bincount(pd.unique(pairs[codes >= 0]) >> 32, minlength=self.snapshots)

    def _extreme(self, function: Any, snap: Any, values: Any) -> Any:
        found = np.full(self.snapshots, np.nan)
        if len(snap):
            first = np.flatnonzero(np.append(True, snap[1:] != snap[:-1]))
            found[snap[first]] = function.reduceat(values, first)
        return found

    def _text(self, column: str, function: Any, snap: Any, age: Any, codes: Any) -> Any:
        """Take the code that goes with an extreme age, both in one number."""
        given = codes >= 0
        packed = self._extreme(function, snap[given], age[given] // 1_000_000 * 64 + codes[given])
        found = np.where(np.isnan(packed), -1, np.nan_to_num(packed)).astype(np.int64)
        return np.append(self.levels[column], None)[np.where(found < 0, -1, found % 64)]


def _quotient(over: Any, under: Any) -> Any:
    return np.divide(over, under, out=np.full(len(over), np.nan), where=under > 0)
