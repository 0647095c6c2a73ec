"""Commands about a project and this machine: init, check, warm, doctor."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from lead_ml.cli.console import DataOption, JsonOption, ProjectOption, print_json, print_table, say, tell
from lead_ml.instants import iso

if TYPE_CHECKING:
    from lead_ml.intake import ColumnReport, IntakeReport, TableReport


def init(folder: Annotated[Path, typer.Argument(help="New folder of the project.")]) -> None:
    """Copy the reference project into a new folder, ready to be edited.

    Example: lead-ml init my-company
    """
    from lead_ml.workflows.init import init_project

    written = init_project(folder)
    say(f"Wrote {len(written)} files into {escape(str(folder))}.")
    say("Next: put your data in, name it in params.yaml, then run: lead-ml check")


def check(project: ProjectOption = Path(), data: DataOption = None, as_json: JsonOption = False) -> None:
    """Read the data and show what was read, mapped, set aside and why.

    Example: lead-ml check --project my-company
    """
    from lead_ml.intake import write_set_aside
    from lead_ml.workflows.load import intake_summary, load
    from lead_ml.workflows.tables import usable_features

    loaded = load(project, data)
    written = write_set_aside(loaded.intake, loaded.project.runs / "set_aside")
    _, left_out = usable_features(loaded.project, loaded.dataset)
    if as_json:
        print_json(
            {
                "intake": intake_summary(loaded.intake),
                "left_out_features": left_out,
                "set_aside_files": [str(p) for p in written],
            }
        )
        return
    print_intake(loaded.intake)
    for name in left_out:
        tell(f"[yellow]left out[/] feature {escape(name)}: its column is overwritten later (see known at)")
    for path in written:
        tell(f"Rows set aside are in {escape(str(path))}")
    say("Next: lead-ml train")


def print_intake(report: IntakeReport) -> None:
    """Print what was read, how it was understood, and what was set aside."""
    tables = list(report.tables.values())
    print_table(
        "What was read",
        ("table", "file", "rows", "used", "set aside", "from", "to"),
        [_read_row(table) for table in tables],
    )
    aside = [(table.table, *cells) for table in tables for cells in _aside_rows(table)]
    if aside:
        print_table("What was set aside", ("table", "why", "rows", "row numbers", "example"), aside)
    for table in tables:
        _tell_notes(table)
    if report.columns:
        print_table(
            "Columns of leads",
            ("column", "looks like", "filled", "distinct", "known at"),
            [_column_row(column) for column in report.columns],
        )


def _read_row(table: TableReport) -> Sequence[str]:
    first, last = ("-" if moment is None else iso(moment)[:10] for moment in (table.first, table.last))
    used, aside = f"{table.used:,}", f"{table.rows_in - table.used:,}"
    return table.table, ", ".join(table.sources), f"{table.rows_in:,}", used, aside, first, last


def _aside_rows(table: TableReport) -> list[Sequence[str]]:
    return [
        (s.cause, f"{s.count:,}", ", ".join(map(str, s.rows)), f"{s.column}={s.example!r}"[:60])
        for s in table.set_aside
    ]


def _tell_notes(table: TableReport) -> None:
    mapped = [f"{ours} is their {theirs}" for ours, theirs in table.mapped.items() if ours != theirs]
    ignored = [f"ignored: {', '.join(table.ignored)}"] if table.ignored else []
    for note in (*mapped, *ignored, *table.notes):
        tell(f"{table.table}: {escape(note)}")


def _column_row(column: ColumnReport) -> Sequence[str]:
    known: str = column.known_at
    if known != "creation":
        known = f"{known}: {'trusted by name' if column.trusted else 'left out'}"
    return column.name, column.kind, f"{column.fill:.1%}", f"{column.distinct:,}", known


def warm() -> None:
    """Compile the feature kernels, so that the first request does not wait for it.

    Example: lead-ml warm
    """
    from time import perf_counter

    from lead_ml.kernel import warm as warm_kernels

    start = perf_counter()
    warm_kernels()
    say(f"Kernels are ready ({perf_counter() - start:.1f} s).")


def doctor(project: ProjectOption = Path(), as_json: JsonOption = False) -> None:
    """Check this machine, the libraries and the project, and say what to mend.

    Example: lead-ml doctor
    """
    from lead_ml.workflows.doctor import examine

    findings = examine(project)
    if as_json:
        print_json(findings)
    else:
        rows = [("ok" if f.ok else "MEND", f.what, f.found, f.do) for f in findings]
        print_table("doctor", ("", "what", "found", "do"), rows)
    if not all(finding.ok for finding in findings):
        say("Some things need mending.")
        raise typer.Exit(1)


COMMANDS = (init, check, warm, doctor)
