"""What every command shares: options, tables that are also JSON, progress, and how errors are printed.

Results go to standard output; progress, hints and errors to standard error, so that ``--json`` stays clean.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isnan
from pathlib import Path
from time import perf_counter
from typing import Annotated, Any, Protocol

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table

out = Console()
err = Console(stderr=True)
INTERRUPTED = 130  # the exit code of a shell for Ctrl-C
WIDE = 118  # columns from which tables show every interval

ProjectOption = Annotated[
    Path, typer.Option("--project", "-C", help="Folder of params.yaml.", file_okay=False, show_default="here")
]
DataOption = Annotated[
    Path | None,
    typer.Option(
        "--data", "-d", help="Base directory for data.", file_okay=False, show_default="the project"
    ),
]
DaskOption = Annotated[
    str | None,
    typer.Option(
        "--dask",
        metavar="CLUSTER",
        help="Run on Dask: local:2 starts two workers here, tcp://host:8786 uses a running cluster.",
        show_default="this process",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]
SeedOption = Annotated[int | None, typer.Option("--seed", help="Overrides the seed of params.yaml.", min=0)]


@dataclass(frozen=True)
class Figure:
    """A figure with its bounds, in another unit than the one it came in."""

    value: float | None
    lower: float | None
    upper: float | None


class Span(Protocol):
    """A figure with its bounds; None where it does not exist."""

    @property
    def value(self) -> float | None: ...  # noqa: D102
    @property
    def lower(self) -> float | None: ...  # noqa: D102
    @property
    def upper(self) -> float | None: ...  # noqa: D102


def fail(words: str) -> int:
    """Print an error as one paragraph on standard error; return the exit code."""
    err.print(f"[bold red]error[/] {escape(' '.join(words.split()))}", highlight=False, soft_wrap=True)
    return 1


def debugging() -> bool:
    """Return whether tracebacks are wanted."""
    return os.environ.get("LEAD_ML_DEBUG", "") not in ("", "0")


def wide() -> bool:
    """Return whether the terminal has room for every interval."""
    return out.width >= WIDE


def print_json(content: Any) -> None:
    """Print plain data as JSON on standard output."""
    import msgspec

    sys.stdout.write(msgspec.json.format(msgspec.json.encode(content), indent=2).decode() + "\n")


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table; columns of numbers are right-aligned."""
    table = Table(
        title=escape(title),
        title_justify="left",
        title_style="bold",
        header_style="bold",
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
        show_edge=False,
    )
    for k, name in enumerate(columns):
        numeric = bool(rows) and all(_is_number(row[k]) for row in rows)
        table.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(escape(str(cell)) for cell in row))
    out.print(table)
    out.print()


def tell(text: str) -> None:
    """Print a line of the result; data inside it must be escaped."""
    out.print(text, highlight=False, soft_wrap=not out.is_terminal)


def say(text: str) -> None:
    """Print a line on standard error, next to the result; data inside it must be escaped."""
    err.print(text, highlight=False, soft_wrap=True)


@contextmanager
def steps(title: str, total: int | None = None) -> Iterator[Callable[[str], None]]:
    """Show progress; the value is called with a few words after each step.

    A terminal shows one line that disappears at the end; a log gets one line per step.
    """
    if not err.is_terminal:
        start = perf_counter()
        yield lambda words: say(escape(f"{perf_counter() - start:6.1f} s  {words}"))
        return
    measured = () if total is None else (BarColumn(), MofNCompleteColumn())
    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        *measured,
        TimeElapsedColumn(),
        console=err,
        transient=True,
    )
    with bar:
        task = bar.add_task(title, total=total)
        yield lambda words: bar.update(task, description=words, advance=1)


def interval(figure: Span, digits: int = 3, *, bounds: bool = True) -> str:
    """Word a figure for a table.

    >>> interval(Figure(0.3032, 0.2557, 0.3617))
    '0.303 (0.256-0.362)'
    >>> interval(Figure(-10.0, -30.2, 12.0), digits=0)
    '-10 (-30 to 12)'
    >>> interval(Figure(None, None, None))
    '-'
    """
    if figure.value is None or isnan(figure.value):
        return "-"
    text = f"{figure.value:,.{digits}f}"
    if not bounds or figure.lower is None or figure.upper is None:
        return text
    between = " to " if figure.lower < 0 else "-"
    return f"{text} ({figure.lower:,.{digits}f}{between}{figure.upper:,.{digits}f})"


def day(instant: int) -> str:
    """Return the date of an instant in microseconds UTC.

    >>> day(1_767_225_600_000_000)
    '2026-01-01'
    """
    return datetime.fromtimestamp(instant // 1_000_000, UTC).date().isoformat()


def percent(figure: Span) -> Figure:
    """Return a share as a percentage."""
    return Figure(
        *(None if part is None else 100 * part for part in (figure.value, figure.lower, figure.upper))
    )


def _is_number(cell: object) -> bool:
    head = str(cell).split(" ")[0].replace(",", "").replace("%", "").lstrip("+-")
    return head.replace(".", "", 1).isdigit() or head in ("", "-")
