"""Company size and job title, which are ordered where their values allow it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from lead_ml.init.export_column import ExportColumn
from lead_ml.init.source_text import Call, call
from lead_ml.init.words import label, word_pattern

_TITLES = 30  # with more job titles only the level is used
_LEVELS = ("intern_student", "staff", "manager", "director", "c_level")
_MOST_SIZES = 12
_BOUND = re.compile(r"\d[\d,. ]*")

Declared = tuple[Call, Mapping[str, Sequence[str]]]


def company_size(column: ExportColumn) -> Declared:
    """Declare the size of a company, with its constants: a number, ranges from small to large, or names of sizes."""
    if column.summary.kind == "number":
        return call("number", "company_size", **label("employees")), {}
    texts = [text for text, _ in column.values]
    bounds = {text: lower_bound(text) for text in texts}
    if 2 <= len(texts) <= _MOST_SIZES and None not in bounds.values():
        sizes = sorted(texts, key=lambda text: bounds[text] or 0.0)
        return _ordinal(call("ordinal", "company_size", **label("company_size")), "SIZES"), {"SIZES": sizes}
    return call("category", "company_size", **label("company_size")), {}


def job_title(column: ExportColumn) -> Declared:
    """Declare the job title, with its constants: the titles if they are few, else their level."""
    if column.distinct <= _TITLES:
        return call("category", "job_title", **label("job_title")), {}
    declared = call("", "job_title", name="seniority", transform="seniority", **label("seniority"))
    return _ordinal(declared, "LEVELS"), {"LEVELS": _LEVELS}


def lower_bound(text: str) -> float | None:
    """Return the lower bound of a range; ``under 50`` is below ``50-99``.

    >>> lower_bound("11-50"), lower_bound("1,000+"), lower_bound("50人以下"), lower_bound("large")
    (11.0, 1000.0, 49.5, None)
    """
    found = _BOUND.search(text)
    if found is None:
        return None
    low = float(re.sub(r"[^\d]", "", found[0]))
    return low - 0.5 if word_pattern("below").search(text.casefold()) else low


def _ordinal(declared: Call, levels: str) -> Call:
    return Call("ordinal", (declared.arguments[0], ("", levels), *declared.arguments[1:]))
