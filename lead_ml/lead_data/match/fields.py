"""What a column holds, and its values in forms that can be compared.

Nobody says what a column is: a date is where nearly all values read as dates, and so on for addresses, numbers and names. A column that
repeats others (a full name beside its parts) would count the same evidence twice and is left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
import numpy.typing as npt

from lead_ml.clean.company import company_key
from lead_ml.clean.fold import fold, simplified
from lead_ml.clean.mail import address, normal_email
from lead_ml.clean.names import person_key, pinyin
from lead_ml.clean.phone import normal_phone
from lead_ml.clean.text import clean, name_key
from lead_ml.clean.word_lists import pattern

FieldKind = Literal["name", "company", "date", "email", "phone", "number", "text"]
Ints = npt.NDArray[np.int64]
Texts = Sequence[str | None]

_MOST = 0.9  # share of values that must have a form
_SAMPLE = 5_000
_WORDS = re.compile(r"\w+")


@dataclass(frozen=True)
class MatchField:
    """A column in comparable form: ``values[code[row]]``, -1 where missing.

    ``key`` is a second, coarser form of each value (words in order, a name in Latin letters, an address without digits), by position
    in ``keys``; ``evidence`` says of each value whether it may count: see :mod:`lead_ml.lead_data.match.hubs`.
    """

    name: str
    kind: FieldKind
    code: Ints
    values: tuple[str, ...]
    key: Ints
    keys: tuple[str, ...]
    evidence: npt.NDArray[np.bool_]

    def filled(self) -> npt.NDArray[np.bool_]:
        """Return which rows have a value that may count."""
        return np.append(self.evidence, False)[self.code]


def fields_of(columns: Mapping[str, Texts]) -> list[MatchField]:
    """Return the columns that say who somebody is, in comparable form; in alphabetical order of their names."""
    kinds = {name: kind for name in sorted(columns) if (kind := kind_of(name, columns[name])) is not None}
    composite = composites({name: columns[name] for name in kinds})
    return [_field(name, kind, columns[name]) for name, kind in kinds.items() if name not in composite]


def kind_of(name: str, values: Texts) -> FieldKind | None:
    """Return what a column holds; None where it cannot tell people apart (empty, constant, or long prose).

    >>> kind_of("born", ["1990-01-02", "1985-11-30"]), kind_of("c3", ["a@b.co", "c@d.co"]), kind_of("c4", ["x", "x"])
    ('date', 'email', None)
    """
    filled = [value for value in values if value]
    filled = filled[:: max(1, len(filled) // _SAMPLE)]
    distinct = sorted(set(filled))
    if len(distinct) < 2 or _prose(distinct):
        return None
    return _kind(name_key(name), filled)


def _kind(header: str, filled: list[str]) -> FieldKind:
    if _share(filled, lambda text: address(text) is not None) >= _MOST / 2:
        return "email"
    if _share(filled, lambda text: date_of(text) is not None) >= _MOST:
        return "date"
    if pattern("phone_header").search(header) or _share(filled, _looks_dialed) >= _MOST:
        return "phone"
    if _share(filled, lambda text: sum(map(str.isdigit, text)) * 2 > len(text)) >= _MOST:
        return "number"
    if pattern("company_header").search(header):
        return "company"
    return "name" if pattern("person_header").search(header) else "text"


def _prose(distinct: list[str]) -> bool:
    return sum(len(text) > 80 for text in distinct) > len(distinct) / 4


def _looks_dialed(text: str) -> bool:
    return text.startswith(("+", "00")) and normal_phone(text) is not None


def _share(values: Sequence[str], test: Callable[[str], bool]) -> float:
    return sum(map(test, values)) / len(values)


def composites(columns: Mapping[str, Texts]) -> set[str]:
    """Return the columns that repeat the words of two or more others, or the content of one.

    >>> composites({"full": ["ann lee", "bo ray"], "first": ["ann", "bo"], "last": ["lee", "ray"]})
    {'full'}
    """
    words = {name: _word_sets(values) for name, values in columns.items()}
    found: set[str] = set()
    for name in sorted(columns, key=lambda name: (-_total(words[name]), name)):
        others = [other for other in columns if other not in found | {name}]
        parts = [other for other in others if _holds(words[name], words[other])]
        if len(parts) >= 2 or any(_holds(words[part], words[name]) for part in parts):
            found.add(name)
    return found


def _word_sets(values: Texts) -> list[frozenset[str]]:
    sampled = values[:: max(1, len(values) // _SAMPLE)]
    return [frozenset(_WORDS.findall(value.casefold())) if value else frozenset() for value in sampled]


def _total(words: list[frozenset[str]]) -> int:
    return sum(map(len, words))


def _holds(whole: list[frozenset[str]], part: list[frozenset[str]]) -> bool:
    both = [(a, b) for a, b in zip(whole, part, strict=True) if a and b]
    return len(both) >= 2 and sum(b <= a for a, b in both) >= 0.8 * len(both)


def _field(name: str, kind: FieldKind, values: Texts) -> MatchField:
    normal = NORMAL_FORMS[kind]
    forms = {value: normal(value) for value in sorted({value for value in values if value})}
    known = sorted({form for form in forms.values() if form})
    place = {form: at for at, form in enumerate(known)}
    code = np.array([place.get(forms[value] or "", -1) if value else -1 for value in values], np.int64)
    keyed = [KEY_FORMS[kind](form) for form in known]
    keys = sorted(set(keyed))
    at = {key: number for number, key in enumerate(keys)}
    key = np.array([at[text] for text in keyed], np.int64)
    return MatchField(name, kind, code, tuple(known), key, tuple(keys), np.ones(len(known), bool))


def date_of(text: str) -> date | None:
    """Read a date in the order year, month, day; None where it is none.

    >>> date_of("1990-01-02"), date_of("19900102"), date_of("1990/1/2 00:00"), date_of("19901345")
    (datetime.date(1990, 1, 2), datetime.date(1990, 1, 2), datetime.date(1990, 1, 2), None)
    """
    match = re.match(r"(1[5-9]\d\d|20\d\d)(\D?)(\d\d?)(\D?)(\d\d?)(?:\D|$)", clean(text))
    if match is None or bool(match[2]) != bool(match[4]) or (not match[2] and len(match[3] + match[5]) != 4):
        return None
    try:
        return date(int(match[1]), int(match[3]), int(match[5]))
    except ValueError:
        return None


def _date_text(text: str) -> str:
    """Return eight digits; a date that cannot be is kept by its digits, since a wrong digit can make it so."""
    found = date_of(text)
    return f"{found:%Y%m%d}" if found else re.sub(r"\D", "", text)[:8]


def sorted_words(text: str) -> str:
    """Return the words of a text in alphabetical order, without punctuation.

    >>> sorted_words("lee, ann"), sorted_words("12 main st.")
    ('ann lee', '12 main st')
    """
    return " ".join(sorted(_WORDS.findall(text)))


def _plain(text: str) -> str:
    return simplified(" ".join(fold(text).split()))


def person_form(text: str) -> str:
    """Return the form in which names are compared: without titles, case and accents, in simplified characters."""
    return simplified(person_key(text) or fold(text))


def letters_in_order(name: str) -> str:
    """Return the Latin letters of a name in alphabetical order, Chinese characters by their pinyin: no order of words matters.

    >>> letters_in_order("周海燕") == letters_in_order("haiyan zhou") == letters_in_order("周海燕 haiyan")
    True
    """
    spoken = pinyin(name).split()
    if name.isascii():
        return "".join(sorted("".join(spoken)))
    said = "".join(pinyin("".join(letter for letter in name if not letter.isascii())).split())
    return "".join(sorted(said + "".join(word for word in spoken if word not in said)))


def _email_text(text: str) -> str:
    return normal_email(text) or _plain(text)


def _mailbox_letters(form: str) -> str:
    return "".join(filter(str.isalpha, form.partition("@")[0])) or form


def _number_text(text: str) -> str:
    return re.sub(r"[\W_]", "", fold(text)).lstrip("0") or fold(text)


def _phone_text(text: str) -> str:
    return normal_phone(text) or _number_text(text)


NORMAL_FORMS: Mapping[FieldKind, Callable[[str], str]] = {
    "name": person_form,
    "company": lambda text: simplified(company_key(text) or fold(text)),
    "date": _date_text,
    "email": _email_text,
    "phone": _phone_text,
    "number": _number_text,
    "text": _plain,
}
KEY_FORMS: Mapping[FieldKind, Callable[[str], str]] = {
    "name": letters_in_order,
    "company": sorted_words,
    "date": lambda form: form[4:] or form,
    "email": _mailbox_letters,
    "phone": lambda form: form[-8:],
    "number": lambda form: form,
    "text": sorted_words,
}
