"""Traces of a form submission by a real person: IP address, browser, seconds, message."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lead_ml.demo.people import Flags, Objects, blanked, one_of
from lead_ml.demo.vocabulary import vocabulary
from lead_ml.model.metrics import sigmoid
from lead_ml.tables.dataset import Floats, Indices

_BLANK = {
    "industry": 0.08,
    "company_size": 0.12,
    "job_title": 0.10,
    "region": 0.06,
    "city": 0.06,
    "phone": 0.05,
}


def draw_traces(
    rng: np.random.Generator, country: Objects, company_row: Indices, intent: Floats
) -> dict[str, Objects]:
    """Draw the columns of a form; interested leads write more, and more about buying."""
    size = len(country)
    seconds = np.round(rng.lognormal(np.log(38), 0.6, size), 1)
    seconds = np.where(rng.random(size) < 0.05, np.round(rng.uniform(1.5, 5, size), 1), seconds)  # autofill
    everyone = np.arange(size)
    return {
        "ip": _addresses(rng, country, company_row),
        "user_agent": blanked(rng, one_of(rng, vocabulary().browsers, size), 0.05, everyone),
        "form_seconds": blanked(rng, texts(seconds), 0.08, everyone),
        "captcha_passed": blanked(rng, yes_no(rng.random(size) < 0.97), 0.08, everyone),
        "message": _messages(rng, country == "CN", intent),
        "consent": yes_no(rng.random(size) < 0.8),
    }


def blank_some(rng: np.random.Generator, columns: dict[str, Objects], person: Indices) -> dict[str, Objects]:
    """Return the columns with some fields left empty, as in real forms."""
    return {
        name: blanked(rng, values, _BLANK[name], person) if name in _BLANK else values
        for name, values in columns.items()
    }


def texts(values: Floats) -> Objects:
    """Return numbers as text."""
    return np.array([f"{value:g}" for value in values], dtype=object)


def yes_no(flags: Flags) -> Objects:
    """Return flags as the texts true and false."""
    return np.where(flags, np.array("true", dtype=object), np.array("false", dtype=object))


def filled(rng: np.random.Generator, templates: Sequence[str], size: int) -> Objects:
    """Draw templates and fill in their numbers."""
    seats, months = rng.integers(5, 400, size), rng.integers(2, 12, size)
    chosen = one_of(rng, templates, size)
    return np.array([chosen[i].format(n=seats[i], m=months[i]) for i in range(size)], dtype=object)


def _addresses(rng: np.random.Generator, country: Objects, company_row: Indices) -> Objects:
    size = len(country)
    at_home = rng.random(size) < 0.6
    block = np.where(at_home, rng.integers(0, 256, size), company_row % 256)
    host = np.where(at_home, rng.integers(1, 255, size), company_row // 256 % 254 + 1)
    return np.array(
        [f"{vocabulary().networks[country[i]]}.{block[i]}.{host[i]}" for i in range(size)], dtype=object
    )


def _messages(rng: np.random.Generator, chinese: Flags, intent: Floats) -> Objects:
    size = len(intent)
    warm = rng.random(size) < sigmoid(1.2 * intent - 0.4)
    in_chinese = np.where(
        warm, filled(rng, vocabulary().warm_zh, size), filled(rng, vocabulary().cold_zh, size)
    )
    in_english = np.where(
        warm, filled(rng, vocabulary().warm_en, size), filled(rng, vocabulary().cold_en, size)
    )
    written = rng.random(size) < sigmoid(0.5 * intent - 0.5)
    messages: Objects = np.where(chinese, in_chinese, in_english)
    messages[~written] = None
    return messages
