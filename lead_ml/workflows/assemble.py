"""From trained targets to a bundle: the shared history, the scale, the advice on the thresholds, the card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from lead_ml.asof.join import column_names, shared_plans
from lead_ml.asof.kernel import compile_plans, take_snapshot
from lead_ml.asof.labels import NEVER, first_occurred
from lead_ml.declare import Declaration
from lead_ml.evaluation import Evaluated, Forward, Table
from lead_ml.model import Calibration
from lead_ml.model.fit import take
from lead_ml.model.metrics import sigmoid
from lead_ml.project.load import Project
from lead_ml.project.params import public
from lead_ml.scoring import Bundle, BundleInfo, BundlePart, load_bundle, served_folder
from lead_ml.scoring.thresholds import History, Thresholds, advise_all
from lead_ml.scoring.worklist import CHAMPION
from lead_ml.tables.dataset import Dataset, Extra, Indices
from lead_ml.tables.instants import iso
from lead_ml.workflows import cold_start


@dataclass(frozen=True)
class Trained:
    """One target after training: what ships, and where it could be evaluated its out-of-sample scores with their calibration."""

    part: BundlePart
    table: Table
    evaluated: Evaluated | None = None
    forward: Forward | None = None
    calibration: Calibration | None = None


def assemble(
    project: Project, dataset: Dataset, declarations: tuple[Declaration, ...], trained: Mapping[str, Trained]
) -> Bundle:
    """Put trained targets together with what they share: features, history of shared keys, scale, thresholds and card.

    Parameters
    ----------
    declarations
        All usable declarations of the project.
    trained
        Targets by name; ``conversion`` is there, ``fake`` may be.
    """
    main = trained["conversion"]
    odds = _reference_odds(project, main)
    history = _history(project, dataset, main)
    advice = (
        ()
        if history is None
        else advise_all(history, project.params.thresholds, reference_odds=odds, seed=project.params.seed)
    )
    chosen = next((item for item in advice if item.method == project.params.thresholds.method), None)
    thresholds = (
        Thresholds.of(mql=chosen.mql.probability, sql=chosen.sql.probability, method=chosen.method)
        if chosen
        else Thresholds.of(
            mql=min(0.9, 2 * odds / (1 + odds)), sql=min(0.95, 4 * odds / (1 + odds)), method="default"
        )
    )
    plans = shared_plans(compile_plans(declarations))
    return Bundle(
        info=BundleInfo(
            project=project.params.project,
            synthetic=project.params.synthetic,
            until=dataset.until,
            columns=_lead_columns(dataset, declarations),
            zone=project.params.time_zone,
            missing=tuple(sorted(project.params.missing)),
            dated=dataset.leads.created_at is not None,
            reference_odds=odds,
            fake_flag=project.params.thresholds.fake_flag,
            cold_start_stage=_cold_start_stage(main),
        ),
        params=public(project.params),
        declarations=declarations,
        parts={target: item.part for target, item in trained.items()},
        reference={plan.name: take_snapshot(plan, dataset, dataset.until) for plan in plans},
        thresholds=thresholds,
        advice=advice,
        history=history,
        card=_card(project, dataset, trained),
        extra=_extra(dataset, declarations),
    )


def _lead_columns(dataset: Dataset, declarations: tuple[Declaration, ...]) -> tuple[str, ...]:
    """Return what a request has to say of a lead: columns that features read, and those that find rows of extra tables."""
    own, keys = set[str](), set[str]()
    for column in column_names(declarations):
        table, _, name = column.partition(".")
        if name and table in dataset.extra:
            keys.add(dataset.extra[table].key.split(":", maxsplit=1)[0])
        else:
            own.add(column)
    return tuple(sorted(own | keys))


def _extra(dataset: Dataset, declarations: tuple[Declaration, ...]) -> dict[str, Extra]:
    """Return the last rows of the extra tables that features read, as known at the end of the data."""
    read = dict[str, list[str]]()
    for column in column_names(declarations):
        table, _, name = column.partition(".")
        if name and table in dataset.extra:
            read.setdefault(table, []).append(name)
    return {table: dataset.extra[table].latest(dataset.until, names) for table, names in read.items()}


def _reference_odds(project: Project, main: Trained) -> float:
    """Return the odds of a score of 50: from params.yaml, else as the champion has them, else those of the base rate.

    Where nothing could be evaluated, a handful of wins is no base rate: those of the mean lead of the scorecard.
    """
    if project.params.reference_odds is not None:
        return project.params.reference_odds
    if (project.runs / CHAMPION).is_file():
        return load_bundle(served_folder(project.runs))[0].info.reference_odds
    first = main.table.first
    if main.evaluated is None:
        return _mean_odds(main, first)
    rate = (float(main.table.labels.y[first].sum()) + 0.5) / (len(first) + 1.0)
    return float(rate / (1 - rate))


def _mean_odds(main: Trained, first: Indices) -> float:
    """Return the odds of the mean probability of the leads as they came, the scorecard's own word for a usual lead."""
    fitted = main.part.fitted
    logit = fitted.model.predict_logit(fitted.matrix(take(main.table.raw, first)))
    rate = float(sigmoid(main.part.calibration.apply(logit)).mean())
    return rate / (1 - rate)


