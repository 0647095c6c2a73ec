"""Commands about a project and this machine: init, check, warm, doctor."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lead_ml.cli.console import DataOption, JsonOption, ProjectOption, err, print_json, print_table, say
from lead_ml.instants import iso

if TYPE_CHECKING:
    from lead_ml.intake import TableReport


def init(folder: Annotated[Path, typer.Argument(help="New folder of the project.")]) -> None:
    """Copy the reference project into a new folder, ready to be edited.

    Example: lead-ml init my-company
    """
    from lead_ml.workflows.init import init_project

    written = init_project(folder)
    say(f"Wrote {len(written)} files into {folder}.")
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
    for table in loaded.intake.tables.values():
        _print_table_report(table)
    if loaded.intake.columns:
        print_table(
            "columns of leads",
            ("column", "looks like", "filled", "distinct", "known at", "note"),
            [
                (
                    c.name,
                    c.kind,
                    f"{c.fill:.1%}",
                    f"{c.distinct:,}",
                    c.known_at,
                    _trust(c.known_at, trusted=c.trusted),
                )
                for c in loaded.intake.columns
            ],
        )
    for name in left_out:
        say(
            f"[yellow]left out[/] feature {name}: its column is overwritten later; trust it by name in params.yaml to use it"
        )
    for path in written:
        say(f"Rows set aside are in {path}")


def _print_table_report(table: TableReport) -> None:
    span = "" if table.first is None or table.last is None else f", {iso(table.first)} to {iso(table.last)}"
    rows = [("used", f"{table.used:,}", "", "")]
    rows += [
        (f"set aside: {s.cause}", f"{s.count:,}", ", ".join(map(str, s.rows)), f"{s.column}={s.example!r}")
        for s in table.set_aside
    ]
    print_table(
        f"{table.table}: {table.rows_in:,} rows in {', '.join(table.sources)}{span}",
        ("", "rows", "row numbers", "example"),
        rows,
    )
    for ours, theirs in table.mapped.items():
        if ours != theirs:
            say(f"  {ours} is their {theirs}")
    if table.ignored:
        say(f"  ignored: {', '.join(table.ignored)}")
    for note in table.notes:
        say(f"  note: {note}")


def _trust(known_at: str, *, trusted: bool) -> str:
    if known_at == "creation":
        return ""
    return "trusted by name" if trusted else "left out unless trusted"


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
        err.print("Some things need mending.")
        raise typer.Exit(1)


COMMANDS = (init, check, warm, doctor)
