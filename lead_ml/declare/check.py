"""Checks of declarations, each by itself and all together, and their form in a bundle."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from lead_ml.declare.aggregate import STREAM_COLUMNS, STREAM_NUMBERS, Aggregate, Rate
from lead_ml.declare.derived import Declaration, Difference, Ratio, is_category, operands
from lead_ml.declare.feature import GROUPS, Attribute, Clock
from lead_ml.declare.parts import check_derived, with_columns
from lead_ml.errors import DeclarationError

_NAME = re.compile(r"^[a-z][a-z0-9_]*$")
_NEEDS_OF = ("sum", "mean", "max", "distinct", "first", "last")


def validated(declarations: Sequence[Declaration]) -> tuple[Declaration, ...]:
    """Check declarations, each by itself and all together.

    Parameters
    ----------
    declarations
        The features of a project.

    Returns
    -------
    tuple of Declaration
        With the features of customer profiles filled in.

    Raises
    ------
    DeclarationError
        For a name that is not lower snake case or is a duplicate, an unknown group, missing wording, a filter on a column
        that the stream lacks, an unknown time zone, a ratio of texts, outcomes keyed by ``lead_id`` (they are what is
        predicted), or an ideal customer of a feature that is not a category or ordinal of the lead.

    Examples
    --------
    >>> from lead_ml.declare import lead_age
    >>> validated([lead_age(group="fit"), lead_age(group="fit")])
    Traceback (most recent call last):
    lead_ml.errors.DeclarationError: duplicate feature lead_age_days. Rename one of them.
    """
    seen: set[str] = set()
    for item in declarations:
        if not _NAME.match(item.name):
            raise DeclarationError("feature name", value=item.name, expected="lower_snake_case")
        if item.name in seen:
            raise DeclarationError(f"duplicate feature {item.name}", do="rename one of them")
        seen.add(item.name)
        if item.group not in GROUPS:
            raise DeclarationError(
                f"group of feature {item.name}",
                value=item.group,
                expected=f"one of {', '.join(GROUPS)}",
                do="set GROUP at the top of its file",
            )
        if not item.en or not item.zh:
            raise DeclarationError(f"feature {item.name} has no wording", expected="en= and zh=")
        for part in (item, *operands(item)):
            _check(part, item.name)
        check_derived(item)
    return with_columns(declarations)


def to_json(declarations: Sequence[Declaration]) -> bytes:
    """Encode declarations as indented JSON, the form in which a bundle contains them.

    Parameters
    ----------
    declarations
        The features.

    Returns
    -------
    bytes
        UTF-8.

    Examples
    --------
    >>> from lead_ml.declare import lead_age
    >>> to_json([lead_age(group="fit")]).splitlines()[2]
    b'  "declares": "age",'
    """
    return msgspec.json.format(msgspec.json.encode(list(declarations)), indent=1)


def from_json(data: bytes) -> tuple[Declaration, ...]:
    """Decode the JSON of :func:`to_json`.

    Parameters
    ----------
    data
        UTF-8.

    Returns
    -------
    tuple of Declaration

    Raises
    ------
    DeclarationError
        If the content is not a list of declarations.

    Examples
    --------
    >>> from lead_ml.declare import lead_age
    >>> from_json(to_json([lead_age(group="fit")]))[0].name
    'lead_age_days'
    """
    try:
        return tuple(msgspec.json.decode(data, type=list[Declaration]))
    except msgspec.ValidationError as error:
        raise DeclarationError(
            f"declarations cannot be read: {error}", do="the file may come from a newer lead-ml"
        ) from error


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
    for zone in _zones(item):
        _check_zone(zone, name)
    computes = isinstance(item, Ratio | Difference)
    text = next((part.name for part in operands(item) if is_category(part)), None)
    if computes and text is not None:
        raise DeclarationError(f"feature {name} computes with text", value=text, expected="a number")


def _zones(item: Declaration) -> Iterator[str]:
    if isinstance(item, Clock):
        yield item.zone
    if isinstance(item, Aggregate) and item.aggregation == "active_days":
        yield item.zone


def _check_zone(zone: str, name: str) -> None:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise DeclarationError(
            f"time zone of feature {name}", value=zone, expected="a name such as Asia/Shanghai"
        ) from error


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
