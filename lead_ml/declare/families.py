"""Families: features that describe one thing, whose contributions a person reads as one sum."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

from lead_ml.declare.feature import Age, Aggregate, Attribute, Declaration, Lookup, Rate

_LEVELS = ("mean", "max", "share", "first", "last")  # of a column, not how much or how long ago


def families_of(declarations: Sequence[Declaration]) -> tuple[str, ...]:
    """Return the family of each feature: the one declared, else the name of the first feature about the same thing.

    The same thing are all counts, sums and times since of one stream, key and filter; all ages; the rates of one key and
    stage; and the forms of one attribute. A declared family that is the name of a feature is the family of that feature.
    """
    named = {item.name: item for item in declarations}
    first: dict[Hashable, str] = {}
    return tuple(first.setdefault(_thing(item, named), item.family or item.name) for item in declarations)


def _thing(item: Declaration, named: Mapping[str, Declaration]) -> Hashable:
    """What a feature is about; a declared family is followed once, to the feature that it names."""
    if not item.family:
        return _derived(item)
    other = named.get(item.family)
    return ("declared", item.family) if other is None else _thing(other, {})


def _derived(item: Declaration) -> Hashable:
    if isinstance(item, Age) or _is_age(item):
        return ("age",)
    if isinstance(item, Aggregate):
        about = (item.stream, item.key, item.stages, _frozen(item.where), _frozen(item.ranges))
        return (*about, item.of, _frozen(item.among)) if item.aggregation in _LEVELS else about
    if isinstance(item, Rate):
        return ("rate", item.key, item.stages, _frozen(item.where))
    of = item.of if isinstance(item, Lookup) else item
    return ("attribute", of.column, of.transform) if isinstance(of, Attribute) else ("feature", item.name)


def _is_age(item: Declaration) -> bool:
    """Tell whether a feature is the time since the lead's first activity of any kind, which is an age of the lead."""
    if not isinstance(item, Aggregate) or item.aggregation != "days_since_first":
        return False
    return item.stream == "events" and item.key == "lead_id" and not (item.where or item.ranges)


def _frozen(filters: Mapping[str, object]) -> Hashable:
    return tuple(sorted((column, repr(allowed)) for column, allowed in filters.items()))
