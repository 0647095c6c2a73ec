"""The words, patterns and labels of this package, read from the TOML files beside it on first use."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from lead_ml.clean import missing_tags
from lead_ml.project.params import DEFAULT_MISSING


@cache
def read_toml(name: str) -> dict[str, Any]:
    """Return the content of one of the data files."""
    return tomllib.loads(Path(__file__).with_name(f"{name}.toml").read_text(encoding="utf-8"))


def label(key: str, **values: object) -> dict[str, str]:
    """Return a label in both languages with its fields filled in.

    >>> label("source_leads", days=7)["en"]
    'Leads from this source, last 7 days'
    """
    texts = read_toml("labels")["labels"][key]
    return {language: text.format(**values) for language, text in texts.items()}


@cache
def word_set(name: str) -> frozenset[str]:
    """Return one of the word lists, casefolded."""
    return frozenset(word.casefold() for word in read_toml("words")[name])


@cache
def word_pattern(name: str) -> re.Pattern[str]:
    """Return one of the regular expressions."""
    return re.compile(read_toml("words")["patterns"][name])


@cache
def missing_texts() -> frozenset[str]:
    """Return the texts that an export may write for a missing value."""
    words: Iterable[str] = read_toml("words")["missing"]
    return missing_tags((*DEFAULT_MISSING, *words))
