"""The model that ships: the winning recipe, refitted on all mature rows, calibrated, with its evidence."""

from __future__ import annotations

from dataclasses import dataclass, field

from lead_ml.asof.labels import NEVER
from lead_ml.asof.matrix import RowsOf
from lead_ml.errors import TooLittleData
from lead_ml.evaluation import (
    Evaluated,
    Table,
    between_period_variance,
    calibrate,
    calibration_rows,
    fit_rows,
    for_fit,
)
from lead_ml.model import Calibration, CalibrationInterval, fit_calibration_interval
from lead_ml.model.fit import Fitted, Recipe
from lead_ml.model.metrics import Resampling
from lead_ml.project.task import Task
from lead_ml.scoring import BundlePart, make_golden
from lead_ml.scoring.reasons import Evidence, fit_evidence
from lead_ml.tables.dataset import Coded, Floats


def ship(task: Task, table: Table, evaluated: Evaluated) -> tuple[BundlePart, Calibration]:
    """Refit on all mature rows; return the part with its calibration, and the calibration of the out-of-sample scores."""
    recipe = evaluated.scores.recipe
    fitted = fit_rows(recipe, table, table.labels.used)
    scores = evaluated.scores
    rows = calibration_rows(scores, table, known_by=NEVER, horizon_us=task.horizon_us or 0)
    calibration, known = calibrate(scores, table, rows), table.known(rows)
    interval = fit_calibration_interval(
        scores.logit[rows],
        known,
        calibration,
        Resampling(n_boot=200, level=0.90, seed=recipe.seed),
        between=between_period_variance(scores, table, calibration),
    )
    return _part(task, table, fitted, for_fit(calibration, fitted, table, rows), interval), calibration


def ship_scorecard(task: Task, table: Table) -> BundlePart:
    """Return the scorecard as it was written, for data with too few outcomes to evaluate anything."""
    if not table.labels.used.any():
        raise TooLittleData(
            f"no mature snapshot for the {task.name} model",
            expected=f"leads older than {task.horizon_days} days at the end of the data",
            do="wait, lower horizon_days, or bring a longer history",
        )
    recipe = Recipe("scorecard", task.spec, task.params, task.common.seed)
    fitted = fit_rows(recipe, table, table.labels.used)
    return _part(task, table, fitted, Calibration.identity(), CalibrationInterval.unknown())


def _part(
    task: Task, table: Table, fitted: Fitted, calibration: Calibration, interval: CalibrationInterval
) -> BundlePart:
    evidence = Evidence(0.0, {})  # of a target without a single positive
    if table.labels.y.any():
        evidence = fit_evidence(
            table.declarations, _FirstRows(table.raw, table.first, fitted=fitted), table.labels.y[table.first]
        )
    return BundlePart(
        spec=task.spec,
        horizon_days=task.horizon_days,
        fitted=fitted,
        calibration=calibration,
        interval=interval,
        evidence=evidence,
        golden=make_golden(fitted, table.raw, task.common.seed),
    )


@dataclass(frozen=True, eq=False)
class _FirstRows(RowsOf):
    """Raw columns of some rows; rare category values are blanked, so that the evidence keeps none of them."""

    fitted: Fitted = field(kw_only=True)

    def __getitem__(self, name: str) -> Coded | Floats:
        column = super().__getitem__(name)
        if not isinstance(column, Coded):
            return column
        kept = {level: level for level in self.fitted.encoder.categories[name].levels}
        return column.map(kept.get)
