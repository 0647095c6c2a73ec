"""A SYNTHETIC stream: events in the order in which they came to be known, and the snapshots that are asked about.

Instants are whole seconds, no two events of a lead occur at one, so that its first and last event are plain. Leads are skewed (lognormal), one has 20,000 events, some have none. Events come in sessions that thin out over
the life of a lead; 3% are recorded up to six days late. Columns are drawn for chunks of leads, so that 50 M events fit.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

TYPES = ("page_view", "email_open", "email_click", "form_submit", "download", "call", "chat", "quote")
TYPE_SHARES = (0.55, 0.16, 0.08, 0.05, 0.06, 0.03, 0.04, 0.03)
PAGES = ("home", "blog", "product", "pricing", "docs", "cases", "demo", "contact", "careers")
PAGE_SHARES = (0.28, 0.22, 0.16, 0.1, 0.09, 0.06, 0.04, 0.03, 0.02)
CHANNELS = ("web", "email", "phone", "ads", "social", "partner")
CHANNEL_SHARES = (0.5, 0.2, 0.05, 0.15, 0.07, 0.03)
BUSIEST = 20_000
SECOND, DAY = 1_000_000, 86_400_000_000
START = 1_640_995_200_000_000  # 2022-01-01, UTC
CHUNK, BATCH, ROW_GROUP = 20_000, 1_000_000, 1_000_000
Columns = dict[str, "np.ndarray[Any, Any]"]


def generate(folder: Path, events: int, leads: int, snapshots: int, seed: int = 20) -> None:
    """Write ``events.parquet`` (N rows by known_at) and ``spine.parquet`` (leads x snapshots, in any order)."""
    rng = np.random.default_rng(seed)
    counts = _counts(rng, events, leads)
    created = START + rng.integers(0, 730 * DAY, leads)
    life = np.clip(rng.lognormal(np.log(90 * DAY), 0.9, leads), 2 * DAY, 720 * DAY).astype(np.int64)
    _write_spine(folder / "spine.parquet", rng, created, life, snapshots)
    columns = _drawn(rng, counts, created, life)
    order = np.argsort(columns["known_at"], kind="stable")
    _write_events(folder / "events.parquet", columns, order, leads)


def lead_names(leads: int) -> pa.Array:
    return pa.array([f"L{k:07d}" for k in range(leads)])


def _counts(rng: np.random.Generator, events: int, leads: int) -> np.ndarray[Any, Any]:
    busiest = min(BUSIEST, events // 5)
    weights = rng.lognormal(0.0, 1.3, leads)
    weights[rng.random(leads) < 0.03] = 0.0
    weights[leads // 3] = 0.0
    counts = rng.multinomial(events - busiest, weights / weights.sum())
    counts[leads // 3] = busiest
    return counts


def _drawn(rng: np.random.Generator, counts: Any, created: Any, life: Any) -> Columns:
    rows, offset = int(counts.sum()), 0
    columns: Columns = {
        "lead": np.empty(rows, np.int32),
        "session": np.empty(rows, np.int32),
        "occurred_at": np.empty(rows, np.int64),
        "known_at": np.empty(rows, np.int64),
        "type": np.empty(rows, np.int8),
        "page": np.empty(rows, np.int8),
        "channel": np.empty(rows, np.int8),
        "cents": np.empty(rows, np.int32),
    }
    for first in range(0, len(counts), CHUNK):
        chunk = slice(first, first + CHUNK)
        drawn = _chunk(rng, counts[chunk], created[chunk], life[chunk], first)
        stop = offset + len(drawn["lead"])
        for name, column in columns.items():
            column[offset:stop] = drawn[name]
        offset = stop
    return columns


def _chunk(rng: np.random.Generator, counts: Any, created: Any, life: Any, first: int) -> Columns:
    sessions = -(-counts // 5)
    starts = np.append(0, np.cumsum(sessions))
    own = np.repeat(np.arange(len(counts)), sessions)
    began = created[own] + (life[own] * rng.beta(1.0, 1.6, len(own))).astype(np.int64)
    lead = np.repeat(np.arange(len(counts)), counts)
    session = (rng.random(len(lead)) * sessions[lead]).astype(np.int64)
    rows = len(lead)
    occurred = began[starts[lead] + session] + (rng.exponential(600e6, rows)).astype(np.int64)
    occurred = _apart(lead, occurred // SECOND) * SECOND
    late = (rng.random(rows) < 0.03) * np.minimum(rng.exponential(86_400, rows), 6 * 86_400).astype(np.int64)
    kind = _codes(rng, TYPE_SHARES, rows)
    on_site = (kind == 0) | (kind == 3) | (kind == 4)
    return {
        "lead": lead + first,
        "session": np.where(rng.random(rows) < 0.05, -1, session),
        "occurred_at": occurred,
        "known_at": occurred + late * SECOND,
        "type": kind,
        "page": np.where(on_site, _codes(rng, PAGE_SHARES, rows), -1),
        "channel": np.where(rng.random(rows) < 0.1, -1, _codes(rng, CHANNEL_SHARES, rows)),
        "cents": np.where(kind >= 3, rng.lognormal(9, 1.5, rows).clip(0, 2e9).astype(np.int64), -1),
    }


def _apart(lead: Any, seconds: Any) -> Any:
    """Move events of a lead that fall on one second to the next free one."""
    order = np.lexsort((seconds, lead))
    place = np.arange(len(order))
    far = lead[order] * 2**40
    apart = np.maximum.accumulate(far + seconds[order] - place) + place - far
    found = np.empty_like(seconds)
    found[order] = apart
    return found


def _codes(rng: np.random.Generator, shares: tuple[float, ...], rows: int) -> Any:
    return np.searchsorted(np.cumsum(shares)[:-1], rng.random(rows), side="right")


def _write_spine(path: Path, rng: np.random.Generator, created: Any, life: Any, snapshots: int) -> None:
    leads = len(created)
    at = (np.arange(snapshots) + rng.random((leads, snapshots)) * 0.9) / (snapshots - 0.5)
    as_of = created[:, None] + 60 * SECOND + (life[:, None] * at).astype(np.int64)
    as_of -= as_of % SECOND
    order = rng.permutation(leads * snapshots)
    lead = np.repeat(np.arange(leads), snapshots)[order]
    names = lead_names(leads).take(pa.array(lead))
    pq.write_table(
        pa.table({"lead_id": names, "as_of": as_of.ravel()[order]}), path, row_group_size=ROW_GROUP
    )


def _write_events(path: Path, columns: Columns, order: Any, leads: int) -> None:
    names = lead_names(leads)
    with pq.ParquetWriter(path, _SCHEMA) as writer:
        for batch in _batches(columns, order, names):
            writer.write_table(batch, row_group_size=ROW_GROUP)


def _batches(columns: Columns, order: Any, names: pa.Array) -> Iterator[pa.Table]:
    for first in range(0, len(order), BATCH):
        rows = order[first : first + BATCH]
        taken = {name: column[rows] for name, column in columns.items()}
        lead, session = names.take(pa.array(taken["lead"])), _some(taken["session"])
        cents = taken["cents"]
        yield pa.table(
            {
                "event_id": pc.binary_join_element_wise(
                    "E", pc.cast(pa.array(np.arange(first, first + len(rows))), pa.string()), ""
                ),
                "lead_id": lead,
                "known_at": taken["known_at"],
                "occurred_at": taken["occurred_at"],
                "type": _texts(TYPES, taken["type"]),
                "page": _texts(PAGES, taken["page"]),
                "channel": _texts(CHANNELS, taken["channel"]),
                "session_id": pc.binary_join_element_wise(
                    pc.utf8_replace_slice(lead, 0, 1, "S"), pc.cast(session, pa.string()), "-"
                ),
                "value": pa.array(cents / 100.0, mask=cents < 0),
            },
            schema=_SCHEMA,
        )


def _some(codes: Any) -> pa.Array:
    return pa.array(codes, mask=codes < 0)


def _texts(levels: tuple[str, ...], codes: Any) -> pa.Array:
    return pa.array(levels).take(_some(codes))


_SCHEMA = pa.schema(
    {
        "event_id": pa.string(),
        "lead_id": pa.string(),
        "known_at": pa.int64(),
        "occurred_at": pa.int64(),
        "type": pa.string(),
        "page": pa.string(),
        "channel": pa.string(),
        "session_id": pa.string(),
        "value": pa.float64(),
    }
)


if __name__ == "__main__":
    _folder, *_sizes = sys.argv[1:]
    generate(Path(_folder), *map(int, _sizes))
    print("{}")
