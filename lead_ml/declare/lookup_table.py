"""Tables of the project that a lookup reads: spellings of a value and its label."""

from __future__ import annotations

import csv
import unicodedata
from pathlib import Path

from lead_ml.errors import DeclarationError

_CITY = "\u5e02"  # ends the names of Chinese cities


def spelling(text: str) -> str:
    """Return the form in which values and cells are compared: one letter case, width and spacing, no suffix of Chinese cities."""
    folded = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    return folded.removesuffix(_CITY) or folded


def read_table(path: Path) -> dict[str, str]:
    """Read the table of a lookup, as :func:`lead_ml.lookup` describes it, from :func:`spelling` to label."""
    table: dict[str, str] = {}
    for k, row in rows_of(path)[1:]:
        *spelled, label = row
        found = [text for cell in spelled if (text := spelling(cell))]
        if not label or not found:
            raise DeclarationError(
                f"{path}, row {k}", value=",".join(row), expected="a value and, in the last cell, its label"
            )
        for text in found:
            if table.setdefault(text, label) != label:
                raise DeclarationError(
                    f"{path}, row {k}: {text} has two labels", value=(table[text], label), do="keep one row"
                )
    if not table:
        raise DeclarationError(f"the table {path} is empty", expected="a header and rows of value and label")
    return table


def rows_of(path: Path) -> list[tuple[int, list[str]]]:
    """Read the rows of a table of the project with their line numbers; lines that begin with ``#`` are comments."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DeclarationError(
            f"the table {path} cannot be read: {error}", expected="a CSV file in UTF-8"
        ) from error
    numbered = ((k, line) for k, line in enumerate(lines, 1) if line.strip())
    return [
        (k, [cell.strip() for cell in next(csv.reader([line]))])
        for k, line in numbered
        if not line.lstrip().startswith("#")
    ]
