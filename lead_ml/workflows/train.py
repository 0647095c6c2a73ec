"""Training: judge every kind forward in time, refit the best on all mature rows, seal it as a bundle."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lead_ml.data import Coded, Dataset, Floats, Indices
from lead_ml.declare import Declaration, to_json
from lead_ml.errors import TooLittleData
from lead_ml.evaluate import (
    Evaluation,
    Forward,
    Judged,
    Table,
    calibrate,
    calibration_rows,
    evaluate_forward,
    fit_rows,
)
from lead_ml.evaluate.roll import Progress
from lead_ml.explain import fit_evidence
from lead_ml.fit import Fitted, Recipe
from lead_ml.instants import iso
from lead_ml.kernel import compile_plans, keep
from lead_ml.labels import NEVER, first_occurred
from lead_ml.model import Band, Calibration, fit_band
from lead_ml.params import public
from lead_ml.project import Project
from lead_ml.runs import ForwardScores, Run, RunRecord, save_record
from lead_ml.scorer import Bundle, Facts, Part, load_bundle, make_golden, served_folder, write_bundle
from lead_ml.scorer.worklist import CHAMPION
from lead_ml.spec import Kind
from lead_ml.split import groups_of
from lead_ml.table import column_names, plan_name, shared_plans
from lead_ml.thresholds import History, Lines, advise_all
from lead_ml.workflows import ladder
from lead_ml.workflows.tables import (
    build_table,
    horizon_days,
    horizon_us,
    recipes_of,
    target_params,
    usable_features,
    windows_of,
)


@dataclass(frozen=True)
class Trained:
    """One target after training: what ships, its out-of-sample scores, and its figures where it could be judged."""

    part: Part
    table: Table
    judged: Judged | None
    forward: Forward | None


def train(
    project: Project,
    dataset: Dataset,
    *,
    kinds: Sequence[Kind] | None = None,
    progress: Progress = lambda _: None,
) -> Run:
    """Train every target of a project and write the run.

    Parameters
    ----------
    project, dataset
        Definitions and data.
    kinds
        Kinds that may compete; all of the model's own by default.
    progress
        Called with a few words after every step.

    Raises
    ------
    TooLittleData
        If a lightgbm or logistic kind was asked for by name and cannot be judged.
    """
    declarations, left_out = usable_features(project, dataset)
    groups = groups_of(dataset.leads)
    trained = {
        target: _train_target(project, dataset, target, declarations, groups, kinds, progress)
        for target in project.specs
    }
    bundle = _bundle(project, dataset, declarations, trained)
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
) -> Trained:
    table = build_table(project, dataset, target, declarations, groups)
    progress(f"{target}: table of {len(table.spine):,} snapshots")
    try:
        windows = windows_of(project, table, target, groups)
        forward = evaluate_forward(
            table,
            windows,
            recipes_of(project, target, kinds),
            project.params.evaluation,
            horizon_days=horizon_days(project, target),
            synthetic=project.params.synthetic,
            progress=progress,
        )
    except TooLittleData:
        if kinds is not None and tuple(kinds) != ("scorecard",):
            raise
        return _cold_start(project, dataset, target, declarations, groups)
    judged = forward.winner
    part = _ship(project, target, table, judged)
    progress(f"{target}: {judged.rolled.recipe.kind} refitted on all mature rows")
    return Trained(part, table, judged, forward)


def _ship(project: Project, target: str, table: Table, judged: Judged) -> Part:
    recipe = judged.rolled.recipe
    everything = np.ones(len(table.spine), dtype=bool)
    fitted = fit_rows(recipe, table, everything)
    rows = calibration_rows(
        judged.rolled,
        table,
        known_by=NEVER,
        horizon_us=horizon_us(project, target) or 0,
        created_before=NEVER,
    )
    calibration = calibrate(judged.rolled, table, rows)
    band = fit_band(
        judged.rolled.logit[rows],
        table.labels.y[rows],
        table.weights(rows),
        table.group[rows],
        calibration,
        seed=recipe.seed,
    )
    return _part(project, target, table, fitted, calibration, band)


def _part(
    project: Project, target: str, table: Table, fitted: Fitted, calibration: Calibration, band: Band
) -> Part:
    first = np.unique(table.lead, return_index=True)[1]
    return Part(
        spec=project.specs[target],
        horizon_days=horizon_days(project, target),
        fitted=fitted,
        calibration=calibration,
        band=band,
        evidence=fit_evidence(
            table.declarations,
            _values(table, fitted, first),
            table.labels.y[first],
            np.ones(len(first)),
        ),
        golden=make_golden(fitted, fitted.matrix(table.raw), project.params.seed),
    )


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


def _cold_start(
    project: Project, dataset: Dataset, target: str, declarations: Sequence[Declaration], groups: Indices
) -> Trained:
    """Serve the scorecard as it was written, where outcomes are too few to judge anything."""
    table = build_table(project, dataset, target, declarations, groups)
    if not len(table.spine):
        raise TooLittleData(
            f"no mature snapshot for the {target} model",
            expected=f"leads older than {horizon_days(project, target)} days at the end of the data",
            do="wait, lower horizon_days, or bring a longer history",
        )
    recipe = Recipe("scorecard", project.specs[target], target_params(project, target), project.params.seed)
    fitted = fit_rows(recipe, table, np.ones(len(table.spine), dtype=bool))
    return Trained(
        _part(project, target, table, fitted, Calibration.identity(), Band.unknown()), table, None, None
    )


def _bundle(
    project: Project, dataset: Dataset, declarations: tuple[Declaration, ...], trained: dict[str, Trained]
) -> Bundle:
    main = trained["conversion"]
    odds = _reference_odds(project, main)
    history = _history(project, dataset, main)
    advice = (
        ()
        if history is None
        else advise_all(history, project.params.thresholds, reference_odds=odds, seed=project.params.seed)
    )
    chosen = next((item for item in advice if item.method == project.params.thresholds.method), None)
    lines = (
        Lines.of(mql=chosen.mql.probability, sql=chosen.sql.probability, method=chosen.method)
        if chosen
        else Lines.of(
            mql=min(0.9, 2 * odds / (1 + odds)), sql=min(0.95, 4 * odds / (1 + odds)), method="default"
        )
    )
    plans = shared_plans(compile_plans(declarations))
    return Bundle(
        facts=Facts(
            project=project.params.project,
            synthetic=project.params.synthetic,
            until=dataset.until,
            columns=column_names(declarations),
            zone=project.params.time_zone,
            missing=tuple(sorted(project.params.missing)),
            dated=dataset.leads.created_at is not None,
            reference_odds=odds,
            fake_flag=project.params.thresholds.fake_flag,
            rung=_rung(main),
        ),
        params=public(project.params),
        declarations=declarations,
        parts={target: item.part for target, item in trained.items()},
        kept={plan_name(plan): keep(plan, dataset, dataset.until) for plan in plans},
        lines=lines,
        advice=advice,
        history=history,
        card=_card(project, dataset, trained),
    )


def _reference_odds(project: Project, main: Trained) -> float:
    """Return the odds of a score of 50: from params.yaml, else as the champion has them, else those of the base rate."""
    if project.params.reference_odds is not None:
        return project.params.reference_odds
    if (project.runs / CHAMPION).is_file():
        return load_bundle(served_folder(project.runs))[0].facts.reference_odds
    first = np.unique(main.table.lead, return_index=True)[1]
    rate = (float(main.table.labels.y[first].sum()) + 0.5) / (len(first) + 1.0)
    return float(rate / (1 - rate))


def _history(project: Project, dataset: Dataset, main: Trained) -> History | None:
    """Gather the out-of-sample scores of conversion, calibrated, as the replay wants them."""
    if main.judged is None:
        return None
    rows = main.judged.rolled.scored
    leads, dense = np.unique(main.table.lead[rows], return_inverse=True)
    reached = first_occurred(dataset, ("opportunity",))[leads]
    days = horizon_days(project, "conversion")
    return History(
        lead=dense.astype(np.int64),
        logit=np.asarray(main.part.calibration.apply(main.judged.rolled.logit[rows])),
        won=main.table.labels.y[rows] > 0,
        as_of=main.table.as_of[rows] if dataset.leads.created_at is not None else None,
        groups=_per_lead(main.table.group[rows], dense),
        opportunity_at=np.where(reached == NEVER, -1, reached) if dataset.outcomes is not None else None,
        horizon_days=days,
    )


def _per_lead(group: Indices, dense: Indices) -> Indices:
    per_lead = np.zeros(int(dense.max()) + 1, dtype=np.int64)
    per_lead[dense] = group
    return np.unique(per_lead, return_inverse=True)[1].astype(np.int64)


def _rung(main: Trained) -> str:
    won = len(np.unique(main.table.lead[main.table.labels.y > 0]))
    return ladder.rung(main.part.fitted.kind, won, judged=main.judged is not None)


def _card(project: Project, dataset: Dataset, trained: dict[str, Trained]) -> dict[str, object]:
    return {
        "project": project.params.project,
        "synthetic": project.params.synthetic,
        "data_until": iso(dataset.until),
        "leads": len(dataset.leads),
        "rung": _rung(trained["conversion"]),
        "targets": {target: _target_card(item) for target, item in trained.items()},
        "intended_use": "Ranking and explaining sales leads for people who decide. Not for decisions about credit, employment or access to services.",
    }


def _target_card(item: Trained) -> dict[str, object]:
    shipped = {
        "kind": item.part.fitted.kind,
        "features": len(item.part.fitted.declarations),
        "shipped_fit_rows": len(item.table.spine),
        "shipped_fit_positives": int(item.table.labels.y.sum()),
        "calibration": item.part.calibration.method,
    }
    if item.forward is None:
        return {**shipped, "headline": "not judged: too few outcomes"}
    evaluation: Evaluation = item.forward.evaluation
    return {
        **shipped,
        "headline": evaluation.headline,
        "warnings": list(evaluation.warnings),
        "forward": {record.kind: record.metrics for record in evaluation.kinds},
        "judged_fit": "before the forward window; the shipped model is the same recipe refitted on all mature rows",
    }


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
        rung=bundle.facts.rung,
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
        probability={kind: judged.probability for kind, judged in item.forward.judged.items()},
    )
