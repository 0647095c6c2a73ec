"""Amounts of money, percentages and grouped digits, as exports of many countries write them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lead_ml.clean import as_number, is_amount, plain_number

AMOUNTS = st.decimals(min_value=0, max_value=10**9, places=2, allow_nan=False)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("$48,000.00", 48000.0),
        ("-$48,000.00", -48000.0),
        ("$-48,000", -48000.0),
        ("($48,000.00)", -48000.0),
        ("US$ 1,200", 1200.0),
        ("48.000,50 €", 48000.5),
        ("€48.000,50", 48000.5),
        ("1.234.567 EUR", 1234567.0),
        ("1 200,50", 1200.5),
        ("1\u202f200,50\u00a0€", 1200.5),
        ("CHF 1'200.50", 1200.5),
        ("1’200’300.5", 1200300.5),
        ("¥1,200", 1200.0),
        ("￥１，２００", 1200.0),
        ("1,200元", 1200.0),
        ("5万", 50000.0),
        ("1.5万元", 15000.0),
        ("2.25亿", 225000000.0),
        ("₹1,00,000.50", 100000.5),
        ("12,34,567", 1234567.0),
        ("R$ 1.200,00", 1200.0),
        ("1 200 kr", 1200.0),
        ("1 200 300 zł", 1200300.0),
        ("48%", 48.0),
        ("48\u00a0%", 48.0),
        ("-4.5％", -4.5),
        ("12.345,6\u00a0%", 12345.6),
        ("USD 5", 5.0),
    ],
)
def test_an_amount_is_its_number(text: str, number: float) -> None:
    assert as_number(text) == number


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("75,1", "75.1"),
        ("1.234", "1234"),
        ("48.000 €", "48000"),
        ("3,5\u00a0%", "3.5"),
        ("12", "12"),
        ("1.2", "1.2"),
    ],
)
def test_a_declared_decimal_comma_decides(text: str, plain: str) -> None:
    assert plain_number(text, ",") == plain


@pytest.mark.parametrize("text", ["1,5", "1,23 €", "75,1"])
def test_a_lone_comma_is_no_number_without_it(text: str) -> None:
    assert plain_number(text) is None
    assert math.isnan(as_number(text))


@settings(deadline=None)
@given(
    AMOUNTS, st.sampled_from([",", " ", "'", "."]), st.sampled_from(["$ {}", "{} €", "{}", "-{}", "({} USD)"])
)
def test_every_grouping_gives_the_number_that_was_written(amount: object, group: str, form: str) -> None:
    point = "," if group in (". ") else "."
    written = f"{amount:,}".replace(",", "|").replace(".", point).replace("|", group)
    sign = -1 if form[0] in "-(" else 1
    assert plain_number(form.format(written), point) is not None  # type: ignore[arg-type]
    assert float(plain_number(form.format(written), point) or "nan") == sign * float(amount)  # type: ignore[arg-type]
    if group in written:
        assert as_number(form.format(written)) == sign * float(amount)  # type: ignore[arg-type]


@settings(deadline=None)
@given(st.text(alphabet="0123456789.,' $€%()-+万元", max_size=20))
def test_a_plain_number_stays_as_it_is(text: str) -> None:
    plain = plain_number(text)
    assert plain is None or float(plain) == float(plain_number(plain) or "nan")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("$5", True),
        ("5%", True),
        ("5", False),
        ("5万", False),
        ("free $", False),
        ("50-100 $", False),
        ("yes", False),
    ],
)
def test_amounts_are_told_from_other_texts(text: str, found: bool) -> None:
    assert is_amount(text) is found
