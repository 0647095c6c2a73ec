"""Names of people for comparing them: without titles, in one order; Chinese ones also in pinyin."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from lead_ml.clean.fold import HAN, LONGEST, fold, join_han
from lead_ml.clean.word_lists import word_list, word_map
from lead_ml.errors import MissingExtra

_PARENTHESES = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_APOSTROPHES = re.compile(r"['’‘`´]")
_CREDENTIALS = re.compile(r"\b(?:ph\. ?d|m\. ?d|m\. ?b\. ?a|m\. ?sc|b\. ?sc|sig\.ra|dott\.ssa)\b\.?")
_DOTTED_TITLES = re.compile(r"\b(?:dipl\. ?-? ?ing|ing|mag|sig|hon)\.")  # without the dot they are names
_WORDS = re.compile(r"[^\W_]+")
_COMMAS = re.compile(r"[,\u3001;]")
_HAN_RUN = re.compile(f"[{HAN}]+")
_LONGEST_NAME = 4  # Chinese characters of a full name


@lru_cache(maxsize=65_536)
def person_key(text: str) -> str | None:
    """Return a person's name without titles, punctuation, case and accents, first name first; None without letters.

    A name that consists of titles only stays whole.

    >>> person_key("Dr. Müller, Jörg"), person_key("Mr. John  O'Neil, Jr."), person_key("Anne-Marie LEFÈVRE (Sales)")
    ('jorg muller', 'john oneil jr', 'anne marie lefevre')
    >>> person_key("王 小明先生"), person_key("王经理"), person_key("先生"), person_key("?")
    ('王小明', '王', '先生', None)
    """
    folded = _APOSTROPHES.sub("", fold(text))
    written = _CREDENTIALS.sub(lambda found: re.sub(r"[. ]", "", found[0]) + " ", folded)
    bare = _DOTTED_TITLES.sub(" ", _PARENTHESES.sub(" ", written))
    dotted = bare if _WORDS.search(bare) else written
    parts = [words for part in _COMMAS.split(dotted) if (words := _WORDS.findall(part))]
    named = [kept for words in parts if (kept := _untitled(words))]
    key = " ".join(_in_order(named or parts))
    return _without_han_title(join_han(key)) or None


@lru_cache(maxsize=65_536)
def pinyin(text: str) -> str:
    """Return the text with its Chinese characters in pinyin without tones, a blank between syllables; other text unchanged.

    A run of up to four Chinese characters is read as a name: its surname has the reading of surnames.

    >>> pinyin("曾小贤"), pinyin("单雄信"), pinyin("吕伟 Wei Lü"), pinyin("欧阳娜娜"), pinyin("Li Na")
    ('zeng xiao xian', 'shan xiong xin', 'lu wei Wei Lü', 'ou yang na na', 'Li Na')
    """
    if text.isascii():
        return text
    return " ".join(_HAN_RUN.sub(lambda run: f" {_read(run[0])} ", text[:LONGEST]).split())


def _untitled(words: list[str]) -> list[str]:
    """Return the words of a part of a name without titles before and credentials after it."""
    start, end = 0, len(words)
    while start < end and words[start] in word_list("person_titles") and not _is_generation(words, start):
        start += 1
    while end > start and words[end - 1] in word_list("person_credentials"):
        end -= 1
    return words[start:end]


def _is_generation(words: list[str], at: int) -> bool:
    """Tell whether *sr* stands alone between commas and means senior."""
    return len(words) == 1 and words[at] in word_list("person_generations")


def _in_order(parts: list[list[str]]) -> list[str]:
    """Return the words of *Last, First* in order; Chinese names are in order, and junior stays at the end."""
    generation = [word for part in parts for word in part if set(part) <= word_list("person_generations")]
    names = [part for part in parts if not set(part) <= word_list("person_generations")]
    if len(names) == 2 and not _HAN_RUN.search("".join(names[0])):
        names.reverse()
    return [word for part in names for word in part] + generation


def _without_han_title(name: str) -> str:
    bare = name
    while found := _han_titles().search(bare):
        bare = bare[: found.start()].rstrip()
    return bare or name


def _read(run: str) -> str:
    syllables = _lazy_pinyin(run)
    if 2 <= len(run) <= _LONGEST_NAME:
        readings = word_map("surname_readings")
        surname = run[:2] if run[:2] in readings else run[:1]
        if surname in readings:
            syllables = [*readings[surname].split(), *syllables[len(surname) :]]
    return " ".join(syllables).replace("lv", "lu").replace("nv", "nu")


def _lazy_pinyin(run: str) -> list[str]:
    try:
        from pypinyin import lazy_pinyin
    except ImportError:
        raise MissingExtra("pypinyin", "leads") from None
    return [str(syllable) for syllable in lazy_pinyin(run)]


@cache
def _han_titles() -> re.Pattern[str]:
    titles = sorted(map(re.escape, word_list("han_titles")), key=len, reverse=True)
    return re.compile(f"(?:{'|'.join(titles)})$")
