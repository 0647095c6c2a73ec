"""What the models use, as data: the tables that were read, and every feature with its wording."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from lead_ml.declare import (
    MICROSECONDS_PER_DAY,
    Age,
    Aggregate,
    AllOf,
    Attribute,
    Clock,
    Declaration,
    Difference,
    Interest,
    Lookup,
    PairRule,
    Profile,
    Range,
    Rate,
    Ratio,
)
from lead_ml.scoring import Bundle
from lead_ml.scoring.reasons import group_label
from lead_ml.tables.instants import iso


def intake_data(path: Path) -> dict[str, Any] | None:
    """Return ``intake.json`` with timestamps as text, and ``first``: the earliest creation of a lead, microseconds UTC."""
    if not path.is_file():
        return None
    content = msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
    tables = {name: _table(table) for name, table in content["tables"].items()}
    first = content["tables"].get("leads", {}).get("first")
    return {"tables": tables, "columns": content.get("columns", []), "first": first}


def features_data(bundle: Bundle) -> list[dict[str, Any]]:
    """Return one record per feature: names, group, unit, how it is computed, and the targets that use it."""
    seen = {target: {item.name for item in part.fitted.declarations} for target, part in bundle.parts.items()}
    return [
        {
            "name": item.name,
            "en": item.en,
            "zh": item.zh,
            "group": item.group,
            "group_en": group_label(item.group, "en"),
            "group_zh": group_label(item.group, "zh"),
            "unit": item.unit,
            "computed": computed(item),
            "targets": [target for target, names in seen.items() if item.name in names],
        }
        for item in bundle.declarations
    ]


def computed(item: Declaration) -> str:
    """Return how a feature is computed, in one line."""
    return _COMPUTED[type(item)](item)


def _lookup(item: Lookup) -> str:
    otherwise = f", {item.otherwise} where it is not listed" if item.otherwise else ""
    return f"{item.file}, {len(item.table):,} spellings, by {item.of.name}{otherwise}"


def _all_of(item: AllOf) -> str:
    asked = zip(item.of, item.values, strict=True)
    return " and ".join(f"{part.name} is {' or '.join(values) or 'given'}" for part, values in asked)


def _interest(item: Interest) -> str:
    tags = (f"{tag}: {computed(part)}" for tag, part in zip(item.tags, item.of, strict=True))
    return f"the largest of {'; '.join(tags)}"


def _rate(item: Rate) -> str:
    return (
        f"share of the leads by {item.key}{_only(item.where, {})} that reached {' or '.join(item.stages)} within "
        f"{_span(item.within)}, of those created in {_span(item.window)} before that; shrunk by {item.strength:g} leads"
    )


def _aggregate(item: Aggregate) -> str:
    what = item.aggregation.replace("_", " ") + (f" of {item.of}" if item.of else "")
    span = f" in {_span(item.window)}" if item.window else ""
    decay = f", half-life {_span(item.half_life)}" if item.half_life else ""
    clock = f", days of {item.zone}" if item.zone else ""
    whole = f" among those{_only(item.among, {})}" if item.among else ""
    return (
        f"{what} over {item.stream} by {item.key}{_only(item.where, item.ranges)}{whole}{span}{decay}{clock}"
    )


_COMPUTED: Mapping[type, Callable[[Any], str]] = {
    Attribute: lambda item: (
        f"{item.kind} from {item.column}{item.transform and f' through {item.transform}'}"
    ),
    Age: lambda _: "days from creation to as_of",
    Clock: lambda item: f"{item.part} of creation, clock of {item.zone}",
    Ratio: lambda item: f"({computed(item.over)}) / ({computed(item.under)})",
    Difference: lambda item: f"({computed(item.first)}) - ({computed(item.second)})",
    Profile: lambda item: f"points of {', '.join(item.columns)}, learned from converted leads",
    Lookup: _lookup,
    AllOf: _all_of,
    PairRule: lambda item: f"{item.of[0].column} and {item.of[1].column} through {item.rule}",
    Interest: _interest,
    Rate: _rate,
    Aggregate: _aggregate,
}


def _only(where: Mapping[str, tuple[str, ...]], ranges: Mapping[str, Range]) -> str:
    said = [f"{column} is {' or '.join(values)}" for column, values in where.items()]
    for column, found in ranges.items():
        low = "" if found.at_least is None else f" at least {found.at_least:g}"
        high = "" if found.below is None else f" below {found.below:g}"
        said.append(f"{column} is{low}{high or ('' if low else ' given')}")
    return f" where {' and '.join(said)}" if said else ""


def _span(microseconds: int) -> str:
    days = microseconds / MICROSECONDS_PER_DAY
    return f"{days:g} days" if days >= 1 else f"{days * 24:g} hours"


def _table(table: dict[str, Any]) -> dict[str, Any]:
    bounds = {key: None if table.get(key) is None else iso(table[key]) for key in ("first", "last")}
    return {**table, **bounds}
