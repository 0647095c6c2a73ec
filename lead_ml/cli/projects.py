"""Commands about a project and this machine: init, check, warm, doctor."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lead_ml.cli.console import next_command, print_json, print_rejected, print_table, say, tell, wide
from lead_ml.cli.options import DataOption, JsonOption, ProjectOption
from lead_ml.language import Catalog, Lang, catalog

if TYPE_CHECKING:
    from lead_ml.init import ColumnDraft, Draft
    from lead_ml.tables.read import ColumnReport, IntakeReport, TableReport


def init(
    folder: Annotated[Path, typer.Argument(help="New folder of the project.")],
    leads: Annotated[
        Path | None, typer.Option(help="Export of leads to fit the project to.", dir_okay=False)
    ] = None,
    events: Annotated[
        Path | None, typer.Option(help="What the leads did, if there is such a file.", dir_okay=False)
    ] = None,
    outcomes: Annotated[
        Path | None, typer.Option(help="Stages or deals, if there is such a file.", dir_okay=False)
    ] = None,
    lang: Annotated[Lang, typer.Option(help="Language of the questions and comments.")] = "en",
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
    draft = None
    if leads is None:
        written = init_project(folder)
    else:
        draft, written = init_from_export(folder, leads, events, outcomes, lang=lang)
    if as_json:
        found = {} if draft is None else {name: getattr(draft, name) for name in _DRAFT_JSON}
        print_json({"folder": str(folder), "files": [str(path) for path in written], **found})
        return
    words = catalog(lang)
    if draft is not None:
        print_draft(draft, words)
    say(words("init.shown.wrote", count=len(written), folder=folder))
    params = folder / "params.yaml"
    for key in ("reference",) if draft is None else ("next", "then"):
        say(words(f"init.shown.{key}", file=params, folder=folder))


def print_draft(draft: Draft, words: Catalog) -> None:
    """Print what was understood of an export, and what was not."""
    heads = [words(f"init.heads.{name}") for name in _DRAFT_COLUMNS]
    for table in dict.fromkeys(item.table for item in draft.columns):
        rows = [_draft_row(item, words) for item in draft.columns if item.table == table]
        print_table(words("init.shown.table", table=table), heads[: len(rows[0])], rows)
    figures = draft.figures
    counts = {"count": figures.converted, "leads": figures.leads}
    key = "converted" if draft.target else "no_target"
    tell(words(f"init.shown.{key}", target=draft.target, **counts))
    if draft.horizon_days is not None:
        tell(words("init.shown.horizon", days=draft.horizon_days, why=draft.horizon))
    if draft.missing:
        cells = {tag: sum(counted.values()) for tag, counted in draft.missing.items()}
        tags = [words("init.shown.missing_tag", tag=tag, count=count) for tag, count in cells.items()]
        tell(words("init.shown.missing", tags=words("init.separator").join(tags)))
    for note in draft.notes:
        tell(words("init.shown.note", text=note))
    for number, question in enumerate(draft.questions, start=1):
        tell((words("init.shown.question", number=number, text=question.text), "bold"))
        tell("  ", words("init.params.guess", text=question.guess))
        tell("  ", words("init.params.change", text=question.change))


_DRAFT_COLUMNS = ("column", "role", "holds", "filled", "examples", "known_at", "distinct")
_DRAFT_JSON = ("columns", "target", "horizon_days", "horizon", "figures", "missing", "notes", "questions")


def _draft_row(item: ColumnDraft, words: Catalog) -> Sequence[str]:
    examples = words("init.separator").join(item.examples if wide() else item.examples[:2])
    holds = words(f"init.kinds.{item.kind}") + (f" ({item.date_format})" if item.date_format else "")
    row = (item.column, item.role, holds, f"{item.fill:.1%}", examples)
    return (*row, item.known_at, f"{item.distinct:,}") if wide() else row


def check(project: ProjectOption = Path(), data: DataOption = None, as_json: JsonOption = False) -> None:
    """Read the data and show how it was mapped, and which rows were rejected and why.

    Example: lead-ml check --project my-company
    """
    from lead_ml.workflows.doctor import check_project
    from lead_ml.workflows.load import intake_summary

    loaded, left_out, files = check_project(project, data)
    intake, written = loaded.intake, [str(path) for path in files]
    if as_json:
        summary = intake_summary(intake)
        print_json({"intake": summary, "left_out_features": list(left_out), "rejected_files": written})
        return
    print_intake(intake)
    for name, columns in left_out.items():
        shown = name if columns == name else f"{name} ({columns})"
        tell(("left out", "yellow"), f" feature {shown}: its column may be overwritten later (see known at)")
    for path in written:
        tell(f"Rejected rows: {path}")
    say(next_command("train", project))


def print_intake(report: IntakeReport) -> None:
    """Print what was read, how it was mapped, and which rows were rejected."""
    tables = list(report.tables.values())
    print_table(
        "Tables",
        ("table", "file", "rows", "used", "rejected", "from", "to"),
        [_read_row(table) for table in tables],
    )
    print_rejected([(table.table, item) for table in tables for item in table.rejected])
    for table in tables:
        _tell_notes(table)
    if report.columns:
        print_table(
            "Columns of leads",
            ("column", "holds", "filled", "distinct", "known at"),
            [_column_row(column) for column in report.columns],
        )


def _read_row(table: TableReport) -> Sequence[str]:
    first, last = (
        "-" if moment is None else datetime.fromtimestamp(moment // 1_000_000, UTC).date().isoformat()
        for moment in (table.first, table.last)
    )
    used, aside = f"{table.used:,}", f"{table.rows_in - table.used:,}"
    return table.table, ", ".join(table.sources), f"{table.rows_in:,}", used, aside, first, last


def _tell_notes(table: TableReport) -> None:
    mapped = [f"{ours} is read from {theirs}" for ours, theirs in table.mapped.items() if ours != theirs]
    ignored = [f"ignored: {', '.join(table.ignored)}"] if table.ignored else []
    for note in (*mapped, *ignored, *table.notes):
        tell(f"{table.table}: {note}")


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
