"""What every command shares: options, tables that are also JSON, progress, and how an error is told."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from lead_ml.errors import LeadMLError

out = Console()
err = Console(stderr=True)

ProjectOption = Annotated[
    Path, typer.Option("--project", "-C", help="Folder of params.yaml.", file_okay=False, show_default="here")
]
DataOption = Annotated[
    Path | None,
    typer.Option(
        "--data", "-d", help="Folder that data paths start from.", file_okay=False, show_default="the project"
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]
SeedOption = Annotated[int | None, typer.Option("--seed", help="Overrides the seed of params.yaml.", min=0)]


def fail(error: LeadMLError) -> int:
    """Tell an error in one paragraph on standard error; return the exit code."""
    err.print(f"[bold red]error[/] {_escaped(str(error))}", highlight=False, soft_wrap=True)
    return 1


def print_json(content: Any) -> None:
    """Print plain data as JSON on standard output."""
    import msgspec

    sys.stdout.write(msgspec.json.format(msgspec.json.encode(content), indent=2).decode() + "\n")


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table; cells that are numbers are set to the right."""
    table = Table(title=title, title_justify="left", title_style="bold", header_style="bold")
    for k, name in enumerate(columns):
        numeric = bool(rows) and all(_is_number(row[k]) for row in rows)
        table.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(_escaped(str(cell)) for cell in row))
    out.print(table)


def print_pairs(title: str, pairs: Mapping[str, object]) -> None:
    """Print names and values, one a line."""
    print_table(title, ("", ""), list(pairs.items()))


def say(text: str) -> None:
    """Print a line for people, on standard error so that --json stays clean."""
    err.print(text, highlight=False, soft_wrap=True)


@contextmanager
def steps(title: str, total: int | None = None) -> Iterator[Callable[[str], None]]:
    """Show progress; the value is called with a few words after each step."""
    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        console=err,
        transient=True,
    )
    with bar:
        task = bar.add_task(title, total=total)

        def step(words: str) -> None:
            bar.update(task, description=words, advance=1)

        yield step


def interval(value: Any, digits: int = 3) -> str:
    """Word an interval as ``value (lower to upper)``."""
    return f"{value.value:.{digits}f} ({value.lower:.{digits}f} to {value.upper:.{digits}f})"


def _is_number(cell: object) -> bool:
    head = str(cell).split(" ")[0].replace(",", "").replace("%", "").lstrip("-")
    return head.replace(".", "", 1).isdigit() or head in ("", "-")


def _escaped(text: str) -> str:
    return text.replace("[", r"\[")
