"""Which pairs of leads are worth comparing: those that share a rare value, or two coarse ones.

Every column contributes coarse keys (a first part, a year, a word); no column is named. Keys and pairs of keys are
used from the most telling on until the budget of pairs is spent, so the work is bounded at any size.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from lead_ml.lead_data.match.fields import MatchField

Ints = npt.NDArray[np.int64]
_LARGEST = 100  # leads in a block; larger blocks say little
_RARE = 8  # leads up to which a value is rare
_PAIRS_PER_LEAD = (30, 60)  # of large and small tables
_SMALL = 1_000_000  # pairs


@dataclass(frozen=True)
class BlockKey:
    """One coarse key: a code of (rows,), -1 where missing, and the probability that two leads share it by chance."""

    field: str
    code: Ints
    chance: float


def candidate_pairs(fields: Sequence[MatchField]) -> tuple[Ints, Ints]:
    """Return the pairs to compare, left row before right row, in ascending order."""
    keys = [key for field in fields for key in _keys(field)]
    rows = len(fields[0].code) if fields else 0
    budget = max(_PAIRS_PER_LEAD[0] * rows, min(_SMALL, _PAIRS_PER_LEAD[1] * rows))
    found, pending, waiting = np.empty(0, np.int64), [], 0
    for code, largest in _blocks(keys):
        pairs = _pairs_within(code, rows, largest)
        pending.append(pairs)
        waiting += len(pairs)
        if waiting > budget / 2:
            found, pending, waiting = np.unique(np.concatenate([found, *pending])), [], 0
        if len(found) > budget:
            break
    found = np.unique(np.concatenate([found, *pending]))
    return found // max(1, rows), found % max(1, rows)


def _blocks(keys: Sequence[BlockKey]) -> Iterator[tuple[Ints, int]]:
    """Return codes and the largest block to use: rare values first, then keys and pairs of keys that strangers share least.

    Leads that share a rare value are pairs already: pairs of keys look only at the others.
    """
    keys = sorted(keys, key=lambda key: key.chance)
    yield from ((key.code, _RARE) for key in keys)
    often = [np.where(_size_of_block(key.code) > _RARE, key.code, -1) for key in keys]
    parts: list[tuple[float, tuple[int, ...]]] = [(key.chance, (at,)) for at, key in enumerate(keys)]
    parts += [
        (keys[a].chance * keys[b].chance, (a, b))
        for a, b in combinations(range(len(keys)), 2)
        if keys[a].field != keys[b].field
    ]
    for _, used in sorted(parts):
        code = often[used[0]]
        if len(used) == 2:
            other = often[used[1]]
            code = np.where((code < 0) | (other < 0), -1, code * (other.max(initial=0) + 1) + other)
        yield code, _LARGEST


def _size_of_block(code: Ints) -> Ints:
    count = np.append(np.bincount(code[code >= 0], minlength=1), 0)
    return np.where(code < 0, 0, count[code])


def _pairs_within(code: Ints, rows: int, largest: int) -> Ints:
    """Return all pairs of rows with the same code, as one number each; blocks that are too large are left out."""
    at = np.flatnonzero(code >= 0)
    order = at[np.argsort(code[at], kind="stable")]
    _, start, size = np.unique(code[order], return_index=True, return_counts=True)
    keep = (size > 1) & (size <= largest)
    start, size = start[keep], size[keep]
    pairs = [np.empty(0, np.int64)]
    for step in range(1, int(size.max(initial=1))):
        many = size > step
        first = np.repeat(start[many], size[many] - step) + _ramps(size[many] - step)
        pairs.append(order[first] * rows + order[first + step])
    return np.concatenate(pairs)


def _ramps(sizes: Ints) -> Ints:
    """Return 0, 1, ... for each size, behind each other."""
    return np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)


def _keys(field: MatchField) -> Iterator[BlockKey]:
    for texts in _coarse(field):
        distinct = sorted({text for text in texts if text})
        place = {text: at for at, text in enumerate(distinct)}
        code = np.append(np.array([place.get(text, -1) for text in texts], np.int64), -1)
        code = np.where(field.filled(), code[field.code], -1)
        count = np.bincount(code[code >= 0], minlength=1).astype(np.float64)
        chance = float((count**2).sum() - count.sum()) / max(1.0, float(len(code)) * (len(code) - 1))
        yield BlockKey(field.name, code, chance)


def _coarse(field: MatchField) -> Iterator[list[str]]:
    """Return coarse forms of the values of a field."""
    values, keys = field.values, [field.keys[at] for at in field.key]
    yield list(values)
    if field.kind == "date":
        yield [value[:6] for value in values]
        yield [value[4:] for value in values]
        yield [value[:4] for value in values]
        yield [value[2:4] + value[6:] for value in values]
    elif field.kind == "email":
        yield [value.partition("@")[0] for value in values]
        yield [value.partition("@")[2] for value in values]
        yield keys
        yield [key[:4] for key in keys]
    elif field.kind in ("phone", "number"):
        yield [value[-6:] for value in values]
        yield [value[:3] for value in values]
        yield [value[-3:] for value in values]
    else:
        yield keys
        yield [value[:4] for value in values]
        yield [value[-4:] for value in values]
        yield [_skeleton(key) for key in keys]


def _skeleton(text: str) -> str:
    """Return the consonants of a text, without repetition, in alphabetical order: swapped and doubled letters leave it as it is."""
    return "".join(sorted(set(text) - set("aeiouy '-"))) or text
