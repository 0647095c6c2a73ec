"""One key for the spellings of a company: without its legal form, in Latin and Chinese script."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache

from lead_ml.clean.fold import HAN, fold, join_han
from lead_ml.clean.word_lists import pattern, word_list

_LONGEST_FORM = 5  # words of a legal form
_APOSTROPHES = re.compile(r"['’‘`´]")
_DOTTED = re.compile(r"(?<![^\W_])(?:[^\W\d_][./])+[^\W\d_](?![^\W_])")  # s.a., a/s
_LETTER = re.compile(r"[^\W_]")
_WORDS = re.compile(r"[^\W_]+|[&+]")
_BESIDE_HAN = re.compile(f"(?<=[{HAN}]) | (?=[{HAN}])")


@lru_cache(maxsize=65_536)
def company_key(text: str) -> str | None:
    """Return a company's name without legal form, punctuation, case and accents; None without letters and digits.

    A name that consists of legal forms only stays whole. Branches count as their company.

    >>> company_key("Müller & Söhne GmbH & Co. KG"), company_key("The ACME Corp., Inc."), company_key("Żabka Sp. z o.o.")
    ('muller and sohne', 'acme', 'zabka')
    >>> company_key("华为技术有限公司"), company_key("华为技术有限公司北京分公司"), company_key("海尔集团公司")
    ('华为技术', '华为技术', '海尔')
    >>> company_key("S.A.R.L. Dupont"), company_key("Holding AG"), company_key("有限公司"), company_key(" - ")
    ('dupont', 'holding ag', '有限公司', None)
    """
    folded = _APOSTROPHES.sub("", fold(text))
    if not _LETTER.search(folded):
        return None
    dotted = _DOTTED.sub(lambda found: re.sub(r"[./]", "", found[0]), folded)
    bare = dotted if dotted.isascii() else _without_han_forms(dotted) or dotted
    words = _joined_initials(_WORDS.findall(bare))
    kept = _without_forms(words) or words
    return _BESIDE_HAN.sub("", " ".join(kept))


def _without_han_forms(text: str) -> str:
    """Remove Chinese and Japanese legal forms; the result is empty if nothing else is there."""
    bare, last = pattern("company_short_form").sub(" ", text), ""
    while bare != last:
        last = bare
        bare = join_han(" ".join(_WORDS.findall(bare)))
        bare = pattern("company_branch").sub(r"\1", bare)
        bare = _han_endings().sub(" ", _han_forms().sub(" ", bare)).strip()
    return bare


def _joined_initials(words: Sequence[str]) -> list[str]:
    """Join single letters in a row, as in *s a r l*; write every *and* alike."""
    joined: list[str] = []
    run = False
    for word in words:
        single = len(word) == 1 and "a" <= word <= "z"
        if single and run:
            joined[-1] += word
        else:
            joined.append(word)
        run = single
    return ["and" if word in "&+" or word in word_list("company_conjunctions") else word for word in joined]


def _without_forms(words: list[str]) -> list[str]:
    """Remove legal forms at the end and at the start; the result is empty if nothing else is there."""
    start, end = 0, len(words)
    while size := _form_before(words[start:end]):
        end -= size
    while size := _form_after(words[start:end]):
        start += size
    return words[start:end]


def _form_before(words: list[str]) -> int:
    """Return how many words at the end belong to a legal form."""
    if words and words[-1] == "and":
        return 1
    sizes = range(min(_LONGEST_FORM, len(words)), 0, -1)
    return next((size for size in sizes if "_".join(words[-size:]) in word_list("legal_suffixes")), 0)


def _form_after(words: list[str]) -> int:
    """Return how many words at the start belong to a legal form or are an article."""
    if words and words[0] in ("the", "and"):
        return 1
    sizes = range(min(_LONGEST_FORM, len(words)), 0, -1)
    return next((size for size in sizes if "_".join(words[:size]) in word_list("legal_prefixes")), 0)


def _either(name: str) -> str:
    return "|".join(sorted(map(re.escape, word_list(name)), key=len, reverse=True))


@cache
def _han_forms() -> re.Pattern[str]:
    return re.compile(_either("han_legal_forms"))


@cache
def _han_endings() -> re.Pattern[str]:
    return re.compile(f"(?:{_either('han_company_endings')})+(?![{HAN}])")
