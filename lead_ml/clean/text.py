"""One normal form for a value: used for the cells of a table and for the fields of a request.

A CSV cell ``"3"``, a Parquet float ``3.0`` and a JSON number ``3`` must become the same text, or a model would see
three categories.
"""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache

import numpy as np

from lead_ml.project.params import DEFAULT_MISSING

_NOT_A_VALUE = ("nan", "NaN", "sNaN", "NaT", "<NA>")
_EXACT_FLOATS = 2.0**53
BLANK = "\ufeff\u200b\u200c\u200d\u2060" + "".join(filter(str.isspace, map(chr, range(0x3001))))
_SHORT = 300  # characters that are never too many to sort
_MOST_MARKS = (
    30  # accents in a row, as in stream-safe text: sorting them takes time by the square of their number
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def clean(text: str) -> str:
    r"""Return the text in Unicode form NFKC (full-width letters become plain), without leading and trailing blanks.

    >>> clean("\ufeff\u3000ＡＣＭＥ　Ltd ")
    'ACME Ltd'
    """
    return (text if text.isascii() else unicodedata.normalize("NFKC", _stream_safe(text))).strip(BLANK)


def _stream_safe(text: str) -> str:
    """Return a text without the accents that follow more than :data:`_MOST_MARKS` others."""
    if len(text) <= _SHORT:
        return text
    kept, marks = [], 0
    for letter in text:
        marks = marks + 1 if letter >= "\u0300" and unicodedata.combining(letter) else 0
        if marks <= _MOST_MARKS:
            kept.append(letter)
    return "".join(kept)


def name_key(name: str) -> str:
    """Return a name in lower case, its words separated by one blank, without punctuation: for comparing headers.

    >>> name_key("LeadSource"), name_key(" created_at "), name_key("E-Mail (work)"), name_key("线索编号")
    ('lead source', 'created at', 'e mail work', '线索编号')
    """
    spaced = _CAMEL.sub(" ", clean(name))
    return " ".join(re.findall(r"\w+", spaced.replace("_", " ").casefold()))


def missing_tags(tags: Iterable[str]) -> frozenset[str]:
    """Return the texts that mean *missing*, cleaned and casefolded.

    >>> sorted(missing_tags(["N/A", " － "]))
    ['-', 'n/a']
    """
    return frozenset(clean(tag).casefold() for tag in tags)


MISSING = missing_tags(DEFAULT_MISSING)


def as_text(value: object, missing: frozenset[str] = MISSING) -> str | None:
    """Return the normal text of a cell or of a field of a request, or None if it is missing.

    Texts are cleaned (:func:`clean`); booleans become ``true`` and ``false``; integral floats lose their ``.0``; other
    floats keep all digits (``repr``); dates and times become ISO 8601. None, NaN, NaT, pandas' NA, the empty text and
    the texts `missing`, in any case and form, are missing.

    >>> as_text(" ＡＣＭＥ "), as_text(3.0), as_text(0.1), as_text(True)
    ('ACME', '3', '0.1', 'true')
    >>> as_text("N/A"), as_text(float("nan")), as_text("  "), as_text(None)
    (None, None, None, None)
    >>> as_text("select", missing=frozenset())
    'select'
    """
    text = clean(value) if isinstance(value, str) else _of_other(value)
    return None if not text or text.casefold() in _folded(missing) else text


def truth(found: object) -> str:
    """Return ``true`` or ``false``."""
    return "true" if found else "false"


def _of_other(value: object) -> str | None:
    if value is None or str(value) in _NOT_A_VALUE:
        return None
    if isinstance(value, bool | np.bool_):
        return truth(value)
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if not isinstance(value, float | np.floating | Decimal):
        return clean(str(value))
    number = float(value)
    if number.is_integer() and abs(number) < _EXACT_FLOATS:
        return str(int(number))
    # A 32-bit 0.1 is written as 0.1, like a 64-bit 0.1, not with the extra digits of the conversion.
    return str(value) if isinstance(value, np.float32 | np.float16) else repr(number)


@lru_cache(maxsize=64)
def _folded(missing: frozenset[str]) -> frozenset[str]:
    return missing_tags(missing)
