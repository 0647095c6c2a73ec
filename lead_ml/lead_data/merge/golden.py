"""The golden record: what is known of a person, a pure function of its members, the rules per field, and pinned values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from lead_ml.clean import TRANSFORMS, clean
from lead_ml.clean.word_lists import word_list
from lead_ml.project.survivorship import FieldRule, MergeParams

_PLAUSIBLE: Mapping[str, Callable[[str], bool]] = {
    "email": lambda text: TRANSFORMS["valid_email"](text) == "true",
    "phone": lambda text: TRANSFORMS["phone_pattern"](text) == "valid_shape",
    "name": lambda text: TRANSFORMS["name_placeholder"](text) == "false",
}


class DatedValue(NamedTuple):
    """A value of a field and since when it holds, microseconds UTC."""

    value: str
    since: int


@dataclass(frozen=True)
class MergeMember:
    """One lead of a person as it stands at a moment; a field that is empty then is absent."""

    lead_id: str
    created_at: int
    values: Mapping[str, DatedValue] = field(default_factory=dict)


class PinnedValue(NamedTuple):
    """A value that somebody set by hand, when (microseconds UTC), and the number of the entry; a later number wins."""

    number: int
    field: str
    value: str | None
    at: int


Pins = Sequence[tuple[str, PinnedValue]]  # each with the lead that it names


class GoldenValue(msgspec.Struct, frozen=True):
    """A field of a golden record and where it comes from: the member and the rule, or the entry of the log that pins it."""

    value: str
    rule: str
    lead_id: str | None = None
    since: int | None = None
    entry: int | None = None


def golden_record(
    members: Iterable[MergeMember], rules: MergeParams, pins: Iterable[PinnedValue] = ()
) -> dict[str, GoldenValue]:
    """Return the fields of a person that have a value, sorted by name; the order of members and pins does not matter."""
    everyone = list(members)
    fields = {name for member in everyone for name in member.values}
    found = {name: _survivor(name, everyone, rules.rule_of(name)) for name in fields}
    for pin in sorted(pins):
        found.pop(pin.field, None)
        if pin.value is not None:
            found[pin.field] = GoldenValue(pin.value, "pinned", since=pin.at, entry=pin.number)
    return dict(sorted(found.items()))


def _survivor(name: str, members: Sequence[MergeMember], rule: FieldRule) -> GoldenValue:
    rank = _RANKS[rule.rule]
    plausible = _PLAUSIBLE.get(name, bool)

    def place(member: MergeMember) -> tuple[bool, float, int, int, str]:
        value, since = member.values[name]
        later = 1 if rule.rule == "oldest" else -1
        return (
            not plausible(value),
            rank(rule, value, member),
            later * since,
            later * member.created_at,
            member.lead_id,
        )

    stated = [member for member in members if name in member.values]
    best = min(stated, key=place) if len(stated) > 1 else stated[0]
    value, since = best.values[name]
    return GoldenValue(value, rule.rule, best.lead_id, since)


def _by_time(_rule: FieldRule, _value: str, _member: MergeMember) -> float:
    return 0.0


def _completeness(_rule: FieldRule, value: str, _member: MergeMember) -> float:
    return -float(sum(letter.isalnum() for letter in clean(value)))


def _trust(rule: FieldRule, _value: str, member: MergeMember) -> float:
    by = member.values.get(rule.by)
    return _place(rule.order, None if by is None else by.value, len(rule.order))


def _restriction(rule: FieldRule, value: str, _member: MergeMember) -> float:
    if rule.order:
        return _place(rule.order, value, 0)
    return float(_key(value) in word_list("yes") | {"1"})


def _place(order: Sequence[str], value: str | None, absent: int) -> float:
    keys = [_key(item) for item in order]
    return float(keys.index(_key(value)) if value is not None and _key(value) in keys else absent)


def _key(text: str) -> str:
    return clean(text).casefold()


_RANKS: Mapping[str, Callable[[FieldRule, str, MergeMember], float]] = {
    "newest": _by_time,
    "oldest": _by_time,
    "most_complete": _completeness,
    "trusted": _trust,
    "most_restrictive": _restriction,
}
