"""Half-lives in words, and as the line to paste."""

from __future__ import annotations

import json
import re

from lead_ml.evaluation.decay.records import ALL
from lead_ml.language import LANGUAGES, catalog


def span_text(days: float) -> str:
    """Write a half-life with two digits, as a declaration takes it.

    >>> span_text(9.04), span_text(0.3), span_text(137.2)
    ('9d', '7.2h', '140d')
    """
    value, unit = (days * 24, "h") if days < 1 else (days, "d")
    rounded = float(f"{value:.2g}")
    return f"{rounded:g}{unit}"


def spoken(days: float) -> str:
    """Write a half-life for people.

    >>> spoken(9.04), spoken(0.3)
    ('9 d', '7.2 h')
    """
    return re.sub(r"(?<=\d)(?=[dh]$)", " ", span_text(days))


def between(lower: float | None, upper: float | None) -> str:
    """Write an interval, open ends as such.

    >>> between(5.2, 16), between(60, None), between(None, 0.4), between(None, None)
    ('5.2 d to 16 d', 'at least 60 d', 'at most 9.6 h', 'any')
    """
    if lower is None:
        return "any" if upper is None else f"at most {spoken(upper)}"
    return f"at least {spoken(lower)}" if upper is None else f"{spoken(lower)} to {spoken(upper)}"


def verdict_words(
    days: float | None, lower: float | None, upper: float | None, *, raises: bool, plain: bool
) -> str:
    """Describe an identified half-life; `plain` means that a count without decay fits about as well."""
    effect = "raises the odds" if raises else "lowers the odds"
    if upper is None:
        least = f", half-life at least {spoken(lower)}" if lower is not None else ""
        return f"{effect}; fades slowly if at all{least}" + ("; a plain count would do" if plain else "")
    if lower is None:
        return f"{effect}; fades at once, half-life at most {spoken(upper)}"
    half = spoken(upper if days is None else days)
    return f"{effect}; half its weight is gone after {half} ({between(lower, upper)})"


def name_of(kind: str) -> str:
    """Return the name of a type for people."""
    return "all activity" if kind == ALL else kind


def declaration(kind: str, days: float | None) -> str:
    """Return the line for a file of features.

    >>> declaration("page_view", 9.04).split(", zh=")[0]
    'events(type="page_view").decayed_sum("page_view_decayed", half_life="9d", en="page_view, half weight after 9 d"'
    """
    what = "events()" if kind == ALL else f"events(type={json.dumps(kind, ensure_ascii=False)})"
    name = re.sub(r"[^a-z0-9]+", "_", name_of(kind).lower()).strip("_") or "events"
    name = name if name[0].isalpha() else f"events_{name}"
    key = "so_far" if days is None else "decayed"
    span = "" if days is None else spoken(days)
    labels = ", ".join(
        f"{lang}={json.dumps(catalog(lang)(f'reasons.half_life.{key}', type=name_of(kind), span=span), ensure_ascii=False)}"
        for lang in LANGUAGES
    )
    if days is None:
        return f'{what}.count("{name}_so_far", {labels})'
    return f'{what}.decayed_sum("{name}_decayed", half_life="{span_text(days)}", {labels})'
