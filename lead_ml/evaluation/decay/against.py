"""The learned half-life compared with common rules: active within 30 days, half the weight after 90, and a plain count."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lead_ml.declare import MICROSECONDS_PER_DAY
from lead_ml.evaluation.backtest import log_loss_gap
from lead_ml.evaluation.decay.profile import RIDGE, SHAPES, shaped, standardized
from lead_ml.evaluation.decay.records import Against, DecayShape
from lead_ml.evaluation.decay.sample import DecaySample
from lead_ml.model.metrics import Interval, Known, LogitFit, fit_beside, sigmoid
from lead_ml.project.params import EvaluationParams
from lead_ml.tables.dataset import Floats

WINDOW_DAYS, HALF_LIFE_DAYS = 30, 90
NO_DECAY, ACTIVE, HAND = "no decay", f"active in {WINDOW_DAYS} d", f"half-life {HALF_LIFE_DAYS} d"


@dataclass(frozen=True)
class Comparison:
    """What all compared rules share: the sample, the adjustment (k, n) of all rows, and its fit on the fit rows."""

    sample: DecaySample
    adjustment: Floats
    base: LogitFit
    options: EvaluationParams
    seed: int

    def against(
        self, kind: str, days: float | None, shape: DecayShape, dependence: float
    ) -> tuple[Against, ...]:
        """Compare a half-life (None: no decay) with the rules; gains of likelihood are divided by the dependence."""
        half_lives = (round(each * MICROSECONDS_PER_DAY) for each in (days or 0, 0, HALF_LIFE_DAYS))
        learned, count, fading = self.sample.decayed(kind, tuple(half_lives))
        active = self.sample.decayed(kind, (0,), WINDOW_DAYS * MICROSECONDS_PER_DAY)[0] > 0
        ours, likely = self._fitted(shaped(learned, shape))
        rules = {
            NO_DECAY: self._better(count),
            ACTIVE: self._fitted(active.astype(np.float64)),
            HAND: self._better(fading),
        }
        return tuple(
            Against(rule=rule, gain=(likely - theirs) / dependence, forward=self._forward(p, ours))
            for rule, (p, theirs) in rules.items()
        )

    def _better(self, column: Floats) -> tuple[Floats, float]:
        """Fit a column in both shapes: a rule by hand gets its best form too."""
        return max((self._fitted(shaped(column, shape)) for shape in SHAPES), key=lambda found: found[1])

    def _fitted(self, column: Floats) -> tuple[Floats, float]:
        """Return the probability of the forward rows and the log-likelihood of the fit rows."""
        fit, weight = self.sample.fit, self.base.problem.weight
        scaled = standardized(column, weight, column[fit])
        found = fit_beside(self.base, scaled[fit], RIDGE)
        rows = np.vstack([self.adjustment, scaled])[:, ~fit]
        return sigmoid(np.einsum("k,kn->n", found.b, rows)), found.log_likelihood

    def _forward(self, rule: Floats, learned: Floats) -> Interval | None:
        sample, rows = self.sample, ~self.sample.fit
        known = Known(sample.y[rows], sample.weight[rows], sample.group[rows])
        if not 0 < known.y.sum() < len(known.y):
            return None
        return log_loss_gap(known, rule, learned, self.options, self.seed)
