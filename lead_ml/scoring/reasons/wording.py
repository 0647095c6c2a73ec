"""Features, values and evidence in words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Literal

from lead_ml.declare import Aggregate, Attribute, Clock, Declaration, Interest
from lead_ml.errors import RequestError
from lead_ml.language import LANGUAGES, catalog

Value = str | float | None
ReasonTarget = Literal["conversion", "fake"]

_HOURS = 24
_CELLS = 16_384  # of evidence whose words are remembered: a bundle holds some hundreds
_COUNTS = ("count", "distinct", "active_days", "trend")
_NEEDS_ACTIVITY = (
    "days_since_first",
    "days_since_last",
    "longest_gap",
    "mean",
    "max",
    "share",
    "first",
    "last",
)
_YES_NO = {  # not every spelling: NO is Norway
    **dict.fromkeys(("true", "True", "TRUE", "Yes"), "yes"),
    **dict.fromkeys(("false", "False", "FALSE", "No"), "no"),
}


@cache
def _section(lang: str, name: str) -> Mapping[str, str]:
    """The texts of one section of a language, by the rest of the key."""
    if lang not in LANGUAGES:
        raise RequestError("unknown language", field="lang", value=lang, expected=" or ".join(LANGUAGES))
    return catalog(lang).section(name)


def label(declaration: Declaration, lang: str) -> str:
    """Return the name of a feature, a noun phrase."""
    _section(lang, "reasons")  # refuses an unknown language
    return str(getattr(declaration, lang, declaration.en))


def group_label(group: str, lang: str) -> str:
    """Return the name of a group of features; an unknown group is called by its own name."""
    return _section(lang, "reasons.groups").get(group, group)


def value_text(declaration: Declaration, value: Value, lang: str) -> str:
    """Return a value in words: text as it is, numbers with their unit, missing as missing."""
    value = spoken(declaration, value)
    if value is None:
        return missing_text(declaration, lang)
    if isinstance(value, str):
        if isinstance(declaration, Clock):
            return _section(lang, "values.weekdays").get(value, value)
        return _section(lang, "values.yes_no")[_YES_NO[value]] if value in _YES_NO else value
    if declaration.unit == "days":
        return _days(value, lang)
    numbers = catalog(lang).numbers
    if declaration.unit == "share":
        return numbers.share(value)
    is_count = isinstance(declaration, Aggregate) and declaration.aggregation in _COUNTS
    number = numbers.number(value) if is_count else numbers.plain(value)
    return _with_unit(number, declaration.unit, lang) if declaration.unit else number


def spoken(declaration: Declaration, value: Value) -> Value:
    """Return a value as people hold it: None for NaN, the level for the number of an ordinal, else a plain float."""
    if value is None or isinstance(value, str):
        return value
    if math.isnan(value):
        return None
    if isinstance(declaration, Attribute) and declaration.kind == "ordinal":
        return (
            declaration.levels[round(value)] if 0 <= round(value) < len(declaration.levels) else float(value)
        )
    return float(value)


def missing_text(declaration: Declaration, lang: str) -> str:
    """Return what a missing value means: not given, nothing happened yet, or not known."""
    phrases = _section(lang, "reasons")
    if isinstance(declaration, Attribute):
        return phrases["not_given"]
    aggregated = isinstance(declaration, Aggregate) and declaration.aggregation in _NEEDS_ACTIVITY
    return phrases["no_activity" if aggregated or isinstance(declaration, Interest) else "not_known"]


def reason_text(
    declaration: Declaration,
    value: Value,
    lang: str,
    evidence: tuple[float, float, int] | None = None,
    *,
    target: ReasonTarget = "conversion",
) -> str:
    """Return the sentence of a reason: the feature, its value, and agreeing evidence (rate, overall rate, leads) if any."""
    colon = _section(lang, "reasons")["colon"]
    said = f"{label(declaration, lang)}{colon}{value_text(declaration, value, lang)}"
    return said if evidence is None else said + evidence_text(evidence, lang, target)


@lru_cache(_CELLS)
def evidence_text(evidence: tuple[float, float, int], lang: str, target: ReasonTarget = "conversion") -> str:
    """Return evidence, ready to follow a value.

    >>> evidence_text((0.12, 0.087, 1882), "en")
    '; 12% convert vs 8.7% overall (1,882 leads)'
    """
    numbers = catalog(lang).numbers
    rate, overall = numbers.share(evidence[0]), numbers.share(evidence[1])
    return _section(lang, "reasons")[target].format(
        rate=rate, overall=overall, leads=numbers.number(evidence[2])
    )


@lru_cache(_CELLS)
def read_the_same(share: float, other: float) -> bool:
    """Tell whether two shares are written with the same digits, as they are in every language or in none."""
    written = catalog("en").numbers.share
    return written(share) == written(other)


def _days(days: float, lang: str) -> str:
    numbers = catalog(lang).numbers
    if 0 <= days < 1 / _HOURS:
        return _section(lang, "reasons")["under_an_hour"]
    if days > 0 and round(days * _HOURS) < _HOURS:
        return _with_unit(numbers.number(days * _HOURS), "hours", lang)
    return _with_unit(numbers.plain(round(days, 1 if abs(days) < 10 else 0)), "days", lang)


def _with_unit(number: str, unit: str, lang: str) -> str:
    """The number with its unit; a currency, or a unit of the project's own, is written as it is."""
    units = _section(lang, "values.unit" if number == "1" else "values.units")
    return f"{number} {units.get(unit, unit)}"
