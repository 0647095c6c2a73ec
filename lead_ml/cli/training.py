"""Commands that learn and judge: train, tune, evaluate, report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from lead_ml.cli.console import (
    DataOption,
    JsonOption,
    ProjectOption,
    SeedOption,
    interval,
    print_json,
    print_table,
    say,
    steps,
)
from lead_ml.spec import KINDS, Kind

KindOption = Annotated[
    list[str] | None,
    typer.Option("--kind", help="Let only this kind compete (repeat for several).", show_default="all"),
]
METRICS = ("log_loss", "brier", "ece", "roc_auc", "pr_auc", "lift_10", "capture_10")


def train(
    project: ProjectOption = Path(),
    data: DataOption = None,
    kind: KindOption = None,
    seed: SeedOption = None,
    track: Annotated[bool, typer.Option("--track/--no-track", help="Log the run to MLflow.")] = True,
    as_json: JsonOption = False,
) -> None:
    """Train every model, judge it forward in time, and write a sealed version.

    Example: lead-ml train --project my-company --seed 7
    """
    from lead_ml.workflows.pipeline import train_report_track

    with steps("reading") as step:
        run = train_report_track(project, data, kinds=kinds_of(kind), seed=seed, track=track, progress=step)
    if as_json:
        print_json(
            {
                "run": run.record,
                "evaluations": {t: run.evaluation(t) for t in run.targets},
                "folder": str(run.folder),
            }
        )
        return
    for target in run.targets:
        print_evaluation(run.evaluation(target), target)
    for name in run.record.left_out_features:
        say(f"[yellow]left out[/] {name}: its column is overwritten later by people who know the outcome")
    say(f"Rung: {run.record.rung}")
    say(f"Version {run.record.version} is in {run.folder}; report: {run.folder / 'report.html'}")
    say("Next: lead-ml promote")


def evaluate(
    project: ProjectOption = Path(),
    data: DataOption = None,
    kind: KindOption = None,
    seed: SeedOption = None,
    version: Annotated[
        str | None, typer.Option(help="Show the recorded figures of a version instead.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Judge the models forward in time on the current data, without writing a version.

    Example: lead-ml evaluate --kind logistic
    """
    from lead_ml.runs import open_run
    from lead_ml.workflows.pipeline import judge

    if version is not None:
        run = open_run(project / "runs", version)
        found = {target: run.evaluation(target) for target in run.targets}
    else:
        with steps("reading") as step:
            found = judge(project, data, kinds=kinds_of(kind), seed=seed, progress=step)
    if as_json:
        print_json(found)
        return
    for target, evaluation in found.items():
        print_evaluation(evaluation, target)


def tune(
    project: ProjectOption = Path(),
    data: DataOption = None,
    target: Annotated[str, typer.Option(help="conversion or fake.")] = "conversion",
    trials: Annotated[int, typer.Option(min=1, help="Trials in all, with those of earlier calls.")] = 40,
    seed: SeedOption = None,
    as_json: JsonOption = False,
) -> None:
    """Search better LightGBM parameters on the windows before the forward window. Ctrl-C keeps what was found.

    Example: lead-ml tune --trials 60
    """
    from lead_ml.workflows.pipeline import tune_target

    best = [float("inf")]

    def told(number: int, value: float, step: Any) -> None:
        best[0] = value
        step(f"trial {number} of {trials}, best log-loss {value:.5f}")

    with steps("reading", total=trials) as step:
        tuned = tune_target(
            project, data, target, trials=trials, seed=seed, progress=lambda n, v: told(n, v, step)
        )
    if as_json:
        print_json(tuned)
        return
    print_table(f"best of {tuned.trials} trials", ("parameter", "value"), list(tuned.params.items()))
    say(f"Log-loss on the rolling windows {tuned.log_loss:.5f}; now in use {tuned.log_loss_now:.5f}.")
    say(f"Next: write them under {target}.lightgbm in params.yaml, then lead-ml train")


def report(
    project: ProjectOption = Path(),
    version: Annotated[str, typer.Option(help="Version, or latest.")] = "latest",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="HTML file.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Write the report of a version as one self-contained HTML file.

    Example: lead-ml report --output report.html
    """
    from lead_ml.report import report_data, write_report
    from lead_ml.runs import open_run

    run = open_run(project / "runs", version)
    if as_json:
        print_json(report_data(run))
        return
    say(f"Report: {write_report(run, output)}")


def kinds_of(names: list[str] | None) -> tuple[Kind, ...] | None:
    """Check the kinds of the command line."""
    if not names:
        return None
    for name in names:
        if name not in KINDS:
            raise typer.BadParameter(f"{name!r} is no kind; use {', '.join(KINDS)}", param_hint="--kind")
    return tuple(kind for kind in KINDS if kind in names)


def print_evaluation(evaluation: Any, target: str) -> None:
    """Print the figures of a target: the verdict first, then every kind beside the base rate."""
    if evaluation is None:
        say(f"[bold]{target}[/]: too few outcomes to judge; the scorecard serves as it was written")
        return
    synthetic = " [SYNTHETIC DATA]" if evaluation.synthetic else ""
    say(f"[bold]{target}[/]{synthetic}: {evaluation.headline}")
    for warning in evaluation.warnings:
        say(f"[yellow]warning[/] {warning}")
    test = evaluation.windows[-1]
    rows = [
        (
            record.kind,
            *(interval(record.metrics[name]) for name in METRICS),
            _chance(record.random_split),
            record.calibration,
        )
        for record in evaluation.kinds
    ]
    print_table(
        f"{target}{synthetic}: forward window {test.start[:10]} to {test.end[:10]}, {test.test_leads:,} leads, "
        f"{test.test_positives:,} positive of {test.test_rows:,} rows",
        ("kind", *METRICS, "random split AUC", "calibration"),
        rows,
    )


def _chance(figures: dict[str, float]) -> str:
    return f"{figures['roc_auc']:.3f} (optimistic)" if figures else "-"


COMMANDS = (train, tune, evaluate, report)
