"""CSV text as a raw table, with the line numbers of errors."""

from __future__ import annotations

import csv
import io
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING

import numpy as np

from lead_ml.errors import InputError, ParamsError
from lead_ml.project.params import TableParams
from lead_ml.tables.read.encoding import text_encoding
from lead_ml.tables.read.raw import Coder, RawTable, check_header, raw_table

if TYPE_CHECKING:
    from _csv import Reader

SEPARATORS = (",", ";", "\t", "|")
_CHUNK_ROWS = 50_000
_SAMPLE_CHARACTERS = 65_536
_SAMPLE_ROWS = 50


def read_csv(path: Path, source: str, params: TableParams) -> RawTable:
    """Read a CSV file; every value stays text.

    A quoted field may span lines; a row's number is the line it starts on. Blank lines are skipped. Without a
    declared separator, the one of comma, semicolon, tab and bar is taken that splits the header into most fields
    and most of the first rows into as many.

    Raises
    ------
    InputError
        If the file is not text, has a repeated column name, rows with too few or too many fields, or a quote that
        is not closed.
    """
    return next(csv_batches(path, source, params, None))


def csv_batches(path: Path, source: str, params: TableParams, rows: int | None) -> Iterator[RawTable]:
    """Read a CSV file, about `rows` rows at a time or all of them at once; raises as :func:`read_csv`."""
    encoding = text_encoding(path, source, params.encoding)
    with path.open(encoding=encoding, newline="") as file:
        separator = _declared(params.separator, source) or _guessed(file.read(_SAMPLE_CHARACTERS))
    note = f"{source} was read as {encoding}, by its byte order mark"
    with path.open(encoding=encoding, newline="") as file:
        for table in _tables(file, source, separator, rows):
            yield table if encoding in (params.encoding, "utf-8-sig") else replace(table, notes=(note,))


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


def _tables(file: IO[str], source: str, separator: str, most: int | None) -> Iterator[RawTable]:
    """Read the rows of a file; tables of at least `most` rows end at a whole chunk, the last one is smaller."""
    rows = _numbered(_reader(file, separator), source)
    _, header = next(rows)
    names = [name.strip() or f"column_{place}" for place, name in enumerate(header, start=1)]
    check_header(names, source)
    coders = [Coder() for _ in names]
    lines = array("q")
    ragged: list[tuple[int, int]] = []
    chunk: list[list[str]] = []
    for line, row in rows:
        if len(row) != len(names):
            ragged.append((line, len(row)))
            continue
        chunk.append(row)
        lines.append(line)
        if len(chunk) == _CHUNK_ROWS:
            _flush(chunk, coders)
            if most is not None and len(lines) >= most and not ragged:
                yield raw_table(
                    names, [coder.column() for coder in coders], np.array(lines, dtype=np.int64), source
                )
                coders, lines = [Coder() for _ in names], array("q")
    _flush(chunk, coders)
    if ragged:
        raise _ragged(ragged, len(names), source, separator)
    yield raw_table(names, [coder.column() for coder in coders], np.array(lines, dtype=np.int64), source)


def _numbered(reader: Reader, source: str) -> Iterator[tuple[int, list[str]]]:
    line = 1
    try:
        for row in reader:
            if row:
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


def _flush(chunk: list[list[str]], coders: Sequence[Coder]) -> None:
    if chunk:
        for coder, values in zip(coders, zip(*chunk, strict=True), strict=True):
            coder.add(values)
        chunk.clear()


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
