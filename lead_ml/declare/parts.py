"""Questions about declarations: what they are derived from, what they read, and what is left of them without a part."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from lead_ml.declare.feature import (
    EVERYONE,
    LEAD_STREAMS,
    Aggregate,
    AllOf,
    Attribute,
    Clock,
    Declaration,
    Difference,
    Feature,
    Interest,
    Lookup,
    PairRule,
    Profile,
    Rate,
    Ratio,
)

MISSING = "(missing)"  # the level of a customer profile for leads without a value


def operands(item: Feature) -> tuple[Declaration, ...]:
    """Return the declarations that another one is derived from, in order."""
    if isinstance(item, Ratio):
        return item.over, item.under
    if isinstance(item, Difference):
        return item.first, item.second
    if isinstance(item, Lookup):
        return (item.of,)
    return item.of if isinstance(item, AllOf | PairRule | Interest | Profile) else ()


def is_category(item: Declaration) -> bool:
    """Tell whether the values of a feature are texts, not numbers or ordinals."""
    if isinstance(item, Attribute):
        return item.kind == "category"
    if isinstance(item, Aggregate):
        return item.aggregation in ("first", "last")
    if isinstance(item, Clock):
        return item.part == "weekday"
    return isinstance(item, Lookup | AllOf | PairRule | Interest)


def reads_clock(item: Declaration) -> bool:
    """Tell whether a feature, or what it is derived from, depends on the calendar: shifting all times may change it."""
    if any(map(reads_clock, operands(item))):
        return True
    return isinstance(item, Clock) or (isinstance(item, Aggregate) and item.aggregation == "active_days")


def reads(item: Declaration) -> set[str]:
    """Return the lead columns that a feature reads, without ``lead_id``."""
    if isinstance(item, Attribute):
        found = {item.column}
    elif isinstance(item, Aggregate):
        own = {*item.where, *item.ranges, *item.among, item.of} if item.stream in LEAD_STREAMS else set()
        found = {item.key.split(":")[0], *own}
    elif isinstance(item, Rate):
        found = {item.key.split(":")[0], *item.where}
    else:
        found = set().union(*map(reads, operands(item)))
    return found - {"lead_id", EVERYONE, ""}


def part_name(item: Profile, operand: Declaration) -> str:
    """Return the name under which raw columns hold a part of a customer profile: ``profile/feature``."""
    return f"{item.name}/{operand.name}"


def without(item: Declaration, barred: Callable[[Declaration], bool]) -> Declaration | None:
    """Return a declaration that is not barred; a customer profile keeps its features that are not, None if none is left."""
    if not barred(item):
        return item
    if not isinstance(item, Profile):
        return None
    of = tuple(part for part in item.of if not barred(part))
    return msgspec.structs.replace(item, of=of, columns=tuple(part.name for part in of)) if of else None
