"""Checks of declarations, each by itself and all together, and their form in a bundle."""

from __future__ import annotations

import re
from collections.abc import Sequence
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from lead_ml.declare.feature import (
    GROUPS,
    STREAM_COLUMNS,
    STREAM_NUMBERS,
    Aggregate,
    AllOf,
    Attribute,
    Clock,
    Declaration,
    Difference,
    Interest,
    Lookup,
    Profile,
    Rate,
    Ratio,
)
from lead_ml.declare.parts import is_category, operands, reads_clock
from lead_ml.errors import DeclarationError

_NAME = re.compile(r"^[a-z][a-z0-9_]*$")
_NEEDS_OF = ("sum", "mean", "max", "distinct", "first", "last")


def validated(declarations: Sequence[Declaration]) -> tuple[Declaration, ...]:
    """Return declarations with the features of customer profiles filled in; a wrong one is a DeclarationError."""
    named: dict[str, Declaration] = {}
    for item in declarations:
        if not _NAME.match(item.name):
            raise DeclarationError("feature name", value=item.name, expected="lower_snake_case")
        if item.name in named:
            raise DeclarationError(f"duplicate feature {item.name}", do="rename one of them")
        named[item.name] = item
        if item.group not in GROUPS:
            raise DeclarationError(
                f"group of feature {item.name}",
                value=item.group,
                expected=f"one of {', '.join(GROUPS)}",
                do="set GROUP at the top of its file",
            )
        if item.family and not _NAME.match(item.family):
            raise DeclarationError(
                f"family of feature {item.name}", value=item.family, expected="lower_snake_case"
            )
        if not item.en or not item.zh:
            raise DeclarationError(f"feature {item.name} has no wording", expected="en= and zh=")
        for part in (item, *operands(item)):
            _check(part, item.name)
        _check_derived(item)
    return tuple(_filled(item, named) if isinstance(item, Profile) else item for item in declarations)


def to_json(declarations: Sequence[Declaration]) -> bytes:
    """Encode declarations as indented JSON, the form in which a bundle contains them."""
    return msgspec.json.format(msgspec.json.encode(list(declarations)), indent=1)


def computed(declarations: Sequence[Declaration]) -> bytes:
    """Encode what declarations compute, without their wording, which changes no value."""
    bare = [msgspec.structs.replace(item, en="", zh="", family="", labels={}) for item in declarations]
    return to_json(bare)


def from_json(data: bytes) -> tuple[Declaration, ...]:
    """Decode the JSON of :func:`to_json`; anything else is a DeclarationError."""
    try:
        return tuple(msgspec.json.decode(data, type=list[Declaration]))
    except msgspec.ValidationError as error:
        raise DeclarationError(
            f"declarations cannot be read: {error}", do="the file may come from a newer lead-ml"
        ) from error


def is_zone(name: str) -> bool:
    """Tell whether a name, such as ``Asia/Shanghai``, is that of a time zone."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return False
    return True


def _check(item: Declaration, name: str) -> None:
    if isinstance(item, Aggregate):
        _check_stream(item, name)
        _check_aggregation(item, name)
    if isinstance(item, Rate) and item.key == "lead_id":
        raise DeclarationError(
            f"feature {name} is the rate of the lead itself", expected="a key that other leads share"
        )
    if isinstance(item, Rate) and item.strength <= 0:
        raise DeclarationError(
            f"strength of {name}", value=item.strength, expected="a number of leads above 0"
        )
    if isinstance(item, Attribute) and item.kind == "ordinal" and len(item.levels) < 2:
        raise DeclarationError(
            f"levels of ordinal {name}", value=item.levels, expected="at least two, from low to high"
        )
    if isinstance(item, Clock | Aggregate) and reads_clock(item) and not is_zone(item.zone):
        raise DeclarationError(
            f"time zone of feature {name}", value=item.zone, expected="a name such as Asia/Shanghai"
        )
    for part in operands(item) if isinstance(item, Ratio | Difference) else ():
        if is_category(part):
            raise DeclarationError(f"feature {name} computes with text", value=part.name, expected="a number")


def _check_stream(item: Aggregate, name: str) -> None:
    if item.stream == "outcomes" and item.key == "lead_id":
        raise DeclarationError(
            f"feature {name} counts the lead's own outcomes",
            expected="a key that other leads share",
            do="outcomes of the lead itself are what is predicted",
        )
    allowed = STREAM_COLUMNS[item.stream]
    for column in (*item.where, *item.among):
        if allowed and column not in allowed:
            raise DeclarationError(
                f"filter of feature {name}", value=column, expected=f"one of {', '.join(allowed)}"
            )
    numeric = STREAM_NUMBERS[item.stream]
    for column in item.ranges:
        if numeric and column != numeric:
            raise DeclarationError(f"range of feature {name}", value=column, expected=numeric)


def _check_aggregation(item: Aggregate, name: str) -> None:
    if item.aggregation == "decayed_sum" and not item.half_life:
        raise DeclarationError(f"feature {name} has no half-life", expected="half_life='14d' or the like")
    if item.aggregation in _NEEDS_OF and not item.of:
        raise DeclarationError(f"feature {name} has no column", expected="of='value' or the like")
    if item.aggregation == "trend" and not item.window:
        raise DeclarationError(f"feature {name} has no window", expected="window='7d' or the like")
    if item.aggregation == "longest_gap" and item.key != "lead_id" and not item.window:
        raise DeclarationError(
            f"feature {name} measures a gap over all history of a shared key",
            expected="a window",
            do="set window: a late record can split a gap, and a request contains only the rows of the windows",
        )
    apart = [c for c in item.among if c in item.where and not set(item.among[c]) & set(item.where[c])]
    if apart:
        raise DeclarationError(
            f"feature {name} has a filter that excludes the rows of among",
            value=apart[0],
            expected="a filter inside that of among",
        )


def _check_derived(item: Declaration) -> None:
    if isinstance(item, Lookup) and not item.file:
        raise DeclarationError(f"lookup {item.name} names no table", expected="the path of a CSV file")
    if isinstance(item, Interest) and len(item.tags) < 2:
        raise DeclarationError(f"interest {item.name}", value=item.tags, expected="at least two tags")
    if isinstance(item, AllOf) and len(item.of) < 2:
        raise DeclarationError(
            f"all_of {item.name}", value=[part.name for part in item.of], expected="at least two columns"
        )
    if isinstance(item, Profile) and (not item.columns or len(set(item.columns)) < len(item.columns)):
        raise DeclarationError(
            f"ideal customer {item.name}", value=item.columns, expected="names of features, each once"
        )


def _filled(profile: Profile, named: dict[str, Declaration]) -> Profile:
    """Return a customer profile with the categories and ordinals of the lead that it names."""
    if profile.of and not set(profile.columns) <= set(named):
        return profile  # of a bundle, beside a part of its features
    found: list[Attribute | Lookup | AllOf] = []
    for name in profile.columns:
        item = named.get(name)
        if not isinstance(item, Attribute | Lookup | AllOf) or getattr(item, "kind", "") == "number":
            raise DeclarationError(
                f"ideal customer {profile.name} needs categories and ordinals of the lead",
                value=name,
                expected="names of such features",
            )
        found.append(item)
    return msgspec.structs.replace(profile, of=tuple(found))