def _history(project: Project, dataset: Dataset, main: Trained) -> History | None:
    """Gather the out-of-sample scores of conversion, calibrated, as the replay wants them."""
    if main.evaluated is None or main.calibration is None:
        return None
    rows = main.evaluated.scores.scored & main.table.labels.used
    leads, dense = np.unique(main.table.lead[rows], return_inverse=True)
    reached = first_occurred(dataset, ("opportunity",))[leads]
    return History(
        lead=dense.astype(np.int64),
        logit=main.calibration.apply(main.evaluated.scores.logit[rows]),
        won=main.table.labels.y[rows] > 0,
        as_of=main.table.as_of[rows] if dataset.leads.created_at is not None else None,
        groups=_per_lead(main.table.group[rows], dense),
        opportunity_at=np.where(reached == NEVER, -1, reached) if dataset.outcomes is not None else None,
        horizon_days=project.tasks["conversion"].horizon_days,
    )


def _per_lead(group: Indices, dense: Indices) -> Indices:
    per_lead = np.zeros(int(dense.max()) + 1, dtype=np.int64)
    per_lead[dense] = group
    return np.unique(per_lead, return_inverse=True)[1].astype(np.int64)


def _cold_start_stage(main: Trained) -> str:
    won = len(np.unique(main.table.lead[main.table.labels.y > 0]))
    return cold_start.cold_start_stage(main.part.fitted.kind, won, evaluated=main.evaluated is not None)


def _card(project: Project, dataset: Dataset, trained: Mapping[str, Trained]) -> dict[str, object]:
    return {
        "project": project.params.project,
        "synthetic": project.params.synthetic,
        "data_until": iso(dataset.until),
        "leads": len(dataset.leads),
        "cold_start_stage": _cold_start_stage(trained["conversion"]),
        "targets": {target: _target_card(item) for target, item in trained.items()},
        "intended_use": "Ranking and explaining sales leads for people who decide. Not for decisions about credit, employment or access to services.",
    }


def _target_card(item: Trained) -> dict[str, object]:
    shipped = {
        "kind": item.part.fitted.kind,
        "features": len(item.part.fitted.declarations),
        "shipped_fit_rows": int(item.table.labels.used.sum()),
        "shipped_fit_positives": int(item.table.labels.y.sum()),
        "calibration": item.part.calibration.method,
    }
    if item.forward is None:
        return {**shipped, "headline": "not evaluated: too few outcomes"}
    evaluation = item.forward.evaluation
    return {
        **shipped,
        "headline": evaluation.headline,
        "warnings": list(evaluation.warnings),
        "forward": {record.kind: record.metrics for record in evaluation.kinds},
        "judged_fit": "before the forward window; the shipped model is the same recipe refitted on all mature rows",
    }
