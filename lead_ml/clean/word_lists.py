"""The words and patterns of ``words.toml``, read on first use: importing the package reads no file."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any


@cache
def word_list(name: str) -> frozenset[str]:
    """Return a list of the file by its name.

    >>> "qq.com" in word_list("free_domains")
    True
    """
    return frozenset(_file()["lists"][name].split())


@cache
def word_rows(name: str) -> tuple[str, ...]:
    """Return a list of the file in its order.

    >>> len(word_rows("letter_costs"))
    27
    """
    return tuple(_file()["lists"][name].split())


@cache
def word_map(name: str) -> dict[str, str]:
    """Return a list of the file whose words are pairs with a colon; an underscore in a value is a blank.

    >>> word_map("surname_readings")["曾"]
    'zeng'
    """
    pairs = (word.split(":") for word in _file()["lists"][name].split())
    return {key: value.replace("_", " ") for key, value in pairs}


@cache
def pattern(name: str) -> re.Pattern[str]:
    """Return a regular expression of the file by its name.

    >>> pattern("promotion").search("cheap backlinks") is not None
    True
    """
    return re.compile("|".join(_file()["patterns"][name]))


@cache
def seniority_rules() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Return the levels of job titles and their patterns, in the order in which they are tried."""
    return tuple((rule["level"], re.compile(rule["pattern"])) for rule in _file()["seniority"])


@cache
def function_rules() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Return what people work on and the patterns of their titles, in the order in which they are tried."""
    return tuple((rule["name"], re.compile(rule["pattern"])) for rule in _file()["function"])


@cache
def _file() -> dict[str, Any]:
    import tomllib

    return tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))
