"""Training: judge every kind forward in time, refit the best on all mature rows, seal it as a bundle."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np

from lead_ml.asof.labels import NEVER
from lead_ml.declare import Declaration, reads, to_json
from lead_ml.errors import TooLittleData
from lead_ml.evaluation import (
    Evaluated,
    Evaluation,
    LeakyRecord,
    Table,
    between_period_variance,
    calibrate,
    calibration_rows,
    evaluate_forward,
    fit_rows,
    for_fit,
)
from lead_ml.evaluation.backtest import Progress
from lead_ml.evaluation.split import Window, groups_of
from lead_ml.model import Calibration, CalibrationInterval, fit_calibration_interval
from lead_ml.model.fit import Fitted, Recipe, features_of
from lead_ml.project.load import Project
from lead_ml.project.targets import Kind
from lead_ml.registry.runs import ForwardScores, Run, RunRecord, save_record
from lead_ml.scoring import Bundle, BundlePart, make_golden, write_bundle
from lead_ml.scoring.reasons import Evidence, fit_evidence
from lead_ml.tables.dataset import Coded, Dataset, Floats, Indices
from lead_ml.workflows.assemble import Trained, assemble
from lead_ml.workflows.training_table import (
    build_table,
    horizon_days,
    horizon_us,
    recipes_of,
    target_params,
    usable_features,
    windows_of,
    without_outcomes,
)
from lead_ml.workflows.work import HERE, Work


def train(
    project: Project,
    dataset: Dataset,
    *,
    kinds: Sequence[Kind] | None = None,
    leaks: Collection[str] = (),
    progress: Progress = lambda _: None,
    work: Work = HERE,
) -> Run:
    """Train every target of a project and write the run.

    Parameters
    ----------
    project, dataset
        Definitions and data.
    kinds
        Kinds that may compete; all of the model's own by default.
    leaks
        Lead columns that an audit found to be leaks: features that read them stay out.
    progress
        Called with a few words after every step.
    work
        Where features are computed and trees are grown.

    Raises
    ------
    TooLittleData
        If a lightgbm or logistic kind was asked for by name and cannot be evaluated.
    """
    declarations, left_out = usable_features(project, dataset, leaks)
    groups = groups_of(dataset.leads)
    trained = {
        target: _train_target(project, dataset, target, declarations, groups, kinds, progress, work)
        for target in project.specs
    }
    bundle = assemble(project, dataset, declarations, trained)
    progress("bundle")
    return _write(project, dataset, bundle, trained, left_out)


def _train_target(
    project: Project,
    dataset: Dataset,
    target: str,
    declarations: Sequence[Declaration],
    groups: Indices,
    kinds: Sequence[Kind] | None,
    progress: Progress,
    work: Work,
) -> Trained:
    table = build_table(project, dataset, target, declarations, groups, work)
    if without_outcomes(project, dataset, target):
        _only_scorecard(kinds, f"the {target} model has no outcomes to learn from")
        progress(f"{target}: the scorecard as written, no outcomes yet")
        return _cold_start(project, target, table, declarations)
    progress(f"{target}: table of {len(table.spine):,} snapshots")
    try:
        windows = windows_of(project, table, target, groups)
        forward = evaluate_forward(
            table,
            windows,
            recipes_of(project, target, kinds, declarations, work),
            project.params.evaluation,
            horizon_days=horizon_days(project, target),
            synthetic=project.params.synthetic,
            progress=progress,
        )
    except TooLittleData:
        if kinds is not None and tuple(kinds) != ("scorecard",):
            raise
        return _cold_start(project, target, table, declarations)
    evaluated = forward.winner
    forward = replace(
        forward,
        evaluation=_beside_leaky(project, target, table, windows, forward.evaluation, progress, work),
    )
    part, calibration = _ship(project, target, table, evaluated)
    progress(f"{target}: {evaluated.scores.recipe.kind} refitted on all mature rows")
    return Trained(part, table, evaluated, forward, calibration)


def _beside_leaky(
    project: Project,
    target: str,
    table: Table,
    windows: Sequence[Window],
    evaluation: Evaluation,
    progress: Progress,
    work: Work,
) -> Evaluation:
    """Add what the winner would seem to reach with the features that read columns overwritten later."""
    seen = features_of(project.specs[target], project.declarations)
    named = {item.name for item in table.declarations}
    extra = tuple(item for item in seen if item.name not in named)
    present = set(table.dataset.leads.columns)
    extra = tuple(item for item in extra if reads(item) <= present)
    if not extra:
        return evaluation
    raw = {**table.raw, **work.features_at(extra, table.dataset, table.spine)}
    trusting = replace(table, declarations=(*table.declarations, *extra), raw=raw)
    leaky = evaluate_forward(
        trusting,
        windows,
        recipes_of(project, target, (evaluation.winner,), trusting.declarations, work),
        project.params.evaluation,
        horizon_days=evaluation.horizon_days,
        synthetic=evaluation.synthetic,
        by_chance=False,
        progress=lambda step: progress(f"{step}, with what is left out"),
    ).evaluation.of(evaluation.winner)
    found = LeakyRecord(
        features=tuple(item.name for item in extra),
        metrics={name: leaky.metrics[name] for name in ("log_loss", "roc_auc") if name in leaky.metrics},
    )
    return msgspec.structs.replace(evaluation, leaky=found)


def _ship(
    project: Project, target: str, table: Table, evaluated: Evaluated
) -> tuple[BundlePart, Calibration]:
    """Refit on all mature rows; return that with its calibration, and the calibration of the out-of-sample scores."""
    recipe = evaluated.scores.recipe
    fitted = fit_rows(recipe, table, table.labels.used)
    rows = calibration_rows(
        evaluated.scores,
        table,
        known_by=NEVER,
        horizon_us=horizon_us(project, target) or 0,
        created_before=NEVER,
    )
    calibration = calibrate(evaluated.scores, table, rows)
    interval = fit_calibration_interval(
        evaluated.scores.logit[rows],
        table.labels.y[rows],
        table.weights(rows),
        table.group[rows],
        calibration,
        between=between_period_variance(evaluated.scores, table, calibration),
        seed=recipe.seed,
    )
    shipped = for_fit(calibration, fitted, table, rows)
    return _part(project, target, table, fitted, shipped, interval), calibration


def _part(
    project: Project,
    target: str,
    table: Table,
    fitted: Fitted,
    calibration: Calibration,
    interval: CalibrationInterval,
) -> BundlePart:
    return BundlePart(
        spec=project.specs[target],
        horizon_days=horizon_days(project, target),
        fitted=fitted,
        calibration=calibration,
        interval=interval,
        evidence=_evidence(table, fitted, table.first),
        golden=make_golden(fitted, fitted.matrix(table.raw), project.params.seed),
    )


def _evidence(table: Table, fitted: Fitted, first: Indices) -> Evidence:
    """Return how leads with each value fared; of a target without a single positive there is nothing to tell."""
    if not table.labels.y.any():
        return Evidence(0.0, {})
    return fit_evidence(table.declarations, _values(table, fitted, first), table.labels.y[first])


def _values(table: Table, fitted: Fitted, rows: Indices) -> dict[str, Coded | Floats]:
    """Take the raw values of some rows; rare category values are blanked, so that none is kept in the evidence."""
    found: dict[str, Coded | Floats] = {}
    for item in table.declarations:
        column = table.raw[item.name]
        if isinstance(column, Coded):
            levels = fitted.encoder.categories[item.name].levels
            found[item.name] = column.take(rows).map({level: level for level in levels}.get)
        else:
            found[item.name] = column[rows]
    return found


def _only_scorecard(kinds: Sequence[Kind] | None, problem: str) -> None:
    """Refuse kinds asked for by name that nothing can teach."""
    if kinds is not None and tuple(kinds) != ("scorecard",):
        raise TooLittleData(
            problem,
            value=", ".join(kinds),
            expected="scorecard",
            do="name the table of outcomes in params.yaml, or train without --kind",
        )


def _cold_start(project: Project, target: str, table: Table, declarations: Sequence[Declaration]) -> Trained:
    """Serve the scorecard as it was written, where outcomes are too few to judge anything."""
    if not table.labels.used.any():
        raise TooLittleData(
            f"no mature snapshot for the {target} model",
            expected=f"leads older than {horizon_days(project, target)} days at the end of the data",
            do="wait, lower horizon_days, or bring a longer history",
        )
    params = target_params(project, target, declarations)
    recipe = Recipe("scorecard", project.specs[target], params, project.params.seed)
    fitted = fit_rows(recipe, table, table.labels.used)
    part = _part(project, target, table, fitted, Calibration.identity(), CalibrationInterval.unknown())
    return Trained(part, table)


def _write(
    project: Project, dataset: Dataset, bundle: Bundle, trained: dict[str, Trained], left_out: tuple[str, ...]
) -> Run:
    project.runs.mkdir(parents=True, exist_ok=True)
    fresh = project.runs / ".new"
    shutil.rmtree(fresh, ignore_errors=True)
    manifest = write_bundle(bundle, fresh / "bundle")
    record = RunRecord(
        version=manifest.version,
        project=project.params.project,
        synthetic=project.params.synthetic,
        seed=project.params.seed,
        fit_until=dataset.until,
        dated=dataset.leads.created_at is not None,
        data_digests=dict(dataset.digests),
        project_digest=project.digest,
        features=hashlib.sha256(to_json(bundle.declarations)).hexdigest()[:12],
        kinds={target: item.part.fitted.kind for target, item in trained.items()},
        left_out_features=left_out,
        cold_start_stage=bundle.facts.cold_start_stage,
    )
    for target, item in trained.items():
        if item.forward is not None:
            item.forward.evaluation.save(fresh / f"evaluation-{target}.json")
            _forward_scores(item).save(fresh / f"forward-{target}.npz")
    folder = project.runs / manifest.version
    _settle(fresh, folder)
    save_record(folder, record)
    return Run(folder, record)


def _settle(fresh: Path, folder: Path) -> None:
    """Move a new run into place; a bundle that is already there is the same to the byte and keeps its accepted lines."""
    if folder.exists():
        shutil.rmtree(fresh / "bundle")
        for path in fresh.iterdir():
            path.replace(folder / path.name)
        fresh.rmdir()
    else:
        fresh.rename(folder)


def _forward_scores(item: Trained) -> ForwardScores:
    assert item.forward is not None
    test, table = item.forward.test, item.table
    ids = np.array(table.dataset.leads.lead_id)
    return ForwardScores(
        lead_id=ids[table.lead[test]],
        as_of=table.as_of[test],
        y=table.labels.y[test],
        weight=table.weights(test),
        group=table.group[test],
        probability={kind: evaluated.probability for kind, evaluated in item.forward.evaluated.items()},
    )
