"""The fast way to read a CSV file that is regular; any doubt leaves the file to :mod:`lead_ml.tables.read.csv_file` and its errors.

Regular is UTF-8 text with a header of one line, rows of as many fields and no blank line, title or footer, in which every quote
encloses a field or is doubled inside one, as in RFC 4180. All of that is known before a row is used.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np

from lead_ml.errors import InputError, ParamsError
from lead_ml.project.params import TableParams
from lead_ml.tables.read.csv_file import (
    SEPARATORS,
    checked_names,
    first_rows,
    separator_of,
)
from lead_ml.tables.read.encoding import marked_encoding
from lead_ml.tables.read.raw import RawTable, TextColumn, raw_table
from lead_ml.tables.read.row_scan import IrregularError, RowScan
from lead_ml.tables.read.table_edges import MOST_FOOTERS, footers_below, titles_above

_UTF8 = ("utf-8", "utf-8-sig")
_BLOCK = 1 << 22
_ARROW_BLOCK = 1 << 20


def regular_table(path: Path, source: str, params: TableParams) -> RawTable | None:
    """Return the table of a regular file, the same as :func:`lead_ml.tables.read.csv_file.csv_batches` reads; None for any other file."""
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
    scan = RowScan(separator)
    with path.open("rb") as file:
        file.seek(len(codecs.BOM_UTF8) if file.read(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8 else 0)
        lines = np.concatenate(list(map(scan.rows, _blocks(file))))
    scan.check_end()
    if len(lines) < 2 or lines[1] != 2:
        raise IrregularError
    lines, table = lines[1:], _texts(path, separator, len(names))
    if len(lines) != table.num_rows:
        raise IrregularError
    columns = list(map(TextColumn, _without_padding(table.columns, scan.quoted_blanks)))
    last = zip(
        *(column.rows.slice(max(0, len(lines) - MOST_FOOTERS)).to_pylist() for column in columns), strict=True
    )
    if footers_below([(row, False) for row in last], len(names)):
        raise IrregularError
    return raw_table(names, columns, lines, source)


def _names(path: Path, source: str, encoding: str, separator: str) -> list[str]:
    """Return the names of the columns, where the first row is their header."""
    with path.open(encoding=encoding, newline="") as file:
        before, sample = first_rows(file, separator)
    if before or len(sample) < 2 or titles_above(sample):  # a header alone may be cut
        raise IrregularError
    return checked_names(sample[0], sample[1:], source, 1)


def _blocks(file: IO[bytes]) -> Iterator[bytes]:
    """Yield some lines at a time, each with a line break at its end."""
    while block := file.read(_BLOCK):
        block += file.readline()
        yield block if block.endswith(b"\n") else block + b"\n"


def _texts(path: Path, separator: str, width: int) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow import csv as arrow_csv

    names = [str(place) for place in range(width)]
    with pa.OSFile(str(path)) as file:  # by its name, Arrow would unpack some files
        table = arrow_csv.read_csv(
            file,
            arrow_csv.ReadOptions(
                use_threads=False, block_size=_ARROW_BLOCK, skip_rows=1, column_names=names
            ),
            arrow_csv.ParseOptions(delimiter=separator, newlines_in_values=True),
            arrow_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.utf8()), strings_can_be_null=False),
        )
    if any(pc.max(pc.binary_length(column)).as_py() > csv.field_size_limit() for column in table.columns):
        raise IrregularError
    return table


def _without_padding(columns: Sequence[Any], quoted: int) -> Sequence[Any]:
    """Return the columns without the blanks before unquoted values, which are no part of them; inside quotes they are.

    Where both occur, they cannot be told apart any more.
    """
    import pyarrow.compute as pc

    blanks = sum(pc.sum(pc.starts_with(column, " ")).as_py() for column in columns)
    if quoted and blanks != quoted:
        raise IrregularError
    return (
        [pc.ascii_ltrim(column, characters=" ") for column in columns] if blanks and not quoted else columns
    )
