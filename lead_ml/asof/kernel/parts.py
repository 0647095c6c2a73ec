"""What a declared aggregate is made of: the few things that the kernel computes, and the sums that put them together."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from lead_ml.declare import EVERYONE, Aggregate, Range, Rate, Stream
from lead_ml.tables.dataset import Floats

DAY_COLUMN = "@day:"


def parts_of(item: Aggregate | Rate) -> tuple[Aggregate, ...]:
    """Return the aggregates that the kernel computes for a declared one; what is computed as it was declared keeps its name.

    >>> from lead_ml.declare import events
    >>> [part.aggregation for part in parts_of(events().mean("m", of="value", en="x", zh="x"))]
    ['sum', 'count']
    """
    if isinstance(item, Rate):
        return _of_rate(item)
    made: tuple[Aggregate, ...] = (item,)
    # Rows without the number do not pass either.
    present = {**item.ranges, item.of: item.ranges.get(item.of, Range())}
    match item.aggregation:
        case "mean":
            made = _part(item, "sum", ranges=present), _part(item, "count", ranges=present, of="")
        case "max":
            made = (_part(item, "max", ranges=present),)
        case "active_days":
            made = (_part(item, "distinct", of=f"{DAY_COLUMN}{item.zone}", zone=""),)
        case "trend":
            made = _part(item, "count"), _part(item, "count", window=2 * item.window)
        case "share":
            both = {
                column: tuple(value for value in values if value in item.among.get(column, (value,)))
                for column, values in item.where.items()
            }
            narrow = _part(item, "count", where={**item.among, **both}, among={})
            made = narrow, _part(item, "count", where=item.among, ranges={}, among={})
    return made


def combined(item: Aggregate | Rate, parts: Sequence[Floats]) -> Floats:
    """Put the columns of :func:`parts_of`, each (n,), together: (n,)."""
    if isinstance(item, Rate):
        k, n, all_k, all_n = (parts[at] - parts[at + 1] for at in (0, 2, 4, 6))
        return (k + item.strength * quotient(all_k, all_n)) / (n + item.strength)
    if item.aggregation in ("mean", "share"):
        return quotient(parts[0], parts[1])
    if item.aggregation == "trend":
        return 2 * parts[0] - parts[1]
    return parts[0]


def quotient(over: Floats, under: Floats) -> Floats:
    """Divide, missing where the divisor is 0."""
    nothing = np.full(np.shape(under), np.nan)
    return np.asarray(np.divide(over, under, out=nothing, where=under != 0))


def _of_rate(item: Rate) -> tuple[Aggregate, ...]:
    """Return counts of conversions and leads over both spans, of the key and of everyone."""
    streams: tuple[Stream, ...] = ("conversions", "leads")
    return tuple(
        Aggregate(
            name="",
            en="",
            zh="",
            stream=stream,
            aggregation="count",
            key=key,
            where=item.where,
            window=window,
            stages=item.stages if stream == "conversions" else (),
            within=item.within if stream == "conversions" else 0,
        )
        for key in (item.key, EVERYONE)
        for stream in streams
        for window in (item.within + item.window, item.within)
    )


def _part(item: Aggregate, aggregation: str, **changes: object) -> Aggregate:
    bare = dict.fromkeys(("name", "en", "zh", "group", "unit", "family"), "")
    return msgspec.structs.replace(item, **{**bare, "labels": {}, "aggregation": aggregation, **changes})


def content(item: Aggregate) -> bytes:
    """Return what an aggregate computes, apart from its name and wording, as bytes to compare."""
    bare = _part(item, item.aggregation)
    tidy = msgspec.structs.replace(
        bare, where={column: tuple(sorted(set(values))) for column, values in sorted(bare.where.items())}
    )
    return msgspec.json.encode(tidy, order="deterministic")
