"""Opening a file of the user as it is: its encoding, its separator, its decimal sign. Nothing is ever written to it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lead_ml.errors import InputError
from lead_ml.init.profile import Profile, profiles_of
from lead_ml.project.params import TableParams
from lead_ml.tables.read.csv_file import likely_separator
from lead_ml.tables.read.encoding import likely_encoding
from lead_ml.tables.read.files import file_format, read_files
from lead_ml.tables.read.raw import RawTable

_MOST_STEPS_UP = 3  # folders between the project and what it shares with the file


@dataclass(frozen=True)
class Source:
    """A file as found. ``path`` is how ``params.yaml`` names it; ``separator`` and ``encoding`` are empty for Excel and Parquet."""

    file: Path
    path: str
    encoding: str
    separator: str
    decimal: str
    raw: RawTable
    profiles: Mapping[str, Profile]

    def settings(self) -> dict[str, object]:
        """Return what ``params.yaml`` must say to read the file, beside its columns."""
        found: dict[str, object] = {"path": self.path}
        if self.encoding not in ("", "utf-8"):
            found["encoding"] = self.encoding
        if self.separator not in ("", ","):
            found["separator"] = self.separator
        if self.decimal == ",":
            found["decimal"] = ","
        return found


def open_source(file: Path, project: Path) -> Source:
    """Read a file and look at its columns.

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
    profiles = profiles_of(raw)
    return Source(file, _named(file, project), encoding, separator, _decimal(profiles), raw, profiles)


def _opened_with(file: Path, encoding: str) -> str:
    from lead_ml.tables.read.encoding import text_encoding

    return text_encoding(file, file.name, encoding)


def _named(file: Path, project: Path) -> str:
    """Name a file from the project's folder where they are near each other, so that both can be moved together."""
    file, project = file.resolve(), project.resolve()
    shared = [
        folder for folder in (project, *project.parents[:_MOST_STEPS_UP]) if file.is_relative_to(folder)
    ]
    if not shared or shared[0] == Path(file.anchor):
        return file.as_posix()
    return Path(os.path.relpath(file, project)).as_posix()


def _decimal(profiles: Mapping[str, Profile]) -> str:
    """Tell the decimal sign: a comma where some column of numbers needs one and none needs a point."""
    commas = [
        p for p in profiles.values() if p.shares["comma_number"] >= 0.9 and p.shares["decimal_comma"] > 0.05
    ]
    points = [p for p in profiles.values() if p.shares["number"] >= 0.9 and p.shares["decimal_point"] > 0.05]
    return "," if commas and len(commas) >= len(points) else "."
