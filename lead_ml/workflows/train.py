"""Training: evaluate every candidate forward in time, refit the best on all mature rows, seal it as a bundle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import msgspec

from lead_ml import registry
from lead_ml.declare import reads
from lead_ml.errors import TooLittleData
from lead_ml.evaluation import Evaluation, LeakyRecord, Table, evaluate_forward
from lead_ml.evaluation.backtest import Progress
from lead_ml.evaluation.leakage import to_json
from lead_ml.evaluation.split import Window
from lead_ml.model.fit import features_of
from lead_ml.project.load import Project
from lead_ml.project.params import public
from lead_ml.project.targets import Kind
from lead_ml.project.task import Task
from lead_ml.registry.runs import AUDIT_FILE, Run
from lead_ml.report import write_report
from lead_ml.tables.dataset import Dataset
from lead_ml.workflows.assemble import Trained, assemble
from lead_ml.workflows.audit import audit_of, leaks_of
from lead_ml.workflows.load import load, reseeded, save_intake
from lead_ml.workflows.pictures import draw_pictures
from lead_ml.workflows.run_files import write_run
from lead_ml.workflows.ship import ship, ship_scorecard
from lead_ml.workflows.training import Training, recipes_of, without_outcomes
from lead_ml.workflows.work import HERE, Work


def train_project(
    root: Path,
    data: Path | None,
    *,
    kinds: Sequence[Kind] | None = None,
    seed: int | None = None,
    track: bool = True,
    progress: Progress = lambda _: None,
    work: Work = HERE,
) -> Run:
    """Audit, train, draw the pictures, write the report, and log the run to MLflow where it is installed."""
    loaded = reseeded(load(root, data, work), seed)
    progress("data read")
    audited = audit_of(loaded, progress)
    leaks = leaks_of(loaded, audited)
    candidates = None if kinds is None else tuple(kinds)
    training = Training(loaded.project, loaded.dataset, leaks, candidates, work, progress)
    run, trained = train_all(training)
    if audited is not None:
        (run.folder / AUDIT_FILE).write_bytes(to_json(audited))
    save_intake(loaded.intake, run.folder / "intake.json")
    pictures = draw_pictures(run, trained)
    progress("pictures")
    write_report(run)
    progress("report")
    if track and registry.available():
        params = public(loaded.project.params)
        registry.log_run(run, params=params, runs=loaded.project.runs, pictures=pictures)
        progress("MLflow")
    return run


def train(
    project: Project,
    dataset: Dataset,
    *,
    kinds: Sequence[Kind] | None = None,
    leaks: Sequence[str] = (),
    progress: Progress = lambda _: None,
    work: Work = HERE,
) -> Run:
    """Train every target of a project and write the run.

    Parameters
    ----------
    project, dataset
        Definitions and data.
    kinds
        Candidates that may compete; all of the model's own by default.
    leaks
        Lead columns that an audit found to be leaks: features that read them stay out.
    progress
        Called with a few words after every step.
    work
        Where features are computed and trees are grown.

    Raises
    ------
    TooLittleData
        If a lightgbm or logistic candidate was asked for by name and cannot be evaluated.
    """
    candidates = None if kinds is None else tuple(kinds)
    return train_all(Training(project, dataset, tuple(leaks), candidates, work, progress))[0]


def train_all(training: Training) -> tuple[Run, dict[str, Trained]]:
    """Train every target and write the run; return it with the trained targets, each with its training table."""
    trained = {name: _train_task(training, task) for name, task in training.tasks.items()}
    bundle = assemble(training.project, training.dataset, training.declarations, trained)
    training.progress("bundle")
    return write_run(training, bundle, trained), trained


def _train_task(training: Training, task: Task) -> Trained:
    progress, table = training.progress, training.table(task)
    if without_outcomes(task, training.dataset):
        _only_scorecard(training, f"the {task.name} model has no outcomes to learn from")
        progress(f"{task.name}: the scorecard as written, no outcomes yet")
        return Trained(ship_scorecard(task, table), table)
    progress(f"{task.name}: table of {len(table.spine):,} snapshots")
    try:
        windows = training.windows(task, table)
        forward = training.evaluate(task, table, windows)
    except TooLittleData:
        if training.candidates not in (None, ("scorecard",)):
            raise
        return Trained(ship_scorecard(task, table), table)
    evaluation = _beside_leaky(training, task, table, windows, forward.evaluation)
    forward = replace(forward, evaluation=evaluation)
    evaluated = forward.winner
    part, calibration = ship(task, table, evaluated)
    progress(f"{task.name}: {evaluated.scores.recipe.kind} refitted on all mature rows")
    return Trained(part, table, evaluated, forward, calibration)


def _beside_leaky(
    training: Training, task: Task, table: Table, windows: Sequence[Window], evaluation: Evaluation
) -> Evaluation:
    """Add what the winner would seem to reach with the features that read columns overwritten later."""
    declared = training.project.declarations
    named = {item.name for item in table.declarations}
    present = set(table.dataset.leads.columns)
    extra = tuple(
        item for item in features_of(task.spec, declared) if item.name not in named and reads(item) <= present
    )
    if not extra:
        return evaluation
    raw = {**table.raw, **training.work.features_at(extra, table.dataset, table.spine)}
    trusting = replace(table, declarations=(*table.declarations, *extra), raw=raw)
    task = training.project.tasks[task.name].using(trusting.declarations, declared)
    leaky = evaluate_forward(
        trusting,
        windows,
        recipes_of(task, (evaluation.winner,), training.work),
        task.common.evaluation,
        horizon_days=evaluation.horizon_days,
        synthetic=evaluation.synthetic,
        by_chance=False,
        progress=lambda step: training.progress(f"{step}, with what is left out"),
    ).evaluation.of(evaluation.winner)
    found = LeakyRecord(
        features=tuple(item.name for item in extra),
        metrics={name: leaky.metrics[name] for name in ("log_loss", "roc_auc") if name in leaky.metrics},
    )
    return msgspec.structs.replace(evaluation, leaky=found)


def _only_scorecard(training: Training, problem: str) -> None:
    """Refuse candidates asked for by name that have nothing to learn from."""
    if training.candidates not in (None, ("scorecard",)):
        raise TooLittleData(
            problem,
            value=", ".join(training.candidates or ()),
            expected="scorecard",
            do="name the table of outcomes in params.yaml, or let the scorecard compete too",
        )
