"""Phone numbers: their pattern, their country, and a normal form for comparing them.

The rules are our own: numbering-plan libraries accept 13800138000 and 202-555-0123, which are known placeholders.
"""

from __future__ import annotations

import re

from lead_ml.clean.text import clean
from lead_ml.clean.word_lists import pattern, word_list

_CN_MOBILE = re.compile(r"1[3-9]\d{9}")
_KNOWN_FAKE = re.compile(
    r"13800138000|12345678910|13800000000|13000000000"
    r"|1[3-9]\d12345678"  # any Chinese prefix before 12345678
    r"|1?\d{3}55501\d{2}"  # reserved for fiction in North America
    r"|(?:44|0)7700900\d{3}|(?:44|0)2079460\d{3}"  # and in the United Kingdom
)
_UP = "01234567890123456789"
_RUN = 7
_SHORTEST, _LONGEST = 7, 15


def normal_phone(text: str) -> str | None:
    """Return the normal form for comparing numbers, None if it does not have 7 to 15 digits.

    ``+`` and the digits if the country code is given; Chinese mobile numbers get ``+86``; other numbers without a
    country code stay bare digits, because a guess could match strangers. Extensions are removed.

    >>> normal_phone("138-0571"), normal_phone("0086 13805712233"), normal_phone("86 13805712233")
    ('1380571', '+8613805712233', '+8613805712233')
    >>> normal_phone("＋１ (415) 555-2671 ext. 12"), normal_phone("0571-8765 4321")
    ('+14155552671', '057187654321')
    """
    digits, country_written = _digits(text)
    if not _SHORTEST <= len(digits) <= _LONGEST:
        return None
    if country_written:
        return f"+{digits}"
    if _CN_MOBILE.fullmatch(digits):
        return f"+86{digits}"
    if digits.startswith("86") and _CN_MOBILE.fullmatch(digits[2:]):
        return f"+{digits}"
    return digits


def phone_country(text: str) -> str | None:
    """Return the country code with its ``+``, ``national`` if there is none, None without a number.

    >>> phone_country("13805712233"), phone_country("+44 20 7946 0018"), phone_country("+852 2123 4567")
    ('+86', '+44', '+852')
    >>> phone_country("020 7946 0018"), phone_country("none")
    ('national', None)
    """
    number = normal_phone(text)
    if number is None:
        return None
    if not number.startswith("+"):
        return "national"
    if number[1] in "17":
        return number[:2]
    return number[:3] if number[1:3] in word_list("two_digit_country_codes") else number[:4]


def phone_pattern(text: str) -> str:
    """Return what the digits look like; a signal, not a decision (numbers full of eights are popular in China).

    ``known_fake`` (numbers from fiction and sample texts), ``too_short``, ``too_long``, ``repeated`` (six equal digits in
    a row, or at most two different ones), ``sequential`` (seven in counting order), ``valid_shape``.

    >>> [phone_pattern(text) for text in ("13800138000", "202-555-0123", "13912345678")]
    ['known_fake', 'known_fake', 'known_fake']
    >>> [phone_pattern(text) for text in ("12345", "13888888888", "1234567890", "+86 138 0571 2233")]
    ['too_short', 'repeated', 'sequential', 'valid_shape']
    """
    digits, country_written = _digits(text)
    china = digits.startswith("86") and (country_written or len(digits) == 13)
    national = digits[2:] if china else digits
    if _KNOWN_FAKE.fullmatch(national):
        return "known_fake"
    if len(national) < (11 if china and national.startswith("1") else _SHORTEST):
        return "too_short"
    if len(digits) > _LONGEST or (china and len(national) > 12):
        return "too_long"
    if re.search(r"(\d)\1{5}", national) or len(set(national)) <= 2:
        return "repeated"
    return "sequential" if _counts(national) else "valid_shape"


def _digits(text: str) -> tuple[str, bool]:
    bare = pattern("phone_extension").sub("", clean(text))
    digits = "".join(letter for letter in bare if letter in "0123456789")
    if bare.startswith(("+", "(+")) or (digits.startswith("00") and len(digits) > 9):
        return digits.lstrip("0"), True
    return digits, False


def _counts(digits: str) -> bool:
    return any(
        digits[start : start + _RUN] in _UP or digits[start : start + _RUN] in _UP[::-1]
        for start in range(len(digits) - _RUN + 1)
    )
