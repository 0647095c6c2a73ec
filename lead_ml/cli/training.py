"""Commands that train and evaluate: train, tune, evaluate, report, versions."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lead_ml.cli.console import INTERRUPTED, next_command, print_json, print_table, say, show, steps, tell
from lead_ml.cli.options import DaskOption, DataOption, JsonOption, ProjectOption, SeedOption, Target
from lead_ml.cli.show import print_evaluation

if TYPE_CHECKING:
    from lead_ml.evaluation import Evaluation
    from lead_ml.evaluation.tuned import Tuned
    from lead_ml.project.targets import Candidate
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
            project,
            data,
            candidates=candidates_of(candidate),
            seed=seed,
            track=track,
            progress=step,
            work=work,
        )
    evaluations = {target: run.evaluation(target) for target in run.targets}
    plain = {"run": run.record, "evaluations": evaluations, "folder": str(run.folder)}
    show(plain, lambda: print_run(run), as_json=as_json)
    say(next_after_training(run, project))


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
    from lead_ml.workflows.train import evaluate_project
    from lead_ml.workflows.versions import open_run
    from lead_ml.workflows.work import work_at

    if version is not None:
        run = open_run(project / "runs", version)
        cold = {target: run.cold(target) for target in run.targets}
        found: Mapping[str, Evaluation | None] = {target: run.evaluation(target) for target in run.targets}
    else:
        cold = {}
        with steps("reading") as step, work_at(dask, step) as work:
            found = evaluate_project(
                project, data, candidates=candidates_of(candidate), seed=seed, progress=step, work=work
            )
    if as_json:
        print_json(found)
        return
    for target, evaluation in found.items():
        print_evaluation(evaluation, target, cold.get(target, ""))


def tune(
    project: ProjectOption = Path(),
    data: DataOption = None,
    target: Annotated[Target, typer.Option(help="Which model.")] = "conversion",
    candidate: Annotated[str, typer.Option(help="Candidate to tune, one with a search space.")] = "lightgbm",
    trials: Annotated[int, typer.Option(min=1, help="Trials in all, with those of earlier calls.")] = 40,
    seed: SeedOption = None,
    write: Annotated[
        bool, typer.Option("--write", help="Put better parameters into params.yaml; comments stay.")
    ] = False,
    track: Annotated[bool, typer.Option("--track/--no-track", help="Log the trials to MLflow.")] = True,
    as_json: JsonOption = False,
) -> None:
    """Search better parameters of one candidate on the windows before the forward window.

    Ctrl-C keeps the finished trials, prints the best so far and exits with 130; the same command continues the search.

    Example: lead-ml tune --candidate logistic --trials 60
    """
    import msgspec

    from lead_ml.workflows.tune import tune_target, tuning_folder, write_tuned

    chosen = (candidates_of([candidate]) or ("lightgbm",))[0]
    with steps("reading", total=trials) as step:
        tuned = tune_target(
            project,
            data,
            target,
            candidate=chosen,
            trials=trials,
            seed=seed,
            track=track,
            progress=lambda number, best: step(f"trial {number} of {trials}, best log-loss {best:.5f}"),
        )
    written = write_tuned(project, tuned) if write else None
    if as_json:
        verdict = {"better": tuned.better, "significant": tuned.significant, "written": written is not None}
        print_json({**msgspec.structs.asdict(tuned), **verdict})
    else:
        print_tuned(tuned)
        tell(f"Pictures: {tuning_folder(project, target, chosen)}")
    say(next_step(tuned, written, asked=write))
    if tuned.interrupted:
        say(f"Interrupted after {tuned.trials} of {trials} trials; the same command continues the search.")
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
    tell(f"Report: {write_report(run, output)}")


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
        say(f"No version yet. {next_command('train', project)}")
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
    """Print the results of a training run, the columns that its leakage audit flagged, and where everything is."""
    from lead_ml.workflows.versions import flagged_columns

    record = run.record
    for target in run.targets:
        print_evaluation(run.evaluation(target), target, run.cold(target))
    flagged = record.flagged_features
    overwritten = [name for name in record.left_out_features if name not in flagged]
    if any(found is not None and found.leaky for found in map(run.evaluation, run.targets)):
        overwritten = []  # named above, with what they would seem to be worth
    for names, why in ((overwritten, "overwritten later (known_at)"), (flagged, "leaks by the audit")):
        if names:
            tell(("left out", "yellow"), f" {', '.join(names)}: features that read columns that are {why}")
    used, unused = flagged_columns(run)
    if used:
        suspect = "figures of models that use them are suspect"
        tell(("leakage audit", "yellow"), f" flags {', '.join(used)}: {suspect}")
    if unused:
        tell(("leakage audit", "yellow"), f" flags {', '.join(unused)}, which no model uses")
    tell(f"Cold-start stage: {record.cold_start_stage}")
    tell(f"Version {record.version} is in {run.folder}")
    tell(f"Report: {run.folder / 'report.html'}")


def next_after_training(run: Run, project: Path) -> str:
    """Return what to do after training: promote, or what the promotion gate would ask for."""
    from lead_ml.workflows.promote import refusal

    refused = refusal(run)
    if refused is None:
        return next_command("promote", project)
    return f"lead-ml promote would refuse: {refused.words}. {refused.do[:1].upper()}{refused.do[1:]}."


def print_tuned(tuned: Tuned) -> None:
    """Print the best parameters, and how much better they are than those in use."""
    print_table(
        f"{tuned.target}, {tuned.candidate}: best of {tuned.trials} trials",
        ("parameter", "value", "importance"),
        [
            (name, f"{value:.6g}", f"{tuned.importance[name]:.0%}" if name in tuned.importance else "-")
            for name, value in tuned.params.items()
        ],
    )
    gap = tuned.difference
    tell(
        f"Log-loss on the rolling windows: {tuned.log_loss:.5f}; parameters in use: {tuned.log_loss_now:.5f}."
    )
    verdict = f"{'' if tuned.significant else 'not '}{'significantly ' if tuned.better else ''}better"
    tell(
        f"Difference {gap.value:+.5f} (interval {gap.lower:+.5f} to {gap.upper:+.5f}): {verdict} "
        "than the parameters in use."
    )


def next_step(tuned: Tuned, written: Path | None, *, asked: bool) -> str:
    """Return what to do after a search."""
    if written is not None:
        return f"Written to {written}. Next: lead-ml train"
    if not tuned.better:
        left = " params.yaml is unchanged." if asked else ""
        return f"The parameters in use are as good: there is nothing to change.{left}"
    if not tuned.significant:
        return "The difference may be noise. To use these parameters anyway: the same command with --write"
    return "Next: the same command with --write puts them into params.yaml, then lead-ml train"


def candidates_of(names: list[str] | None) -> tuple[Candidate, ...] | None:
    """Check the candidates named on the command line."""
    from lead_ml.workflows.training import CANDIDATES

    for name in names or ():
        if name not in CANDIDATES:
            raise typer.BadParameter(
                f"unknown candidate {name!r}; use {', '.join(CANDIDATES)}", param_hint="--candidate"
            )
    return tuple(candidate for candidate in CANDIDATES if candidate in names) if names else None


COMMANDS = (train, tune, evaluate, report, versions)
