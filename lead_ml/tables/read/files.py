"""Which files a table consists of, and reading each by what it is."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Literal

from lead_ml.errors import InputError, ParamsError
from lead_ml.project.params import TableParams
from lead_ml.tables.read.csv_file import read_csv
from lead_ml.tables.read.excel_file import is_excel, read_excel
from lead_ml.tables.read.parquet_file import MAGIC, read_parquet
from lead_ml.tables.read.raw import RawTable, stacked

_LOCK = "~$"  # Excel keeps such a file beside every workbook that is open


def read_files(params: TableParams, root: Path) -> RawTable:
    """Read all files of a table, in the order given, those of a glob sorted by name.

    Raises
    ------
    InputError
        If a file is missing or unreadable, or a glob matches nothing.
    """
    return stacked([_read(path, shown(path, root), params) for path in paths_of(params, root)])


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
            found = sorted(
                found
                for found in Path(path.anchor or ".").glob(_relative(path))
                if found.is_file() and not found.name.startswith(_LOCK)
            )
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
        near = _near(path)
        raise _not_found(pattern, root, "there is no such file" + (f"; did you mean {near}?" if near else ""))
    return [path]


def _relative(path: Path) -> str:
    return str(path.relative_to(path.anchor)) if path.anchor else str(path)


def _not_found(pattern: str, root: Path, problem: str) -> InputError:
    return InputError(
        problem,
        source=pattern,
        expected=f"a CSV, Excel or Parquet file below {root}",
        do="correct path in params.yaml",
    )


def _near(path: Path) -> str:
    if not path.parent.is_dir():
        return ""
    names = [other.name for other in path.parent.iterdir()]
    return next(iter(difflib.get_close_matches(path.name, names, n=1)), "")


def shown(path: Path, root: Path) -> str:
    """Return how messages name a file."""
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


def file_format(path: Path) -> Literal["csv", "excel", "parquet"]:
    """Tell by its content how a file is read: what is neither Excel nor Parquet should be CSV text."""
    with path.open("rb") as file:
        if file.read(len(MAGIC)) == MAGIC:
            return "parquet"
    return "excel" if is_excel(path) else "csv"


def _read(path: Path, source: str, params: TableParams) -> RawTable:
    try:
        found = file_format(path)
        if found == "excel":
            return read_excel(path, source, params.sheet)
        if params.sheet is not None:
            raise ParamsError(
                f"sheet is set, but {source} is not an Excel file",
                value=params.sheet,
                do="remove sheet, or correct path in params.yaml",
            )
        return read_parquet(path, source) if found == "parquet" else read_csv(path, source, params)
    except OSError as error:
        raise InputError(
            f"the file cannot be read ({error.strerror or error})", source=source, do="check its permissions"
        ) from error
