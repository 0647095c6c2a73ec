"""What the models saw, as data: the tables that were read, and every feature with its wording."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from lead_ml.declare import GROUP_NAMES, MICROSECONDS_PER_DAY, Aggregate, Attribute, Declaration
from lead_ml.instants import iso
from lead_ml.scorer import Bundle


def intake_data(path: Path) -> dict[str, Any] | None:
    """Return what ``intake.json`` says, with instants as text; None where it was not saved.

    ``first`` is the earliest creation of a lead, microseconds UTC, or None.
    """
    if not path.is_file():
        return None
    content = msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
    tables = {name: _table(table) for name, table in content["tables"].items()}
    first = content["tables"].get("leads", {}).get("first")
    return {"tables": tables, "columns": content.get("columns", []), "first": first}


def features_data(bundle: Bundle) -> list[dict[str, Any]]:
    """Return one record per feature: names, group, unit, how it is computed, and the targets that see it."""
    seen = {target: {item.name for item in part.fitted.declarations} for target, part in bundle.parts.items()}
    return [
        {
            "name": item.name,
            "en": item.en,
            "zh": item.zh,
            "group": item.group,
            "group_en": GROUP_NAMES[item.group][0],
            "group_zh": GROUP_NAMES[item.group][1],
            "unit": item.unit,
            "computed": computed(item),
            "targets": [target for target, names in seen.items() if item.name in names],
        }
        for item in bundle.declarations
    ]


def computed(item: Declaration) -> str:
    """Say how a feature is computed, in one line."""
    if isinstance(item, Attribute):
        through = f" through {item.transform}" if item.transform else ""
        return f"{item.kind} from {item.column}{through}"
    if not isinstance(item, Aggregate):
        return "days from creation to as_of"
    what = item.aggregation.replace("_", " ") + (f" of {item.of}" if item.of else "")
    only = " and ".join(f"{column} is {' or '.join(values)}" for column, values in item.where.items())
    span = f" in {_span(item.window)}" if item.window else ""
    decay = f", half-life {_span(item.half_life)}" if item.half_life else ""
    return f"{what} over {item.stream} by {item.key}{f' where {only}' if only else ''}{span}{decay}"


def _span(microseconds: int) -> str:
    days = microseconds / MICROSECONDS_PER_DAY
    return f"{days:g} days" if days >= 1 else f"{days * 24:g} hours"


def _table(table: dict[str, Any]) -> dict[str, Any]:
    bounds = {key: None if table.get(key) is None else iso(table[key]) for key in ("first", "last")}
    return {**table, **bounds}
