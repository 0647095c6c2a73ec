"""Features and evidence in words: the sentence of a reason."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from lead_ml.declare import Declaration
from lead_ml.language import catalog
from lead_ml.scoring.reasons.evidence import Finding
from lead_ml.scoring.reasons.values import Value, label, section, value_text

ReasonTarget = Literal["conversion", "fake"]

_HOUR = 1 / 24
_CELLS = 16_384  # of evidence whose words are remembered: a bundle holds some hundreds


def group_label(group: str, lang: str) -> str:
    """Return the name of a group of features; an unknown group is called by its own name."""
    return section(lang, "reasons.groups").get(group, group)


def reason_text(
    declaration: Declaration,
    value: Value,
    lang: str,
    evidence: Finding | None = None,
    *,
    target: ReasonTarget = "conversion",
) -> str:
    """Return the sentence of a reason: the feature, its value, and agreeing evidence if any."""
    colon = section(lang, "reasons")["colon"]
    said = f"{label(declaration, lang)}{colon}{value_text(declaration, value, lang)}"
    if evidence is None:
        return said
    among = bin_text(declaration, evidence, lang)
    return said + evidence_text((*evidence[:3], among), lang, target)


def bin_text(declaration: Declaration, evidence: Finding, lang: str) -> str:
    """Return the values that evidence counts together, such as "10 or more"; empty where it is about one value."""
    start = None if declaration.unit == "days" and 0 <= (evidence.low or 0) < _HOUR else evidence.low
    low, high = (
        None if end is None else value_text(declaration, end, lang) for end in (start, evidence.high)
    )
    if low is None and high is None:
        return ""
    key = "up_to" if low is None else "from" if high is None else "between"
    return section(lang, "reasons.bins")[key].format(low=low, high=high)


@lru_cache(_CELLS)
def evidence_text(
    evidence: tuple[float, float, int, str], lang: str, target: ReasonTarget = "conversion"
) -> str:
    """Return evidence (rate, overall rate, leads, the values counted together), ready to follow a value.

    >>> evidence_text((0.12, 0.087, 1882, ""), "en")
    '; 12% convert vs 8.7% overall (1,882 leads)'
    >>> evidence_text((0.14, 0.087, 212, "10 or more"), "en")
    '; 10 or more: 14% convert vs 8.7% overall (212 leads)'
    """
    numbers = catalog(lang).numbers
    rate, overall, among = numbers.share(evidence[0]), numbers.share(evidence[1]), evidence[3]
    phrases = section(lang, "reasons")
    return phrases[f"{target}_bin" if among else target].format(
        rate=rate, overall=overall, leads=numbers.number(evidence[2]), among=among
    )


def with_related(text: str, related: int, lang: str) -> str:
    """Return the sentence of a family that so many further features stand behind."""
    return f"{text}{catalog(lang)('reasons.related', count=related)}" if related else text


@lru_cache(_CELLS)
def read_the_same(share: float, other: float) -> bool:
    """Tell whether two shares are written with the same digits, as they are in every language or in none."""
    written = catalog("en").numbers.share
    return written(share) == written(other)
