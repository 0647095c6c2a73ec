"""Hostile text is cheap: twice the text costs at most about twice the time, for each transform and pattern of cleaning and reading."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC
from typing import Any

import pytest

import lead_ml
import lead_ml.clean as clean_package
from lead_ml.clean import TRANSFORMS, as_number, as_text, is_amount, plain_number
from lead_ml.clean.mail import address
from lead_ml.clean.numbers import _amount
from lead_ml.clean.text import clean, name_key
from lead_ml.clean.word_lists import _file, function_rules, pattern, seniority_rules
from lead_ml.tables.cell_rules import spelling_key
from lead_ml.tables.read.date_formats import _sure
from lead_ml.tables.read.timestamps import span_of

LONG = 20_000  # characters of a cell in a request
FREE_MS, MOST_MS = 4.0, 120.0  # what is quick enough is not measured twice; CPU milliseconds
PIECES = ("a", "1", "@", "a@", "a.", "a.b@", "<", "<a>", "x@a.co ", "www.", "a-", " ", "\u3000", "\u200b ", "(1", "1,000", "1.000",
          "1 ", "0", "转", "x1 ", "\n", "test", "asdf_1", "啊", "_", "ｗ", "ﬃ", "e\u0301", "\u0301\u0323", "co-", "vice ", "2001:", "1.1",
          "'", "$1", "万", "e1", "+-", "aB", "İ", "1/", "12-", "T1", "https:", "seo ", "公司", "有限公司", "公司分公司", "集团 ", "北京市", "省", "重", "s.a.", "s a ", "(株)", "a (", "dr. ", "a, ", "ph. ", "sr, ",
          "CA 94105 ", "SW1A 2AA,", "mc", "o'", "gmail.con ")  # fmt: skip
TAILS = ("", "!", "@b.co", ">")


def text_functions() -> dict[str, Callable[[str], object]]:
    """Every public function of cleaning whose first argument is a text and whose others have defaults, without its cache."""
    found: dict[str, Callable[[str], object]] = {}
    for module in pkgutil.walk_packages(clean_package.__path__, "lead_ml.clean."):
        for name, function in vars(importlib.import_module(module.name)).items():
            plain = inspect.unwrap(function) if callable(function) else None
            if name.startswith("_") or not inspect.isfunction(plain) or plain.__module__ != module.name:
                continue
            first, *others = [*inspect.signature(plain).parameters.values(), None]
            if (
                first is not None
                and first.name == "text"
                and all(o is None or o.default is not o.empty for o in others)
            ):
                found[name] = plain
    return found


READERS: dict[str, Callable[[str], object]] = {
    **text_functions(),
    **TRANSFORMS,
    "as_number": as_number,
    "as_text": as_text,
    "plain_number": plain_number,
    "is_amount": is_amount,
    "clean": clean,
    "name_key": name_key,
    "spelling_key": spelling_key,
    "span_of": lambda text: span_of(text, UTC),
    "day_first": lambda text: span_of(text, UTC, "day_first"),
}
# Patterns whose callers bound the text, with the bound.
BOUNDED = {"words.currency": 64, "words.phone_label": 64, "words.placeholder_name": 100, "words.phone_extension": 64, "lead_ml.clean.numbers._WITH": 64}  # fmt: skip


def patterns() -> Iterator[tuple[str, Callable[[str], object]]]:
    """Every regular expression of the rooms that read text of strangers, used as its module uses it."""
    for room in ("clean", "tables", "scoring", "asof", "service", "declare"):
        package = importlib.import_module(f"lead_ml.{room}")
        names = [
            f"lead_ml.{room}",
            *(m.name for m in pkgutil.walk_packages(package.__path__, f"lead_ml.{room}.")),
        ]
        for name in names:
            if name.endswith("__main__"):
                continue
            module = importlib.import_module(name)
            source = inspect.getsource(module)
            for key, value in vars(module).items():
                if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
                    searched = re.search(rf"\b{key}\.(?:search|sub|findall|finditer|split)\b", source)
                    yield f"{name}.{key}", value.search if searched else value.fullmatch
    for name in _file()["patterns"]:
        yield f"words.{name}", pattern(name).search
    yield from ((f"function.{name}", rule.search) for name, rule in function_rules())
    yield from ((f"seniority.{level}.{k}", rule.search) for k, (level, rule) in enumerate(seniority_rules()))


def cpu(read: Callable[[str], object], text: str) -> float:
    """The best CPU time of three, in milliseconds."""
    best = float("inf")
    for _ in range(3):
        start = time.process_time()
        read(text)
        best = min(best, 1000 * (time.process_time() - start))
        if best < FREE_MS:
            break
    return best


def grown(piece: str, size: int, tail: str) -> str:
    return (piece * size)[:size] + tail


def check(name: str, read: Callable[[str], object], size: int, tails: tuple[str, ...] = TAILS) -> None:
    for piece in PIECES:
        for tail in tails:
            if cpu(read, grown(piece, size, tail)) < FREE_MS:
                continue
            measured = [
                (cpu(read, grown(piece, size, tail)), cpu(read, grown(piece, size // 2, tail)))
                for _ in range(4)
            ]
            # A noisy measurement is repeated; a square of the length would show in every one.
            assert any(whole < MOST_MS and whole < 3 * half + 1 for whole, half in measured), (
                f"{name} takes {measured} ms for {size:,} characters of {piece!r} and {tail!r}, and half of them"
            )


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(READERS))
def test_twice_the_text_takes_twice_the_time(name: str) -> None:
    check(name, READERS[name], LONG)


@pytest.mark.parametrize("name", sorted(READERS))
def test_a_long_text_is_read_quickly(name: str) -> None:
    for piece in ("a.", "<a>", "asdf_1", "\u0301\u0323", "a"):
        assert cpu(READERS[name], grown(piece, LONG, "!")) < MOST_MS, piece


@pytest.mark.slow
def test_every_pattern_is_linear_or_its_text_is_bounded() -> None:
    found = dict(patterns())
    assert len(found) > 20
    for name, read in found.items():
        check(name, read, BOUNDED.get(name, 8_000), ("", "!"))
    check("amount", _amount().fullmatch, 64)
    for expression in _sure():
        check(expression.pattern, expression.fullmatch, 64)


@pytest.mark.parametrize(("length", "is_one"), [(253, True), (254, True), (255, False), (20_000, False)])
def test_an_address_ends_at_254_characters(length: int, is_one: bool) -> None:
    host = ".".join(["a" * 60] * ((length - 7) // 61 + 1))[: length - 7]
    text = f"li@{host.strip('.').ljust(length - 7, 'b')}.com"
    assert len(text) == length
    assert (address(text) is not None) == is_one
    assert (address(f"Li Wei <{text}>") is not None) == is_one


def test_no_text_function_is_left_out() -> None:
    """What takes a text and something else is called with it here."""
    assert {
        "company_key",
        "person_key",
        "pinyin",
        "simplified",
        "standard_email",
        "standard_phone",
        "address_parts",
    } <= set(READERS)
    assert set(TRANSFORMS) <= set(READERS)


def test_the_package_is_the_one_under_test() -> None:
    assert lead_ml.__file__ is not None
    values: dict[str, Any] = {name: read("x") for name, read in READERS.items()}
    assert values["clean"] == "x"
