"""The answers of a large scoring in a temporary file: memory holds where each begins, and in which order they are shown."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import overload
from weakref import finalize

import msgspec
import numpy as np

from lead_ml.scoring import Answer
from lead_ml.tables.dataset import Indices

_decoder = msgspec.msgpack.Decoder(Answer)


class StoredAnswers(Sequence[Answer]):
    """Answers of leads, best first (by lead_id where probabilities are equal), read from a file when asked for.

    The leads in `last` come after all others.
    """

    def __init__(self, found: Iterable[Sequence[Answer]], last: Collection[str] = frozenset()) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 (lives as long as the answers)
        finalize(self, self._file.close)
        encoder = msgspec.msgpack.Encoder()
        sizes, probability, ids = list[int](), list[float](), list[str]()
        for answers in found:
            for answer in answers:
                sizes.append(self._file.write(encoder.encode(answer)))
                probability.append(answer.probability)
                ids.append(answer.lead_id)
        self._starts: Indices = np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)])
        # An object array compares as Python does; a plain one would ignore a trailing NUL.
        by_id = np.argsort(np.array(ids, dtype=object), kind="stable")
        better = np.argsort(-np.array(probability, dtype=np.float64)[by_id], kind="stable")
        order = by_id[better]
        late = np.array([ids[row] in last for row in order.tolist()], dtype=bool)
        self._order: Indices = order[np.argsort(late, kind="stable")]

    def __len__(self) -> int:
        return len(self._order)

    @overload
    def __getitem__(self, place: int) -> Answer: ...
    @overload
    def __getitem__(self, place: slice) -> list[Answer]: ...
    def __getitem__(self, place: int | slice) -> Answer | list[Answer]:
        if isinstance(place, slice):
            return [self._read(row) for row in self._order[place].tolist()]
        return self._read(int(self._order[place]))

    def __iter__(self) -> Iterator[Answer]:
        return map(self._read, (int(row) for row in self._order))

    def _read(self, row: int) -> Answer:
        start, end = self._starts[row : row + 2].tolist()
        self._file.seek(start)
        return _decoder.decode(self._file.read(end - start))
