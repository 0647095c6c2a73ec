"""Folded text for comparing names: one width, one case, no accents. Never shown in place of the original."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache

from lead_ml.clean.text import clean
from lead_ml.errors import MissingExtra

LONGEST = 200  # characters of a name that are looked at: every rule is linear because the text is short
HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_ACCENTS = re.compile("[\u0300-\u036f]")
_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h"}
)
_BETWEEN_HAN = re.compile(f"(?<=[{HAN}]) +(?=[{HAN}])")


def fold(text: str) -> str:
    """Return the text in Unicode form NFKC, casefolded, without accents, cut to :data:`LONGEST` characters.

    >>> fold("ＬÄNDER Straße"), fold("Łódź"), fold("Ｇａｂ")
    ('lander strasse', 'lodz', 'gab')
    """
    folded = clean(text[: 4 * LONGEST])[:LONGEST].casefold()
    if folded.isascii():
        return folded
    bare = _ACCENTS.sub("", unicodedata.normalize("NFKD", folded)).translate(_LETTERS)
    return clean(bare).casefold()


def join_han(text: str) -> str:
    """Remove the blanks between Chinese characters.

    >>> join_han("王 小明 wang")
    '王小明 wang'
    """
    return _BETWEEN_HAN.sub("", text)


@lru_cache(maxsize=65_536)
def simplified(text: str) -> str:
    """Return the text with traditional Chinese characters simplified: for matching only, since names must stay as written.

    >>> simplified("陳偉，資訊股份有限公司"), simplified("Chen Wei")
    ('陈伟，资讯股份有限公司', 'Chen Wei')
    """
    return text if text.isascii() else str(_converter().convert(text))


@cache
def _converter():  # type: ignore[no-untyped-def]
    try:
        from opencc import OpenCC
    except ImportError:
        raise MissingExtra("opencc", "leads") from None
    return OpenCC("t2s")
