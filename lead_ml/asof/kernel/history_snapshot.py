"""Snapshots of the history of keys that many leads share, which a request does not carry.

For each key, a snapshot holds the scanned state of the all-time features and the rows that a window may still count, so that a
request adds its own new rows and gets what the full history would have given, to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from lead_ml.asof.kernel.plan import Plan
from lead_ml.asof.kernel.program import Base
from lead_ml.asof.kernel.texts import packed, unpacked
from lead_ml.errors import BundleError
from lead_ml.tables.dataset import Codes, Instants

Pseudonym = Callable[[str], str]
_ARRAYS = ("offsets", "occurred", "passes", "values", "codes")


@dataclass(frozen=True, eq=False)
class HistorySnapshot:
    """History of K keys as known strictly before `until`; entry K of every array by key is a key never seen.

    The N rows are those that occurred within the longest window before `until`, and the first of each value for all-time
    distinct features; by key, then occurrence. For an ``as_of`` before `until`, windows and distinct values are cut at
    ``as_of`` over the history as known at `until`, and other all-time features answer as of `until`: rows that were scanned
    cannot be taken back.

    An `anchored` snapshot answers a later ``as_of`` as of `until`, with the age of each new row kept: so that the last week of a
    history that ends a week ago still counts. Without it a window counts only what came after `until` and a request brings.
    """

    plan_digest: str
    until: int  # microseconds UTC
    supplied: bool  # where the table was not supplied, K is 0
    keys: tuple[str, ...]  # K in ascending order
    offsets: npt.NDArray[np.int64]  # (K + 2,) rows of key k are offsets[k]:offsets[k + 1]
    occurred: Instants
    passes: npt.NDArray[np.uint64]
    values: npt.NDArray[np.int64]  # (V, N)
    codes: Codes  # (D + L, N)
    levels: tuple[tuple[str, ...], ...]  # texts of the codes: a tuple per distinct, then per shown column
    base: Base  # (K + 1, A) state of the all-time features
    anchored: bool = False
    pseudonym: Pseudonym | None = None  # what keys, and the values of these text columns, are stored under
    personal_key: bool = False
    personal_texts: tuple[int, ...] = ()

    @cached_property
    def key_index(self) -> Mapping[str, int]:
        """Position of each key."""
        return {text: k for k, text in enumerate(self.keys)}

    @cached_property
    def level_index(self) -> tuple[Mapping[str, int], ...]:
        """Code of each text, per column."""
        return tuple({text: k for k, text in enumerate(levels)} for levels in self.levels)

    def place(self, key: str) -> int:
        """Return the position of a key, K for one never seen."""
        name = self.pseudonym(key) if self.pseudonym and self.personal_key else key
        return self.key_index.get(name, len(self.keys))

    def code(self, k: int, text: str) -> int | None:
        """Return the code of a value of text column `k`, None for a new one."""
        name = self.pseudonym(text) if self.pseudonym and k in self.personal_texts else text
        return self.level_index[k].get(name)

    def to_arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return the history as plain arrays, equal to the last byte for equal content.

        Texts are UTF-8 bytes with offsets; personal keys and levels are written as they are held, in clear or under pseudonyms.
        """
        arrays: dict[str, npt.NDArray[Any]] = {
            "plan": np.frombuffer(bytes.fromhex(self.plan_digest), dtype=np.uint8),
            "until": np.array([self.until], dtype=np.int64),
            "supplied": np.array([self.supplied], dtype=np.uint8),
            **{name: getattr(self, name) for name in _ARRAYS},
            "whole": self.base.whole,
            "decayed": self.base.decayed,
            **packed("keys", self.keys),
        }
        for k, levels in enumerate(self.levels):
            arrays |= packed(f"levels_{k}", levels)
        return arrays

    @classmethod
    def from_arrays(cls, plan: Plan, arrays: Mapping[str, npt.NDArray[Any]]) -> HistorySnapshot:
        """Read what :meth:`to_arrays` returned, check that it is whole and of this plan, and index it for look-ups."""
        try:
            snapshot = cls(
                plan_digest=arrays["plan"].tobytes().hex(),
                until=int(arrays["until"][0]),
                supplied=bool(arrays["supplied"][0]),
                keys=unpacked("keys", arrays),
                levels=tuple(unpacked(f"levels_{k}", arrays) for k in range(len(plan.text_columns))),
                base=Base(arrays["whole"], arrays["decayed"]),
                offsets=arrays["offsets"],
                occurred=arrays["occurred"],
                passes=arrays["passes"],
                values=arrays["values"],
                codes=arrays["codes"],
            )
        except (KeyError, IndexError, UnicodeDecodeError) as error:
            raise BundleError(
                f"the history snapshot of {plan.stream} by {plan.key} cannot be read: {error!r}",
                do="restore the bundle from its registry, or train again",
            ) from error
        _check(plan, snapshot)
        return snapshot


def _check(plan: Plan, snapshot: HistorySnapshot) -> None:
    """Compare lengths and bounds, so that a damaged history cannot read beyond its arrays; builds the indexes."""
    keys, rows, whole = len(snapshot.keys), len(snapshot.occurred), len(plan.program.start)
    sound = (
        snapshot.plan_digest == plan.digest
        and snapshot.offsets.shape == (keys + 2,)
        and snapshot.passes.shape == (rows,)
        and snapshot.values.shape == (len(plan.value_columns), rows)
        and snapshot.codes.shape == (len(plan.text_columns), rows)
        and snapshot.base.whole.shape == snapshot.base.decayed.shape == (keys + 1, whole)
        and (snapshot.offsets[0], snapshot.offsets[-1]) == (0, rows)
        and bool((np.diff(snapshot.offsets) >= 0).all())
        and (len(snapshot.key_index), *map(len, snapshot.level_index)) == (keys, *map(len, snapshot.levels))
    )
    if not sound:
        raise BundleError(
            f"the history snapshot of {plan.stream} by {plan.key} does not fit its features",
            do="restore the bundle from its registry, or train again",
        )
