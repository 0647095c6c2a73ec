"""How figures are written in the two languages: shares, plain numbers, intervals."""

from __future__ import annotations

import math
from typing import Literal

from lead_ml.errors import RequestError

Lang = Literal["en", "zh"]
LANGS: tuple[Lang, ...] = ("en", "zh")


def pick(lang: str, en: str, zh: str) -> str:
    """Return the text of the language asked for.

    Raises
    ------
    RequestError
        If `lang` is neither ``en`` nor ``zh``.
    """
    if lang not in LANGS:
        raise RequestError("unknown language", field="lang", value=lang, expected="en or zh")
    return en if lang == "en" else zh


def percent(share: float, lang: str, digits: int = 2) -> str:
    """Write a share as a percentage with so many significant digits, more near 100 %.

    >>> percent(0.2149, "en"), percent(0.0042, "en"), percent(0.9987, "zh")
    ('21 %', '0.42 %', '99.9%')
    """
    scaled = 100.0 * share
    return f"{trimmed(scaled, _percent_decimals(scaled, digits))}{pick(lang, ' %', '%')}"


def plain(value: float) -> str:
    """Write a number as people do: whole ones whole, others with three significant digits, 10,000 with a comma.

    >>> plain(12.0), plain(3.14159), plain(0.001234), plain(1234567.8), plain(2019)
    ('12', '3.14', '0.00123', '1,234,568', '2019')
    """
    if not math.isfinite(value):
        return str(value)
    if value == round(value) or abs(value) >= 100:
        return whole(value)
    return trimmed(value, 2 - math.floor(math.log10(abs(value))))


def whole(value: float) -> str:
    """Write a number without decimals, with commas from 10,000 up.

    >>> whole(9999.4), whole(10000)
    ('9999', '10,000')
    """
    rounded = round(value)
    return f"{rounded:,}" if abs(rounded) >= 10_000 else str(rounded)


def trimmed(value: float, decimals: int) -> str:
    """Write a number with at most so many decimals, without trailing zeros or a minus before zero.

    >>> trimmed(9.0, 1), trimmed(-0.01, 1)
    ('9', '0')
    """
    text = f"{value:,.{max(decimals, 0)}f}" if abs(value) >= 10_000 else f"{value:.{max(decimals, 0)}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def _percent_decimals(scaled: float, digits: int) -> int:
    if 99.0 < scaled < 100.0:
        return min(digits - 1 - math.ceil(math.log10(100.0 - scaled)), 4)
    if scaled == 0.0:
        return 0
    return min(max(digits - 1 - math.floor(math.log10(abs(scaled)) + 1e-9), 0), 6)
