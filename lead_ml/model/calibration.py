"""Calibration affine in the logit, chosen by cross-fitting: it keeps every ranking and every reason additive."""

from __future__ import annotations

from typing import Any, Literal, Self

import msgspec
import numpy as np
import numpy.typing as npt

from lead_ml.errors import InputError
from lead_ml.model.metrics import fit_logit, logit_losses, sigmoid
from lead_ml.model.metrics import logit as logit_of
from lead_ml.tables.dataset import Floats, Indices

CalibrationMethod = Literal["identity", "temperature", "platt"]

FOLDS = 5
PLATT_ROWS, PLATT_POSITIVES = 2_000, 100
MIN_GAIN = 1e-4
MIN_SLOPE, MAX_SLOPE = 0.05, 20.0
# Weight of the pull towards identity: a tenth of one lead, so that separable scores have a finite optimum.
_PULL = 0.1


class Calibration(msgspec.Struct, frozen=True):
    """Logit of the probability shown = ``intercept`` + ``slope`` * logit of the model; ``slope`` is above 0.05."""

    method: CalibrationMethod
    slope: float
    intercept: float

    @classmethod
    def identity(cls) -> Self:
        """Return the calibration that changes nothing."""
        return cls("identity", 1.0, 0.0)

    def apply(self, logit: Floats) -> Floats:
        """Return the calibrated logits, same shape."""
        return self.intercept + self.slope * logit

    def recentered(self, logit: Floats, y: Floats, weight: Floats) -> Calibration:
        """Return the calibration of a refit that has learned from the same rows, to which it gives these log-odds (n,).

        The slope, how overconfident scores are, needs out-of-sample scores and is kept. The mean must come from the refit's own
        logits of these rows: it has already adapted to their chance deviations, and the intercept of earlier fits would count
        them twice. Under ``platt`` the mean probability becomes the observed rate, under ``temperature`` it stays.
        """
        if self.method == "identity":
            return self
        goal = np.asarray(y, dtype=np.float64) if self.method == "platt" else sigmoid(logit)
        return Calibration(self.method, self.slope, _intercept(self.slope * logit, goal, weight))

    def scale_contributions(self, contributions: Floats) -> Floats:
        """Return (n, d + 1) contributions that add up to the calibrated logit: all times slope, the base shifted."""
        scaled = self.slope * contributions
        scaled[:, -1] += self.intercept
        return scaled


def fit_calibration(
    logit: Floats, y: Floats, weight: Floats, groups: npt.NDArray[Any], *, seed: int
) -> Calibration:
    """Choose identity, temperature (slope about the mean prediction) or Platt (slope and intercept); fit it on all rows.

    The choice is by weighted log-loss, cross-fitted in 5 folds of whole leads. The simpler method wins unless the next
    lowers the loss by more than one standard error of that gain over the groups (Breiman et al., 1984), and by more than
    0.01% (MIN_GAIN). Platt takes part from a weight of 2,000 and 100 positives on: rows, or leads where each weighs 1.
    """
    check_scores(logit, y, weight, groups)
    labels, masses = np.asarray(y, dtype=np.float64), np.asarray(weight, dtype=np.float64)
    positives = int((labels[masses > 0] == 1).sum())
    if not 0 < positives < int((masses > 0).sum()) or len(np.unique(groups)) < FOLDS:
        return Calibration.identity()
    methods: tuple[CalibrationMethod, ...] = ("temperature",)
    if masses.sum() >= PLATT_ROWS and (masses * labels).sum() >= PLATT_POSITIVES:
        methods = ("temperature", "platt")
    folds = folds_of(groups, FOLDS, seed)
    chosen, best = Calibration.identity(), logit_losses(logit, labels)
    for method in methods:
        losses = _cross_fitted(method, logit, labels, masses, folds)
        if _clearly_lower(losses, best, masses, groups):
            chosen, best = _fit(method, logit, labels, masses), losses
    return chosen


