"""Excel workbooks (.xlsx, .xlsb, .xls) and OpenDocument spreadsheets (.ods) as raw tables."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from itertools import chain, islice, pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from lead_ml.clean.text import as_text
from lead_ml.errors import InputError, ParamsError
from lead_ml.tables.read.raw import RawTable, check_header, coded_rows, raw_table
from lead_ml.tables.read.table_edges import (
    MOST_TITLES,
    SAMPLE_ROWS,
    HeldRows,
    check_header_is_one,
    titles_above,
)
from lead_ml.tables.summary import counted

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ODS = b"application/vnd.oasis.opendocument.spreadsheet"
_ERRORS = frozenset(("#N/A", "#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#NULL!", "#NUM!"))
_EXACT_FLOATS = 2.0**53

Row = list[object]


def is_excel(path: Path) -> bool:
    """Tell by its content, not its name, whether a file is a workbook."""
    with path.open("rb") as file:
        start = file.read(len(_OLE))
    if start == _OLE:
        return True
    if not start.startswith(_ZIP):
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            ods = "mimetype" in names and archive.read("mimetype").startswith(_ODS)
            return ods or any(name.startswith("xl/") for name in names)
    except zipfile.BadZipFile:
        return path.suffix.lower() in (".xlsx", ".xlsm", ".xlsb", ".ods")


def read_excel(path: Path, source: str, sheet: str | None = None) -> RawTable:
    """Read one sheet of a workbook, by default the first visible worksheet; the first row that is not empty is the header.

    Rows have the numbers that Excel shows. Numbers, dates and booleans keep the type of their cell; a date is a wall-clock reading
    without a zone, and one without a time of day is a date. Empty rows are skipped, and so are columns without a header and without
    values. Cells with an error such as ``#N/A`` are empty. Below the header, cells merged over several rows have their
    value in each of these rows.

    Raises InputError if the workbook is damaged or protected by a password, the sheet is empty, or a column name is
    repeated, and ParamsError if there is no such sheet.
    """
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    try:
        with CalamineWorkbook.from_path(path) as book:
            name = _chosen(book, source, sheet)
            return _table(book.get_sheet_by_name(name), f"{source} (sheet {name})")
    except PasswordError as error:
        raise InputError(
            "the workbook is protected by a password",
            source=source,
            expected="a workbook that opens without a password",
            do="save a copy without a password",
        ) from error
    except CalamineError as error:
        raise InputError(
            f"the Excel file cannot be read ({error})",
            source=source,
            expected="a complete workbook (.xlsx, .xlsb, .xls or .ods)",
            do="open it in Excel and save it again",
        ) from error


def _chosen(book: CalamineWorkbook, source: str, sheet: str | None) -> str:
    from python_calamine import SheetTypeEnum, SheetVisibleEnum

    tables = [item for item in book.sheets_metadata if item.typ == SheetTypeEnum.WorkSheet]
    names = [item.name for item in tables]
    if sheet is not None and sheet not in names:
        raise ParamsError(
            f"{source} has no such sheet",
            value=sheet,
            expected=f"one of {', '.join(map(repr, names))}",
            do="correct sheet in params.yaml",
        )
    if not names:
        raise InputError("the workbook has no worksheet", source=source, expected="a sheet with a table")
    visible = [item.name for item in tables if item.visible == SheetVisibleEnum.Visible]
    return sheet if sheet is not None else (visible or names)[0]


def _table(sheet: CalamineSheet, source: str) -> RawTable:
    rows = _numbered(sheet)
    first_rows = list(islice(rows, MOST_TITLES + SAMPLE_ROWS))
    if not first_rows:
        raise InputError("the sheet is empty", source=source, expected="a header and rows")
    start = [row for _, row in first_rows]
    titles = titles_above(start)
    line, header = first_rows[titles]
    check_header_is_one(header, start[titles + 1 :], source, line)
    all_rows = pairwise(chain(first_rows[titles:], rows))
    held = HeldRows(((at, row, at > above + 1) for (above, _), (at, row) in all_rows), len(header))
    texts = [as_text(value, frozenset()) or "" for value in header]
    left = (sheet.start or (0, 0))[1] + 1
    names = [text or f"column_{place}" for place, text in enumerate(texts, start=left)]
    ((columns, lines),) = coded_rows(iter(held), len(names))
    used = [k for k, text in enumerate(texts) if text or any(level != "" for level in columns[k].levels)]
    names = [names[k] for k in used]
    check_header(names, source, row=line)
    notes = (
        [f"{source}: {counted(titles, 'line')} above the header left out, such as {start[0][0]!r}"]
        if titles
        else []
    )
    return raw_table(names, [columns[k] for k in used], lines, source, notes, held.footers)


def _numbered(sheet: CalamineSheet) -> Iterator[tuple[int, Row]]:
    """Yield the rows that are not empty, with their numbers in Excel and the values of merged cells filled down."""
    left = (sheet.start or (0, 0))[1]
    starts: dict[int, list[tuple[int, int]]] = {}
    for (top, column), (bottom, _) in sheet.merged_cell_ranges or ():
        if bottom > top and column >= left:
            starts.setdefault(top + 1, []).append((column - left, bottom + 1))
    merged: dict[int, tuple[int, object]] = {}  # column: the last row that has the value, and the value
    header = True
    for line, cells in enumerate(sheet.iter_rows(), start=1):
        row = [_cell(value) for value in cells]
        if all(value == "" for value in row):
            continue
        for column, (last, value) in merged.items():
            if line <= last:
                row[column] = value
        for column, last in () if header else starts.get(line, ()):
            if column < len(row):
                merged[column] = (last, row[column])
        header = False
        yield line, row


def _cell(value: object) -> object:
    """Return the value of a cell as other files hold it; ``True`` would be coded like 1, so booleans become text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT_FLOATS:
        return int(value)
    return "" if isinstance(value, str) and value.strip() in _ERRORS else value
