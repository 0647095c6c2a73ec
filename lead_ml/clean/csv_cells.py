"""Cells of a CSV that a spreadsheet would run as a formula."""

from __future__ import annotations

import re

_FORMULA = re.compile(r"[\s\x00]*(?:[=@]|[+-](?![\d\s().,/-]+$))")


def harmless(text: str) -> str:
    """Put an apostrophe before text that a spreadsheet takes for a formula; numbers and phone numbers stay as they are.

    >>> harmless("=HYPERLINK(A1)"), harmless("+1 (415) 555-2671"), harmless("-2.5"), harmless("Li Na")
    ("'=HYPERLINK(A1)", '+1 (415) 555-2671', '-2.5', 'Li Na')
    """
    return f"'{text}" if _FORMULA.match(text) else text
