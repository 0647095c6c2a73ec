"""CSV text as a raw table, with the line numbers of errors."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING

from lead_ml.errors import InputError, ParamsError
from lead_ml.project.params import TableParams
from lead_ml.tables.read.encoding import text_encoding
from lead_ml.tables.read.raw import RawTable, check_header, coded_rows, raw_table
from lead_ml.tables.read.table_edges import MOST_TITLES, HeldRows, check_header_is_one, titles_above
from lead_ml.tables.summary import counted

if TYPE_CHECKING:
    from _csv import Reader

SEPARATORS = (",", ";", "\t", "|")
_SAMPLE_CHARACTERS = 65_536
_SAMPLE_ROWS = 50
_NAMED = re.compile(r'\ufeff?"?sep=(.)"?\s*', re.IGNORECASE)


def csv_batches(path: Path, source: str, params: TableParams, rows: int | None) -> Iterator[RawTable]:
    """Read a CSV file, about `rows` rows at a time or all of them at once; every value stays text.

    A quoted field may span lines; a row's number is the line it starts on. Blank lines are skipped, and so are lines above the
    header: one such as ``sep=;``, as Excel writes it, and titles. Rows below the table are marked as such. Without a
    declared or named separator, the one of comma, semicolon, tab and bar is taken that splits the header into most fields
    and most of the first rows into as many.

    Raises InputError if the file is not text, has no header or a repeated column name, rows with too few or too many fields,
    or a quote that is not closed.
    """
    encoding = text_encoding(path, source, params.encoding)
    separator = separator_of(path, source, params.separator, encoding)
    marked = encoding not in (params.encoding, "utf-8-sig")
    notes = [f"{source} was read as {encoding}, by its byte order mark"] if marked else []
    with path.open(encoding=encoding, newline="") as file:
        before, sample = first_rows(file, separator)
        titles = titles_above(sample)
        file.seek(0)
        numbered = CsvRows(csv_reader(file, separator), source, separator, before + titles)
        if titles:
            notes.append(
                f"{source}: {counted(titles, 'line')} above the header left out, such as {sample[0][0]!r}"
            )
        line, header = numbered.header
        names = checked_names(header, sample[titles + 1 :], source, line)
        for columns, lines in coded_rows(iter(numbered), len(names), rows):
            yield raw_table(names, columns, lines, source, notes, numbered.footers)


def first_rows(file: IO[str], separator: str) -> tuple[int, list[list[str]]]:
    """Return how many rows come before the table, 1 where one names the separator, and the first rows that are not blank."""
    sample = file.read(_SAMPLE_CHARACTERS)
    before = int(_NAMED.match(sample.partition("\n")[0]) is not None)
    reader = csv_reader(io.StringIO(sample, newline=""), separator, strict=False)
    try:
        rows = [row for row in islice(reader, MOST_TITLES + _SAMPLE_ROWS) if row]
    except csv.Error:
        return before, []
    return before, rows[before:]


def checked_names(header: Sequence[str], rows: Sequence[list[str]], source: str, line: int) -> list[str]:
    """Return the names of the columns; raises InputError if the header is like the first `rows` below it, or repeats a name."""
    names = [name.strip() or f"column_{place}" for place, name in enumerate(header, start=1)]
    check_header_is_one(header, rows, source, line)
    check_header(names, source, line)
    return names


def separator_of(path: Path, source: str, declared: str | None, encoding: str) -> str:
    """Return the separator that is declared, else the likely one; raises ParamsError if it is not one character."""
    return _declared(declared, source) or likely_separator(path, encoding)


def likely_separator(path: Path, encoding: str) -> str:
    """Return the separator that a CSV file is read with when none is declared."""
    with path.open(encoding=encoding, newline="") as file:
        sample = file.read(_SAMPLE_CHARACTERS)
    first = sample.partition("\n")[0]
    named = _NAMED.fullmatch(first)
    return (named[1] if named[1] != "\\" else "\t") if named else _guessed(sample)


def _declared(separator: str | None, source: str) -> str:
    if separator is None:
        return ""
    separator = "\t" if separator in ("\\t", "tab") else separator
    if len(separator) != 1 or separator in '"\r\n':
        raise ParamsError(
            f"separator of {source}", value=separator, expected="one character, such as , ; | or tab"
        )
    return separator


def _guessed(sample: str) -> str:
    def fit(separator: str) -> tuple[bool, int]:
        reader = csv_reader(io.StringIO(sample, newline=""), separator, strict=False)
        try:
            rows = [row for row in islice(reader, _SAMPLE_ROWS) if row]
        except csv.Error:
            return (False, 0)
        rows = rows[titles_above(rows) :]
        widths = [len(row) for row in rows] or [0]
        return (2 * widths.count(widths[0]) > len(widths) and widths[0] > 1, widths[0])

    return max(SEPARATORS, key=fit)


def csv_reader(lines: Iterable[str], separator: str, *, strict: bool = True) -> Reader:
    """Return a reader of CSV lines, by the rules of all our files."""
    return csv.reader(lines, delimiter=separator, strict=strict, skipinitialspace=separator != " ")


class CsvRows:
    """The rows of a CSV file with their lines: its ``header``, those below it, and after the last one the lines of its ``footers``."""

    def __init__(self, reader: Reader, source: str, separator: str, above: int) -> None:
        self._reader, self._source, self._separator = reader, source, separator
        self._line = 1
        rows = self._rows()
        for _ in range(above):
            next(rows)
        self.header = next(((line, row) for line, row, _ in rows), (1, []))
        self._held = HeldRows(rows, len(self.header[1]))

    @property
    def footers(self) -> frozenset[int]:
        """The lines of the footers."""
        return self._held.footers

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        """Yield line and fields of every row; all that have not as many as the header, but footers, are in one error at the end."""
        width = len(self.header[1])
        ragged: list[tuple[int, int]] = []
        for line, row in self._held:
            if len(row) == width or line in self.footers:
                yield line, row + [""] * (width - len(row))
            else:
                ragged.append((line, len(row)))
        if ragged:
            raise _ragged(ragged, width, self._source, self._separator)

    def _rows(self) -> Iterator[tuple[int, list[str], bool]]:
        """Yield line and fields of the rows that are not blank, and whether a blank line is above them."""
        gap = False
        try:
            for row in self._reader:
                if row:
                    yield self._line, row, gap
                gap = not row
                self._line = self._reader.line_num + 1
        except csv.Error as error:
            raise InputError(
                f"a quoted field starting in this row is broken ({error})",
                source=self._source,
                rows=(self._line,),
                expected='every quote closed, and quotes inside a quoted field doubled ("")',
                do="look at the quotes of this row and the next ones, or export the file again",
            ) from error


def _ragged(ragged: Sequence[tuple[int, int]], width: int, source: str, separator: str) -> InputError:
    line, fields = ragged[0]
    wrapped = len(ragged) > 1 and ragged[1][0] == line + 1 and fields + ragged[1][1] == width + 1
    return InputError(
        "the row is wrapped: a line break inside a field that is not quoted"
        if wrapped
        else f"the row has too {'many' if fields > width else 'few'} fields",
        source=source,
        rows=[line for line, _ in ragged[:10]],
        count=len(ragged),
        value=fields,
        expected=f"{width} fields as in the header, separated by {separator!r}",
        do="quote the fields that hold separators or line breaks, or set separator for this table",
    )
