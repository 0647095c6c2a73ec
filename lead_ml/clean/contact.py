"""Standard forms of what reaches a person: email addresses and phone numbers, checked by their own libraries.

The raw value is never replaced: what cannot be put into a standard form has none, and a likely typing error gives a suggestion.
"""

from __future__ import annotations

from functools import lru_cache

from lead_ml.clean.mail import address
from lead_ml.clean.phone import is_american, normal_phone, without_label
from lead_ml.clean.word_lists import word_list
from lead_ml.errors import MissingExtra

_SHORTEST_NAME = (
    5  # letters of a mail provider's name in which one wrong letter is told from another provider
)


def standard_email(text: str) -> str | None:
    """Return an address in lower case, its domain in Unicode; None if it is not valid. Nothing is looked up in the network.

    >>> standard_email(" Li.Wei@ＡＣＭＥ.com"), standard_email("info@XN--MNCHEN-3YA.de"), standard_email("a..b@acme.com")
    ('li.wei@acme.com', 'info@münchen.de', None)
    """
    parts = address(text)
    if parts is None:
        return None
    try:
        from email_validator import EmailNotValidError, validate_email
    except ImportError:
        raise MissingExtra("email-validator", "leads") from None
    try:
        checked = validate_email("@".join(parts), check_deliverability=False)
    except EmailNotValidError:
        return None
    return str(checked.normalized).lower()


def suggested_email(text: str) -> str | None:
    """Return the address that was probably meant, None if its domain is not close to that of a common mail provider.

    >>> suggested_email("li@gmial.com"), suggested_email("li@qq.con"), suggested_email("li@gmail.com"), suggested_email("li@mail.com")
    ('li@gmail.com', 'li@qq.com', None, None)
    """
    parts = address(text)
    meant = _meant_domain(parts[1]) if parts else None
    return f"{parts[0]}@{meant}" if parts and meant else None


@lru_cache(maxsize=65_536)
def standard_phone(text: str, region: str | None = None) -> str | None:
    """Return a number in the form E.164, None if no numbering plan has it; `region` is the country of its owner, if known.

    A written country code counts more than the region, and so do the 1 and the groups of an American number.

    >>> standard_phone("1-415-555-2671", "US"), standard_phone("(020) 7946 0018", "GB"), standard_phone("138 0571 2233")
    ('+14155552671', '+442079460018', '+8613805712233')
    >>> standard_phone("020 7946 0018"), standard_phone("+44 (0)20 7946 0018", "CN"), standard_phone("12345", "DE")
    (None, '+442079460018', None)
    """
    bare = without_label(text)
    meant = normal_phone(text)
    if meant is None:
        return None
    abroad = bare.startswith(("+", "(+", "00", "011")) or is_american(bare)
    tries: list[tuple[str, str | None]] = [(meant, None)] if meant.startswith("+") else []
    if region is not None:
        tries.insert(1 if abroad else 0, (bare, region))
    return next((number for form, country in tries if (number := _valid(form, country))), None)


def _valid(text: str, region: str | None) -> str | None:
    import phonenumbers

    try:
        found = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(found):
        return None
    found.extension = None
    return str(phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164))


@lru_cache(maxsize=65_536)
def _meant_domain(domain: str) -> str | None:
    """Return the common domain of which another is a typing error: a wrong *com*, or one wrong letter after the first."""
    name, _, ending = domain.partition(".")
    right = "com" if ending in word_list("wrong_com") else ending
    for known in sorted(word_list("mistyped_mail")):
        known_name, _, known_ending = known.partition(".")
        close = name == known_name or (
            len(known_name) >= _SHORTEST_NAME
            and name not in word_list("real_mail_names")
            and name[:1] == known_name[0]
            and _one_apart(name, known_name)
        )
        if close and right == known_ending and domain != known:
            return known
    return None


def _one_apart(one: str, other: str) -> bool:
    """Tell whether one letter too many, too few, replaced or swapped with the next makes the one text the other."""
    if abs(len(one) - len(other)) > 1:
        return False
    start = next(
        (k for k, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
    a, b = one[start:], other[start:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or (a[:2] == b[1::-1] and a[2:] == b[2:] and len(a) > 1)
