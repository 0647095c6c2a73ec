"""Values of features in words: labels of codes, numbers with their unit, missing as missing."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from functools import cache

from lead_ml.declare import Aggregate, Attribute, Clock, Declaration, Interest, spelling
from lead_ml.errors import RequestError
from lead_ml.language import LANGUAGES, catalog

Value = str | float | None

_HOURS = 24
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
def section(lang: str, name: str) -> Mapping[str, str]:
    """The texts of one section of a language, by the rest of the key."""
    if lang not in LANGUAGES:
        raise RequestError("unknown language", field="lang", value=lang, expected=" or ".join(LANGUAGES))
    return catalog(lang).section(name)


def label(declaration: Declaration, lang: str) -> str:
    """Return the name of a feature, a noun phrase."""
    section(lang, "reasons")  # refuses an unknown language
    return str(getattr(declaration, lang, declaration.en))


def value_text(declaration: Declaration, value: Value, lang: str) -> str:
    """Return a value in words."""
    value = spoken(declaration, value)
    if value is None:
        return missing_text(declaration, lang)
    if isinstance(value, str):
        return _label_of(declaration, value, lang)
    unit = declaration.unit
    bare = bool(unit) and _names_unit(label(declaration, lang), unit, lang)
    if unit == "days" and not bare:
        return _days(value, lang)
    numbers = catalog(lang).numbers
    if unit == "share":
        return numbers.share(value)
    if unit == "days":
        return numbers.plain(round(value, 1 if abs(value) < 10 else 0))
    is_count = isinstance(declaration, Aggregate) and declaration.aggregation in _COUNTS
    number = numbers.number(value) if is_count else numbers.plain(value)
    return _with_unit(number, unit, lang) if unit and not bare else number


def code_text(declarations: Sequence[Declaration], column: str, value: str, lang: str) -> str:
    """Return a cell of a lead column in the labels of the feature of that name, if there is one."""
    own = next((item for item in declarations if item.name == column), None)
    if own is not None:
        return _label_of(own, value, lang)
    return _territory(value, lang) if column == "country" else value


def _label_of(declaration: Declaration, value: str, lang: str) -> str:
    """Return the label of a text: of the project's table, of a code that lead-ml makes, of a country, else the text."""
    found = declaration.labels.get(spelling(value)) if declaration.labels else None
    if found is not None:
        return found[1] if lang == "zh" else found[0]
    if isinstance(declaration, Clock):
        return section(lang, "values.weekdays").get(value, value)
    if value in _YES_NO:
        return section(lang, "values.yes_no")[_YES_NO[value]]
    if not isinstance(declaration, Attribute):
        return value
    if declaration.column == "country" and not declaration.transform:
        return _territory(value, lang)
    return section(lang, f"values.codes.{declaration.transform}").get(value, value)


@cache
def _territory(code: str, lang: str) -> str:
    """The name of a country from its two letters; any other text, and a language of another kind, as it is."""
    named = catalog(lang).numbers.locale.territories if re.fullmatch("[A-Z]{2}", code) else {}
    return str(named.get(code, code))


@cache
def _names_unit(name: str, unit: str, lang: str) -> bool:
    """Tell whether the name of a feature says its unit already, as in "Minutes on the phone"."""
    pattern = section(lang, "values.named_units").get(unit)
    return pattern is not None and re.search(pattern, name, re.IGNORECASE) is not None


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
    phrases = section(lang, "reasons")
    if isinstance(declaration, Attribute):
        return phrases["not_given"]
    aggregated = isinstance(declaration, Aggregate) and declaration.aggregation in _NEEDS_ACTIVITY
    return phrases["no_activity" if aggregated or isinstance(declaration, Interest) else "not_known"]


def _days(days: float, lang: str) -> str:
    numbers = catalog(lang).numbers
    if 0 <= days < 1 / _HOURS:
        return section(lang, "reasons")["under_an_hour"]
    if days > 0 and round(days * _HOURS) < _HOURS:
        return _with_unit(numbers.number(days * _HOURS), "hours", lang)
    return _with_unit(numbers.plain(round(days, 1 if abs(days) < 10 else 0)), "days", lang)


def _with_unit(number: str, unit: str, lang: str) -> str:
    """The number with its unit; a currency, or a unit of the project's own, is written as it is."""
    units = section(lang, "values.unit" if number == "1" else "values.units")
    return f"{number} {units.get(unit, unit)}"
