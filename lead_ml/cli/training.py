"""Commands that train and evaluate: train, tune, evaluate, report, versions."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.markup import escape

from lead_ml.cli.console import (
    INTERRUPTED,
    DaskOption,
    DataOption,
    JsonOption,
    ProjectOption,
    SeedOption,
    print_json,
    print_table,
    say,
    steps,
    tell,
)
from lead_ml.cli.show import print_evaluation

if TYPE_CHECKING:
    from lead_ml.evaluation import Evaluation
    from lead_ml.evaluation.tune import Tuned
    from lead_ml.project.targets import Kind
    from lead_ml.registry.runs import Run
    from lead_ml.workflows.versions import Version

CandidateOption = Annotated[
    list[str] | None,
    typer.Option("--candidate", help="Train only this candidate (repeat for several).", show_default="all"),
]


def train(
    project: ProjectOption = Path(),
    data: DataOption = None,
    candidate: CandidateOption = None,
    seed: SeedOption = None,
    track: Annotated[bool, typer.Option("--track/--no-track", help="Log the run to MLflow.")] = True,
    dask: DaskOption = None,
    as_json: JsonOption = False,
) -> None:
    """Train every candidate, evaluate it forward in time, and write a sealed version.

    Example: lead-ml train --project my-company --seed 7
    """
    from lead_ml.workflows.train import train_project
    from lead_ml.workflows.work import work_at

    with steps("reading") as step, work_at(dask, step) as work:
        run = train_project(
            project, data, kinds=candidates_of(candidate), seed=seed, track=track, progress=step, work=work
        )
    if as_json:
        print_json(
            {
                "run": run.record,
                "evaluations": {t: run.evaluation(t) for t in run.targets},
                "folder": str(run.folder),
            }
        )
        return
    print_run(run)
    say("Next: lead-ml promote")


def evaluate(
    project: ProjectOption = Path(),
    data: DataOption = None,
    candidate: CandidateOption = None,
    seed: SeedOption = None,
    version: Annotated[
        str | None, typer.Option(help="Show the recorded metrics of a version instead.")
    ] = None,
    dask: DaskOption = None,
    as_json: JsonOption = False,
) -> None:
    """Evaluate the candidates forward in time on the current data, without writing a version.

    Example: lead-ml evaluate --candidate logistic
    """
    from lead_ml.workflows.evaluate import evaluate_project
    from lead_ml.workflows.versions import open_run
    from lead_ml.workflows.work import work_at

    if version is not None:
        run = open_run(project / "runs", version)
        found: Mapping[str, Evaluation | None] = {target: run.evaluation(target) for target in run.targets}
    else:
        with steps("reading") as step, work_at(dask, step) as work:
            found = evaluate_project(
                project, data, kinds=candidates_of(candidate), seed=seed, progress=step, work=work
            )
    if as_json:
        print_json(found)
        return
    for target, evaluation in found.items():
        print_evaluation(evaluation, target)


def tune(
    project: ProjectOption = Path(),
    data: DataOption = None,
    target: Annotated[Literal["conversion", "fake"], typer.Option(help="Which model.")] = "conversion",
    trials: Annotated[int, typer.Option(min=1, help="Trials in all, with those of earlier calls.")] = 40,
    seed: SeedOption = None,
    as_json: JsonOption = False,
) -> None:
    """Search better LightGBM parameters on the windows before the forward window.

    Ctrl-C keeps the finished trials, prints the best so far and exits with 130; called again, it goes on from there.

    Example: lead-ml tune --trials 60
    """
    from lead_ml.workflows.tune import tune_target

    with steps("reading", total=trials) as step:
        tuned = tune_target(
            project,
            data,
            target,
            trials=trials,
            seed=seed,
            progress=lambda number, best: step(f"trial {number} of {trials}, best log-loss {best:.5f}"),
        )
    if as_json:
        print_json(tuned)
    else:
        print_tuned(tuned)
    if tuned.interrupted:
        say(f"Interrupted after {tuned.trials} of {trials} trials; the same command goes on from there.")
        raise typer.Exit(INTERRUPTED)


def report(
    project: ProjectOption = Path(),
    version: Annotated[str, typer.Option(help="Version, or latest.")] = "latest",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="HTML file.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Write the report of a version as one self-contained HTML file.

    Example: lead-ml report --output report.html
    """
    from lead_ml.workflows.versions import open_run, report_data, write_report

    run = open_run(project / "runs", version)
    if as_json:
        print_json(report_data(run))
        return
    tell(f"Report: {escape(str(write_report(run, output)))}")


