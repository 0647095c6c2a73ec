"""The leakage audit on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lead_ml.cli.console import interval, print_table, say, show, steps, tell
from lead_ml.cli.options import DataOption, JsonOption, ProjectOption, SeedOption, Target
from lead_ml.language import catalog

if TYPE_CHECKING:
    from lead_ml.evaluation.leakage import AuditFigures, AuditReport
    from lead_ml.project.params import Params


def audit(
    project: ProjectOption = Path(),
    data: DataOption = None,
    target: Annotated[Target, typer.Option(help="Outcome to audit the columns against.")] = "conversion",
    seed: SeedOption = None,
    everything: Annotated[bool, typer.Option("--all", help="Print cleared columns too.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Look for columns that know the outcome, and show the AUC with and without them.

    The exit code is 0 also when leaks are found.

    Example: lead-ml audit --project my-company --all
    """
    from lead_ml.workflows.audit import as_dict, audit_project

    with steps("reading") as step:
        found, reports = audit_project(project, data, targets=(target,), seed=seed, progress=step)
    report = reports[target]
    plain = {target: as_dict(report, found.params.trust)}
    show(plain, lambda: print_audit(report, found.params, everything=everything), as_json=as_json)


def print_audit(report: AuditReport, params: Params, *, everything: bool = False) -> None:
    """Print the flagged columns with their evidence and the next step of their gravest finding, then the two figures."""
    from lead_ml.workflows.audit import CHECKS, left_out_columns

    flagged = [found for found in report.findings if found.verdict != "clear"]
    shown = report.findings if everything else flagged
    mark = "SYNTHETIC, " if params.synthetic else ""
    title = f"{report.target}: {mark}{report.rows:,} leads, {report.positives:,} positive"
    if shown:
        rows = [(found.verdict, CHECKS[found.check], found.subject, found.en) for found in shown]
        print_table(title, ("verdict", "check", "subject", "evidence"), rows)
    else:
        tell(title)
    _print_figures(report)
    first = {found.subject: found.do for found in reversed(flagged)}
    for subject in dict.fromkeys(found.subject for found in flagged):
        tell((subject, "bold"), f": {first[subject]}")
    left_out = left_out_columns(report, params.trust)
    cleared = len(report.findings) - len(flagged)
    left = f" Left out: {', '.join(left_out)}." if left_out else ""
    say(f"{len(flagged)} flagged, {cleared} cleared.{left}")
    if not flagged:
        say("Nothing is flagged. --all shows what was checked.")


def _print_figures(report: AuditReport) -> None:
    if report.honest is None or report.leaky is None:
        tell("Too few outcomes to measure anything: only dates and names were checked.")
        return
    first, flagged = "suspect" if report.suspect else "honest", bool(report.flagged)
    without = f"{first} without the flagged columns, leaky with all of them" if flagged else first
    tell(f"AUC of a small LightGBM on raw columns: {without}.")
    rows = [(first, *_figures(report.honest)), ("leaky", *_figures(report.leaky))][: 1 + flagged]
    heads = ("", "columns", "AUC forward in time", "AUC random split", "PR-AUC random split", "PR-AUC / rate")
    print_table("", heads, rows)
    if report.suspect:
        tell(catalog("en")("leakage.suspect"))


def _figures(figures: AuditFigures) -> tuple[str, ...]:
    forward = "-" if figures.forward_auc is None else interval(figures.forward_auc)
    random = (interval(figures.random_auc), interval(figures.random_pr_auc))
    return str(figures.columns), forward, *random, f"{figures.random_lift:.1f}"


COMMANDS = (audit,)
