"""Pairs that a person decides: which to ask about, how they are written, and how the answers come back."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lead_ml.clean.csv_cells import harmless
from lead_ml.clean.text import clean
from lead_ml.clean.word_lists import word_list
from lead_ml.errors import InputError
from lead_ml.lead_data.match.compare import Ints
from lead_ml.lead_data.match.weights import Floats

Pair = tuple[str, str]
COLUMNS = ("lead_a", "lead_b", "same", "chance")
_HEAD = "lead_a, lead_b and same in the first line, as lead-ml match writes them"


@dataclass(frozen=True)
class ReviewedPair:
    """What a person said of two leads; ``chance`` is how likely the pair was to be drawn at random, None if it was picked."""

    lead_a: str
    lead_b: str
    same: bool
    chance: float | None = None

    @property
    def pair(self) -> Pair:
        """Return the ids in order."""
        return min(self.lead_a, self.lead_b), max(self.lead_a, self.lead_b)


def read_reviewed(path: Path) -> list[ReviewedPair]:
    """Read the pairs of a CSV file that have an answer; rows without one are left for later."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        if not {"lead_a", "lead_b", "same"} <= set(reader.fieldnames or ()):
            raise InputError("columns are missing", source=path.name, value=reader.fieldnames, expected=_HEAD)
        found = [
            _reviewed(row, line, path.name) for line, row in enumerate(reader, 2) if clean(row["same"] or "")
        ]
    return united(found, path.name)


def _reviewed(row: Mapping[str, str], line: int, source: str) -> ReviewedPair:
    answer, chance = clean(row["same"]).casefold(), clean(row.get("chance") or "")
    if answer not in word_list("yes") | word_list("no"):
        expected, do = "yes or no", "correct it, or leave it empty to decide later"
        raise InputError(
            "same cannot be read", source=source, rows=[line], value=row["same"], expected=expected, do=do
        )
    try:
        drawn = float(chance) if chance else None
    except ValueError:
        drawn = -1.0
    if drawn is not None and not 0 < drawn <= 1:
        do = "leave chance as lead-ml match wrote it"
        raise InputError(
            "chance cannot be read", source=source, rows=[line], value=chance, expected="0 to 1", do=do
        )
    ids = (clean(row["lead_a"]).removeprefix("'"), clean(row["lead_b"]).removeprefix("'"))
    if not all(ids) or ids[0] == ids[1]:
        raise InputError(
            "a pair needs two leads", source=source, rows=[line], value=" ".join(ids), expected="two ids"
        )
    return ReviewedPair(min(ids), max(ids), answer in word_list("yes"), drawn)


def united(pairs: Iterable[ReviewedPair], source: str) -> list[ReviewedPair]:
    """Return each pair once, in order; two answers that contradict each other, also through other leads, are an error."""
    found: dict[Pair, ReviewedPair] = {}
    for pair in pairs:
        known = found.setdefault(pair.pair, pair)
        if known.same != pair.same:
            raise _contradiction(source, f"{pair.lead_a} and {pair.lead_b} are both the same and not")
        if known.chance is None:
            found[pair.pair] = pair
    head = _heads(pair.pair for pair in found.values() if pair.same)
    for pair in found.values():
        if not pair.same and head.get(pair.lead_a, pair.lead_a) == head.get(pair.lead_b, pair.lead_b):
            raise _contradiction(
                source, f"{pair.lead_a} and {pair.lead_b} are not the same, but others link them"
            )
    return [found[key] for key in sorted(found)]


def _contradiction(source: str, what: str) -> InputError:
    return InputError(
        "answers contradict each other", source=source, value=what, do="correct one of the answers"
    )


def _heads(pairs: Iterable[Pair]) -> dict[str, str]:
    """Return for each lead of a pair the first of all that are linked to it."""
    head: dict[str, str] = {}

    def first(lead: str) -> str:
        while head.get(lead, lead) != lead:
            head[lead] = head.get(head[lead], head[lead])
            lead = head[lead]
        return lead

    for a, b in pairs:
        one, other = sorted((first(a), first(b)))
        head[other] = one
        head.setdefault(one, one)
    return {lead: first(lead) for lead in head}


def reviewed_csv(pairs: Iterable[ReviewedPair]) -> bytes:
    """Return answers as the CSV that :func:`read_reviewed` reads."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for pair in pairs:
        said = "yes" if pair.same else "no"
        writer.writerow(
            [
                harmless(pair.lead_a),
                harmless(pair.lead_b),
                said,
                "" if pair.chance is None else repr(pair.chance),
            ]
        )
    return out.getvalue().encode()


def drawn(
    pairs: Sequence[Pair], band: Ints, log_odds: Floats, ask: int, seed: int
) -> dict[int, float | None]:
    """Return which pairs to ask about, by position, the most informative first, with the chance of those drawn at random.

    Half of them are drawn at random, half of these from the pairs called *same*, a quarter from each other band; a pair's draw
    depends on its ids alone, so that a second run draws the same. The others are those nearest to even odds.
    """
    luck = np.array([_luck(pair, seed) for pair in pairs])
    chances: dict[int, float] = {}
    for value, share in ((2, 0.25), (1, 0.125), (0, 0.125)):
        rows = np.flatnonzero(band == value)
        lucky = rows[np.argsort(luck[rows], kind="stable")][: round(ask * share)]
        chances |= dict.fromkeys(lucky.tolist(), len(lucky) / max(1, len(rows)))
    near = [
        row
        for row in np.argsort(np.abs(log_odds), kind="stable").tolist()
        if row not in chances and band[row] == 1
    ]
    picked = [*near[: max(0, ask - len(chances))], *chances]
    order = sorted(picked, key=lambda row: (abs(float(log_odds[row])), pairs[row]))
    return {row: chances.get(row) for row in order}


def _luck(pair: Pair, seed: int) -> float:
    digest = hashlib.blake2b(f"{seed}\n{pair[0]}\n{pair[1]}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64
