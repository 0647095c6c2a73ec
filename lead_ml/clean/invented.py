"""Signs that a name or the local part of an address was made up: random letters, walks over the keyboard, one letter repeated.

Each answers ``true`` only where a real name is very unlikely, so that it is quiet on HSBC, BMW and Krzysztof, and silent on what is too
short to tell. A sign is a hint for a model, never a verdict. ``benchmarks/false_alarms.py`` measures how often they are wrong.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise

from lead_ml.clean.fold import HAN, fold
from lead_ml.clean.mail import address, role_mailbox
from lead_ml.clean.text import truth
from lead_ml.clean.word_lists import word_list, word_rows

_LETTERS = re.compile(r"[a-z]+")
_KEYS = re.compile(r"[a-z0-9]+")
_REPEATED = re.compile(rf"([{HAN}a-z])\1{{3,}}|^([{HAN}])\2{{2,}}$")
_UNIT = re.compile(r"([a-z]{2,3})\1+[a-z]{0,2}")
_STEP = 0.3  # bits of a digit of letter_costs
# Least mean cost of a word of random letters, by its shortest length: a long word shows it sooner.
_RANDOM = ((13, 5.2), (9, 5.6), (7, 5.9), (6, 6.2))
_DIGITS = 6  # an address of so many digits in counting order, or of one digit, is made up
_UP = "01234567890123456789"


def random_letters(text: str) -> str | None:
    """Return whether a name, or the local part of an address, has a word of random letters; None without Latin letters.

    >>> random_letters("xkqzvbt"), random_letters("qwzxkjhv@acme.com"), random_letters("dfgdfgdf"), random_letters("王伟")
    ('true', 'true', 'true', None)
    >>> [random_letters(text) for text in ("HSBC", "BMW", "Krzysztof", "Nguyen Thi Hoa", "zhangxm@qq.com", "Schwartzkopf")]
    ['false', 'false', 'false', 'false', 'false', 'false']
    """
    words = _LETTERS.findall(_named(text))
    return truth(any(map(_is_random, words))) if words else None


def keyboard_walk(text: str) -> str | None:
    """Return whether a name, or the local part of an address, walks over the keyboard or repeats a letter or a syllable of keys.

    >>> [keyboard_walk(text) for text in ("asdfgh", "qwerty@qq.com", "Zxcv Bnm", "1qaz2wsx@a.com", "hjkhjk", "啊啊啊", "aaaa@b.com")]
    ['true', 'true', 'true', 'true', 'true', 'true', 'true']
    >>> [keyboard_walk(text) for text in ("Wertheim", "Doherty", "Trewin", "Dada", "Mimi Wang", "王伟", "-")]
    ['false', 'false', 'false', 'false', 'false', 'false', None]
    """
    named = _named(text)
    if not any(letter.isalnum() for letter in named):
        return None
    runs = _KEYS.findall(named)
    walked = any(walk in run for run in runs for walk in _walks())
    return truth(walked or any(map(_repeats_keys, runs)) or _REPEATED.search(named))


def counted_mailbox(text: str) -> str | None:
    """Return whether the local part of an address is digits in counting order or one digit; numbers of QQ and phones are not.

    >>> [counted_mailbox(text) for text in ("123456@qq.com", "1111111@163.com", "13805712233@139.com", "li123456@qq.com", "x")]
    ['true', 'true', 'false', 'false', None]
    """
    parts = address(text)
    if parts is None:
        return None
    mailbox = parts[0]
    counted = mailbox in _UP or mailbox in _UP[::-1] or len(set(mailbox)) == 1
    return truth(mailbox.isdecimal() and len(mailbox) >= _DIGITS and counted)


def name_in_email(name: str, email: str) -> str | None:
    """Return whether the local part of an address shows the name; None where it cannot: digits only, a department, no name.

    It shows the name if it has a part of it of three letters or more, or its initials beside another part; Chinese names
    count in pinyin.

    >>> [name_in_email("Maria Schneider", email) for email in ("m.schneider@a.com", "maria88@a.com", "ms@a.com", "joe.fox@a.com")]
    ['true', 'true', 'true', 'false']
    >>> name_in_email("王小明", "wangxm@qq.com"), name_in_email("王小明", "lifang@qq.com"), name_in_email("王小明", "info@a.cn")
    ('true', 'false', None)
    """
    from lead_ml.clean.names import person_key, pinyin

    parts, key = address(email), person_key(name)
    if parts is None or key is None or role_mailbox(email) == "true":
        return None
    local = "".join(_LETTERS.findall(fold(parts[0])))
    words = _LETTERS.findall(pinyin(key))
    if len(local) < 2 or not words:
        return None
    shown = any(len(word) >= 3 and word in local for word in (*words, *map("".join, pairwise(words))))
    return truth(shown or _has_initials(words, local))


def _has_initials(words: list[str], local: str) -> bool:
    """Tell whether a short local part is the initials of a name, in order of the name or with its first word at the end."""
    initials = "".join(word[0] for word in words)
    return len(words) > 1 and local in (initials, initials[1:] + initials[0], initials[-1] + initials[:-1])


def _named(text: str) -> str:
    """Return a name, or the local part of an address without its tag, folded."""
    parts = address(text) if "@" in text else None
    return fold(parts[0].partition("+")[0] if parts else text)


def _is_random(word: str) -> bool:
    least = next((cost for length, cost in _RANDOM if len(word) >= length), None)
    if least is None:
        return False
    costs = [_costs()[pair] for pair in pairwise(f"^{word}^")]
    return sum(costs) / len(costs) >= least


def _repeats_keys(run: str) -> bool:
    """Tell whether a run is a syllable without vowels over and over, as in *dfgdfg*."""
    found = _UNIT.fullmatch(run)
    return found is not None and len(run) >= 5 and not set(found[1]) & set("aeiouy")


@cache
def _walks() -> frozenset[str]:
    rows = word_list("keyboard_rows")
    return rows | {row[::-1] for row in rows}


@cache
def _costs() -> dict[tuple[str, str], float]:
    letters = "abcdefghijklmnopqrstuvwxyz^"
    rows = word_rows("letter_costs")
    return {
        (one, other): _STEP * int(digit, 36)
        for one, row in zip(letters, rows, strict=True)
        for other, digit in zip(letters, row, strict=True)
    }
