"""Out-of-sample scores: every window judged by a fit that ended before it began."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from lead_ml.data import Dataset, Floats, Indices, Instants
from lead_ml.declare import Declaration
from lead_ml.encode import RawColumns
from lead_ml.errors import TooLittleData
from lead_ml.fit import Fitted, Recipe, fit, take
from lead_ml.labels import Labels, Mask, Spine, row_weights
from lead_ml.model import Calibration, fit_calibration
from lead_ml.split import Window

MIN_FIT_POSITIVES = 5
MATURE_SHARE = 0.5
# The latest scores that are enough to calibrate on, in leads and in winning leads.
CALIBRATION_LEADS, CALIBRATION_WINS = 2_000, 200

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Table:
    """The training table of one target: features, labels, and who stands behind each row.

    ``raw`` has one column per declared feature (rows,); ``spine`` and ``labels`` are aligned with it; ``group`` is per
    row: leads of the same person or account share it.
    """

    declarations: tuple[Declaration, ...]
    raw: RawColumns
    spine: Spine
    labels: Labels
    group: Indices
    dataset: Dataset

    @property
    def lead(self) -> Indices:
        """Lead of each row, as row of the leads table."""
        return self.spine.lead

    @property
    def as_of(self) -> Instants:
        """Moment of each row, microseconds UTC."""
        return self.spine.as_of

    def weights(self, rows: Mask) -> Floats:
        """Return the weights of some rows, 1 / rows of the lead among them."""
        return row_weights(self.lead[rows])


@dataclass(frozen=True)
class Rolled:
    """Out-of-sample logits of one kind: ``logit`` (rows,) is NaN where no window judged the row.

    ``mature`` (rows,) marks the rows whose fit had at least half the positives of the last one: only such a model is
    about as sharp as the one that ships, so only such scores may calibrate it.
    """

    recipe: Recipe
    logit: Floats
    mature: Mask
    fitted: Fitted  # of the last window

    @property
    def scored(self) -> Mask:
        """Mask of the rows with a score."""
        return ~np.isnan(self.logit)


def fit_rows(recipe: Recipe, table: Table, rows: Mask) -> Fitted:
    """Fit one recipe on some rows of the table."""
    return fit(
        recipe,
        table.declarations,
        take(table.raw, rows),
        table.lead[rows],
        table.labels.y[rows],
        table.weights(rows),
    )


def roll(
    recipe: Recipe, table: Table, windows: Sequence[Window], progress: Progress = lambda _: None
) -> Rolled:
    """Fit before each window, score inside it.

    Windows whose fit side has fewer than five positives are passed over, unless it is the last: then
    TooLittleData is raised.
    """
    logit = np.full(len(table.spine), np.nan)
    mature = np.zeros(len(table.spine), dtype=bool)
    enough = table.labels.y[windows[-1].fit].sum() * MATURE_SHARE
    fitted: Fitted | None = None
    for window in windows:
        if not enough_to_fit(recipe, table.labels.y[window.fit], last=window is windows[-1]):
            continue
        fitted = fit_rows(recipe, table, window.fit)
        mature[window.test] = table.labels.y[window.fit].sum() >= enough
        logit[window.test] = fitted.model.predict_logit(fitted.matrix(take(table.raw, window.test)))
        progress(f"{recipe.spec.name} {recipe.kind}: {window.name}")
    assert fitted is not None
    return Rolled(recipe, logit, mature, fitted)


def enough_to_fit(recipe: Recipe, y: Floats, *, last: bool) -> bool:
    """Tell whether a fit side has enough of either class; the last window must."""
    few = min(int(y.sum()), int(len(y) - y.sum()))
    if few >= MIN_FIT_POSITIVES or recipe.kind == "scorecard":
        return True
    if last:
        raise TooLittleData(
            f"the {recipe.spec.name} model has {few} rows of the rarer class before the forward window",
            expected=f"at least {MIN_FIT_POSITIVES}",
            do="bring a longer history, or serve the scorecard with train --kind scorecard",
        )
    return False


def calibration_rows(
    rolled: Rolled, table: Table, known_by: int, horizon_us: int, created_before: int
) -> Mask:
    """Choose the latest out-of-sample rows whose outcome was known by an instant, as few as are enough."""
    created = table.dataset.leads.created_at
    usable = rolled.scored & rolled.mature & table.labels.used & (table.as_of + horizon_us <= known_by)
    if created is None:
        return usable
    born = created[table.lead]
    usable &= born < created_before
    rows = np.nonzero(usable)[0][np.argsort(-born[usable], kind="stable")]
    weight = row_weights(table.lead[rows])
    enough = (np.cumsum(weight) >= CALIBRATION_LEADS) & (
        np.cumsum(weight * table.labels.y[rows]) >= CALIBRATION_WINS
    )
    if not enough.any():
        return usable
    return np.asarray(usable & (born >= born[rows[np.argmax(enough)]]))


def calibrate(rolled: Rolled, table: Table, rows: Mask) -> Calibration:
    """Fit the calibration of a kind on out-of-sample rows; identity where there are none of either class."""
    y = table.labels.y[rows]
    if y.sum() < 1 or y.sum() > len(y) - 1:
        return Calibration.identity()
    return fit_calibration(
        rolled.logit[rows], y, table.weights(rows), table.group[rows], seed=rolled.recipe.seed
    )
