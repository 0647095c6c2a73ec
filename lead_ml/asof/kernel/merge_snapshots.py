"""Putting history snapshots of one plan together, each of which holds some of the keys."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np

from lead_ml.asof.kernel.history_snapshot import HistorySnapshot
from lead_ml.asof.kernel.order import offsets_of
from lead_ml.asof.kernel.plan import Plan
from lead_ml.asof.kernel.program import Base
from lead_ml.asof.kernel.take_snapshot import shown_places
from lead_ml.tables.dataset import Codes, Indices


def merged(plan: Plan, parts: Sequence[HistorySnapshot], owned: Sequence[Collection[str]]) -> HistorySnapshot:
    """Return one snapshot of all keys, equal to that of all rows at once, from parts as of one instant.

    `owned` are the keys that each part holds whole; its other keys are left out.
    """
    found = sorted(
        (key, k, place)
        for k, part in enumerate(parts)
        for place, key in enumerate(part.keys)
        if key in owned[k]
    )
    # Each part ends with the state of a key never seen, which is the same in all of them; it ends the result too.
    places = [np.full(len(part.keys) + 1, -1, dtype=np.int64) for part in parts]
    for number, (_, k, place) in enumerate(found):
        places[k][place] = number
    of_key = np.concatenate(places)
    chosen = np.append(np.flatnonzero(of_key >= 0)[np.argsort(of_key[of_key >= 0])], len(of_key) - 1)
    base = Base(
        *(np.concatenate(arrays)[chosen] for arrays in zip(*(part.base for part in parts), strict=True))
    )
    owner = np.repeat(np.arange(len(parts)), [len(own) for own in places])[chosen]
    key = np.repeat(of_key, np.concatenate([np.diff(part.offsets) for part in parts]))
    rows = np.flatnonzero(key >= 0)
    rows = rows[np.argsort(key[rows], kind="stable")]
    texts = [_text(plan, k, parts, rows, base, owner) for k in range(len(plan.text_columns))]
    return replace(
        parts[0],
        keys=tuple(text for text, _, _ in found),
        offsets=offsets_of(key[rows], len(found) + 1),
        occurred=np.concatenate([part.occurred for part in parts])[rows],
        passes=np.concatenate([part.passes for part in parts])[rows],
        values=np.concatenate([part.values for part in parts], axis=1)[:, rows],
        codes=np.array([codes for codes, _ in texts], dtype=np.int32).reshape(len(texts), len(rows)),
        levels=tuple(levels for _, levels in texts),
        base=base,
    )


def _text(
    plan: Plan, k: int, parts: Sequence[HistorySnapshot], rows: Indices, base: Base, owner: Indices
) -> tuple[Codes, tuple[str, ...]]:
    """Return the codes of text column `k` in the rows, with its levels, and change those that the base shows."""
    levels = [level for part in parts for level in part.levels[k]]
    shifts = np.cumsum([0, *(len(part.levels[k]) for part in parts)])
    pieces = [
        np.where(part.codes[k] < 0, -1, part.codes[k] + shift)
        for part, shift in zip(parts, shifts, strict=False)
    ]
    codes = np.concatenate(pieces)[rows]
    places = shown_places(plan, base, k)
    shown = (base.decayed + shifts[owner][:, None])[places].astype(np.int64)
    used = sorted({levels[code] for code in np.unique(np.append(codes[codes >= 0], shown)).tolist()})
    number = {level: code for code, level in enumerate(used)}
    table = np.array([*(number.get(level, -1) for level in levels), -1], dtype=np.int32)
    base.decayed[places] = table[shown]
    return table[codes], tuple(used)
