"""Phone numbers: their pattern, their country, and a normal form for comparing them.

Countries and their numbering plans are those of phonenumbers. Which numbers are invented is for rules of our own: numbering
plans accept 13800138000 and 202-555-0123, which are known placeholders.
"""

from __future__ import annotations

import re
from functools import cache

from lead_ml.clean.text import clean, truth
from lead_ml.clean.word_lists import pattern

_LONGEST_TEXT = 64  # a longer text is no number
_FLOAT = re.compile(r"([0-9]{7,15})\.0")
_AMERICAN = re.compile(r"1(?:[ ./-]+\(?|\()[2-9][0-9]{2}\)?[ ./-]*[2-9][0-9]{2}[ ./-]*[0-9]{4}")
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

    ``+`` and the digits if the country code is given, or the number can only be a Chinese mobile number or one with the 1 of
    North America in front; other numbers without a country code stay bare digits, because a guess could match strangers.
    Eleven digits in one piece that could be either are Chinese. Extensions are removed.

    >>> normal_phone("138-0571"), normal_phone("0086 13805712233"), normal_phone("86 13805712233")
    ('1380571', '+8613805712233', '+8613805712233')
    >>> normal_phone("＋１ (415) 555-2671 ext. 12"), normal_phone("0571-8765 4321")
    ('+14155552671', '057187654321')
    >>> normal_phone("1-415-555-2671"), normal_phone("p:+14155552671"), normal_phone("+44 (0)20 7946 0018")
    ('+14155552671', '+14155552671', '+442079460018')
    """
    bare = without_label(text)
    digits, country_written = _digits(bare)
    if not _SHORTEST <= len(digits) <= _LONGEST:
        return None
    return _without_trunk(digits) if country_written else f"{_country_meant(bare, digits)}{digits}"


def phone_country(text: str) -> str | None:
    """Return the country code with its ``+``, ``national`` if there is none, None without a number.

    >>> phone_country("13805712233"), phone_country("+44 20 7946 0018"), phone_country("+852 2123 4567")
    ('+86', '+44', '+852')
    >>> phone_country("tel:+14155552671"), phone_country("020 7946 0018"), phone_country("none")
    ('+1', 'national', None)
    """
    number = normal_phone(text)
    if number is None:
        return None
    return f"+{_country(number[1:])}" if number.startswith("+") else "national"


def phone_in_country(phone: str, country: str) -> str | None:
    """Return whether a number has the country code of a country, by its name or ISO code; None if either is unknown.

    >>> phone_in_country("+49 30 901820", "Germany"), phone_in_country("13805712233", "US"), phone_in_country("030 901820", "DE")
    ('true', 'false', None)
    """
    import phonenumbers

    from lead_ml.clean.places import country_code

    written, region = phone_country(phone), country_code(country)
    if region is None or written is None or written == "national":
        return None
    expected = phonenumbers.country_code_for_region(region)
    return truth(written == f"+{expected}") if expected else None


def phone_pattern(text: str) -> str:
    """Return what the digits look like; a signal, not a decision (numbers full of eights are popular in China).

    ``known_fake`` (numbers from fiction and sample texts), ``too_short``, ``too_long``, ``repeated`` (six equal digits in
    a row, or at most two different ones), ``sequential`` (seven in counting order), ``valid_shape``.

    >>> [phone_pattern(text) for text in ("13800138000", "202-555-0123", "13912345678")]
    ['known_fake', 'known_fake', 'known_fake']
    >>> [phone_pattern(text) for text in ("12345", "13888888888", "1234567890", "+86 138 0571 2233")]
    ['too_short', 'repeated', 'sequential', 'valid_shape']
    """
    digits, country_written = _digits(without_label(text))
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


def without_label(text: str) -> str:
    """Return a number without its label, its extension and the ``.0`` of a spreadsheet."""
    bare = clean(text[: 4 * _LONGEST_TEXT])[:_LONGEST_TEXT].partition(";")[0]
    label = pattern("phone_label").match(bare)
    bare = pattern("phone_extension").sub("", bare[label.end() :] if label else bare).strip()
    number = _FLOAT.fullmatch(bare)
    return number[1] if number else bare


def is_american(bare: str) -> bool:
    """Tell whether a number has the 1 and the groups of North America.

    >>> is_american("1-415-555-2671"), is_american("14155552671")
    (True, False)
    """
    return _AMERICAN.fullmatch(bare) is not None


def _digits(bare: str) -> tuple[str, bool]:
    digits = "".join(letter for letter in bare if letter in "0123456789")
    abroad = digits.startswith("00") and len(digits) > 9
    if bare.startswith(("+", "(+")) or abroad:
        return digits.lstrip("0"), True
    if digits.startswith("011") and len(digits) > 12:  # as dialed in North America
        return digits[3:], True
    return digits, False


def _country_meant(bare: str, digits: str) -> str:
    """Return what belongs in front of digits without a plus sign; nothing where that would be a guess."""
    chinese = digits.startswith("86") and _CN_MOBILE.fullmatch(digits[2:])
    if chinese or is_american(bare):
        return "+"
    if _plan("CN", "mobile").fullmatch(digits):
        return "+86"
    american = any(_plan(region, "fixed_line").fullmatch(digits[1:]) for region in ("US", "CA"))
    if digits[0] == "1" and american:
        return "+"
    return "+86" if _CN_MOBILE.fullmatch(digits) else ""


def _without_trunk(digits: str) -> str:
    """Return an international number without the 0 that only calls inside of its country begin with."""
    if not digits.removeprefix(_country(digits)).startswith("0"):
        return f"+{digits}"
    import phonenumbers

    try:
        found = phonenumbers.parse(f"+{digits}", None)
    except phonenumbers.NumberParseException:
        return f"+{digits}"
    return str(phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164))


def _country(digits: str) -> str:
    """Return the country code that a number starts with; three digits where no country has one."""
    codes = _codes()
    return next((digits[:k] for k in (1, 2, 3) if digits[:k] in codes), digits[:3])


@cache
def _codes() -> frozenset[str]:
    import phonenumbers

    return frozenset(map(str, phonenumbers.COUNTRY_CODE_TO_REGION_CODE))


@cache
def _plan(region: str, kind: str) -> re.Pattern[str]:
    """Return the national numbers of a country, of a kind such as mobile."""
    from phonenumbers import PhoneMetadata

    return re.compile(getattr(PhoneMetadata.metadata_for_region(region), kind).national_number_pattern)


def _counts(digits: str) -> bool:
    return any(
        digits[start : start + _RUN] in _UP or digits[start : start + _RUN] in _UP[::-1]
        for start in range(len(digits) - _RUN + 1)
    )
