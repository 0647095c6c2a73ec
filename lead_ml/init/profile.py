"""What a column holds, from its values alone: how full it is, how many values differ, what they look like."""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC

import numpy as np

from lead_ml.clean import as_number, as_text, clean, missing_tags
from lead_ml.project.params import DEFAULT_MISSING
from lead_ml.tables.read.raw import RawColumn, RawTable
from lead_ml.tables.read.reshape import comma_number
from lead_ml.tables.read.timestamps import span_of

EXTRA_TAGS = missing_tags(
    (
        "n.a.", "#n/a", "nil", "(blank)", "(not set)", "(none)", "(null)", "not set", "not provided", "not specified", "not available",
        "?", "??", "/", "--select--", "please select", "未填写", "未填", "未提供", "未选择", "请选择", "暂无", "空", "k.a.", "keine angabe",
    )
)  # fmt: skip
TAGS = missing_tags(DEFAULT_MISSING) | EXTRA_TAGS
_LOOKED_AT = 4_000  # distinct values that are parsed; the rest is taken to be alike
_KEPT_VALUES = 400
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE = re.compile(r"\+?[\d ()/.-]{7,20}")
_MOBILE = re.compile(r"(?:\+?86)?1[3-9]\d{9}|\+\d{8,15}|00\d{9,15}|0\d{9,12}")
_ORDERED = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](?:\d{4}|\d{2})\b.*")
_SERIAL = re.compile(r"\d{5}(?:[.,]\d+)?")
_EPOCH = re.compile(r"1\d{9}|1\d{12}")
_DECIMAL_COMMA = re.compile(
    r"[+-]?\d{1,3}(?:\.\d{3})*,(?:\d{1,2}|\d{4,})|[+-]?\d{1,3}(?:\.\d{3})+,\d+|[+-]?\d{4,},\d+"
)
_DECIMAL_POINT = re.compile(r"[+-]?\d+\.(?:\d{1,2}|\d{4,})")
_DIGIT = re.compile(r"\d")


@dataclass(frozen=True)
class Profile:
    """A column of the raw table.

    ``filled`` counts cells that hold a value, ``tags`` how often each text that means missing stands there.
    ``values`` are the commonest values with their counts, ``shares`` (of filled cells, 0 to 1) what they look like:
    ``number``, ``comma_number``, ``decimal_comma``, ``decimal_point``, ``whole``, ``instant``, ``timed``, ``excel``, ``unix``,
    ``ordered``, ``email``, ``phone``, ``mobile``, ``ip``, ``agent``.
    """

    name: str
    place: int
    rows: int
    filled: int
    distinct: int
    tags: Mapping[str, int]
    values: tuple[tuple[str, int], ...]
    shares: Mapping[str, float]
    length: float

    @property
    def fill(self) -> float:
        """Share of the rows that hold a value."""
        return self.filled / self.rows if self.rows else 0.0

    @property
    def unique(self) -> bool:
        """Tell whether (nearly) every row has a value of its own."""
        return self.rows > 1 and self.fill >= 0.98 and self.distinct >= 0.98 * self.filled

    @property
    def numeric(self) -> bool:
        """Tell whether the column holds numbers, with a decimal point or comma."""
        return max(self.shares["number"], self.shares["comma_number"]) >= 0.9

    @property
    def dated(self) -> bool:
        """Tell whether the texts alone are instants, whatever the column is called."""
        return self.shares["instant"] >= 0.9


def profiles_of(table: RawTable) -> dict[str, Profile]:
    """Return the profile of every column by name."""
    return {
        name: profile_of(name, column, place)
        for place, (name, column) in enumerate(table.columns.items(), start=1)
    }


def profile_of(name: str, column: RawColumn, place: int = 1) -> Profile:
    """Look at one column."""
    rows = np.bincount(column.codes, minlength=len(column.levels)).tolist()
    counts: Counter[str] = Counter()
    tags: Counter[str] = Counter()
    for level, times in zip(column.levels, rows, strict=True):
        text = as_text(level, TAGS)
        if text is not None:
            counts[text] += times
        elif isinstance(level, str) and clean(level):
            tags[clean(level)] += times
    counts = Counter({text: times for text, times in counts.items() if times})
    common = sorted(counts.items(), key=lambda item: -item[1])[:_KEPT_VALUES]
    return Profile(
        name=name,
        place=place,
        rows=len(column.codes),
        filled=sum(counts.values()),
        distinct=len(counts),
        tags={tag: times for tag, times in tags.items() if times},
        values=tuple(common),
        shares=_shares(counts),
        length=_mean_length(counts),
    )


def _shares(counts: Mapping[str, int]) -> dict[str, float]:
    step = max(1, len(counts) // _LOOKED_AT)
    seen = [item for k, item in enumerate(counts.items()) if k % step == 0]
    total = sum(times for _, times in seen)
    return {
        what: sum(times for text, times in seen if looks(text)) / total if total else 0.0
        for what, looks in _LOOKS.items()
    }


def _number(text: str) -> bool:
    return bool(_DIGIT.search(text)) and not np.isnan(as_number(text))


def _ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _timed(text: str) -> bool:
    span = span_of(text, UTC)
    return span is not None and span[0] == span[1]


def _excel(text: str) -> bool:
    # 2000 to 2049: serial numbers of days that a CRM can have seen.
    return bool(_SERIAL.fullmatch(text)) and 36_526 <= float(text.replace(",", ".")) < 54_789


_LOOKS: Mapping[str, Callable[[str], bool]] = {
    "number": _number,
    "comma_number": lambda text: comma_number(text) is not None,
    "decimal_comma": lambda text: bool(_DECIMAL_COMMA.fullmatch(text)),
    "decimal_point": lambda text: bool(_DECIMAL_POINT.fullmatch(text)),
    "whole": lambda text: text.isdigit(),
    "instant": lambda text: span_of(text, UTC) is not None,
    "timed": _timed,
    "excel": _excel,
    "unix": lambda text: bool(_EPOCH.fullmatch(text)),
    "ordered": lambda text: bool(_ORDERED.fullmatch(text)),
    "email": lambda text: bool(_EMAIL.fullmatch(text)),
    "phone": lambda text: bool(_PHONE.fullmatch(text)),
    "mobile": lambda text: bool(_MOBILE.fullmatch(re.sub(r"[ ()/.-]", "", text))),
    "ip": _ip,
    "agent": lambda text: "mozilla" in text.casefold(),
}


def _mean_length(counts: Mapping[str, int]) -> float:
    total = sum(counts.values())
    return sum(len(text) * times for text, times in counts.items()) / total if total else 0.0


def seen_tags(profiles: Iterable[Profile]) -> dict[str, dict[str, int]]:
    """Return the texts that mean missing, commonest first, with the cells of each column."""
    found: dict[str, dict[str, int]] = {}
    for profile in profiles:
        for tag, times in profile.tags.items():
            found.setdefault(tag, {})[profile.name] = times
    return dict(sorted(found.items(), key=lambda item: -sum(item[1].values())))
