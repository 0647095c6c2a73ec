"""Leads that are not real: bots, keyboard mash, wrong numbers and test entries. Some of each look real."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lead_ml.demo.arrival import SECOND
from lead_ml.demo.people import Objects, one_of
from lead_ml.demo.traces import filled, texts, yes_no
from lead_ml.demo.vocabulary import vocabulary
from lead_ml.tables.dataset import Indices, Instants

FAKE_REASONS = {"bot": "bot", "mash": "bounced", "wrong_number": "bad_number", "test": "test"}
UNFIT_REASONS = ("student", "no_budget", "competitor")
_OBVIOUS = 0.82
_BURST = 9  # leads of one burst of a bot, on average
_BURST_GAP = 400.0  # seconds between them


def draw_kinds(
    rng: np.random.Generator, size: int, shares: tuple[tuple[str, float], ...], unfit_share: float
) -> Objects:
    """Draw ``real``, a reason why a real lead is unfit, or a type of fake."""
    names = ("real", *UNFIT_REASONS, *(name for name, _ in shares))
    real = 1 - sum(share for _, share in shares)
    unfit = [real * unfit_share / len(UNFIT_REASONS)] * len(UNFIT_REASONS)
    chances = [real * (1 - unfit_share), *unfit, *(share for _, share in shares)]
    return np.array(names, dtype=object)[rng.choice(len(names), size, p=chances)]


def burst_instants(
    rng: np.random.Generator, created_at: Instants, kind: Objects, until: int
) -> tuple[Instants, Indices]:
    """Move bots into bursts; return the times of creation, and the first row of the burst (-1 without one)."""
    bots = np.flatnonzero(kind == "bot")
    number = rng.integers(max(1, len(bots) // _BURST), size=len(bots))
    burst = np.full(len(kind), -1, dtype=np.int64)
    moved = created_at.copy()
    for one in np.unique(number):
        members = bots[number == one]
        gaps = np.round(rng.exponential(_BURST_GAP, len(members))).astype(np.int64).cumsum()
        moved[members] = created_at[members[0]] + (gaps - gaps[0]) * SECOND
        burst[members] = members[0]
    return np.minimum(moved, until - 120 * SECOND), burst


def disguise(
    rng: np.random.Generator, columns: dict[str, Objects], kind: Objects, burst: Indices
) -> dict[str, Objects]:
    """Return the columns as fake leads fill them in; one in six looks real."""
    changed = {name: values.copy() for name, values in columns.items()}
    obvious = rng.random(len(kind)) < _OBVIOUS
    _bots(rng, changed, np.flatnonzero((kind == "bot") & obvious), burst)
    _mash(rng, changed, np.flatnonzero((kind == "mash") & obvious))
    _wrong_numbers(rng, changed, np.flatnonzero((kind == "wrong_number") & obvious))
    _tests(rng, changed, np.flatnonzero((kind == "test") & obvious))
    return changed


def _bots(rng: np.random.Generator, columns: dict[str, Objects], rows: Indices, burst: Indices) -> None:
    size = len(rows)
    number = burst[rows]
    mailbox = _letters(rng, size)
    domains = vocabulary().throw_away + vocabulary().odd_domains
    columns["email"][rows] = [f"{mailbox[i]}@{domains[number[i] % len(domains)]}" for i in range(size)]
    columns["ip"][rows] = [f"185.220.{n // 250 % 250}.{n % 250 + 1}" for n in number]
    columns["form_seconds"][rows] = texts(np.round(rng.lognormal(np.log(2.5), 0.8, size), 1))
    columns["captcha_passed"][rows] = yes_no(rng.random(size) < 0.45)
    _some(rng, columns["user_agent"], rows, 0.4, one_of(rng, vocabulary().robots, size))
    _some(rng, columns["message"], rows, 0.6, filled(rng, vocabulary().promotion, size))
    _some(rng, columns["name"], rows, 0.4, _letters(rng, size))
    columns["account_id"][rows] = None


def _mash(rng: np.random.Generator, columns: dict[str, Objects], rows: Indices) -> None:
    size = len(rows)
    _some(rng, columns["name"], rows, 0.8, one_of(rng, vocabulary().mash, size))
    _some(rng, columns["company"], rows, 0.7, one_of(rng, vocabulary().mash, size))
    local, host = (
        one_of(rng, vocabulary().mash, size),
        one_of(rng, vocabulary().free_en + vocabulary().free_zh + ("asdf", "qwe"), size),
    )
    mails = [f"{a}{number}@{b}" for number, (a, b) in enumerate(zip(local, host, strict=True))]
    _some(rng, columns["email"], rows, 0.8, np.array(mails, dtype=object))
    _some(rng, columns["phone"], rows, 0.4, one_of(rng, vocabulary().fake_phones, size))
    columns["form_seconds"][rows] = texts(np.round(rng.lognormal(np.log(9), 0.6, size), 1))
    columns["account_id"][rows] = None


def _wrong_numbers(rng: np.random.Generator, columns: dict[str, Objects], rows: Indices) -> None:
    _some(rng, columns["phone"], rows, 0.8, one_of(rng, vocabulary().fake_phones, len(rows)))


def _tests(rng: np.random.Generator, columns: dict[str, Objects], rows: Indices) -> None:
    size = len(rows)
    columns["name"][rows] = one_of(rng, vocabulary().test_names, size)
    _some(
        rng,
        columns["email"],
        rows,
        0.6,
        np.array([f"test{i}@test.example" for i in range(size)], dtype=object),
    )
    _some(rng, columns["phone"], rows, 0.5, one_of(rng, vocabulary().fake_phones, size))
    _some(rng, columns["message"], rows, 0.5, one_of(rng, vocabulary().test_messages, size))


def _some(rng: np.random.Generator, column: Objects, rows: Indices, share: float, values: Objects) -> None:
    chosen = rng.random(len(rows)) < share
    column[rows[chosen]] = values[chosen]


def _letters(rng: np.random.Generator, size: int) -> npt.NDArray[np.object_]:
    alphabet = np.array(list("abcdefghijklmnopqrstuvwxyz"))
    return np.array(["".join(alphabet[row]) for row in rng.integers(26, size=(size, 9))], dtype=object)
