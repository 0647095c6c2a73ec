"""Tables of the project that a lookup reads: spellings of a value and its label."""

from __future__ import annotations

import csv
import unicodedata
from pathlib import Path

from lead_ml.errors import DeclarationError

_CITY = "\u5e02"  # ends the names of Chinese cities


def spelling(text: str) -> str:
    """Return the form in which a value and the cells of a table are compared: one letter case, width and spacing.

    Parameters
    ----------
    text
        A value of a lead or a cell of the table.

    Returns
    -------
    str
        Without the suffix of Chinese city names.

    Examples
    --------
    >>> spelling(" ＳＨＡＮＧＨＡＩ "), spelling("上海市"), spelling("New  York")
    ('shanghai', '上海', 'new york')
    """
    folded = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    return folded.removesuffix(_CITY) or folded


def read_table(path: Path) -> dict[str, str]:
    r"""Read the table of a lookup.

    Parameters
    ----------
    path
        CSV file in UTF-8. Lines that begin with ``#`` are comments; the first row is the header. The last cell of a row is
        the label, the cells before it are spellings of one value; empty ones are ignored.

    Returns
    -------
    dict
        From :func:`spelling` to label.

    Raises
    ------
    DeclarationError
        If the file does not exist, is not UTF-8 or has no row, a row has no label, or a spelling has two labels.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "cities.csv"
    ...     _ = file.write_text("city,tier\nParis,1\n", encoding="utf-8")
    ...     read_table(file)
    {'paris': '1'}
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DeclarationError(
            f"the table {path} cannot be read: {error}", expected="a CSV file in UTF-8"
        ) from error
    numbered = [
        (k, line) for k, line in enumerate(lines, 1) if line.strip() and not line.lstrip().startswith("#")
    ]
    table: dict[str, str] = {}
    for k, line in numbered[1:]:
        row = next(csv.reader([line]))
        *spelled, label = (cell.strip() for cell in row)
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
