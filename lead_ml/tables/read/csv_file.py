"""CSV text as a raw table, with the line numbers of errors."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING

from lead_ml.errors import InputError, ParamsError
from lead_ml.project.params import TableParams
from lead_ml.tables.read.encoding import text_encoding
from lead_ml.tables.read.raw import RawTable, check_header, coded_rows, raw_table

if TYPE_CHECKING:
    from _csv import Reader

SEPARATORS = (",", ";", "\t", "|")
_SAMPLE_CHARACTERS = 65_536
_SAMPLE_ROWS = 50


def csv_batches(path: Path, source: str, params: TableParams, rows: int | None) -> Iterator[RawTable]:
    """Read a CSV file, about `rows` rows at a time or all of them at once; every value stays text.

    A quoted field may span lines; a row's number is the line it starts on. Blank lines are skipped. Without a
    declared separator, the one of comma, semicolon, tab and bar is taken that splits the header into most fields
    and most of the first rows into as many.

    Raises InputError if the file is not text, has a repeated column name, rows with too few or too many fields, or a
    quote that is not closed.
    """
    encoding = text_encoding(path, source, params.encoding)
    separator = _declared(params.separator, source) or likely_separator(path, encoding)
    marked = encoding not in (params.encoding, "utf-8-sig")
    notes = [f"{source} was read as {encoding}, by its byte order mark"] if marked else []
    with path.open(encoding=encoding, newline="") as file:
        numbered = _numbered(_reader(file, separator), source, separator)
        _, header = next(numbered)
        names = [name.strip() or f"column_{place}" for place, name in enumerate(header, start=1)]
        check_header(names, source)
        for columns, lines in coded_rows(numbered, len(names), rows):
            yield raw_table(names, columns, lines, source, notes)


def likely_separator(path: Path, encoding: str) -> str:
    """Return the separator that a CSV file is read with when none is declared."""
    with path.open(encoding=encoding, newline="") as file:
        return _guessed(file.read(_SAMPLE_CHARACTERS))


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
        reader = _reader(io.StringIO(sample, newline=""), separator, strict=False)
        try:
            rows = [row for row in islice(reader, _SAMPLE_ROWS) if row]
        except csv.Error:
            return (False, 0)
        widths = [len(row) for row in rows] or [0]
        return (2 * widths.count(widths[0]) > len(widths) and widths[0] > 1, widths[0])

    return max(SEPARATORS, key=fit)


def _reader(lines: IO[str], separator: str, *, strict: bool = True) -> Reader:
    return csv.reader(lines, delimiter=separator, strict=strict, skipinitialspace=separator != " ")


def _numbered(reader: Reader, source: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows up to the first that has not as many fields as the header; all such rows are in the error at the end."""
    line, width = 1, 0
    ragged: list[tuple[int, int]] = []
    try:
        for row in reader:
            width = width or len(row)
            if row and len(row) != width:
                ragged.append((line, len(row)))
            elif row and not ragged:
                yield line, row
            line = reader.line_num + 1
    except csv.Error as error:
        raise InputError(
            f"a quoted field starting in this row is broken ({error})",
            source=source,
            rows=(line,),
            expected='every quote closed, and quotes inside a quoted field doubled ("")',
            do="look at the quotes of this row and the next ones, or export the file again",
        ) from error
    if ragged:
        raise _ragged(ragged, width, source, separator)


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
