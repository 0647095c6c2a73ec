"""A table as it was read: every column coded over its original values, every row with its place in its source."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count, islice
from typing import Any

import numpy as np
import numpy.typing as npt

from lead_ml.errors import InputError
from lead_ml.tables.dataset import Codes, Indices, Instants, Mask
from lead_ml.tables.instants import to_datetime
from lead_ml.tables.texts import ArrowTexts

CHUNK_ROWS = 2_000  # coded at once; with more, collecting garbage takes longer than reading


@dataclass(frozen=True)
class RawColumn:
    """A column of original values: row i holds ``levels[codes[i]]``; levels may be None or of any type."""

    codes: Codes
    levels: Sequence[object]

    def take(self, rows: npt.NDArray[Any]) -> RawColumn:
        """Return the rows by position or mask, with the levels that occur in them only."""
        used, codes = np.unique(self.codes[rows], return_inverse=True)
        return RawColumn(codes.astype(np.int32), tuple(self.levels[code] for code in used.tolist()))

    def value(self, row: int) -> object:
        """Return the original value of one row."""
        return self.levels[self.codes[row]]

    def values(self) -> list[object]:
        """Return the original value of every row."""
        return [self.levels[code] for code in self.codes.tolist()]


@dataclass(frozen=True)
class RawTable:
    """Columns by the name they have in the source.

    ``lines`` holds the 1-based line of each row in its file (the header is line 1), or its row number in a
    database; row i comes from ``sources[source[i]]``. ``footers`` are the lines of rows below the table, which belong to no lead.
    """

    columns: Mapping[str, RawColumn]
    lines: Indices
    sources: tuple[str, ...]
    source: Codes
    notes: tuple[str, ...] = ()
    footers: frozenset[tuple[int, int]] = frozenset()  # (place in sources, line)

    def __len__(self) -> int:
        return len(self.lines)

    @property
    def below(self) -> Mask:
        """Which rows are footers."""
        found = np.zeros(len(self), dtype=np.bool_)
        for source, line in self.footers:
            found |= (self.source == source) & (self.lines == line)
        return found

    def take(self, rows: npt.NDArray[Any]) -> RawTable:
        """Return the rows by position or mask."""
        columns = {name: column.take(rows) for name, column in self.columns.items()}
        return RawTable(columns, self.lines[rows], self.sources, self.source[rows], self.notes, self.footers)


class UtcLevels(Sequence[object]):
    """Instants as levels of a column, the last one missing: microseconds UTC that become ``datetime`` only where one is read."""

    def __init__(self, microseconds: Instants) -> None:
        self.microseconds = microseconds

    def __len__(self) -> int:
        return len(self.microseconds) + 1

    def __getitem__(self, place: Any) -> Any:
        """Return an instant as ``datetime``, None at the end."""
        return None if place == len(self.microseconds) else to_datetime(self.microseconds[place])


class TextColumn(RawColumn):
    """A column of texts in the memory of Arrow: ``rows``, in pieces, until somebody asks for codes or levels."""

    rows: Any

    def __init__(self, rows: Any) -> None:
        object.__setattr__(self, "rows", rows)

    @cached_property
    def _coded(self) -> tuple[Codes, ArrowTexts]:
        import pyarrow.compute as pc

        rows = self.rows.combine_chunks()
        object.__setattr__(self, "rows", None)  # the texts are held once
        if pc.all(pc.less(rows[:-1], rows[1:])).as_py():  # in order, and so different
            return np.arange(len(rows), dtype=np.int32), ArrowTexts(rows)
        coded = rows.dictionary_encode()
        return coded.indices.to_numpy(zero_copy_only=False), ArrowTexts(coded.dictionary)

    @cached_property
    def codes(self) -> Codes:
        """Code of each row, in the order in which the levels first appear."""
        return self._coded[0]

    @cached_property
    def levels(self) -> ArrowTexts:
        """The different texts."""
        return self._coded[1]


class Coder:
    """Codes a column piece by piece; a value keeps the number of its first appearance."""

    def __init__(self) -> None:
        self._codes: defaultdict[object, int] = defaultdict(count().__next__)
        self._pieces: list[Codes] = []

    def add(self, values: Sequence[object]) -> Codes:
        """Append rows, and return their codes. Values that cannot be compared by hash, such as JSON, are kept as their text."""
        try:
            piece = np.fromiter(map(self._codes.__getitem__, values), np.int32, len(values))
        except TypeError:
            unhashable = (dict, list, set, bytearray)
            texts = [str(value) if isinstance(value, unhashable) else value for value in values]
            piece = np.fromiter(map(self._codes.__getitem__, texts), np.int32, len(texts))
        self._pieces.append(piece)
        return piece

    def column(self) -> RawColumn:
        """Return all rows added so far."""
        codes = np.concatenate(self._pieces) if self._pieces else np.empty(0, np.int32)
        return RawColumn(codes, tuple(self._codes))


def coded_rows(
    rows: Iterator[tuple[int, Sequence[object]]], width: int, most: int | None = None
) -> Iterator[tuple[list[RawColumn], Indices]]:
    """Code numbered rows of `width` cells, all at once; or tables of at least `most` rows, the last one smaller."""
    coders, lines = [Coder() for _ in range(width)], array("q")
    while chunk := list(islice(rows, CHUNK_ROWS)):
        numbers, cells = zip(*chunk, strict=True)
        lines.extend(numbers)
        for coder, values in zip(coders, zip(*cells, strict=True), strict=True):
            coder.add(values)
        if most is not None and len(lines) >= most and len(chunk) == CHUNK_ROWS:
            yield [coder.column() for coder in coders], np.array(lines, dtype=np.int64)
            coders, lines = [Coder() for _ in range(width)], array("q")
    yield [coder.column() for coder in coders], np.array(lines, dtype=np.int64)


def raw_table(
    names: Sequence[str],
    columns: Iterable[RawColumn],
    lines: Indices,
    source: str,
    notes: Sequence[str] = (),
    footers: Iterable[int] = (),
) -> RawTable:
    """Build the table of one source; `footers` are lines of rows below it."""
    first = np.zeros(len(lines), dtype=np.int32)
    below = frozenset((0, line) for line in footers)
    return RawTable(dict(zip(names, columns, strict=True)), lines, (source,), first, tuple(notes), below)


def stacked(tables: Sequence[RawTable]) -> RawTable:
    """Put tables of the same columns, in any order of columns, under each other."""
    first = tables[0]
    for other in tables[1:]:
        check_same_columns(first, other)
    if len(tables) == 1:
        return first
    return RawTable(
        {name: _joined([table.columns[name] for table in tables]) for name in first.columns},
        np.concatenate([table.lines for table in tables]),
        tuple(table.sources[0] for table in tables),
        np.repeat(np.arange(len(tables), dtype=np.int32), [len(table) for table in tables]),
        tuple(note for table in tables for note in table.notes),
        frozenset((place, line) for place, table in enumerate(tables) for _, line in table.footers),
    )


def _joined(columns: Sequence[RawColumn]) -> RawColumn:
    """Put columns under each other by their different values."""
    coder = Coder()
    codes = [coder.add(list(column.levels))[column.codes] for column in columns]
    return RawColumn(np.concatenate(codes), coder.column().levels)


def check_header(names: Sequence[str], source: str, row: int = 1) -> None:
    """Raise :class:`InputError` if two columns have the same name."""
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise InputError(
            f"the header has column {', '.join(repeated)} more than once",
            source=source,
            rows=(row,),
            expected="every column name once",
            do="rename or remove one of them",
        )


def check_same_columns(first: RawTable, other: RawTable) -> None:
    """Raise :class:`InputError` if a table has other columns than the first of its kind."""
    missing = [name for name in first.columns if name not in other.columns]
    added = [name for name in other.columns if name not in first.columns]
    if missing or added:
        raise InputError(
            f"its columns are not those of {first.sources[0]}: "
            + "; ".join(
                f"{word} {', '.join(map(repr, names))}"
                for word, names in (("it lacks", missing), ("it adds", added))
                if names
            ),
            source=other.sources[0],
            expected="the same columns in all files of one table",
            do="bring the files to the same columns, or list only those that have them",
        )
