"""Which columns hold moments, and how they are spelled: decided by the whole column, not by its first row."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lead_ml.init.names import DATED, key
from lead_ml.init.profile import Profile

_ENOUGH = 0.9
_PARTS = re.compile(r"(\d{1,2})([-/. ])(\d{1,2})[-/. ](?:\d{4}|\d{2})\b")
_ZONED = re.compile(r"(?:Z|UTC|GMT|[+-]\d{2}:?\d{2})$", re.IGNORECASE)


@dataclass(frozen=True)
class Dated:
    """How a column of moments is spelled, as ``dates`` of its table takes it; empty where the text alone tells.

    ``doubt`` is what speaks neither for day-first nor for month-first, else empty. ``local`` says that there are times
    without a zone.
    """

    spelling: str
    note: str = ""
    doubt: str = ""
    local: bool = True


def dated(profile: Profile) -> Dated | None:
    """Return how a column spells moments, or None if it holds none.

    Numbers are days of Excel or seconds since 1970 only where the name says that the column is a date: a postcode or
    an income looks the same.
    """
    shares = profile.shares
    if not profile.filled:
        return None
    if shares["instant"] >= _ENOUGH and not (shares["number"] >= _ENOUGH and not _named(profile)):
        return Dated("", local=_local(profile))
    if shares["ordered"] >= _ENOUGH:
        return _ordered(profile)
    return _serial(profile) if _named(profile) else None


def _serial(profile: Profile) -> Dated | None:
    if profile.shares["excel"] >= _ENOUGH:
        return Dated(
            "excel", note="numbers of days as Excel keeps them", local=profile.shares["whole"] < _ENOUGH
        )
    if profile.shares["unix"] >= _ENOUGH:
        return Dated("unix", note="seconds or milliseconds since 1970", local=False)
    return None


def _named(profile: Profile) -> bool:
    return DATED.search(key(profile.name)) is not None


def _local(profile: Profile) -> bool:
    texts = [text for text, _ in profile.values]
    return profile.shares["timed"] > 0 and not all(_ZONED.search(text) for text in texts)


def _ordered(profile: Profile) -> Dated:
    """Tell day-first from month-first: a number past 12 is a day."""
    pairs = [(int(m[1]), int(m[3]), m[2]) for text, _ in profile.values if (m := _PARTS.match(text))]
    first, second = sum(a > 12 for a, _, _ in pairs), sum(b > 12 for _, b, _ in pairs)
    local = any(":" in text for text, _ in profile.values)
    if first and not second:
        return Dated(
            "day_first", note=f"the first number passes 12 in {first:,} values, so it is the day", local=local
        )
    if second and not first:
        return Dated(
            "month_first",
            note=f"the second number passes 12 in {second:,} values, so it is the day",
            local=local,
        )
    guess = (
        "day_first"
        if first >= second and not (pairs and pairs[0][2] == "/" and _halves(profile))
        else "month_first"
    )
    doubt = "either number passes 12 in some values" if first else "neither number ever passes 12"
    return Dated(guess, doubt=doubt, local=local)


def _halves(profile: Profile) -> bool:
    return any(re.search(r"[ap]\.?m\.?$", text, re.IGNORECASE) for text, _ in profile.values)
