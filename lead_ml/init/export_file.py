"""Opening a file of the user: its encoding, its separator and its decimal sign. The file is only read."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lead_ml.errors import InputError
from lead_ml.init.export_column import ExportColumn, columns_of
from lead_ml.project.params import TableParams
from lead_ml.tables.read.csv_file import likely_separator
from lead_ml.tables.read.encoding import likely_encoding
from lead_ml.tables.read.files import file_format, read_files
from lead_ml.tables.read.raw import RawTable

_MOST_STEPS_UP = 3  # folders between the project and the folder that it shares with the file


@dataclass(frozen=True)
class ExportFile:
    """A file of the user. ``path`` is its name in ``params.yaml``; ``separator`` and ``encoding`` are empty for Excel and Parquet."""

    file: Path
    path: str
    encoding: str
    separator: str
    decimal: str
    raw: RawTable
    columns: Mapping[str, ExportColumn]

    def settings(self) -> dict[str, object]:
        """Return the settings of ``params.yaml`` that are needed to read the file, except its columns."""
        found: dict[str, object] = {"path": self.path}
        if self.encoding not in ("", "utf-8"):
            found["encoding"] = self.encoding
        if self.separator not in ("", ","):
            found["separator"] = self.separator
        if self.decimal == ",":
            found["decimal"] = ","
        return found


def open_export(file: Path, project: Path) -> ExportFile:
    """Read a file and summarize its columns.

    Raises
    ------
    InputError
        If the file cannot be read as CSV, Excel or Parquet, or has no rows.
    """
    if not file.is_file():
        raise InputError(
            "there is no such file",
            source=str(file),
            expected="a CSV, Excel or Parquet file",
            do="check its name",
        )
    is_text = file_format(file) == "csv"
    encoding = likely_encoding(file) if is_text else ""
    raw = read_files(
        TableParams(path=str(file.absolute()), encoding=encoding or "utf-8"), file.absolute().parent
    )
    if not len(raw):
        raise InputError(
            "the file has a header and no rows", source=str(file), expected="rows", do="export it again"
        )
    separator = likely_separator(file, _opened_with(file, encoding)) if is_text else ""
    columns = columns_of(raw)
    return ExportFile(file, _named(file, project), encoding, separator, _decimal(columns), raw, columns)


def _opened_with(file: Path, encoding: str) -> str:
    from lead_ml.tables.read.encoding import text_encoding

    return text_encoding(file, file.name, encoding)


def _named(file: Path, project: Path) -> str:
    """Return the path of a file, relative to the project if they are near each other, so that both can be moved together."""
    file, project = file.resolve(), project.resolve()
    shared = [
        folder for folder in (project, *project.parents[:_MOST_STEPS_UP]) if file.is_relative_to(folder)
    ]
    if not shared or shared[0] == Path(file.anchor):
        return file.as_posix()
    return Path(os.path.relpath(file, project)).as_posix()


def _decimal(columns: Mapping[str, ExportColumn]) -> str:
    """Return the decimal sign: a comma if columns of numbers need one, and no more columns need a point."""
    commas = [
        p for p in columns.values() if p.shares["comma_number"] >= 0.9 and p.shares["decimal_comma"] > 0.05
    ]
    points = [p for p in columns.values() if p.shares["number"] >= 0.9 and p.shares["decimal_point"] > 0.05]
    return "," if commas and len(commas) >= len(points) else "."
