"""Which files a table consists of, and reading each by what it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from lead_ml.errors import InputError, ParamsError
from lead_ml.project.params import TableParams
from lead_ml.tables.read.csv_file import csv_batches
from lead_ml.tables.read.excel_file import is_excel, read_excel
from lead_ml.tables.read.mapping import near_miss
from lead_ml.tables.read.parquet_file import MAGIC, parquet_batches
from lead_ml.tables.read.raw import RawTable, stacked
from lead_ml.tables.read.regular_csv import regular_table

_LOCK = "~$"  # Excel keeps such a file beside every workbook that is open


def read_files(params: TableParams, root: Path) -> RawTable:
    """Read all files of a table, in the order given, those of a glob sorted by name.

    Raises InputError if a file is missing or unreadable, or a glob matches nothing.
    """
    return stacked([next(file_batches(path, root, params)) for path in paths_of(params, root)])


def paths_of(params: TableParams, root: Path) -> tuple[Path, ...]:
    """Return the files of a table in the order in which they are read; raises as :func:`read_files`."""
    patterns = [params.path] if isinstance(params.path, str) else params.path or []
    paths = dict.fromkeys(path for pattern in patterns for path in _matching(pattern, root))
    if not paths:
        raise InputError(
            "no file is named", source="data", expected="at least one path", do="set path in params.yaml"
        )
    return tuple(paths)


def _matching(pattern: str, root: Path) -> list[Path]:
    path = root / pattern
    if any(character in pattern for character in "*?[") and not path.exists():
        try:
            matching = Path(path.anchor).glob(str(path.relative_to(path.anchor)))
            found = sorted(p for p in matching if p.is_file() and not p.name.startswith(_LOCK))
        except (ValueError, NotImplementedError):
            found = []
        if not found:
            raise _not_found(pattern, root, "no file matches the pattern")
        return found
    if path.is_dir():
        raise InputError(
            "the path is a folder", source=pattern, expected="files", do=f"write {pattern.rstrip('/')}/*.csv"
        )
    if not path.is_file():
        near = near_miss(path.name, [p.name for p in path.parent.iterdir()]) if path.parent.is_dir() else ""
        raise _not_found(pattern, root, "there is no such file" + (f"; did you mean {near}?" if near else ""))
    return [path]


def _not_found(pattern: str, root: Path, problem: str) -> InputError:
    return InputError(
        problem,
        source=pattern,
        expected=f"a CSV, Excel or Parquet file below {root}",
        do="correct path in params.yaml",
    )


def file_format(path: Path) -> Literal["csv", "excel", "parquet"]:
    """Tell by its content how a file is read: what is neither Excel nor Parquet should be CSV text."""
    with path.open("rb") as file:
        if file.read(len(MAGIC)) == MAGIC:
            return "parquet"
    return "excel" if is_excel(path) else "csv"


def file_batches(path: Path, root: Path, params: TableParams, rows: int | None = None) -> Iterator[RawTable]:
    """Read a file about `rows` rows at a time, or all at once; a sheet, of at most a million rows, is always read at once."""
    source = path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
    try:
        found = file_format(path)
        if found == "excel":
            yield read_excel(path, source, params.sheet)
        elif params.sheet is not None:
            raise ParamsError(
                f"sheet is set, but {source} is not an Excel file",
                value=params.sheet,
                do="remove sheet, or correct path in params.yaml",
            )
        elif found == "parquet":
            yield from parquet_batches(path, source, rows)
        elif rows is None and (table := regular_table(path, source, params)) is not None:
            yield table
        else:
            yield from csv_batches(path, source, params, rows)
    except OSError as error:
        raise InputError(
            f"the file cannot be read ({error.strerror or error})", source=source, do="check its permissions"
        ) from error
