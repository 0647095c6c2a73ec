"""The learned half-life compared with common rules: active within 30 days, half the weight after 90, and a plain count."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from lead_ml.declare import MICROSECONDS_PER_DAY
from lead_ml.evaluation.decay.profile import RIDGE, SHAPES, shaped, standardized
from lead_ml.evaluation.decay.records import Against, DecayShape
from lead_ml.evaluation.decay.sample import DecaySample
from lead_ml.model.metrics import Interval, LogitFit, fit_beside, paired_bootstrap, sigmoid
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
        half_life = 0 if days is None else round(days * MICROSECONDS_PER_DAY)
        hand = round(HALF_LIFE_DAYS * MICROSECONDS_PER_DAY)
        learned, count, fading = self.sample.decayed(kind, (half_life, 0, hand))
        window = WINDOW_DAYS * MICROSECONDS_PER_DAY
        active = (self.sample.counted(kind, window) > 0).astype(np.float64)
        ours = self._fitted(shaped(learned, shape))
        rules: Mapping[str, tuple[Floats, float]] = {
            NO_DECAY: self._better(count),
            ACTIVE: self._fitted(active),
            HAND: self._better(fading),
        }
        return tuple(
            Against(
                rule=rule, gain=(ours[1] - theirs[1]) / dependence, forward=self._forward(theirs[0], ours[0])
            )
            for rule, theirs in rules.items()
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
        rows = ~self.sample.fit
        y = self.sample.y[rows]
        if not 0 < y.sum() < len(y):
            return None
        return paired_bootstrap(
            y,
            rule,
            learned,
            self.sample.weight[rows],
            self.sample.group[rows],
            metric="log_loss",
            n_boot=self.options.bootstrap,
            level=self.options.level,
            seed=self.seed,
        )
