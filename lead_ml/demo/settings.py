"""The parameters of the synthetic CRM, fixed before any model was trained on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lead_ml.tables.dataset import Floats


@dataclass(frozen=True)
class Weibull:
    """A delay in days with distribution function F(t) = 1 - exp(-(t / scale)^shape)."""

    shape: float
    scale: float

    def within(self, days: Floats) -> Floats:
        """Return F(days), 0 for negative days."""
        return np.asarray(-np.expm1(-((np.maximum(days, 0.0) / self.scale) ** self.shape)))

    def draw(self, rng: np.random.Generator, size: int) -> Floats:
        """Draw delays in days."""
        return np.asarray(self.scale * rng.weibull(self.shape, size))


@dataclass(frozen=True)
class SynthSettings:
    """How the synthetic CRM behaves.

    The logit of the probability that a real lead ever wins is ``intercept + fit_weight * fit + intent_weight * slope *
    f(intent) + source + product + rep + company_weight * company + week_weight * week + noise_weight * noise``, less
    ``unfit_penalty`` for leads that are real but unfit. f(x) = (1 - exp(-saturation x)) / saturation: the more a lead is
    interested already, the less more interest adds. No column and no event depends on ``noise``. Fake leads never win.
    """

    start: str = "2025-01-01"  # first day of the history, UTC
    intercept: float = -2.6
    fit_weight: float = 0.9
    intent_weight: float = 1.0
    noise_weight: float = 0.5
    unfit_penalty: float = 3.0
    saturation: float = 0.45
    # By source, 1 for all others.
    slopes: tuple[tuple[str, float], ...] = (("partner", 0.15), ("wechat", 1.8))
    company_weight: float = 0.5  # standard deviation of what all leads of a company share and no column shows
    week_weight: float = 0.15  # the same for all leads of a week
    week_memory: float = 0.8  # correlation with the week before
    # Shares of all leads by type of fake, and of the real leads that are students, without budget, or competitors.
    fake_shares: tuple[tuple[str, float], ...] = (
        ("bot", 0.045),
        ("mash", 0.025),
        ("wrong_number", 0.030),
        ("test", 0.010),
    )
    unfit_share: float = 0.10
    labelled_share: float = 0.65  # of the fake leads that are ever marked as invalid
    closed_share: float = 0.65  # of the real leads without a win that are ever closed, lost or invalid
    win_delay: Weibull = Weibull(shape=1.2, scale=34.0)  # days from creation
    loss_delay: Weibull = Weibull(shape=1.3, scale=48.0)
    late_share: float = 0.12  # of outcomes that are recorded late, four days on average
    # Of leads from a known person. Half of them keep the phone number or the address as it was; the others write it in
    # another way, or come with other contact data and a similar name.
    duplicate_share: float = 0.06
    # How far volume, shares and quality of the sources move over the history and with the season: 1 as in the vocabulary.
    drift: float = 1.0
