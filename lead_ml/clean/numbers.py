"""Numbers as people write them: signs, thousands separators, money and percentages, yes and no."""

from __future__ import annotations

import math
import re
from functools import cache
from typing import Literal

from lead_ml.clean.text import clean
from lead_ml.clean.word_lists import pattern, word_list

Decimal = Literal[".", ","]

_LONGEST = 64  # characters of an amount of money; plain numbers may be longer
_PLAIN = re.compile(r"[+-]?(?:(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]*)?|\.[0-9]+)(?:e[+-]?[0-9]+)?")
_GROUPED = r"(?P<whole>[0-9]{{1,3}}(?P<group>[{group} '])[0-9]{{3}}(?:(?P=group)[0-9]{{3}})*{more}|[0-9]+)"
_INDIAN = r"|[0-9]{1,2}(?:,[0-9]{2})+,[0-9]{3}"
_WITH = {
    ".": re.compile(_GROUPED.format(group=",", more=_INDIAN) + r"(?P<part>\.[0-9]*)?|(?P<bare>\.[0-9]+)"),
    ",": re.compile(_GROUPED.format(group=".", more="") + r"(?P<part>,[0-9]+)?"),
}


def as_number(text: str) -> float:
    """Return the number in a text, NaN if it is not a number.

    Takes a sign, thousands separators, full-width digits, an exponent, a currency, a percent sign (``48%`` is 48), and yes/no
    words as 1 and 0. Two different separators have one meaning (``48.000,50``); a lone comma before other than three digits has
    none without a declared decimal comma. Infinite and overflowing values are not numbers.

    >>> as_number("1,234.5"), as_number("－１２"), as_number("Yes"), as_number("否")
    (1234.5, -12.0, 1.0, 0.0)
    >>> as_number("$48,000.00"), as_number("48%"), as_number("48.000,50 €"), as_number("($1,200)"), as_number("5万元")
    (48000.0, 48.0, 48000.5, -1200.0, 50000.0)
    >>> as_number("inf"), as_number("1,5"), as_number("")
    (nan, nan, nan)
    """
    folded = _folded(text)
    if folded in word_list("yes"):
        return 1.0
    if folded in word_list("no"):
        return 0.0
    plain = folded.replace(",", "") if _PLAIN.fullmatch(folded) else plain_number(text)
    number = math.nan if plain is None else float(plain)
    return number if math.isfinite(number) else math.nan


def plain_number(text: str, decimal: Decimal = ".", *, strict: bool = False) -> str | None:
    """Return a number as digits with a decimal point, None if it is not one; `decimal` decides where a separator could be either.

    If `strict`, a number that can only be written the other way round is none.

    >>> plain_number("1.234,50", ","), plain_number("1.234", ","), plain_number("1.234"), plain_number("1.2", ",")
    ('1234.50', '1234', '1.234', '1.2')
    >>> plain_number("1 200,50"), plain_number("¥1,200"), plain_number("912 345 678"), plain_number("192.168.100.200")
    ('1200.50', '1200', None, None)
    """
    folded = _folded(text)
    found = _amount().fullmatch(folded) if len(folded) <= _LONGEST else None
    if found is None or bool(found["open"]) != bool(found["close"]):
        return None
    if (signs := (found["first"] or "") + (found["second"] or "")) and (len(signs) > 1 or found["open"]):
        return None
    marked = any(found[mark] for mark in ("before", "after", "unit"))
    digits = _digits(found["digits"].strip(), decimal, marked=marked, strict=strict)
    if digits is None:
        return None
    whole, _, part = digits.partition(".")
    if shift := _zeros(found["unit"]):
        part = part.ljust(shift, "0")
        digits = f"{whole}{part[:shift]}" + (f".{part[shift:]}" if part[shift:] else "")
    return ("-" if "-" in signs or found["open"] else "") + digits


def is_amount(text: str) -> bool:
    """Tell whether a text is a number with a currency or a percent sign.

    >>> is_amount("$48,000.00"), is_amount("48%"), is_amount("48"), is_amount("50-100 $")
    (True, True, False, False)
    """
    folded = _folded(text)
    found = _amount().fullmatch(folded) if len(folded) <= _LONGEST else None
    return found is not None and bool(found["before"] or found["after"]) and plain_number(text) is not None


@cache
def _amount() -> re.Pattern[str]:
    """Return the form of an amount: a sign or parentheses, a currency before or after, a unit, a percent sign."""
    currency, units = (
        pattern("currency").pattern,
        "|".join(word_list("ten_thousand") | word_list("hundred_million")),
    )
    return re.compile(
        rf"(?P<open>\()? ?(?P<first>[+-])? ?(?P<before>{currency})? ?(?P<second>[+-])?"
        rf"(?P<digits>[0-9.][0-9., '’]*) ?(?P<unit>{units})? ?(?P<after>{currency}|%)?(?P<close>\))?"
    )


def _zeros(unit: str | None) -> int:
    return 0 if unit is None else 4 if unit in word_list("ten_thousand") else 8


def _folded(text: str) -> str:
    return clean(text).casefold().replace("\N{MINUS SIGN}", "-")


def _digits(text: str, decimal: Decimal, *, marked: bool, strict: bool) -> str | None:
    """Read digits with separators: as declared, else the other way round where they cannot mean anything else."""
    text = text.replace("’", "'")
    if found := _WITH[decimal].fullmatch(text):
        return _joined(found, marked=marked)
    found = None if strict else _WITH["," if decimal == "." else "."].fullmatch(text)
    if found is None:
        return None
    grouped = found["group"] is not None
    sure = grouped and (found["part"] or found["whole"].count(found["group"]) > 1)
    return _joined(found, marked=marked) if sure or decimal == "," else None


def _joined(found: re.Match[str], *, marked: bool) -> str | None:
    """Return the digits of a match with a decimal point; digits in several groups may be a phone number or an IP address."""
    fields = found.groupdict()
    if fields.get("bare"):
        return f"0{fields['bare']}"
    whole, part = fields["whole"], (fields["part"] or "")[1:]
    if not part and not marked and (whole.count(" ") > 1 or whole.count(".") > 2):
        return None
    return re.sub(r"[^0-9]", "", whole) + (f".{part}" if part else "")
