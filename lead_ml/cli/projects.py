"""Commands about a project and this machine: init, check, warm, doctor."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from lead_ml.cli.console import (
    DataOption,
    JsonOption,
    ProjectOption,
    day,
    print_json,
    print_table,
    say,
    tell,
    wide,
)

if TYPE_CHECKING:
    from lead_ml.init import ColumnDraft, Draft
    from lead_ml.tables.read import ColumnReport, IntakeReport, TableReport


def init(
    folder: Annotated[Path, typer.Argument(help="New folder of the project.")],
    leads: Annotated[
        Path | None, typer.Option("--leads", help="Export of leads to fit the project to.", dir_okay=False)
    ] = None,
    events: Annotated[
        Path | None,
        typer.Option("--events", help="What the leads did, if there is such a file.", dir_okay=False),
    ] = None,
    outcomes: Annotated[
        Path | None,
        typer.Option("--outcomes", help="Stages or deals, if there is such a file.", dir_okay=False),
    ] = None,
    lang: Annotated[str, typer.Option(help="Language of the questions and comments, en or zh.")] = "en",
    as_json: JsonOption = False,
) -> None:
    """Write a project into a new folder: one that fits your own export, or the reference project to be edited.

    The files are CSV or Parquet and are only read. What could not be decided is listed as questions at the top of params.yaml.

    Example: lead-ml init my-company --leads leads.csv --outcomes deals.csv
    """
    from lead_ml.workflows.init import init_from_export, init_project

    if leads is None and (events or outcomes):
        raise typer.BadParameter(
            "events and outcomes need the leads that they belong to", param_hint="--leads"
        )
    if leads is None:
        written = init_project(folder)
        if as_json:
            print_json({"folder": str(folder), "files": [str(path) for path in written]})
            return
        say(f"Wrote {len(written)} files into {escape(str(folder))}.")
        say("Next: put your data in, name it in params.yaml, then run: lead-ml check")
        return
    from lead_ml.language import LANGUAGES

    if lang not in LANGUAGES:
        raise typer.BadParameter(f"{lang!r} is not one of {', '.join(LANGUAGES)}", param_hint="--lang")
    draft, written = init_from_export(folder, leads, events, outcomes, lang=lang)
    if as_json:
        print_json(_plain_draft(folder, draft, written))
        return
    print_draft(draft)
    say(f"Wrote {len(written)} files into {escape(str(folder))}.")
    say(
        f"Next: read the top of {escape(str(folder / 'params.yaml'))}, then run: lead-ml check --project {escape(str(folder))}"
    )
    say(f"and: lead-ml train --project {escape(str(folder))}")


def print_draft(draft: Draft) -> None:
    """Print what was understood of an export, and what was not."""
    for table in dict.fromkeys(item.table for item in draft.columns):
        rows = [_draft_row(item) for item in draft.columns if item.table == table]
        print_table(f"{table}: what was understood", _DRAFT_COLUMNS[: len(rows[0])], rows)
    figures = draft.figures
    tell(f"Conversion: {escape(draft.target)}; {figures.converted:,} of {figures.leads:,} leads converted.")
    if draft.horizon_days is not None:
        tell(f"Horizon: {draft.horizon_days} days, from how long wins took.")
    if draft.missing:
        seen = ", ".join(f"{tag} ({sum(cells.values()):,} cells)" for tag, cells in draft.missing.items())
        tell(f"Counted as missing: {escape(seen)}")
    for note in draft.notes:
        tell(f"Noticed: {escape(note)}")
    for number, question in enumerate(draft.questions, start=1):
        tell(f"[bold]Question {number}[/]: {escape(question.text)}")
        tell(f"  Guess: {escape(question.guess)}.")
        tell(f"  Change: {escape(question.change)}.")


_DRAFT_COLUMNS = ("column", "role", "holds", "filled", "examples", "known at", "distinct")


def _draft_row(item: ColumnDraft) -> Sequence[str]:
    examples = ", ".join(item.examples if wide() else item.examples[:2])
    holds = item.kind.replace("_", " ") + (f" ({item.date_format})" if item.date_format else "")
    row = (item.column, item.role, holds, f"{item.fill:.1%}", examples)
    return (*row, item.known_at, f"{item.distinct:,}") if wide() else row


def _plain_draft(folder: Path, draft: Draft, written: Sequence[Path]) -> dict[str, object]:
    return {
        "folder": str(folder),
        "files": [str(path) for path in written],
        "columns": draft.columns,
        "target": draft.target,
        "horizon_days": draft.horizon_days,
        "figures": draft.figures,
        "missing": draft.missing,
        "notes": draft.notes,
        "questions": draft.questions,
    }


def check(project: ProjectOption = Path(), data: DataOption = None, as_json: JsonOption = False) -> None:
    """Read the data and show how it was mapped, and which rows were rejected and why.

    Example: lead-ml check --project my-company
    """
    from lead_ml.workflows.doctor import check_project
    from lead_ml.workflows.load import intake_summary

    loaded, left_out, written = check_project(project, data)
    if as_json:
        print_json(
            {
                "intake": intake_summary(loaded.intake),
                "left_out_features": left_out,
                "rejected_files": [str(p) for p in written],
            }
        )
        return
    print_intake(loaded.intake)
    for name in left_out:
        tell(f"[yellow]left out[/] feature {escape(name)}: its column is overwritten later (see known at)")
    for path in written:
        tell(f"Rejected rows: {escape(str(path))}")
    say("Next: lead-ml train")


def print_intake(report: IntakeReport) -> None:
    """Print what was read, how it was mapped, and which rows were rejected."""
    tables = list(report.tables.values())
    print_table(
        "Tables",
        ("table", "file", "rows", "used", "rejected", "from", "to"),
        [_read_row(table) for table in tables],
    )
    aside = [(table.table, *cells) for table in tables for cells in _aside_rows(table)]
    if aside:
        print_table("Rejected rows", ("table", "why", "rows", "row numbers", "example"), aside)
    for table in tables:
        _tell_notes(table)
    if report.columns:
        print_table(
            "Columns of leads",
            ("column", "holds", "filled", "distinct", "known at"),
            [_column_row(column) for column in report.columns],
        )


def _read_row(table: TableReport) -> Sequence[str]:
    first, last = ("-" if moment is None else day(moment) for moment in (table.first, table.last))
    used, aside = f"{table.used:,}", f"{table.rows_in - table.used:,}"
    return table.table, ", ".join(table.sources), f"{table.rows_in:,}", used, aside, first, last


def _aside_rows(table: TableReport) -> list[Sequence[str]]:
    return [
        (s.cause, f"{s.count:,}", ", ".join(map(str, s.rows)), f"{s.column}={s.example!r}"[:60])
        for s in table.rejected
    ]


def _tell_notes(table: TableReport) -> None:
    mapped = [f"{ours} is read from {theirs}" for ours, theirs in table.mapped.items() if ours != theirs]
    ignored = [f"ignored: {', '.join(table.ignored)}"] if table.ignored else []
    for note in (*mapped, *ignored, *table.notes):
        tell(f"{table.table}: {escape(note)}")


def _column_row(column: ColumnReport) -> Sequence[str]:
    known: str = column.known_at
    if known == "history":
        known = "history: value as of"
    elif known != "creation":
        known = f"{known}: {'trusted by name' if column.trusted else 'left out'}"
    return column.name, column.kind.replace("_", " "), f"{column.fill:.1%}", f"{column.distinct:,}", known


def warm() -> None:
    """Compile the feature kernels, so that the first request does not wait for it.

    Example: lead-ml warm
    """
    from time import perf_counter

    from lead_ml.workflows.doctor import warm_kernels

    start = perf_counter()
    warm_kernels()
    say(f"Kernels are ready ({perf_counter() - start:.1f} s).")


def doctor(project: ProjectOption = Path(), as_json: JsonOption = False) -> None:
    """Check this machine, the libraries and the project, and say what is missing and how to get it.

    Example: lead-ml doctor
    """
    from lead_ml.workflows.doctor import examine

    findings = examine(project)
    if as_json:
        print_json(findings)
    else:
        rows = [("ok" if f.ok else "FAIL", f.what, f.found, f.do) for f in findings]
        print_table("doctor", ("", "what", "found", "do"), rows)
    if not all(finding.ok for finding in findings):
        say("Some checks failed.")
        raise typer.Exit(1)


COMMANDS = (init, check, warm, doctor)
