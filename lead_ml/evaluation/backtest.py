"""Out-of-sample scores: every window is scored by a fit that ended before it began."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lead_ml.asof.labels import NEVER, Labels, Mask, Spine, lead_weights
from lead_ml.asof.matrix import RawColumns, RowsOf
from lead_ml.declare import Declaration
from lead_ml.errors import TooLittleData
from lead_ml.evaluation.split import Window
from lead_ml.model import BetweenPeriodVariance, Calibration, fit_between_period_variance, fit_calibration
from lead_ml.model.fit import FitRows, Fitted, Recipe, fit, fit_all, logits
from lead_ml.model.metrics import Interval, Known, Resampling, paired_bootstrap, sigmoid
from lead_ml.project.params import EvaluationParams
from lead_ml.tables.dataset import Dataset, Floats, Indices, Instants

MIN_FIT_POSITIVES = 5
MATURE_SHARE = 0.5
# The least to calibrate on, in leads and in winning leads, and the gap beyond which an earlier stretch is not pooled with it.
CALIBRATION_LEADS, CALIBRATION_WINS = 2_000, 200
DRIFT_Z = 2.5
PERIOD = 30 * 86_400_000_000  # microseconds

Progress = Callable[[str], None]


def log_loss_gap(known: Known, a: Floats, b: Floats, options: EvaluationParams, seed: int) -> Interval:
    """Return the log-loss of `a` minus that of `b`, with the interval of the paired difference."""
    resampling = Resampling(options.bootstrap, options.level, seed)
    return paired_bootstrap(known, a, b, resampling, metric="log_loss")


@dataclass(frozen=True)
class Table:
    """The training table of one target: per row, the declared features, the label, and the person or account of the lead."""

    declarations: tuple[Declaration, ...]
    raw: RawColumns
    spine: Spine
    labels: Labels
    groups: Indices  # of each lead
    dataset: Dataset

    @property
    def lead(self) -> Indices:
        """Lead of each row, as row of the leads table."""
        return self.spine.lead

    @property
    def group(self) -> Indices:
        """Group of each row, see :func:`lead_ml.evaluation.split.groups_of`."""
        return self.groups[self.lead]

    @property
    def as_of(self) -> Instants:
        """Moment of each row, microseconds UTC."""
        return self.spine.as_of

    def known(self, rows: Mask | Indices, known_by: int = NEVER) -> Known:
        """Return the labels of some rows known strictly before `known_by`, with their weights and groups."""
        lead = self.lead[rows]
        return Known(self.labels.as_known(known_by)[rows], self._weights(rows, lead), self.groups[lead])

    def fit_rows(self, rows: Mask, known_by: int = NEVER) -> FitRows:
        """Return some rows to fit on, with the labels known strictly before `known_by`."""
        taken, lead = RowsOf(self.raw, np.flatnonzero(rows)), self.lead[rows]
        y = self.labels.as_known(known_by)[rows]
        return FitRows(taken, lead, y, self._weights(rows, lead), self.groups)

    @cached_property
    def first(self) -> Indices:
        """The first row of each lead that can be learned from at the end of the data."""
        rows = np.flatnonzero(self.labels.used)
        return rows[np.unique(self.lead[rows], return_index=True)[1]]

    def weights(self, rows: Mask | Indices) -> Floats:
        """Return the weights of some rows, see :func:`lead_ml.asof.labels.snapshot_weights`."""
        return self._weights(rows, self.lead[rows])

    def _weights(self, rows: Mask | Indices, lead: Indices) -> Floats:
        created = self.dataset.leads.created_at
        if created is None or not len(lead):
            return np.ones(len(lead))
        return lead_weights(int(self.as_of[rows].max()), created, self.ages)[lead]

    @cached_property
    def ages(self) -> Instants:
        """Ascending ages of the snapshots, microseconds; empty for undated data."""
        created = self.dataset.leads.created_at
        return np.empty(0, dtype=np.int64) if created is None else np.unique(self.as_of - created[self.lead])


@dataclass(frozen=True)
class WindowScores:
    """One window of a backtest: the fit before it, its ``logit`` of the test rows, and the ``positives`` of the fit."""

    window: Window
    fitted: Fitted
    logit: Floats
    positives: float


@dataclass(frozen=True)
class Backtest:
    """Out-of-sample ``logit`` (rows,) of one recipe, NaN where no window scored the row.

    ``mature`` rows had a fit with at least half the positives of the last one: only such a model is about as sharp as the one
    that ships, so only such scores may calibrate it.
    """

    recipe: Recipe
    logit: Floats
    mature: Mask
    fitted: Fitted  # of the last window

    @classmethod
    def of(cls, recipe: Recipe, table: Table, parts: Sequence[WindowScores]) -> Backtest:
        """Join the windows, of which the last is the one with the most history."""
        logit = np.full(len(table.spine), np.nan)
        mature = np.zeros(len(table.spine), dtype=bool)
        for part in parts:
            logit[part.window.test] = part.logit
            mature[part.window.test] = part.positives >= parts[-1].positives * MATURE_SHARE
        return cls(recipe, logit, mature, parts[-1].fitted)

    @property
    def scored(self) -> Mask:
        """Mask of the rows with a score."""
        return ~np.isnan(self.logit)


def fit_rows(recipe: Recipe, table: Table, rows: Mask, *, known_by: int = NEVER) -> Fitted:
    """Fit one recipe on some rows of the table, with the labels known strictly before `known_by`."""
    return fit(recipe, table.declarations, table.fit_rows(rows, known_by))


def backtest(
    recipe: Recipe, table: Table, windows: Sequence[Window], progress: Progress = lambda _: None
) -> Backtest:
    """Fit before each window and score inside it; see :func:`score_window` for windows with too few positives."""
    parts = (
        score_window((recipe,), table, window, progress, last=window is windows[-1])[0] for window in windows
    )
    return Backtest.of(recipe, table, [part for part in parts if part is not None])


def score_window(
    recipes: Sequence[Recipe],
    table: Table,
    window: Window,
    progress: Progress = lambda _: None,
    *,
    last: bool = True,
) -> list[WindowScores | None]:
    """Fit recipes that differ in candidate and penalty only before a window, and score inside it.

    None takes the place of a recipe that the fit side is too small for; raises TooLittleData in the `last` window.
    """
    known_by = window.start or NEVER  # random folds have no start
    y = table.labels.as_known(known_by)[window.fit]
    able = [k for k, recipe in enumerate(recipes) if _enough_to_fit(recipe, y, last=last)]
    found: list[WindowScores | None] = [None] * len(recipes)
    if not able:
        return found
    won = float(y.sum())
    del y  # as large as a column, and made again with the rows of the fit
    fits = fit_all([recipes[k] for k in able], table.declarations, table.fit_rows(window.fit, known_by))
    scores = logits(fits, table.raw, np.flatnonzero(window.test))
    for k, fitted, logit in zip(able, fits, scores, strict=True):
        found[k] = WindowScores(window, fitted, logit, won)
    for candidate in dict.fromkeys(recipes[k].candidate for k in able):
        progress(f"{recipes[0].spec.name} {candidate}: {window.name}")
    return found


def _enough_to_fit(recipe: Recipe, y: Floats, *, last: bool) -> bool:
    few = min(int(y.sum()), int(len(y) - y.sum()))
    if few >= MIN_FIT_POSITIVES or recipe.candidate == "scorecard":
        return True
    if last:
        raise TooLittleData(
            f"the {recipe.spec.name} model has {few} rows of the rarer class before the forward window",
            expected=f"at least {MIN_FIT_POSITIVES}",
            do="bring a longer history, or train the scorecard alone",
        )
    return False


def calibration_rows(scores: Backtest, table: Table, *, known_by: int, horizon_us: int) -> Mask:
    """Choose the rows to calibrate on: the longest stretch up to now over which the calibration did not drift.

    Starting from the latest 2,000 leads with 200 wins, chunks of earlier leads are added while their mean residual agrees
    with that of the later ones within ``DRIFT_Z`` standard errors (the idea of ADWIN: Bifet and Gavalda, 2007). Only outcomes
    known by `known_by` of leads created before it count.
    """
    created = table.dataset.leads.created_at
    known = table.labels.usable_by(known_by) & (table.as_of + horizon_us <= known_by)
    usable = scores.scored & scores.mature & known
    if created is None:
        return usable
    born = created[table.lead]
    usable &= born < known_by
    rows = np.nonzero(usable)[0][np.argsort(-born[usable], kind="stable")]
    end = _undrifted(scores, table, rows, known_by)
    return usable if end >= len(rows) else np.asarray(usable & (born >= born[rows[end]]))


def _undrifted(scores: Backtest, table: Table, rows: Indices, known_by: int) -> int:
    """Return how many of the rows, latest first, may be pooled."""
    known, p = table.known(rows, known_by), sigmoid(scores.logit[rows])
    y, weight = known.y, known.weight
    leads, wins = np.cumsum(weight), np.cumsum(weight * y)
    enough = (leads >= CALIBRATION_LEADS) & (wins >= CALIBRATION_WINS)
    end = int(np.argmax(enough)) if enough.any() else len(rows)
    sums = np.array([np.cumsum(weight * (y - p)), np.cumsum(weight * p * (1 - p)), leads])
    while end < len(rows):
        reach = min(int(np.searchsorted(leads, leads[end] + CALIBRATION_LEADS)), len(rows) - 1)
        later, earlier = sums[:, end], sums[:, reach] - sums[:, end]
        if earlier[2] > 0 and _gap(later, earlier) > DRIFT_Z:
            return end
        if reach == len(rows) - 1:
            return len(rows)
        end = reach
    return end


def _gap(a: Floats, b: Floats) -> float:
    """Return the number of standard errors between two mean residuals, each given as sum, sum of variances and weight."""
    return float(abs(a[0] / a[2] - b[0] / b[2]) / np.sqrt(a[1] / a[2] ** 2 + b[1] / b[2] ** 2))


def calibrate(scores: Backtest, table: Table, rows: Mask, *, known_by: int = NEVER) -> Calibration:
    """Fit the calibration of a candidate on out-of-sample rows, with the labels known strictly before `known_by`.

    Identity where there are no rows of either class.
    """
    known = table.known(rows, known_by)
    if not 0 < known.y.sum() < len(known.y):
        return Calibration.identity()
    return fit_calibration(scores.logit[rows], known.y, known.weight, known.group, seed=scores.recipe.seed)


def for_fit(
    calibration: Calibration, fitted: Fitted, table: Table, rows: Mask, *, known_by: int = NEVER
) -> Calibration:
    """Return the calibration of a fit that came after the scores on `rows`, see :meth:`Calibration.recentered`."""
    if calibration.method == "identity":  # whatever the scores are
        return calibration
    logit, known = fitted.logit(table.raw, np.flatnonzero(rows)), table.known(rows, known_by)
    return calibration.recentered(logit, known.y, known.weight)


def between_period_variance(
    scores: Backtest, table: Table, calibration: Calibration
) -> BetweenPeriodVariance:
    """Estimate how much the calibration moves between months of creation, from all mature out-of-sample scores."""
    created = table.dataset.leads.created_at
    rows = scores.scored & scores.mature & table.labels.used
    if created is None or not rows.any():
        return BetweenPeriodVariance.none()
    born, known = created[table.lead[rows]], table.known(rows)
    period = (born.max() - born) // PERIOD
    return fit_between_period_variance(
        scores.logit[rows], known.y, known.weight, known.group, period, calibration
    )
