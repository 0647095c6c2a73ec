"""The words, patterns and labels of this package, read from the TOML files beside it on first use."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from lead_ml.clean import missing_tags


class Trait(msgspec.Struct, frozen=True):
    """A column that clearly describes how a lead arrived: name and group of its feature, labels, and a pattern for its name."""

    name: str
    group: str
    pattern: str
    en: str
    zh: str


class Sign(msgspec.Struct, frozen=True):
    """A feature that may show that a lead is not real: the role it reads, and how it is declared."""

    role: str
    kind: str
    name: str
    en: str
    zh: str
    transform: str = ""
    unit: str = ""


class Burst(msgspec.Struct, frozen=True):
    """A count of leads that share a key within a window, such as ``1h``; empty means ever."""

    key: str
    window: str
    name: str
    en: str
    zh: str


class LabelTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The content of ``labels.toml``; a label is a mapping with the entries ``en`` and ``zh``."""

    labels: Mapping[str, Mapping[str, str]]
    events: Mapping[str, Mapping[str, str]]
    signs: tuple[Sign, ...]
    bursts: tuple[Burst, ...]
    traits: tuple[Trait, ...]


@cache
def labels() -> LabelTable:
    """Return the labels of features."""
    return msgspec.convert(read_toml("labels"), LabelTable)


def label(key: str, **values: object) -> dict[str, str]:
    """Return a label in both languages with its fields filled in.

    >>> label("source_leads", days=7)["en"]
    'Leads from this source, last 7 days'
    """
    return {language: text.format(**values) for language, text in labels().labels[key].items()}


@cache
def word_set(name: str) -> frozenset[str]:
    """Return one of the word lists, casefolded."""
    return frozenset(word.casefold() for word in _words()[name])


@cache
def word_pattern(name: str) -> re.Pattern[str]:
    """Return one of the regular expressions."""
    return re.compile(_words()["patterns"][name])


@cache
def stage_patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Return the stages with the patterns of their names, in the order in which they are tried."""
    return tuple((item["stage"], re.compile(item["pattern"])) for item in _words()["stages"])


def header_words() -> tuple[tuple[str, str], ...]:
    """Return parts of Chinese and German headers with their English word, the longer first."""
    return tuple((part, english) for part, english in _words()["headers"])


@cache
def extra_missing() -> frozenset[str]:
    """Return the texts that mean missing on top of those that every project starts with."""
    return missing_tags(_words()["missing"])


def read_toml(name: str) -> dict[str, Any]:
    """Return the content of one of the data files."""
    return tomllib.loads(Path(__file__).with_name(f"{name}.toml").read_text(encoding="utf-8"))


@cache
def _words() -> dict[str, Any]:
    return read_toml("words")
