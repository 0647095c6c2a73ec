"""The fast way to read a CSV file that is regular; any doubt leaves the file to :mod:`lead_ml.tables.read.csv_file` and its errors.

Regular is UTF-8 text with a header of one line, rows of as many fields and no blank line, title or footer, in which every quote
encloses a field or is doubled inside one, as in RFC 4180. All of that is known before a row is used.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np

from lead_ml.errors import InputError, ParamsError
from lead_ml.project.params import TableParams
from lead_ml.tables.dataset import Indices
from lead_ml.tables.read.csv_file import (
    SEPARATORS,
    checked_names,
    first_rows,
    separator_of,
)
from lead_ml.tables.read.encoding import marked_encoding
from lead_ml.tables.read.raw import RawColumn, RawTable, TextColumn, raw_table
from lead_ml.tables.read.row_scan import IrregularError, RowScan
from lead_ml.tables.read.table_edges import MOST_FOOTERS, footers_below, titles_above
from lead_ml.tables.texts import ArrowTexts

_UTF8 = ("utf-8", "utf-8-sig")
_SMALLEST = 1 << 19  # bytes; loading Arrow takes longer than reading less
_BLOCK, _ARROW_BLOCK = 1 << 18, 1 << 20


def regular_table(path: Path, source: str, params: TableParams) -> RawTable | None:
    """Return the table of a regular file, the same as :func:`lead_ml.tables.read.csv_file.csv_batches` reads; None for any other file."""
    if path.stat().st_size < _SMALLEST:
        return None
    import pyarrow as pa

    try:
        encoding = marked_encoding(path, source, params.encoding)
        if codecs.lookup(encoding).name in _UTF8:
            return _table(path, source, encoding, separator_of(path, source, params.separator, encoding))
    except (InputError, ParamsError, ValueError, LookupError, csv.Error, pa.ArrowException):
        return None  # the other reader finds the same, and says it with its rows
    return None


def _table(path: Path, source: str, encoding: str, separator: str) -> RawTable:
    if separator not in SEPARATORS:
        raise IrregularError
    names = _names(path, source, encoding, separator)
    lines, quoted_blanks = _lines(path, separator)
    columns = _texts(path, separator, len(names))
    if len(lines) != len(columns[0]):
        raise IrregularError
    columns = _without_padding(columns, quoted_blanks)
    last = zip(*(column[-MOST_FOOTERS:].to_pylist() for column in columns), strict=True)
    if footers_below([(row, False) for row in last], len(names)):
        raise IrregularError
    return raw_table(names, map(_column, columns), lines, source)


def _names(path: Path, source: str, encoding: str, separator: str) -> list[str]:
    """Return the names of the columns, where the first row is their header."""
    with path.open(encoding=encoding, newline="") as file:
        before, sample = first_rows(file, separator)
    if before or len(sample) < 2 or titles_above(sample):  # a header alone may be cut
        raise IrregularError
    return checked_names(sample[0], sample[1:], source, 1)


def _lines(path: Path, separator: str) -> tuple[Indices, int]:
    """Return the line on which each row below the header starts, and how many quoted values start with a blank."""
    mark = codecs.BOM_UTF8
    with path.open("rb") as file:
        start = file.seek(len(mark) if file.read(len(mark)) == mark else 0)
        scan = RowScan(separator, start, _ARROW_BLOCK)
        header, *lines = map(scan.rows, _blocks(file))
    scan.check_end()
    found = np.concatenate([header, *lines])[1:]
    if not len(found) or found[0] != 2:
        raise IrregularError
    return found, scan.quoted_blanks


def _blocks(file: IO[bytes]) -> Iterator[bytes]:
    """Yield some lines at a time, each with a line break at its end."""
    while block := file.read(_BLOCK):
        block += file.readline()
        yield block if block.endswith(b"\n") else block + b"\n"


def _texts(path: Path, separator: str, width: int) -> list[Any]:
    """Return the columns as Arrow reads them: coded, piece by piece, where a value occurs more than twice in the first piece."""
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow import csv as arrow_csv

    names = [str(place) for place in range(width)]
    read = arrow_csv.ReadOptions(use_threads=False, block_size=_ARROW_BLOCK, skip_rows=1, column_names=names)
    parse = arrow_csv.ParseOptions(delimiter=separator, newlines_in_values=True)

    def convert(types: dict[str, Any]) -> Any:
        return arrow_csv.ConvertOptions(column_types=types, strings_can_be_null=False)

    pool = pa.system_memory_pool()  # what Arrow prefers touches more memory than it needs
    plain = convert(dict.fromkeys(names, pa.utf8()))
    with pa.OSFile(str(path)) as file, arrow_csv.open_csv(file, read, parse, plain, pool) as reader:
        first = reader.read_next_batch()  # given its name, Arrow would unpack some files
    coded = [name for name in names if 2 * pc.count_distinct(first[name]).as_py() < len(first)]
    types = {name: pa.dictionary(pa.int32(), pa.utf8()) if name in coded else pa.utf8() for name in names}
    with pa.OSFile(str(path)) as file:
        table = arrow_csv.read_csv(file, read, parse, convert(types), pool)
    columns = list(table.unify_dictionaries(pool).columns)
    longest = max(pc.max(pc.binary_length(_different(column))).as_py() for column in columns)
    if longest > csv.field_size_limit():
        raise IrregularError
    return columns


def _different(column: Any) -> Any:
    """Return the texts of a column, each once if it is coded."""
    import pyarrow as pa

    return column.chunk(0).dictionary if pa.types.is_dictionary(column.type) else column


def _without_padding(columns: list[Any], quoted: int) -> list[Any]:
    """Return the columns without the blanks before unquoted values, which are no part of them; before `quoted` values they are.

    Raises IrregularError where both occur, since Arrow does not say which is which.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    def padded(column: Any) -> int:
        some = pc.any(pc.starts_with(_different(column), " ")).as_py()
        return int(pc.sum(pc.starts_with(column.cast(pa.utf8()), " ")).as_py()) if some else 0

    blanks = sum(map(padded, columns))
    if quoted and blanks != quoted:
        raise IrregularError
    if quoted or not blanks:
        return columns
    return [pc.ascii_ltrim(column.cast(pa.utf8()), characters=" ") for column in columns]


def _column(texts: Any) -> RawColumn:
    import pyarrow as pa

    if not pa.types.is_dictionary(texts.type):
        return TextColumn(texts)
    coded = texts.combine_chunks()
    return RawColumn(coded.indices.to_numpy(zero_copy_only=False), ArrowTexts(coded.dictionary))
