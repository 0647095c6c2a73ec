"""Commands that write the events of a project to a layout, for data larger than memory."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lead_ml.cli.console import next_command, print_rejected, say, show, steps, tell
from lead_ml.cli.options import DataOption, JsonOption, ProjectOption

if TYPE_CHECKING:
    from lead_ml.workflows.layout import LayoutSummary

app = typer.Typer(
    no_args_is_help=True, help="Write events to partitions on disk, so that they need not fit into memory."
)


@app.command()
def build(
    project: ProjectOption = Path(),
    data: DataOption = None,
    partitions: Annotated[
        int | None,
        typer.Option(
            min=1, max=100_000, help="Number of partitions.", show_default="by the number of events"
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Write the events of the project to the folder or URL that data.layout names.

    From then on train, evaluate and score read the events from there, one partition at a time.

    Example: lead-ml layout build --project my-company
    """
    from lead_ml.workflows.layout import build_layout

    with steps("reading") as step:
        found = build_layout(project, data, partitions=partitions, progress=step)
    show(found, lambda: print_layout(found, project), as_json=as_json)


@app.command()
def append(
    files: Annotated[list[str], typer.Argument(help="New files of events, or globs.")],
    project: ProjectOption = Path(),
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add new files of events to the layout; events that it has already are recognized by their event_id.

    Run it after the leads table has the new leads: events of unknown leads are rejected.

    Example: lead-ml layout append events-2026-11.parquet --project my-company
    """
    from lead_ml.workflows.layout import append_layout

    with steps("reading") as step:
        found = append_layout(project, files, data, progress=step)
    show(found, lambda: print_layout(found, project), as_json=as_json)


def print_layout(found: LayoutSummary, project: Path) -> None:
    """Print what the layout holds, and which rows were rejected."""
    print_rejected([("events", item) for item in found.read.rejected])
    tell(
        f"{found.read.rows_in:,} rows read. The layout in {found.place} holds {found.events:,} events in "
        f"{found.partitions:,} partition{'' if found.partitions == 1 else 's'}, {found.bytes / 1e6:,.1f} MB."
    )
    say(next_command("train", project))
