"""Shares of channels, shrunk to each other as far as the data says that channels are alike."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lead_ml.model.metrics import Interval, logit, sigmoid
from lead_ml.tables.dataset import Floats, Indices

_MEANS, _STRENGTHS = 41, 33
_REACH = 4.0  # of the mean on the grid, log-odds on either side of the share of all leads
_LEAST_WEIGHT = 1e-4
_HALVINGS = 24


@dataclass(frozen=True)
class _Prior:
    """Points of the posterior of the two numbers of the beta distribution, with weights that add up to 1."""

    a: Floats
    b: Floats
    weight: Floats


def shrunk(reached: Indices, of: Indices, level: float, most: int | None = None) -> list[Interval]:
    """Return the share of each channel, of the first `most` of them, with its credible interval.

    The true shares of the channels come from one beta distribution, and its mean and strength are integrated out over a
    grid with the prior p(a, b) ~ (a + b)^(-5/2) (Gelman et al., *Bayesian Data Analysis*, 3rd ed., section 5.3). Plugging in one
    estimate of them instead, as plain empirical Bayes does, gives intervals that are too narrow. Shares of
    channels with few leads move to the mean of all, those with many stay: comparing many channels needs no further correction
    (Gelman, Hill and Yajima, *J. Res. Educ. Eff.* 5, 2012).

    >>> few, many = shrunk(np.array([0, 200]), np.array([3, 1000]), 0.9)
    >>> few.value > 0.05, abs(many.value - 0.2) < 0.005
    (True, True)
    """
    prior = _prior(reached.astype(np.float64), of.astype(np.float64))
    found = []
    for k, n in zip(reached[:most].tolist(), of[:most].tolist(), strict=True):
        a, b, weight = _posterior(prior, k, n)
        lower, upper = _quantiles(a, b, weight, ((1 - level) / 2, (1 + level) / 2))
        found.append(Interval(float(weight @ (a / (a + b))), lower, upper))
    return found


def _prior(k: Floats, n: Floats) -> _Prior:
    from scipy.special import betaln

    center = float(logit(np.array([(k.sum() + 0.5) / (n.sum() + 1.0)]))[0])
    mean = sigmoid(np.linspace(center - _REACH, center + _REACH, _MEANS))[:, None]
    strength = np.geomspace(1.0, 1e5, _STRENGTHS)[None, :]
    a, b = (mean * strength).ravel(), ((1 - mean) * strength).ravel()
    # On a grid of logit(mean) and log(strength) the prior becomes a b (a + b)^(-5/2).
    likelihood = np.log(a) + np.log(b) - 2.5 * np.log(a + b) - len(k) * betaln(a, b)
    for reached, of in zip(k, n, strict=True):
        likelihood += betaln(a + reached, b + of - reached)
    weight = np.exp(likelihood - likelihood.max())
    return _Prior(a, b, weight / weight.sum())


def _posterior(prior: _Prior, k: float, n: float) -> tuple[Floats, Floats, Floats]:
    kept = prior.weight > _LEAST_WEIGHT * prior.weight.max()
    weight = prior.weight[kept]
    return prior.a[kept] + k, prior.b[kept] + n - k, weight / weight.sum()


def _quantiles(a: Floats, b: Floats, weight: Floats, at: tuple[float, float]) -> tuple[float, float]:
    """Return two quantiles of a mixture of beta distributions, by halving."""
    from scipy.special import betainc

    wanted = np.array(at)
    low, high = np.zeros(2), np.ones(2)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        below = betainc(a[:, None], b[:, None], middle[None, :])
        under = weight @ below < wanted
        low, high = np.where(under, middle, low), np.where(under, high, middle)
    return float(high[0]), float(high[1])
