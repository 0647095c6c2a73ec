"""What a table holds, in one line or one row of HTML: how data shows itself in a console or a notebook."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from lead_ml.tables.columns import Instants
from lead_ml.tables.instants import iso

_HEAD = ("table", "rows", "columns", "first", "last")


def counted(number: int, noun: str) -> str:
    """Return a number with its noun.

    >>> counted(1, "row"), counted(1200, "row")
    ('1 row', '1,200 rows')
    """
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def one_line(rows: int, columns: Iterable[str], at: Instants | None = None) -> str:
    """Describe a table by its rows, its columns and its first and last day in UTC.

    >>> import numpy as np
    >>> one_line(2, ["type", "page"], np.array([0, 86_400_000_000]))
    '2 rows, columns type, page, 1970-01-01 to 1970-01-02'
    """
    first, last = _days(at)
    names = ", ".join(columns)
    return (
        counted(rows, "row")
        + (f", columns {names}" if names else ", no columns")
        + (f", {first} to {last}" if first else "")
    )


def html_table(tables: Sequence[tuple[str, int, Iterable[str], Instants | None]]) -> str:
    """Return an HTML table with one row per table: name, rows, columns, first and last day in UTC."""
    head = "".join(f"<th>{text}</th>" for text in _HEAD)
    rows = [(name, f"{rows:,}", ", ".join(columns), *_days(at)) for name, rows, columns, at in tables]
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _days(at: Instants | None) -> tuple[str, str]:
    if at is None or not len(at):
        return "", ""
    return iso(int(at.min()))[:10], iso(int(at.max()))[:10]
