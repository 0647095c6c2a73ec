"""Personal keys and values of a history snapshot under pseudonyms, so that a bundle holds none in clear."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from lead_ml.asof.kernel.history_snapshot import HistorySnapshot, Pseudonym
from lead_ml.asof.kernel.order import offsets_of
from lead_ml.asof.kernel.plan import Plan
from lead_ml.asof.kernel.program import Base


def is_personal(plan: Plan, personal: Collection[str]) -> bool:
    """Tell whether the history of a plan holds values of personal lead columns, as keys or as values that it distinguishes."""
    return _personal_key(plan, personal) or bool(_personal_texts(plan, personal))


def under_pseudonyms(
    plan: Plan, snapshot: HistorySnapshot, personal: Collection[str], pseudonym: Pseudonym
) -> HistorySnapshot:
    """Return a snapshot whose personal keys and values are pseudonyms, in their order: the old order would tell of the texts."""
    found = _renamed_keys(snapshot, pseudonym) if _personal_key(plan, personal) else snapshot
    for k in _personal_texts(plan, personal):
        found = _renamed_levels(found, k, pseudonym)
    return found_by_pseudonyms(plan, found, personal, pseudonym)


def found_by_pseudonyms(
    plan: Plan, snapshot: HistorySnapshot, personal: Collection[str], pseudonym: Pseudonym
) -> HistorySnapshot:
    """Return a snapshot that holds pseudonyms, so that it finds the keys and values of a request by theirs."""
    return replace(
        snapshot,
        pseudonym=pseudonym,
        personal_key=_personal_key(plan, personal),
        personal_texts=_personal_texts(plan, personal),
    )


def _personal_key(plan: Plan, personal: Collection[str]) -> bool:
    return plan.key.partition(":")[0] in personal


def _personal_texts(plan: Plan, personal: Collection[str]) -> tuple[int, ...]:
    return tuple(k for k, column in enumerate(plan.distinct_columns) if column in personal)


def _renamed_keys(snapshot: HistorySnapshot, pseudonym: Pseudonym) -> HistorySnapshot:
    names, count = [pseudonym(key) for key in snapshot.keys], len(snapshot.keys)
    order = [
        *sorted(range(count), key=names.__getitem__),
        count,
    ]  # the state of a key never seen stays the last one
    place = np.empty(count + 1, dtype=np.int64)
    place[order] = np.arange(count + 1)
    key = np.repeat(place, np.diff(snapshot.offsets))
    rows = np.argsort(key, kind="stable")
    return replace(
        snapshot,
        keys=tuple(names[k] for k in order[:-1]),
        offsets=offsets_of(key[rows], count + 1),
        occurred=snapshot.occurred[rows],
        passes=snapshot.passes[rows],
        values=snapshot.values[:, rows],
        codes=snapshot.codes[:, rows],
        base=Base(snapshot.base.whole[order], snapshot.base.decayed[order]),
    )


def _renamed_levels(snapshot: HistorySnapshot, k: int, pseudonym: Pseudonym) -> HistorySnapshot:
    names = [pseudonym(text) for text in snapshot.levels[k]]
    order = sorted(range(len(names)), key=names.__getitem__)
    code = np.full(len(names) + 1, -1, dtype=np.int32)
    code[order] = np.arange(len(order))
    codes, levels = snapshot.codes.copy(), list(snapshot.levels)
    codes[k], levels[k] = code[codes[k]], tuple(names[place] for place in order)
    return replace(snapshot, codes=codes, levels=tuple(levels))
