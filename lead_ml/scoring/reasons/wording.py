"""Features, values and evidence in words, in English and Chinese."""

from __future__ import annotations

import math
from typing import Literal

from lead_ml.declare import GROUP_NAMES, Aggregate, Attribute, Clock, Declaration, Interest
from lead_ml.scoring.thresholds.figures import percent, pick, plain, trimmed, whole

Value = str | float | None
Target = Literal["conversion", "fake"]

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
_WEEKDAYS = {
    "mon": ("Monday", "周一"),
    "tue": ("Tuesday", "周二"),
    "wed": ("Wednesday", "周三"),
    "thu": ("Thursday", "周四"),
    "fri": ("Friday", "周五"),
    "sat": ("Saturday", "周六"),
    "sun": ("Sunday", "周日"),
}
_YES, _NO = ("yes", "是"), ("no", "否")
_YES_NO = {  # not every spelling: NO is Norway
    **dict.fromkeys(("true", "True", "TRUE", "Yes"), _YES),
    **dict.fromkeys(("false", "False", "FALSE", "No"), _NO),
}
_UNITS_ZH = {"days": "天", "hours": "小时", "minutes": "分钟", "seconds": "秒", "years": "年", "points": "分"}


def label(declaration: Declaration, lang: str) -> str:
    """Return the name of a feature, a noun phrase.

    Raises
    ------
    RequestError
        If `lang` is neither ``en`` nor ``zh``.
    """
    return pick(lang, declaration.en, declaration.zh)


def group_label(group: str, lang: str) -> str:
    """Return the name of a group of features; an unknown group is called by its own name."""
    en, zh = GROUP_NAMES.get(group, (group, group))
    return pick(lang, en, zh)


def value_text(declaration: Declaration, value: Value, lang: str) -> str:
    """Return a value in words: text as it is, numbers with their unit, missing as missing.

    A number of an ordinal is the number of its level, 0 the lowest.
    """
    value = spoken(declaration, value)
    if value is None:
        return missing_text(declaration, lang)
    if isinstance(value, str):
        words = _WEEKDAYS.get(value) if isinstance(declaration, Clock) else _YES_NO.get(value)
        return value if words is None else pick(lang, *words)
    if declaration.unit == "days":
        return _days(value, lang)
    if declaration.unit == "share":
        return percent(value, lang)
    number = whole(value) if _is_count(declaration) else plain(value)
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
    if isinstance(declaration, Attribute):
        return pick(lang, "not given", "未提供")
    aggregated = isinstance(declaration, Aggregate) and declaration.aggregation in _NEEDS_ACTIVITY
    if aggregated or isinstance(declaration, Interest):
        return pick(lang, "no activity yet", "尚无记录")
    return pick(lang, "not known", "未知")


def reason_text(
    declaration: Declaration,
    value: Value,
    lang: str,
    evidence: tuple[float, float, int] | None = None,
    *,
    target: Target = "conversion",
) -> str:
    """Return the sentence of a reason: the feature, its value, and the evidence (rate, overall rate, leads) if any.

    Whether evidence agrees with the sign of the contribution is the caller's to judge:
    :func:`lead_ml.scoring.reasons.reasons.agreeing`.
    """
    said = pick(lang, ": ", "：").join((label(declaration, lang), value_text(declaration, value, lang)))
    return said if evidence is None else said + evidence_text(evidence, lang, target)


def evidence_text(evidence: tuple[float, float, int], lang: str, target: Target = "conversion") -> str:
    """Return evidence in brackets, ready to follow a value.

    >>> evidence_text((0.21, 0.09, 312), "en")
    ' (21 % of such leads convert, 9 % of all, n = 312)'
    >>> evidence_text((0.21, 0.09, 312), "zh", "fake")
    '（此类线索 21% 为虚假，总体 9%，n = 312）'
    """
    rate, overall, n = percent(evidence[0], lang), percent(evidence[1], lang), whole(evidence[2])
    if target == "fake":
        return pick(
            lang,
            f" ({rate} of such leads are fake, {overall} of all, n = {n})",
            f"（此类线索 {rate} 为虚假，总体 {overall}，n = {n}）",
        )
    return pick(
        lang,
        f" ({rate} of such leads convert, {overall} of all, n = {n})",
        f"（此类线索转化率 {rate}，总体 {overall}，n = {n}）",
    )


def _is_count(declaration: Declaration) -> bool:
    return isinstance(declaration, Aggregate) and declaration.aggregation in _COUNTS


def _days(days: float, lang: str) -> str:
    if 0 <= days < 1 / _HOURS:
        return pick(lang, "less than 1 hour", "不到 1 小时")
    if days > 0 and round(days * _HOURS) < _HOURS:
        return _with_unit(whole(days * _HOURS), "hours", lang)
    return _with_unit(trimmed(days, 1 if abs(days) < 10 else 0), "days", lang)


def _with_unit(number: str, unit: str, lang: str) -> str:
    if unit not in _UNITS_ZH:  # a currency, or a unit of the project's own
        return f"{number} {unit}"
    return f"{number} {pick(lang, unit.removesuffix('s') if number == '1' else unit, _UNITS_ZH[unit])}"
