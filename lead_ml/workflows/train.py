"""Training: evaluate every candidate forward in time, refit the best on all mature rows, seal it as a bundle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import numpy as np

from lead_ml import registry
from lead_ml.asof.matrix import take
from lead_ml.declare import reads
from lead_ml.errors import TooLittleData
from lead_ml.evaluation import Evaluation, LeakyRecord, Table, evaluate_forward
from lead_ml.evaluation.backtest import Progress
from lead_ml.evaluation.leakage import AuditReport, left_out_columns, to_json
from lead_ml.evaluation.split import Window
from lead_ml.lead_data.channels.records import CHANNELS_FILE
from lead_ml.model.fit import features_of
from lead_ml.project.load import Project
from lead_ml.project.outcome_columns import outcome_columns
from lead_ml.project.params import public
from lead_ml.project.targets import Candidate
from lead_ml.project.task import Task
from lead_ml.registry.runs import AUDIT_FILE, Run
from lead_ml.report import global_pictures, sampled, write_report
from lead_ml.scoring import Scored, score_part
from lead_ml.tables.dataset import Dataset
from lead_ml.workflows.assemble import Trained, assemble
from lead_ml.workflows.audit import TARGET, audit_target
from lead_ml.workflows.channels import save_channels, train_channels
from lead_ml.workflows.load import Loaded, give_back, load, reseeded, save_intake
from lead_ml.workflows.run_files import write_run
from lead_ml.workflows.ship import ship, ship_scorecard
from lead_ml.workflows.training import Training, before_test, without_outcomes
from lead_ml.workflows.work import HERE, Work

MOST_EXPLAINED = (
    20_000  # snapshots: contributions are exact, and take minutes for a million rows of a tree model
)


def train_project(
    root: Path,
    data: Path | None,
    *,
    candidates: Sequence[Candidate] | None = None,
    seed: int | None = None,
    track: bool = True,
    progress: Progress = lambda _: None,
    work: Work = HERE,
) -> Run:
    """Audit, train, draw the pictures, write the report, and log the run to MLflow where it is installed."""
    loaded = reseeded(load(root, data, work), seed)
    progress("data read")
    for note in loaded.cell_notes:
        progress(f"leads: {note}")
    training, audited = _audited(loaded, candidates, work, progress)
    run, trained = train_all(training)
    if audited is not None:
        (run.folder / AUDIT_FILE).write_bytes(to_json(audited))
    save_intake(loaded.intake, run.folder / "intake.json")
    compared = train_channels(loaded.project, loaded.dataset, progress)
    if compared is not None:
        save_channels(compared, run.folder / CHANNELS_FILE)
    samples = samples_of(trained, run.record.seed)
    del trained  # the tables, the largest thing in memory, before the libraries that draw
    give_back(loaded.project)
    pictures = draw_pictures(run, samples)
    progress("pictures")
    write_report(run)
    progress("report")
    if track and registry.available():
        params = public(loaded.project.params)
        registry.log_run(run, params=params, runs=loaded.project.runs, pictures=pictures)
        progress("MLflow")
    return run


def evaluate_project(
    root: Path,
    data: Path | None,
    *,
    candidates: Sequence[Candidate] | None = None,
    seed: int | None = None,
    progress: Progress = lambda _: None,
    work: Work = HERE,
) -> dict[str, Evaluation]:
    """Evaluate every target of a project forward in time, writing nothing; return the evaluations by target."""
    training, _ = _audited(reseeded(load(root, data, work), seed), candidates, work, progress)
    found = {}
    for name, task in training.tasks.items():
        table = training.table(task)
        found[name] = training.evaluate(task, table, training.windows(task, table)).evaluation
    return found


def _audited(
    loaded: Loaded, candidates: Sequence[Candidate] | None, work: Work, progress: Progress
) -> tuple[Training, AuditReport | None]:
    """Return the training of a project without the columns that an audit finds to be leaks, and the audit.

    The audit knows what was known before the test window: what is left out must not depend on what happens in it.
    """
    project, audited = loaded.project, None
    if not without_outcomes(project.tasks[TARGET], loaded.dataset):
        known = before_test(project.tasks[TARGET], loaded.dataset)
        audited = audit_target(project, known, progress=progress)
        give_back(project)
    leaks = () if audited is None else left_out_columns(audited, project.params.trust)
    candidates = None if candidates is None else tuple(candidates)
    return Training(project, loaded.dataset, leaks, candidates, work, progress), audited


@dataclass(frozen=True)
class Explained:
    """A sample of the mature snapshots of a target, scored, and how many there are."""

    scored: Scored
    snapshots: int


def samples_of(trained: Mapping[str, Trained], seed: int) -> dict[str, Explained]:
    """Score the mature snapshots of each target, sampled where its table is large."""
    found = {}
    for target, item in trained.items():
        mature = np.flatnonzero(item.table.labels.used)
        rows = mature[sampled(len(mature), MOST_EXPLAINED, seed)]
        found[target] = Explained(score_part(item.part, take(item.table.raw, rows)), len(mature))
    return found


def draw_pictures(run: Run, samples: Mapping[str, Explained]) -> list[Path]:
    """Draw the contributions of the features to the scores of each target."""
    found: list[Path] = []
    for target, item in samples.items():
        found += global_pictures(item.scored, run.folder / "pictures" / target, sampled_from=item.snapshots)
    return found


def train(
    project: Project,
    dataset: Dataset,
    *,
    candidates: Sequence[Candidate] | None = None,
    leaks: Sequence[str] = (),
    progress: Progress = lambda _: None,
    work: Work = HERE,
) -> Run:
    """Train every target of a project and write the run; see :class:`Training` for candidates (`candidates`) and leaks."""
    candidates = None if candidates is None else tuple(candidates)
    return train_all(Training(project, dataset, tuple(leaks), candidates, work, progress))[0]


def train_all(training: Training) -> tuple[Run, dict[str, Trained]]:
    """Train every target and write the run; return it with the trained targets, each with its training table."""
    trained = {name: _train_task(training, task) for name, task in training.tasks.items()}
    give_back(training.project)
    bundle = assemble(training.project, training.dataset, training.declarations, trained)
    training.progress("bundle")
    return write_run(training, bundle, trained), trained


def _train_task(training: Training, task: Task) -> Trained:
    progress, table = training.progress, training.table(task)
    if without_outcomes(task, training.dataset):
        if training.candidates not in (None, ("scorecard",)):
            raise TooLittleData(
                f"the {task.name} model has no outcomes to learn from",
                value=", ".join(training.candidates or ()),
                expected="scorecard",
                do="name the table of outcomes in params.yaml, or let the scorecard compete too",
            )
        progress(f"{task.name}: the scorecard as written, no outcomes yet")
        return Trained(ship_scorecard(task, table), table, why="no outcomes are known")
    progress(f"{task.name}: table of {len(table.spine):,} snapshots")
    try:
        windows = training.windows(task, table)
        forward = training.evaluate(task, table, windows)
    except TooLittleData as error:
        if training.candidates not in (None, ("scorecard",)):
            raise
        return Trained(ship_scorecard(task, table), table, why=error.problem)
    evaluation = _beside_leaky(training, task, table, windows, forward.evaluation)
    forward = replace(forward, evaluation=evaluation)
    part, calibration = ship(task, table, forward.chosen)
    progress(f"{task.name}: {forward.evaluation.chosen} refitted on all mature rows")
    return Trained(part, table, forward, calibration)


def _beside_leaky(
    training: Training, task: Task, table: Table, windows: Sequence[Window], evaluation: Evaluation
) -> Evaluation:
    """Add what the chosen candidate would seem to reach with the features that read columns overwritten later."""
    declared = training.project.declarations
    named = {item.name for item in table.declarations}
    project = training.project
    present = (
        set(table.dataset.leads.columns) - outcome_columns(project.params, project.specs.values()).keys()
    )
    extra = tuple(
        item for item in features_of(task.spec, declared) if item.name not in named and reads(item) <= present
    )
    if not extra or evaluation.constant:
        return evaluation
    raw = {**table.raw, **training.work.features_at(extra, table.dataset, table.spine)}
    trusting = replace(table, declarations=(*table.declarations, *extra), raw=raw)
    task = training.project.tasks[task.name].using(trusting.declarations, declared)
    leaky = evaluate_forward(
        task,
        trusting,
        windows,
        training.recipes(task, (evaluation.chosen,)),
        by_chance=False,
        progress=lambda step: training.progress(f"{step}, with what is left out"),
    ).evaluation.of(evaluation.chosen)
    found = LeakyRecord(
        features=tuple(item.name for item in extra),
        metrics={name: leaky.metrics[name] for name in ("log_loss", "roc_auc") if name in leaky.metrics},
    )
    return msgspec.structs.replace(evaluation, leaky=found)
