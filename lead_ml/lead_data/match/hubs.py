"""The hub guard: a hotline or a mailbox that people with different names share says nothing about who somebody is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np

from lead_ml.clean.mail import role_mailbox
from lead_ml.lead_data.match.fields import Ints, MatchField
from lead_ml.lead_data.match.similarity import similarities

_NAMES = 3  # different names from which a key is shared
_SAME_WORD = 0.85  # Jaro-Winkler similarity
_MOST_ROWS = 200  # rows of a value that are looked at
_WORDS = re.compile(r"\w+")


def guarded(fields: Sequence[MatchField]) -> list[MatchField]:
    """Return the fields without the evidence of role mailboxes and of addresses and numbers that three or more names share."""
    names = [field for field in fields if field.kind == "name"]
    return [_guarded(field, names) if field.kind in ("email", "phone") else field for field in fields]


def _guarded(field: MatchField, names: Sequence[MatchField]) -> MatchField:
    evidence = field.evidence.copy()
    if field.kind == "email":
        evidence &= np.array([role_mailbox(value) != "true" for value in field.values], bool)
    order = np.argsort(field.code, kind="stable")
    starts = np.searchsorted(field.code[order], np.arange(len(field.values) + 1))
    for value in np.flatnonzero(np.diff(starts) >= _NAMES):
        rows = order[starts[value] : starts[value + 1]][:_MOST_ROWS]
        evidence[value] &= different_names(_names_of(names, rows), _NAMES) < _NAMES
    return replace(field, evidence=evidence)


def _names_of(names: Sequence[MatchField], rows: Ints) -> list[str]:
    """Return the name of each row, put together from all columns of names."""
    parts = [[field.values[code] if code >= 0 else "" for code in field.code[rows]] for field in names]
    return sorted({" ".join(words) for words in zip(*parts, strict=True)}) if parts else []


def different_names(names: Sequence[str], enough: int) -> int:
    """Return how many names are different, up to `enough`; spellings and short forms of one name are not.

    >>> different_names(["robert allen", "rob allen", "allen, robert", "rbert alen"], 3)
    1
    >>> different_names(["anna smith", "bob smith", "王伟"], 3)
    3
    """
    kept: list[list[str]] = []
    for name in names:
        words = _WORDS.findall(name)
        if words and not any(_alike(words, other) for other in kept):
            kept.append(words)
        if len(kept) >= enough:
            break
    return len(kept)


def _alike(one: list[str], other: list[str]) -> bool:
    """Tell whether each word of the shorter name has a like one in the longer."""
    short, long = sorted((one, other), key=len)
    return all(any(_same_word(a, b) for b in long) for a in short)


@lru_cache(maxsize=65_536)
def _same_word(a: str, b: str) -> bool:
    if a.startswith(b) or b.startswith(a):
        return True
    return bool(similarities([a, b], np.array([0]), np.array([1]))[1][0] >= _SAME_WORD)
