"""How every command prints: tables, JSON, progress and errors.

Results go to standard output; progress, hints and errors to standard error, so that ``--json`` stays clean.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from math import isnan
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from lead_ml.cluster.layout.manifest import RejectionCount
    from lead_ml.model.metrics import Interval, OptionalInterval
    from lead_ml.tables.read.reject import RejectedRows

    Figure = Interval | OptionalInterval

out = Console()
err = Console(stderr=True)
INTERRUPTED = 130  # the exit code of a shell for Ctrl-C
WIDE = 118  # columns from which tables show every interval


def fail(words: str) -> int:
    """Print an error as one paragraph on standard error; return the exit code."""
    say(("error", "bold red"), f" {' '.join(words.split())}")
    return 1


def wide() -> bool:
    """Return whether the terminal has room for every interval."""
    return out.width >= WIDE


def next_command(command: str, project: Path) -> str:
    """Return the hint that names the next command for a project.

    >>> next_command("train", Path("my-company")), next_command("train", Path("."))
    ('Next: lead-ml train --project my-company', 'Next: lead-ml train')
    """
    return f"Next: lead-ml {command}" + ("" if project == Path() else f" --project {project}")


def print_json(content: Any) -> None:
    """Print plain data as JSON on standard output."""
    import msgspec

    sys.stdout.write(msgspec.json.format(msgspec.json.encode(content), indent=2).decode() + "\n")


def show(found: Any, printed: Callable[[], None], *, as_json: bool) -> None:
    """Print a result as JSON, or as its command prints it."""
    if as_json:
        print_json(found)
    else:
        printed()


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table; columns of numbers are right-aligned."""
    table = Table(
        title=Text(title),
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
        table.add_row(*(Text(str(cell)) for cell in row))
    out.print(table)
    out.print()


def print_rejected(rejected: Sequence[tuple[str, RejectedRows | RejectionCount]]) -> None:
    """Print which rows of which table were rejected and why."""
    rows = [
        (table, r.cause, f"{r.count:,}", ", ".join(map(str, r.rows)), f"{r.column}={r.example!r}"[:60])
        for table, r in rejected
    ]
    if rows:
        print_table("Rejected rows", ("table", "why", "rows", "row numbers", "example"), rows)


def tell(*parts: str | tuple[str, str]) -> None:
    """Print a line of the result, put together from texts and texts with a style."""
    out.print(Text.assemble(*parts), highlight=False, soft_wrap=not out.is_terminal)


def say(*parts: str | tuple[str, str]) -> None:
    """Print a line on standard error, next to the result, as :func:`tell` does."""
    err.print(Text.assemble(*parts), highlight=False, soft_wrap=True)


@contextmanager
def steps(title: str, total: int | None = None) -> Iterator[Callable[[str], None]]:
    """Show progress; the value is called with a few words after each step.

    A terminal shows one line that disappears at the end; a log gets one line per step.
    """
    if not err.is_terminal:
        start = perf_counter()
        yield lambda words: say(f"{perf_counter() - start:6.1f} s  {words}")
        return
    from rich import progress

    measured = () if total is None else (progress.BarColumn(), progress.MofNCompleteColumn())
    with progress.Progress(
        progress.SpinnerColumn(),
        progress.TextColumn("{task.description}", markup=False),
        *measured,
        progress.TimeElapsedColumn(),
        console=err,
        transient=True,
    ) as bar:
        task = bar.add_task(title, total=total)
        yield lambda words: bar.update(task, description=words, advance=1)


def interval(figure: Figure, digits: int = 3, *, times: float = 1, bounds: bool = True) -> str:
    """Word a figure for a table as ``0.303 (0.256-0.362)``, multiplied first, as by 100 for a percentage."""
    if figure.value is None or isnan(figure.value):
        return "-"
    text = f"{times * figure.value:,.{digits}f}"
    if not bounds or figure.lower is None or figure.upper is None:
        return text
    between = " to " if figure.lower < 0 else "-"
    return f"{text} ({times * figure.lower:,.{digits}f}{between}{times * figure.upper:,.{digits}f})"


def _is_number(cell: object) -> bool:
    head = str(cell).split(" ")[0].replace(",", "").replace("%", "").lstrip("+-")
    return head.replace(".", "", 1).isdigit() or head in ("", "-")
