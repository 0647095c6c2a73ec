"""The command that writes leads with their standard forms and reports their quality."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lead_ml.cli.console import print_table, show, steps, tell, wide
from lead_ml.cli.options import DataOption, JsonOption, ProjectOption
from lead_ml.language import Catalog, Lang, catalog

if TYPE_CHECKING:
    from lead_ml.lead_data.quality import ColumnQuality, QualityReport, QualitySlice

MOST_MONTHS = 12


def clean(
    file: Annotated[
        Path | None,
        typer.Argument(
            help="A file of leads that belongs to no project.", show_default="the leads of the project"
        ),
    ] = None,
    project: ProjectOption = Path(),
    data: DataOption = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Where the cleaned leads go, .csv or .parquet.", show_default="runs/clean, or beside FILE"
        ),
    ] = None,
    picture: Annotated[
        Path | None,
        typer.Option(help="Where the picture goes, .svg or .png.", show_default="beside the cleaned leads"),
    ] = None,
    lang: Annotated[Lang, typer.Option(help="Language of the report.")] = "en",
    as_json: JsonOption = False,
) -> None:
    """Standardize names, companies, emails, phones, places and job titles, and report the quality of each column.

    The raw columns stay as they are; new columns stand beside them.

    Example: lead-ml clean export.csv --lang zh
    """
    from lead_ml.workflows.clean import as_plain, clean_file, clean_project

    with steps("reading") as step:
        if file is None:
            report = clean_project(project, data, out=out, picture=picture, lang=lang, progress=step)
        else:
            report = clean_file(file, out=out, picture=picture, lang=lang, progress=step)
    show(as_plain(report), lambda: print_quality(report, catalog(lang)), as_json=as_json)


def print_quality(report: QualityReport, texts: Catalog) -> None:
    """Print a table of all columns, one by source and one by month, and where the results are."""
    title = texts(
        "clean.title_synthetic" if report.synthetic else "clean.title", rows=report.rows, file=report.file
    )
    print_table(
        title,
        tuple(texts.section("clean.heads").values()),
        [_row(column, texts) for column in report.columns],
    )
    tell(texts("clean.meaning") + "\n")
    _print_slices("source", report.by_source, texts)
    _print_slices("month", report.by_month[-MOST_MONTHS:], texts)
    if report.suggested_emails:
        tell(texts("clean.suggested", count=report.suggested_emails))
    tell(texts("clean.written", file=report.written))
    tell(texts("clean.drawn", file=report.picture))


def _row(column: ColumnQuality, texts: Catalog) -> tuple[str, ...]:
    return (
        texts(f"clean.roles.{column.role}"),
        column.column,
        _share(column.filled, column.rows, texts),
        _share(column.valid, column.filled, texts),
        _share(column.changed, column.valid, texts),
        ", ".join(column.added),
    )


def _print_slices(kind: str, slices: Sequence[QualitySlice], texts: Catalog) -> None:
    from lead_ml.workflows.clean import CONTACT

    if not slices:
        return
    heads = [texts(f"clean.slice_heads.{kind}"), texts("clean.slice_heads.leads")]
    roles = [column.role for column in slices[0].columns]
    shown = [k for k, role in enumerate(roles) if wide() or role in CONTACT] or list(range(len(roles)))
    columns = [texts(f"clean.roles.{roles[k]}") for k in shown]
    rows = [
        (
            part.name or texts("clean.other"),
            texts.numbers.number(part.rows),
            *(_share(part.columns[k].valid, part.rows, texts) for k in shown),
        )
        for part in slices
    ]
    tell((texts(f"clean.by_{kind}"), "bold"))
    print_table("", (*heads, *columns), rows)


def _share(part: int, whole: int, texts: Catalog) -> str:
    return texts.numbers.percent(part / whole) if whole else "-"


COMMANDS = (clean,)
