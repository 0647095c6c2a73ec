"""Numbers, percentages and dates as a language writes them: symbols from Babel's locale data, digits from Python.

Babel's own formatter takes about ten microseconds a number, and a scored lead shows dozens. Its symbols are read once
per language, and Python's ``format`` does the rest.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from babel import Locale


@dataclass(frozen=True)
class Numbers:
    """How one language writes numbers; made by :meth:`of`."""

    locale: Locale
    separators: dict[int, str]
    before_percent: str
    after_percent: str

    @classmethod
    def of(cls, language: str) -> Numbers:
        """Read the symbols of a language, such as ``en`` or ``zh``, from Babel."""
        from babel import Locale

        locale = Locale.parse(language)
        symbols = locale.number_symbols["latn"]
        pattern = locale.percent_formats[None]
        separators = str.maketrans({",": symbols["group"], ".": symbols["decimal"]})
        return cls(locale, separators, pattern.prefix[0], pattern.suffix[0])

    def number(self, value: float, digits: int = 0) -> str:
        """Write a number with thousands separators and a fixed number of decimals.

        >>> Numbers.of("en").number(12345.678, 1)
        '12,345.7'
        """
        return _positive_zero(f"{value:,.{digits}f}").translate(self.separators)

    def plain(self, value: float) -> str:
        """Write a number with at most three significant decimals, and none where it is whole.

        >>> Numbers.of("en").plain(3.0), Numbers.of("en").plain(0.12345), Numbers.of("de").plain(12.5)
        ('3', '0.123', '12,5')
        """
        if not math.isfinite(value):
            return str(value)
        digits = max(0, 2 - math.floor(math.log10(abs(value)))) if value else 0
        return self._trimmed(value, min(digits, 12))

    def percent(self, share: float, digits: int = 0) -> str:
        """Write a share of 0 to 1 as a percentage with a fixed number of decimals.

        >>> Numbers.of("en").percent(0.0874, 1), Numbers.of("zh").percent(0.95)
        ('8.7%', '95%')
        """
        return f"{self.before_percent}{self.number(100 * share, digits)}{self.after_percent}"

    def share(self, share: float, digits: int = 2) -> str:
        """Write a share of 0 to 1 as a percentage with so many significant digits, more near 100%.

        >>> Numbers.of("en").share(0.2149), Numbers.of("en").share(0.0042), Numbers.of("en").share(0.9987)
        ('21%', '0.42%', '99.9%')
        """
        scaled = 100.0 * share
        text = self._trimmed(scaled, _share_decimals(scaled, digits))
        return f"{self.before_percent}{text}{self.after_percent}"

    def signed(self, value: float, digits: int = 0) -> str:
        """Write a number with its sign; what rounds to zero has none.

        >>> Numbers.of("en").signed(2.36, 1), Numbers.of("en").signed(-0.04, 1)
        ('+2.4', '0.0')
        """
        text = self.number(value, digits)
        return text if not text.strip("0.,") or text.startswith("-") else f"+{text}"

    def date(self, value: date | datetime) -> str:
        """Write a calendar date in the medium form of the language.

        >>> Numbers.of("en").date(date(2026, 3, 2))
        'Mar 2, 2026'
        """
        from babel.dates import format_date

        return format_date(value, format="medium", locale=self.locale)

    def _trimmed(self, value: float, digits: int) -> str:
        text = f"{value:,.{digits}f}"
        trimmed = text.rstrip("0").rstrip(".") if "." in text else text
        return _positive_zero(trimmed).translate(self.separators)


def _positive_zero(text: str) -> str:
    return text[1:] if text.startswith("-") and not text.strip("-0.,") else text


def _share_decimals(scaled: float, digits: int) -> int:
    if 99.0 < scaled < 100.0:
        return min(digits - 1 - math.ceil(math.log10(100.0 - scaled)), 4)
    if scaled == 0.0:
        return 0
    return min(max(digits - 1 - math.floor(math.log10(abs(scaled)) + 1e-9), 0), 6)
