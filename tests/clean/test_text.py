"""One value gives one text and one number, however it was stored."""

from __future__ import annotations

import datetime
import math
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lead_ml.clean import as_number, as_text
from lead_ml.clean.text import clean, missing_tags

WHOLE = st.integers(-(2**53) + 1, 2**53 - 1)


@given(st.text())
def test_a_cleaned_text_stays_as_it_is(text: str) -> None:
    once = as_text(text)
    assert once is None or as_text(once) == once
    assert clean(clean(text)) == clean(text)


@given(st.text(alphabet=st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1))
def test_full_width_letters_equal_plain_ones(text: str) -> None:
    wide = "".join(chr(ord(letter) + 0xFEE0) for letter in text)
    assert as_text(wide) == as_text(text)


@given(WHOLE)
def test_a_whole_number_gives_the_same_text_from_every_type(value: int) -> None:
    texts = {as_text(form) for form in (value, str(value), float(value), np.int64(value), np.float64(value))}
    assert texts == {str(value)}
    assert as_text(Decimal(value)) == str(value)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_survives_text_and_back(value: float) -> None:
    text = as_text(value)
    assert text is not None
    assert as_number(text) == value


def test_a_short_float_equals_its_double() -> None:
    assert as_text(np.float32(0.1)) == as_text(0.1) == "0.1"


@pytest.mark.parametrize(
    "value",
    [
        None,
        float("nan"),
        np.float32("nan"),
        np.datetime64("NaT"),
        pd.NaT,
        pd.NA,
        Decimal("NaN"),
        "",
        " \u3000",
    ],
)
def test_every_sign_of_missing_is_missing(value: object) -> None:
    assert as_text(value) is None


@pytest.mark.parametrize("tag", ["N/A", "n/a", " NULL ", "Ｎ／Ａ", "无", "－"])
def test_missing_tags_are_met_in_any_case_and_width(tag: str) -> None:
    assert as_text(tag) is None
    assert as_text("zero", missing=frozenset({" ZERO "})) is None
    assert as_text(tag, missing=frozenset()) is not None


def test_missing_tags_are_folded() -> None:
    assert missing_tags(["Ｎ／Ａ", "n/a "]) == frozenset({"n/a"})


def test_words_for_truth_are_alike() -> None:
    assert as_text(True) == as_text(np.bool_(True)) == "true"
    assert as_text(False) == "false"


def test_dates_become_iso_texts() -> None:
    assert as_text(datetime.date(2025, 1, 2)) == "2025-01-02"
    assert as_text(datetime.datetime(2025, 1, 2, 3, tzinfo=datetime.UTC)) == "2025-01-02T03:00:00+00:00"


@given(WHOLE)
def test_thousands_commas_change_no_number(value: int) -> None:
    assert as_number(f"{value:,}") == as_number(f"{value:+d}") == value


@given(st.text())
def test_a_number_is_finite_or_nan(text: str) -> None:
    assert not math.isinf(as_number(text))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "+",
        ".",
        "e5",
        "inf",
        "-Infinity",
        "1e999",
        "nan",
        "1,5",
        "1,23",
        "1_000",
        "0x10",
        "12 34",
        "1.2.3",
        "192.168.100.200",
        "912 345 678",
        "50-100 $",
        "$",
        "%",
        "--5",
        "(5",
        "$5 €5 $",
    ],
)
def test_what_is_no_number_is_nan(text: str) -> None:
    assert math.isnan(as_number(text))


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("１２３．５", 123.5),
        ("\u22125", -5.0),
        ("5.", 5.0),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("是", 1.0),
        ("NO", 0.0),
    ],
)
def test_numbers_are_read_in_every_form(text: str, number: float) -> None:
    assert as_number(text) == number