def _clearly_lower(losses: Floats, best: Floats, weight: Floats, groups: npt.NDArray[Any]) -> bool:
    total = weight.sum()
    gains = weight * (best - losses) / total
    member = np.unique(groups, return_inverse=True)[1]
    error = float(np.sqrt((np.bincount(member, weights=gains) ** 2).sum()))
    return float(gains.sum()) > max(error, MIN_GAIN * float((weight * best).sum() / total))


def _fit(method: CalibrationMethod, z: Floats, y: Floats, weight: Floats) -> Calibration:
    if method == "temperature":
        pivot = float(logit_of((weight * sigmoid(z)).sum() / weight.sum()))
        slope = _slope_about(pivot, z, y, weight)
        return Calibration(method, slope, pivot * (1 - slope))
    columns = np.stack([z, np.ones_like(z)])
    slope, intercept = fit_logit(columns, y, weight, ridge=np.full(2, _PULL), toward=np.array([1.0, 0.0]))
    if _bounded(float(slope)) != slope:
        slope, intercept = _bounded(float(slope)), _intercept(_bounded(float(slope)) * z, y, weight)
    return Calibration(method, float(slope), float(intercept))


def _slope_about(pivot: float, z: Floats, y: Floats, weight: Floats) -> float:
    """The slope of the lowest log-loss among the lines through the pivot, so that the mean stays where it is.

    Through zero, as for balanced classes, a slope below one would raise every probability of a rare outcome.
    """
    from scipy.optimize import minimize_scalar

    def loss(slope: float) -> float:
        losses = logit_losses(pivot + slope * (z - pivot), y)
        return float((weight * losses).sum()) + 0.5 * _PULL * (slope - 1) ** 2

    return float(minimize_scalar(loss, bounds=(MIN_SLOPE, MAX_SLOPE), method="bounded").x)


def _bounded(slope: float) -> float:
    # NaN is a fit without optimum: it changes nothing.
    return 1.0 if np.isnan(slope) else min(max(slope, MIN_SLOPE), MAX_SLOPE)


def _intercept(z: Floats, y: Floats, weight: Floats) -> float:
    """The shift that makes the mean probability that of `y`, by bisection: it always exists and is unique."""
    low, high, goal = -float(z.max()) - 40.0, -float(z.min()) + 40.0, float((weight * y).sum())
    for _ in range(100):
        middle = (low + high) / 2
        expected = float((weight * sigmoid(z + middle)).sum())
        low, high = (middle, high) if expected < goal else (low, middle)
    return (low + high) / 2


def _cross_fitted(method: CalibrationMethod, z: Floats, y: Floats, weight: Floats, folds: Indices) -> Floats:
    applied = z.copy()
    for fold in range(FOLDS):
        inside = folds == fold
        applied[inside] = _fit(method, z[~inside], y[~inside], weight[~inside]).apply(z[inside])
    return logit_losses(applied, y)


def folds_of(groups: npt.NDArray[Any], folds: int, seed: int) -> Indices:
    """Deal whole groups into folds at random; return the fold of each row."""
    names, member = np.unique(groups, return_inverse=True)
    dealt = np.random.default_rng(seed).permutation(len(names)) % folds
    return np.asarray(dealt[member], dtype=np.int64)


def check_scores(logit: Floats, y: Floats, weight: Floats, groups: npt.NDArray[Any]) -> None:
    """Raise InputError unless out-of-sample scores are four vectors of one length with finite logits."""
    shapes = {np.shape(item) for item in (logit, y, weight, groups)}
    if len(shapes) != 1 or len(next(iter(shapes))) != 1:
        raise InputError(
            "lengths differ", source="calibration", value=sorted(shapes), expected="four vectors (n,)"
        )
    if not np.all(np.isfinite(logit)):
        raise InputError("a logit is not finite", source="calibration", expected="finite log-odds")
