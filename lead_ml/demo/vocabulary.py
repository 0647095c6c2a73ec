"""The words of the synthetic CRM, read from ``vocabulary.toml`` beside this module."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import msgspec

Words = tuple[str, ...]
Pairs = tuple[tuple[str, str], ...]
Effects = tuple[tuple[str, float, float], ...]


class Vocabulary(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every list of the file under its name; the file says what the numbers mean."""

    industries: Effects
    sizes: Effects
    countries: Effects
    levels: Effects
    products: tuple[tuple[str, float, float], ...]
    owners: tuple[tuple[str, bool, float], ...]
    sources: tuple[tuple[str, str, float, float, float, float, float, float, float, float], ...]
    campaigns: Words
    surnames_zh: Pairs
    given_zh: Pairs
    first: Words
    last: Words
    company_en: Words
    company_en_tail: Words
    company_zh: Pairs
    company_zh_tail: Words
    company_zh_form: str
    free_zh: Words
    free_en: Words
    role_mailboxes: Words
    throw_away: Words
    odd_domains: Words
    fake_phones: Words
    mash: Words
    test_names: Words
    test_messages: Words
    browsers: Words
    robots: Words
    warm_en: Words
    warm_zh: Words
    cold_en: Words
    cold_zh: Words
    promotion: Words
    pages: Words
    form_pages: Words
    call_warm_en: Words
    call_warm_zh: Words
    call_cold_en: Words
    call_cold_zh: Words
    call_unfit: Mapping[str, Words]
    mobile_zh: Words
    places: Mapping[str, Pairs]
    networks: Mapping[str, str]
    titles: Mapping[str, Words]
    cities_zh: Mapping[str, str]


@cache
def vocabulary() -> Vocabulary:
    """Return the words; the file is read once per process."""
    text = Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), Vocabulary)
