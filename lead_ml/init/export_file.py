"""Opening a file of the user: its encoding, its separator and its decimal sign. The file is only read."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lead_ml.errors import InputError
from lead_ml.init.export_column import ExportColumn, export_column
from lead_ml.project.params import TableParams
from lead_ml.tables.read.csv_file import likely_separator
from lead_ml.tables.read.encoding import likely_encoding, text_encoding
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

    @property
    def dates(self) -> dict[str, ExportColumn]:
        """The columns that hold dates."""
        return {name: column for name, column in self.columns.items() if column.kind == "date"}

    def settings(self) -> dict[str, object]:
        """Return the settings of ``params.yaml`` that are needed to read the file, except its columns."""
        usual = {"encoding": ("", "utf-8"), "separator": ("", ","), "decimal": (".",)}
        return {
            "path": self.path,
            **{k: getattr(self, k) for k, v in usual.items() if getattr(self, k) not in v},
        }


def open_export(file: Path, project: Path) -> ExportFile:
    """Read a file and summarize its columns; raises InputError if it cannot be read or has no rows."""
    if not file.is_file():
        raise InputError(
            "there is no such file",
            source=str(file),
            expected="a CSV, Excel or Parquet file",
            do="check its name",
        )
    is_text = file_format(file) == "csv"
    encoding = likely_encoding(file) if is_text else ""
    params = TableParams(path=str(file.absolute()), encoding=encoding or "utf-8")
    raw = read_files(params, file.absolute().parent)
    if not len(raw):
        raise InputError(
            "the file has a header and no rows", source=str(file), expected="rows", do="export it again"
        )
    separator = likely_separator(file, text_encoding(file, file.name, encoding)) if is_text else ""
    columns = {
        name: export_column(name, column, place)
        for place, (name, column) in enumerate(raw.columns.items(), start=1)
    }
    return ExportFile(file, _named(file, project), encoding, separator, _decimal(columns), raw, columns)


def _named(file: Path, project: Path) -> str:
    """Return the path of a file, relative to the project if they are near each other, so that both can be moved together."""
    file, project = file.resolve(), project.resolve()
    near = (project, *project.parents[:_MOST_STEPS_UP])
    shared = next((folder for folder in near if file.is_relative_to(folder)), Path(file.anchor))
    return (file if shared == Path(file.anchor) else Path(os.path.relpath(file, project))).as_posix()


def _decimal(columns: Mapping[str, ExportColumn]) -> str:
    """Return the decimal sign: a comma if columns of numbers need one, and no more columns need a point."""
    shares = [column.shares for column in columns.values()]
    commas = sum(p["comma_number"] >= 0.9 and p["decimal_comma"] > 0.05 for p in shares)
    points = sum(p["number"] >= 0.9 and p["decimal_point"] > 0.05 for p in shares)
    return "," if commas and commas >= points else "."
