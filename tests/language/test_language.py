"""Catalogs: the same keys and fields everywhere, and numbers as each language writes them."""

from __future__ import annotations

import doctest
import re
from importlib import import_module
from pathlib import Path
from string import Formatter

import pytest

import lead_ml
from lead_ml.language import LANGUAGES, catalog
from lead_ml.language.catalogs import Entry

PACKAGE = Path(lead_ml.__file__).parent
CHINESE = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
OTHERS = [language for language in LANGUAGES if language != "en"]


def fields_of(entry: Entry) -> set[str]:
    texts = [entry] if isinstance(entry, str) else list(entry.values())
    return {name for text in texts for _, name, _, _ in Formatter().parse(text) if name}


def test_english_and_chinese_are_there() -> None:
    assert {"en", "zh"} <= set(LANGUAGES)


@pytest.mark.parametrize("language", OTHERS)
def test_every_key_exists_in_every_language(language: str) -> None:
    assert set(catalog(language).entries) == set(catalog("en").entries)


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_has_the_fields_of_the_english_one(language: str) -> None:
    english = catalog("en").entries
    found = {k: fields_of(v) for k, v in catalog(language).entries.items()}
    assert found == {key: fields_of(entry) for key, entry in english.items()}


@pytest.mark.parametrize("language", LANGUAGES)
def test_plural_texts_have_every_form_that_the_language_uses(language: str) -> None:
    found = catalog(language)
    forms = set(found.numbers.locale.plural_form.tags) | {"other"}
    plurals = {key: set(entry) for key, entry in found.entries.items() if not isinstance(entry, str)}
    assert {key for key, given in plurals.items() if given != forms} == set()


def test_a_count_chooses_the_plural_form() -> None:
    assert catalog("en")("language.leads", count=1) == "1 lead"
    assert catalog("en")("language.leads", count=1882) == "1,882 leads"
    assert catalog("zh")("language.leads", count=1882) == "1,882 条线索"


def test_an_unknown_key_and_a_missing_field_are_errors() -> None:
    with pytest.raises(KeyError, match=r"no\.such"):
        catalog("en")("no.such")
    with pytest.raises(KeyError, match="count"):
        catalog("en")("language.leads")


def test_the_examples_in_the_docstrings_hold() -> None:

    for name in ("catalogs", "numbers"):
        assert doctest.testmod(import_module(f"lead_ml.language.{name}")).failed == 0