def versions(project: ProjectOption = Path(), as_json: JsonOption = False) -> None:
    """List the versions of a project with their forward metrics, and mark the one that serves.

    Example: lead-ml versions --project my-company
    """
    from lead_ml.workflows.versions import list_versions

    found = list_versions(project / "runs")
    if as_json:
        print_json(found)
        return
    if not found:
        say("No version yet. Next: lead-ml train")
        return
    columns = ("", "version", "data until", "candidate", "ROC AUC", "log-loss", "base rate", "positives")
    print_table(
        "Versions (* serves); metrics of the conversion model on its forward window",
        columns,
        [_version_row(item) for item in found],
    )


def _version_row(item: Version) -> tuple[str, ...]:
    figures = (item.roc_auc, item.log_loss, item.base_rate_log_loss)
    cells = ("-" if figure is None else f"{figure:.{3 + (k > 0)}f}" for k, figure in enumerate(figures))
    positives = "-" if item.positives is None else f"{item.positives:,}"
    mark = "*" if item.serves else ""
    return (mark, item.version, item.data_until[:10], item.candidate, *cells, positives)


def print_run(run: Run) -> None:
    """Print the results of a training run, and where they are."""
    for target in run.targets:
        print_evaluation(run.evaluation(target), target)
    for name in run.record.left_out_features:
        tell(
            f"[yellow]left out[/] {escape(name)}: its column is overwritten later, when the outcome may be known"
        )
    print_flagged(run)
    tell(f"Cold-start stage: {escape(run.record.rung)}")
    tell(f"Version {run.record.version} is in {escape(str(run.folder))}")
    tell(f"Report: {escape(str(run.folder / 'report.html'))}")


def print_flagged(run: Run) -> None:
    """Print the columns that the leakage audit of the run flagged, in one line."""
    from lead_ml.workflows.versions import flagged_columns

    flagged = flagged_columns(run)
    if flagged:
        tell(f"[yellow]leakage audit[/] flags {escape(', '.join(flagged))}: lead-ml audit shows the evidence")


def print_tuned(tuned: Tuned) -> None:
    """Print the best parameters in the form of params.yaml."""
    print_table(
        f"{tuned.target}: best of {tuned.trials} trials",
        ("parameter", "value"),
        [(name, f"{value:.6g}") for name, value in tuned.params.items()],
    )
    tell(f"Log-loss on the rolling windows {tuned.log_loss:.5f}; now in use {tuned.log_loss_now:.5f}.")
    if tuned.log_loss < tuned.log_loss_now:
        say(f"Next: write them under {tuned.target}: lightgbm: in params.yaml, then lead-ml train")
    else:
        say("What is in use is as good: nothing to change.")


def candidates_of(names: list[str] | None) -> tuple[Kind, ...] | None:
    """Check the candidates named on the command line."""
    from lead_ml.workflows.training import KINDS

    if not names:
        return None
    for name in names:
        if name not in KINDS:
            raise typer.BadParameter(
                f"unknown candidate {name!r}; use {', '.join(KINDS)}", param_hint="--candidate"
            )
    return tuple(kind for kind in KINDS if kind in names)


COMMANDS = (train, tune, evaluate, report, versions)
