"""Between-period variance: how much the calibration moves from period to period, beyond chance."""

from __future__ import annotations

from typing import Self

import msgspec
import numpy as np
import numpy.typing as npt

from lead_ml.model.calibration import Calibration, check_scores
from lead_ml.model.metrics import sigmoid
from lead_ml.tables.dataset import Floats

# A period with fewer wins says nothing of its own slope.
MIN_WINS = 30


class BetweenPeriodVariance(msgspec.Struct, frozen=True):
    """Standard deviations between periods of the calibration line ``logit + shift + tilt * (logit - middle) / spread``.

    ``shift`` and ``tilt``, in logits, are drawn anew in every period, also in the one that a served score lives in.
    """

    shift: float
    tilt: float
    middle: float = 0.0
    spread: float = 1.0

    @classmethod
    def none(cls) -> Self:
        """Return the variance of data that does not change over time."""
        return cls(0.0, 0.0)

    def draw(self, logit: Floats, size: int, seed: int) -> Floats:
        """Draw the error of the calibration at calibrated logits (n,) in `size` periods: (size, n)."""
        shift, tilt = np.random.default_rng([seed, 1]).standard_normal((2, size, 1))
        moved = self.shift * shift + self.tilt * tilt * ((logit - self.middle) / self.spread)
        return np.asarray(moved, dtype=np.float64)


def fit_between_period_variance(
    logit: Floats,
    y: Floats,
    weight: Floats,
    groups: npt.NDArray[np.int64],
    period: npt.NDArray[np.int64],
    calibration: Calibration,
) -> BetweenPeriodVariance:
    """Estimate the variance from out-of-sample scores: random effects over periods, by the method of moments.

    In each period with 30 wins the calibration line is corrected by one Newton step, its variance taken over leads; the
    variance between periods is what remains (DerSimonian and Laird, 1986), zero where chance explains it all. An interval
    widened by it is the prediction interval of internal-external validation (Riley, Higgins and Deeks, 2011; Debray et
    al., 2017). With fewer than two such periods it is zero. ``period`` (n,) numbers the row's period.
    """
    check_scores(logit, y, weight, groups)
    z = calibration.apply(np.asarray(logit, dtype=np.float64))
    middle = float(np.average(z, weights=weight))
    spread = float(np.sqrt(np.average((z - middle) ** 2, weights=weight))) or 1.0
    line = np.column_stack([np.ones_like(z), (z - middle) / spread])
    steps = [
        _step(line[rows], z[rows], y[rows], weight[rows], groups[rows])
        for rows in (np.flatnonzero(period == number) for number in np.unique(period))
        if (weight[rows] * y[rows]).sum() >= MIN_WINS
    ]
    if len(steps) < 2:
        return BetweenPeriodVariance.none()
    moves, errors = (np.array(column) for column in zip(*steps, strict=True))
    return BetweenPeriodVariance(
        _between(moves[:, 0], errors[:, 0]), _between(moves[:, 1], errors[:, 1]), middle, spread
    )


def _step(
    line: Floats, z: Floats, y: Floats, weight: Floats, groups: npt.NDArray[np.int64]
) -> tuple[Floats, Floats]:
    """Return the Newton step of shift and tilt (2,), and its variances over the leads (2,)."""
    p = sigmoid(z)
    inverse = np.linalg.pinv(line.T @ (line * (weight * p * (1 - p))[:, None]))
    score = line * (weight * (y - p))[:, None]
    member = np.unique(groups, return_inverse=True)[1]
    by_lead = np.column_stack([np.bincount(member, weights=column) for column in score.T])
    return inverse @ score.sum(axis=0), np.diag(inverse @ (by_lead.T @ by_lead) @ inverse)


def _between(moves: Floats, variances: Floats) -> float:
    """Return the standard deviation between periods, DerSimonian and Laird's estimate."""
    inverse = 1 / np.maximum(variances, 1e-12)
    mean = (inverse * moves).sum() / inverse.sum()
    excess = (inverse * (moves - mean) ** 2).sum() - (len(moves) - 1)
    scale = inverse.sum() - (inverse**2).sum() / inverse.sum()
    return float(np.sqrt(max(0.0, excess / scale)))
